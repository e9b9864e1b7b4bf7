"""Chain of events, and seals of every row: computed for what is there already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from notices.ledger.chain import ORIGIN, linked
from notices.ledger.columns import Moment
from notices.ledger.migrations.sealing import seal_table
from notices.ledger.records import Head

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PORTION = 5_000

EVENTS = sa.table(
    "events",
    sa.column("id", sa.Integer),
    sa.column("at", Moment),
    sa.column("by", sa.Text),
    sa.column("kind", sa.Text),
    sa.column("what", sa.Text),
    sa.column("what_id", sa.Integer),
    sa.column("data", sa.JSON),
    sa.column("salt", sa.Text),
    sa.column("digest", sa.Text),
    sa.column("link", sa.Text),
)
# Table, the thing that its rows belong to, and the column with that thing's key.
SEALED = (
    ("batches", "batches", "id"),
    ("lists", "lists", "id"),
    ("accounts", "accounts", "id"),
    ("charges", "accounts", "account_id"),
    ("decisions", "accounts", "account_id"),
    ("approvals", "approvals", "id"),
    ("shards", "shards", "id"),
    ("notices", "notices", "id"),
    ("deliveries", "notices", "notice_id"),
    ("reports", "reports", "id"),
    ("holds", "holds", "id"),
    ("instalments", "holds", "hold_id"),
    ("payments", "payments", "id"),
    ("payment_reversals", "payments", "payment_id"),
    ("slips", "slips", "id"),
    ("series", "series", "pattern"),
    ("jobs", "jobs", "id"),
    ("job_items", "jobs", "job_id"),
    ("commands", "commands", "id"),
    ("handovers", "handovers", "id"),
    ("handover_files", "handovers", "handover_id"),
)

OLD = ("id", "at", "by", "kind", "what", "what_id", "data")

# Events stay append-only, with one exception: data and salt can be purged, both at once.
FREE = {
    "sqlite": ("DROP TRIGGER events_never_change",),
    "postgresql": ("DROP TRIGGER events_never_change ON events",),
}
PURGED_ONLY = """(
    NEW.salt IS NULL AND CAST(NEW.data AS TEXT) = '{}' AND NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.by = OLD.by
    AND NEW.kind = OLD.kind AND NEW.what = OLD.what AND NEW.what_id = OLD.what_id
    AND NEW.digest = OLD.digest AND NEW.link = OLD.link
)"""
APPEND_ONLY = {
    "sqlite": (
        f"""
        CREATE TRIGGER events_never_change BEFORE UPDATE ON events WHEN NOT {PURGED_ONLY}
        BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
        """,
    ),
    "postgresql": (
        f"""
        CREATE TRIGGER events_never_change BEFORE UPDATE ON events FOR EACH ROW WHEN (NOT {PURGED_ONLY})
        EXECUTE FUNCTION events_append_only()
        """,
        """
        CREATE TRIGGER events_never_go BEFORE DELETE ON events
        FOR EACH ROW EXECUTE FUNCTION events_append_only()
        """,
    ),
}


def upgrade() -> None:
    """Link the events to each other, and seal every table."""
    dialect = op.get_bind().dialect.name
    for statement in FREE[dialect]:
        op.execute(statement)
    op.add_column("events", sa.Column("salt", sa.Text()))
    op.add_column("events", sa.Column("digest", sa.Text(), nullable=False, server_default=""))
    op.add_column("events", sa.Column("link", sa.Text(), nullable=False, server_default=""))
    _link(op.get_bind())
    for statement in APPEND_ONLY[dialect]:
        op.execute(statement)
    _make_seals()
    for table, entity, key in SEALED:
        seal_table(table, entity, key)


def _make_seals() -> None:
    op.create_table(
        "touched",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "key", name="pk_touched"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "seals",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "key", name="pk_seals"),
        sqlite_with_rowid=False,
    )


def _link(connection: sa.Connection) -> None:
    """Fill the new columns; ids that PostgreSQL's sequence skipped are closed up, because nothing refers to them."""
    change = (
        EVENTS.update()
        .where(EVENTS.c.id == sa.bindparam("old"))
        .values({name: sa.bindparam(f"new_{name}") for name in ("id", "salt", "digest", "link")})
    )
    head = ORIGIN
    for rows in _portions(connection):
        new = list(linked(rows, head))
        changes = [
            {"old": row["id"], **{f"new_{name}": made[name] for name in ("id", "salt", "digest", "link")}}
            for row, made in zip(rows, new, strict=True)
        ]
        connection.execute(change, changes)
        head = Head(new[-1]["id"], new[-1]["link"])


def _portions(connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    last = 0
    while True:
        wanted = sa.select(*(EVENTS.c[name] for name in OLD)).where(EVENTS.c.id > last).order_by(EVENTS.c.id)
        rows = [dict(row) for row in connection.execute(wanted.limit(PORTION)).mappings()]
        if not rows:
            return
        last = rows[-1]["id"]
        yield rows


def downgrade() -> None:
    """Refuse to downgrade: the chain and the seals would be lost."""
    raise NotImplementedError
