"""Table of returned reason slips."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of slips."""
    op.create_table(
        "slips",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("objections", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("promise", sa.Date()),
        sa.Column("instalments", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_slips_notice_id"),
        sa.PrimaryKeyConstraint("id", name="pk_slips"),
        sa.UniqueConstraint("notice_id", "fingerprint", name="uq_slips_notice_id_fingerprint"),
    )


def downgrade() -> None:
    """Refuse to downgrade: recorded answers must not be lost."""
    raise NotImplementedError
