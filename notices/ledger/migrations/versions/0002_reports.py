"""Table of reports received by e-mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Reports are append-only: triggers forbid UPDATE and DELETE, in SQLite also INSERT OR REPLACE, in PostgreSQL TRUNCATE.
APPEND_ONLY = {
    "sqlite": (
        """
        CREATE TRIGGER reports_never_change BEFORE UPDATE ON reports
        BEGIN SELECT RAISE(ABORT, 'reports are append-only'); END
        """,
        """
        CREATE TRIGGER reports_never_go BEFORE DELETE ON reports
        BEGIN SELECT RAISE(ABORT, 'reports are append-only'); END
        """,
        """
        CREATE TRIGGER reports_never_replaced BEFORE INSERT ON reports
        WHEN EXISTS (SELECT 1 FROM reports WHERE id = NEW.id OR key = NEW.key)
        BEGIN SELECT RAISE(ABORT, 'reports are append-only'); END
        """,
    ),
    "postgresql": (
        """
        CREATE FUNCTION reports_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'reports are append-only' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        """
        CREATE TRIGGER reports_never_change BEFORE UPDATE OR DELETE ON reports
        FOR EACH ROW EXECUTE FUNCTION reports_append_only()
        """,
        """
        CREATE TRIGGER reports_never_emptied BEFORE TRUNCATE ON reports
        FOR EACH STATEMENT EXECUTE FUNCTION reports_append_only()
        """,
    ),
}


def upgrade() -> None:
    """Create the table and its triggers."""
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("reply", sa.Text()),
        sa.Column("diagnostic", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("dated", sa.DateTime(timezone=True)),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_reports_delivery_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("key", name="uq_reports_key"),
    )
    op.create_index("ix_reports_delivery_id", "reports", ["delivery_id"])
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
