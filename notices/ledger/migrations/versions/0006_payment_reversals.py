"""Table of payment reversals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of reversals."""
    op.create_table(
        "payment_reversals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_payment_reversals_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_reversals"),
        sa.UniqueConstraint("payment_id", name="uq_payment_reversals_payment_id"),
    )


def downgrade() -> None:
    """Refuse to downgrade: reversed payments would count again."""
    raise NotImplementedError
