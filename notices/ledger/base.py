"""What all books share: the connection, the events, and reading in portions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, func, insert, select
from sqlalchemy.orm import InstrumentedAttribute

from notices.ledger.schema import AccountRow, Event, HoldRow, NoticeRow, PaymentRow
from notices.model import CaseKey

PORTION = 5_000  # well below the number of parameters that either database takes in one statement
FEW_UNITS = 500  # up to here naming the units is quicker than reading the estate
RECORD = insert(Event)

Values = dict[str, Any]
Item = TypeVar("Item")
OfCase = type[AccountRow] | type[HoldRow] | type[NoticeRow] | type[PaymentRow]


@dataclass(frozen=True, slots=True)
class Happening:
    """What an event says besides when and by whom."""

    kind: str
    what: str
    what_id: int
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Book:
    """A part of the ledger, open for one transaction."""

    connection: Connection

    def _record(self, happenings: Iterable[Happening], *, by: str, at: datetime) -> None:
        """Write down what happened, in the transaction in which it does."""
        rows = [
            {"at": at, "by": by, "kind": it.kind, "what": it.what, "what_id": it.what_id, "data": dict(it.data)}
            for it in happenings
        ]
        if rows:
            self.connection.execute(RECORD, rows)


def portions(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """The items, so many at a time as one statement takes."""
    ordered = list(items)
    for start in range(0, len(ordered), PORTION):
        yield ordered[start : start + PORTION]


def insert_all(connection: Connection, key: InstrumentedAttribute[int], rows: Sequence[Values]) -> list[int]:
    """Insert rows in bulk and give their ids in the same order."""
    if not rows:
        return []
    if connection.dialect.name == "sqlite":
        return _insert_numbered(connection, key, rows)
    statement = insert(key.class_).returning(key, sort_by_parameter_order=True)
    return list(connection.execute(statement, rows).scalars())


def _insert_numbered(connection: Connection, key: InstrumentedAttribute[int], rows: Sequence[Values]) -> list[int]:
    """The same where only one can write at a time, so that the next ids are known: a fifth of the time."""
    first = (connection.execute(select(func.max(key))).scalar() or 0) + 1
    ids = list(range(first, first + len(rows)))
    connection.execute(
        insert(key.class_), [{**row, key.key: identity} for row, identity in zip(rows, ids, strict=True)]
    )
    return ids


def near(table: OfCase, cases: Collection[CaseKey]) -> ColumnElement[bool]:
    """The rows of these cases' units (few cases) or estates (many): a superset, to be sorted out by case."""
    condition = table.estate.in_(sorted({case.estate for case in cases}))
    units = {case.unit for case in cases}
    return condition & table.unit.in_(sorted(units)) if len(units) <= FEW_UNITS else condition


def exactly(table: OfCase, case: CaseKey) -> ColumnElement[bool]:
    """The rows of one case."""
    return (table.estate == case.estate) & (table.unit == case.unit) & (table.case_owners == case.owners)
