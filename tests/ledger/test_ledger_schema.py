from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from ledger_builders import account, approve, plan
from sqlalchemy import text

from notices.errors import Refused
from notices.ledger import Ledger
from notices.ledger.faults import translate_errors
from notices.ledger.migrating import HEAD, configuration
from notices.ledger.schema import metadata


def test_the_migrations_make_exactly_the_tables_of_the_models(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_head_that_a_quick_opening_looks_for_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]


def _break(ledger: Ledger, statement: str) -> None:
    with translate_errors(), ledger.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET by = 'nobody'", "DELETE FROM events", "DELETE FROM events WHERE id = 1"]
)
def test_events_can_neither_be_changed_nor_removed(ledger: Ledger, statement: str) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
    with pytest.raises(Refused):
        _break(ledger, statement)
    with ledger.read() as books:
        assert [event.by for event in books.events.of("batch", 1)] == ["clerk"]


def test_an_event_cannot_be_replaced(ledger: Ledger) -> None:
    if ledger.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite knows INSERT OR REPLACE")
    with ledger.begin() as books:
        plan(books, "A", account())
    with pytest.raises(Refused):
        _break(
            ledger,
            "INSERT OR REPLACE INTO events SELECT id, at, 'nobody', kind, what, what_id, data, salt, digest, link"
            " FROM events",
        )


def test_the_schema_itself_forbids_two_notices_of_one_tier_in_one_case(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), account("1-102"))
        approve(books, "A")
    with pytest.raises(Refused, match="already has a notice of this tier"):
        _break(ledger, "UPDATE notices SET slot = (SELECT slot FROM notices WHERE id = 1) WHERE id = 2")


def test_the_schema_itself_forbids_two_notices_to_one_owner_on_their_way_at_once(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), account("1-102"))
        approve(books, "A")
    with pytest.raises(Refused, match="still being sent"):
        _break(ledger, "UPDATE notices SET pending = (SELECT pending FROM notices WHERE id = 1) WHERE id = 2")


def test_a_reference_to_nothing_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Refused):
        _break(ledger, "INSERT INTO job_items (job_id, position, delivery_id) VALUES (77, 0, 77)")
