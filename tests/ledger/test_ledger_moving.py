"""Moving a ledger between SQLite and PostgreSQL: every row, its seals and its chain; and the source refuses writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from ledger_builders import AT, account, approve, case, plan
from postgres import Postgres, needs_postgres
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Enum,
    Integer,
    LargeBinary,
    Text,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from notices.errors import Refused, UsageMistake
from notices.ledger import Head, Ledger, move, place_of, reopen
from notices.ledger.columns import Moment, Names, TextWord, Yuan
from notices.ledger.moving import MOVING
from notices.model import Payment

pytestmark = [needs_postgres, pytest.mark.slow]


@pytest.fixture
def here(sqlite: str) -> Iterator[Ledger]:
    """Make a ledger in a file, with rows of several tables."""
    with closing(Ledger.open(sqlite)) as ledger:
        with ledger.begin() as books:
            plan(books, "A", account(), account("1-102"))
            approve(books, "A")
        pay(ledger)
        yield ledger


@pytest.fixture
def there(server: Postgres) -> Iterator[Ledger]:
    """Make an empty ledger on the server."""
    with closing(Ledger.open(server.ledger())) as ledger:
        yield ledger


def pay(ledger: Ledger) -> None:
    with ledger.begin() as books:
        books.payments.add(
            case(),
            Payment(
                date(2026, 11, 1),
                Decimal("10.00"),
            ),
            by="甲",
            at=AT,
        )


def proven(ledger: Ledger) -> Head:
    with ledger.read() as books:
        proof = books.verification.prove()
        assert proof.broken == ()
        return proof.head


def payments(ledger: Ledger) -> list[int]:
    with ledger.read() as books:
        return [payment.id for payment in books.payments.all()]


def test_a_ledger_that_moved_there_and_back_is_the_same_and_goes_on(
    here: Ledger, there: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    head = proven(here)
    moved = move(here, there, "there")
    assert proven(there) == moved.head == head
    assert (moved.rows["accounts"], moved.rows["payments"], moved.rows["events"]) == (2, 1, head.id)
    pay(there)
    assert payments(there) == [1, 2]
    with closing(Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('back') / 'ledger.db'}")) as back:
        move(there, back, "back")
        assert proven(back) == proven(there)
        pay(back)
        assert payments(back) == [1, 2, 3]
        proven(back)


ODD = "𠮷\u200d'\"\\\n\t%s ? :x"
VALUES: dict[type, object] = {
    Moment: datetime(2026, 2, 28, 23, 59, 59, 999_999, UTC),
    Names: (ODD, "乙"),
    Yuan: Decimal("-90071992547409.93"),
    Boolean: True,
    JSON: {"值": ["甲", None, 0.1, -(2**53)], ODD: {}},
    Date: date(1999, 12, 31),
    LargeBinary: bytes(range(256)),
    Integer: 2_000_000_000,
    Text: ODD,
}


def fill(connection: Connection) -> None:
    """Write a row with every column into each table without rows, and, where that may be, one with the least."""
    for table in MOVING:
        if connection.execute(select(table)).first() is None:
            connection.execute(insert(table), {column.name: made_up(column) for column in table.columns})
            least = {column.name: made_up(column) for column in table.columns if not column.nullable}
            least |= {column.name: f"{ODD}2" for column in table.columns if least.get(column.name) == ODD}
            least |= {"id": 2} if "id" in table.c else {}
            with suppress(IntegrityError), connection.begin_nested():
                connection.execute(insert(table), least)


def made_up(column: Column[Any]) -> object:
    """Return an unusual value for a column: a reference to the first row of a table, or what must be quoted."""
    if column.foreign_keys or (column.primary_key and column.name == "id"):
        return 1
    if isinstance(column.type, Enum):
        assert column.type.enum_class is not None
        return next(iter(column.type.enum_class))
    if isinstance(column.type, TextWord):
        return next(iter(column.type.kind))
    return next(value for kind, value in VALUES.items() if isinstance(column.type, kind))


def rows(ledger: Ledger) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table that is moved, as the program reads it."""
    with ledger.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr) for table in MOVING
        }


def test_every_column_of_every_table_goes_there_and_back_as_it_was(
    here: Ledger, there: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with here.begin() as books:
        books.connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        fill(books.connection)
    known = rows(here)
    assert all(known.values())
    moved = move(here, there, "there")
    assert moved.rows == {name: len(each) for name, each in rows(there).items()}
    assert rows(there) == known
    with closing(Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('back') / 'ledger.db'}")) as back:
        move(there, back, "back")
        assert rows(back) == known


def test_the_ledger_that_was_left_refuses_to_be_written_until_it_is_opened_again(here: Ledger, there: Ledger) -> None:
    rows = payments(here)
    move(here, there, "there")
    with pytest.raises(Refused, match="moved to there"):
        pay(here)
    assert payments(here) == rows
    reopen(here)
    pay(here)
    with pytest.raises(UsageMistake):
        reopen(here)


def test_a_database_with_rows_of_its_own_takes_no_other_ledger(here: Ledger, there: Ledger) -> None:
    pay(there)
    with pytest.raises(Refused, match="rows of its own"):
        move(here, there, "there")
    pay(here)
    assert payments(there) == [1]


def test_a_move_that_was_cut_off_after_the_copy_is_finished_by_the_next(here: Ledger, there: Ledger) -> None:
    move(here, there, "there")
    reopen(here)  # as if the mark had not been written
    assert move(here, there, "there").rows["payments"] == 1
    with pytest.raises(Refused):
        pay(here)


def test_a_ledger_that_another_program_changed_is_not_moved(here: Ledger, there: Ledger) -> None:
    with here.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE payments SET amount = 1")
    with pytest.raises(Refused, match="chain of this ledger is broken"):
        move(here, there, "there")
    assert payments(there) == []


def test_a_place_is_named_without_its_password() -> None:
    assert place_of("postgresql://clerk:secret@db/notices") == "postgresql+psycopg://clerk:***@db/notices"
