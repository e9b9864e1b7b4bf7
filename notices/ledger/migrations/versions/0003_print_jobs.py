"""Columns for positions in print jobs, for the job that a supplement replaces, and for waybills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; they stay NULL for existing jobs."""
    op.add_column("jobs", sa.Column("replaces", sa.Text()))
    op.add_column("job_items", sa.Column("file", sa.Text()))
    for name in ("first_page", "pages", "first_sheet", "sheets"):
        op.add_column("job_items", sa.Column(name, sa.Integer()))
    op.add_column("deliveries", sa.Column("waybill", sa.Text()))
    op.create_index("ix_deliveries_waybill", "deliveries", ["waybill"])
