"""Table of scanned slips."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import seal_table

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of scanned slips."""
    op.create_table(
        "scans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("slip_id", sa.Integer()),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("objections", sa.Text(), nullable=False),
        sa.Column("doubtful", sa.JSON(), nullable=False),
        sa.Column("signed", sa.Boolean()),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_scans_notice_id"),
        sa.ForeignKeyConstraint(["slip_id"], ["slips.id"], name="fk_scans_slip_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scans"),
        sa.UniqueConstraint("sha256", "page", name="uq_scans_sha256_page"),
    )
    op.create_index("ix_scans_notice_id", "scans", ["notice_id"])
    seal_table("scans", "scans", "id")


def downgrade() -> None:
    """Refuse to downgrade: slips that wait for a person would be lost."""
    raise NotImplementedError
