"""The chain and the seals on PostgreSQL: the same links and digests as on SQLite, in the order of commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from ledger_builders import AT, account, approve, case, plan
from postgres import Postgres, needs_postgres, postgres
from sqlalchemy import text

from notices.errors import Refused, UsageMistake
from notices.ledger import Breach, Ledger
from notices.ledger.faults import translate_errors
from notices.ledger.sealing import SEALED, contents
from notices.model import Payment

pytestmark = [needs_postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.fixture
def shared(server: Postgres) -> Iterator[Ledger]:
    """Open a fresh ledger on the server."""
    ledger = Ledger.open(server.database())
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
