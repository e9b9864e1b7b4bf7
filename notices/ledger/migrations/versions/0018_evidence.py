"""Reports stay append-only, with one exception: what is personal in them can be blanked."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None

BLANKED_ONLY = """(
    NEW.address IS NULL AND NEW.reply IS NULL AND NEW.diagnostic = '' AND NEW.sender = ''
    AND NEW.key = 'purged-' || NEW.id AND NEW.id = OLD.id AND NEW.delivery_id = OLD.delivery_id
    AND NEW.kind = OLD.kind AND NEW.final = OLD.final
    AND NEW.by = OLD.by AND NEW.entered_at = OLD.entered_at
)"""
STATEMENTS = {
    "sqlite": (
        "DROP TRIGGER reports_never_change",
        f"""
        CREATE TRIGGER reports_never_change BEFORE UPDATE ON reports WHEN NOT {BLANKED_ONLY}
        BEGIN SELECT RAISE(ABORT, 'reports are append-only'); END
        """,
    ),
    "postgresql": (
        "DROP TRIGGER reports_never_change ON reports",
        f"""
        CREATE TRIGGER reports_never_change BEFORE UPDATE ON reports FOR EACH ROW WHEN (NOT {BLANKED_ONLY})
        EXECUTE FUNCTION reports_append_only()
        """,
        """
        CREATE TRIGGER reports_never_go BEFORE DELETE ON reports
        FOR EACH ROW EXECUTE FUNCTION reports_append_only()
        """,
    ),
}


def upgrade() -> None:
    """Let reports be blanked."""
    for statement in STATEMENTS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Refuse to downgrade: what was blanked does not come back."""
    raise NotImplementedError
