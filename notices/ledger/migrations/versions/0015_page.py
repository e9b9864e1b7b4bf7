"""Table of the users of the page, and an index of the deliveries that wait in a state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import seal_table

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of users."""
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("names", sa.Boolean(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("login", name="uq_users_login"),
    )
    seal_table("users", "users", "id")
    op.create_index("ix_deliveries_state", "deliveries", ["state"])


def downgrade() -> None:
    """Refuse to downgrade: without its users the page would serve one person who may claim any name."""
    raise NotImplementedError
