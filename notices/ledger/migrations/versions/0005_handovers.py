"""Tables of hand-overs of print jobs and of their files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "handovers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("claim", sa.Text()),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_handovers_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_handovers"),
        sa.UniqueConstraint("claim", name="uq_handovers_claim"),
    )
    op.create_index("ix_handovers_job_id", "handovers", ["job_id"])
    op.create_table(
        "handover_files",
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reach", sa.String(length=32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("printer_job", sa.Integer()),
        sa.Column("told", sa.Text()),
        sa.ForeignKeyConstraint(["handover_id"], ["handovers.id"], name="fk_handover_files_handover_id"),
        sa.PrimaryKeyConstraint("handover_id", "position", name="pk_handover_files"),
        sa.UniqueConstraint("handover_id", "file", name="uq_handover_files_handover_id_file"),
    )
