"""Tables of claims after a sale, and of renamed accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import seal_table

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of claims and renames."""
    op.create_table(
        "claims",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("case_owners", sa.Text(), nullable=False),
        sa.Column("claimed_from", sa.Date(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_claims"),
    )
    op.create_index("ix_claims_estate_unit", "claims", ["estate", "unit"])
    seal_table("claims", "claims", "id")
    op.create_table(
        "renames",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("estate", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("old_owners", sa.Text(), nullable=False),
        sa.Column("new_owners", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_renames"),
    )
    op.create_index("ix_renames_estate_unit", "renames", ["estate", "unit"])
    seal_table("renames", "renames", "id")


def downgrade() -> None:
    """Refuse to downgrade: former owners' charges would be claimed again, and renamed owners dunned a second time."""
    raise NotImplementedError
