"""Tables of the lines of statements, and of the payments booked from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import seal_table

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of statement lines and their bookings."""
    op.create_table(
        "statement_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_statement_lines"),
        sa.UniqueConstraint("key", name="uq_statement_lines_key"),
    )
    op.create_index("ix_statement_lines_reference", "statement_lines", ["reference"])
    op.create_index("ix_statement_lines_state", "statement_lines", ["state"])
    seal_table("statement_lines", "statement_lines", "id")
    op.create_table(
        "statement_bookings",
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_statement_bookings_payment_id"),
        sa.ForeignKeyConstraint(["line_id"], ["statement_lines.id"], name="fk_statement_bookings_line_id"),
        sa.PrimaryKeyConstraint("payment_id", name="pk_statement_bookings"),
    )
    op.create_index("ix_statement_bookings_line_id", "statement_bookings", ["line_id"])
    seal_table("statement_bookings", "statement_lines", "line_id")


def downgrade() -> None:
    """Refuse to downgrade: statements imported again would be booked twice."""
    raise NotImplementedError
