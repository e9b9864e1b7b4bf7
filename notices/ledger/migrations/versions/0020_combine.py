"""One letter for several units of one owner: whose deliveries leave together, and who was said to be one owner."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import seal_table

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the letter of a delivery, empty for all letters made so far, and the table of joined accounts."""
    op.add_column("deliveries", sa.Column("letter_id", sa.Integer()))
    op.create_index("ix_deliveries_letter_id", "deliveries", ["letter_id"])
    op.create_table(
        "joins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("other_unit", sa.Text(), nullable=False),
        sa.Column("case_owners", sa.Text(), nullable=False),
        sa.Column("together", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_joins"),
    )
    op.create_index("ix_joins_estate_unit", "joins", ["estate", "unit"])
    seal_table("joins", "joins", "id")


def downgrade() -> None:
    """Refuse to downgrade: a letter of several notices would be taken for letters of each of them."""
    raise NotImplementedError
