"""The chain and the seals on PostgreSQL: the same links and digests as on SQLite, in the order of commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import date
from decimal import Decimal

import pytest
from alembic import command
from ledger_builders import AT, account, approve, case, plan
from postgres import Postgres, needs_postgres
from sqlalchemy import MetaData, Table, create_engine, insert, select, text

from notices.errors import Refused, UsageMistake
from notices.ledger import Breach, Ledger
from notices.ledger.faults import translate_errors
from notices.ledger.migrating import configuration
from notices.ledger.sealing import SEALED, contents
from notices.model import Payment

pytestmark = [needs_postgres, pytest.mark.slow]


@pytest.fixture
def shared(server: Postgres) -> Iterator[Ledger]:
    """Open a fresh ledger on the server."""
    ledger = Ledger.open(server.ledger())
    yield ledger
    ledger.close()


@pytest.fixture
def ledger(sqlite: str) -> Iterator[Ledger]:
    """Open a fresh ledger in a file, to compare with."""
    ledger = Ledger.open(sqlite)
    yield ledger
    ledger.close()


def execute(ledger: Ledger, *statements: str) -> None:
    with translate_errors(), ledger.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def broken(ledger: Ledger) -> tuple[Breach, ...]:
    with ledger.read() as books:
        return books.verification.prove().broken


def fill(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), account("1-102"))
        approve(books, "A")
    with ledger.begin() as books:
        books.payments.add(case(), Payment(date(2026, 11, 1), Decimal("10.00")), by="clerk", at=AT)


def test_an_untouched_ledger_is_intact_and_a_changed_row_is_named(shared: Ledger) -> None:
    fill(shared)
    assert broken(shared) == ()
    execute(shared, "ALTER TABLE payments DISABLE TRIGGER USER", "UPDATE payments SET amount = 1")
    (breach,) = broken(shared)
    assert (breach.what, breach.row) == ("changed", "payments 1")


def test_a_thing_has_the_same_content_in_either_database(shared: Ledger, ledger: Ledger) -> None:
    found = []
    for each in (shared, ledger):
        fill(each)
        with each.read() as books:
            found.append({owner: contents(books.connection, owner, ["1"]) for owner, _ in SEALED.values()})
    assert found[0] == found[1]


def test_an_event_can_only_be_purged(shared: Ledger) -> None:
    fill(shared)
    for statement in ("DELETE FROM events", "UPDATE events SET by = 'x'", "UPDATE events SET salt = NULL WHERE id = 2"):
        with pytest.raises(Refused):
            execute(shared, statement)
    with shared.begin() as books:
        books.events.purge([2], by="clerk", at=AT)
    assert broken(shared) == ()


def test_ids_follow_the_order_of_commits_without_gaps_whoever_writes(server: Postgres) -> None:
    url = server.database()
    Ledger.open(url).close()

    def write(author: str) -> None:
        ledger = Ledger.open(url)
        for number in range(8):
            with suppress(UsageMistake), ledger.begin() as books:
                books.payments.add(case(), Payment(date(2026, 11, 1), Decimal("1.00")), by=author, at=AT)
                if number % 3 == 2:
                    books.batches.get("nowhere")  # raises; a sequence would leave a gap after the rollback
        ledger.close()

    writers = [threading.Thread(target=write, args=(f"clerk {number}",)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    ledger = Ledger.open(url)
    assert broken(ledger) == ()
    with ledger.engine.connect() as connection:
        ids = list(connection.execute(text("SELECT id FROM events ORDER BY id")).scalars())
    ledger.close()
    assert ids == list(range(1, 4 * 6 * 2 + 1))


OLD_ROWS = {
    "batches": {"id": 1, "name": "A", "as_of": date(2026, 11, 23), "list_date": date(2026, 11, 23), "again": False},
    "payments": {
        "id": 1, "estate": "e", "unit": "1-101", "case_owners": '["甲一"]', "date": date(2026, 11, 1),
        "amount": 1000, "note": "旧", "by": "clerk", "entered_at": AT,
    },
    "holds": {
        "id": 1, "estate": "e", "unit": "1-101", "case_owners": '["甲一"]', "kind": "disputed",
        "registered": date(2026, 11, 1), "by": "clerk", "entered_at": AT,
    },
}  # fmt: skip


def test_an_old_ledger_migrates_with_its_rows_and_is_intact(server: Postgres) -> None:
    """Migration 0007 links the events and seals the rows; the later ones fill columns of the sealed rows."""
    url = server.database()
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0006")
        tables = {name: Table(name, MetaData(), autoload_with=connection) for name in OLD_ROWS}
        for name, table in tables.items():
            connection.execute(insert(table), {**_filled(table), **OLD_ROWS[name]})
        for number in range(1, 8):
            at = "2026-11-23 09:30:00+00"
            row = {"at": at, "by": "甲", "kind": "sending", "what": "delivery", "what_id": number, "data": '{"值": 1}'}
            connection.execute(
                text(
                    'INSERT INTO events (at, "by", kind, what, what_id, data)'
                    " VALUES (:at, :by, :kind, :what, :what_id, CAST(:data AS json))"
                ),
                row,
            )
        before = {name: dict(connection.execute(select(table)).one()._mapping) for name, table in tables.items()}
    engine.dispose()
    with closing(Ledger.open(url)) as ledger:
        with ledger.engine.connect() as connection:
            for name, table in tables.items():
                assert dict(connection.execute(select(table)).one()._mapping) == before[name]
        assert broken(ledger) == ()
        with ledger.read() as books:
            assert books.events.of("delivery", 7)[0].data == {"值": 1}
            (payment,) = books.payments.all()
            assert (payment.payment.amount, payment.case.unit, payment.note) == (Decimal(10), "1-101", "旧")
        with ledger.begin() as books:
            books.payments.take_back(payment.id, why="mistaken", by="clerk", at=AT)
        assert broken(ledger) == ()


def _filled(table: Table) -> dict[str, object]:
    """Return a value for each column that must have one."""
    values = {"TEXT": "x", "VARCHAR": "x", "INTEGER": 1, "BIGINT": 1, "BOOLEAN": False, "JSON": [], "DATE": AT.date()}
    return {
        column.name: values.get(str(column.type).split("(")[0], AT)
        for column in table.columns
        if not column.nullable and column.server_default is None
    }


def test_a_server_knows_at_once_how_large_a_long_list_is(shared: Ledger) -> None:
    """Without counting, it searches an estate row by row for each unit, until its own count a minute later."""
    with shared.begin() as books:
        plan(books, "A", *(account(f"1-{number}") for number in range(1_000)))
    with shared.read() as books:
        counted = books.connection.execute(
            text("SELECT relname, reltuples FROM pg_class WHERE relname IN ('accounts', 'notices', 'seals')")
        )
        assert {name: int(rows) >= 1_000 for name, rows in counted} == dict.fromkeys(
            ("accounts", "notices", "seals"), True
        )
