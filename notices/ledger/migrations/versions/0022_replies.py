"""Letters of reply leave, come back and are reported on as notices are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import seal_table

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ADDED = {"attempt": sa.Integer, "server_code": sa.Integer, "server_text": sa.Text, "waybill": sa.Text}
# What is personal in a report can be blanked; nothing else of it ever changes, and it never goes.
BLANKED_ONLY = """(
    NEW.address IS NULL AND NEW.reply IS NULL AND NEW.diagnostic = '' AND NEW.sender = ''
    AND NEW.key = 'purged-' || NEW.id AND NEW.id = OLD.id AND NEW.delivery_id = OLD.delivery_id
    AND NEW.kind = OLD.kind AND NEW.final = OLD.final
    AND NEW.by = OLD.by AND NEW.entered_at = OLD.entered_at
)"""
APPEND_ONLY = {
    "sqlite": (
        f"""
        CREATE TRIGGER reply_reports_never_change BEFORE UPDATE ON reply_reports WHEN NOT {BLANKED_ONLY}
        BEGIN SELECT RAISE(ABORT, 'reply_reports are append-only'); END
        """,
        """
        CREATE TRIGGER reply_reports_never_go BEFORE DELETE ON reply_reports
        BEGIN SELECT RAISE(ABORT, 'reply_reports are append-only'); END
        """,
    ),
    "postgresql": (
        f"""
        CREATE TRIGGER reply_reports_never_change BEFORE UPDATE ON reply_reports
        FOR EACH ROW WHEN (NOT {BLANKED_ONLY}) EXECUTE FUNCTION reports_append_only()
        """,
        """
        CREATE TRIGGER reply_reports_never_go BEFORE DELETE ON reply_reports
        FOR EACH ROW EXECUTE FUNCTION reports_append_only()
        """,
    ),
}


def upgrade() -> None:
    """Add the facts of attempts and carriers, and the reports."""
    for name, kind in ADDED.items():
        op.add_column("reply_deliveries", sa.Column(name, kind()))
    op.create_table(
        "reply_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("reply", sa.Text()),
        sa.Column("diagnostic", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("dated", sa.DateTime(timezone=True)),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["reply_deliveries.id"], name="fk_reply_reports_delivery_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reply_reports"),
        sa.UniqueConstraint("key", name="uq_reply_reports_key"),
    )
    op.create_index("ix_reply_reports_delivery_id", "reply_reports", ["delivery_id"])
    seal_table("reply_reports", "reply_reports", "id")
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Refuse to downgrade: reports must not be lost."""
    raise NotImplementedError
