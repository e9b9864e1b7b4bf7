"""Table of reversals of renames."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import seal_table

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of reversals."""
    op.create_table(
        "rename_reversals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rename_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["rename_id"], ["renames.id"], name="fk_rename_reversals_rename_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rename_reversals"),
        sa.UniqueConstraint("rename_id", name="uq_rename_reversals_rename_id"),
    )
    seal_table("rename_reversals", "renames", "rename_id")


def downgrade() -> None:
    """Refuse to downgrade: owners who were told apart again would be one."""
    raise NotImplementedError
