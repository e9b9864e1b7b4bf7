"""Versions of print jobs, the place each was made for, and the letters left out of later versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import touch_rows

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; existing jobs are version 1, and whom they were made for is not known."""
    op.add_column("jobs", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("jobs", sa.Column("made_for", sa.Text(), nullable=True))
    op.add_column("job_items", sa.Column("left_out", sa.Integer(), nullable=True))
    touch_rows("jobs", "jobs", "id")


def downgrade() -> None:
    """Refuse to downgrade: letters that were left out would count as printed."""
    raise NotImplementedError
