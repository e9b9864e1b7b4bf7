"""Base class of the ledger's operations, and helpers for events, bulk inserts and chunked queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, func, insert, select

from notices.ledger import schema
from notices.model import CaseKey

CHUNK_SIZE = 5_000  # items per chunk: well below either database's limit of parameters in one statement
FEW_UNITS = 500  # up to this many, filtering by unit is faster than reading the whole estate
RECORD = insert(schema.events)

Values = dict[str, Any]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to record, without its time and author."""

    kind: str
    what: str
    what_id: int
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Book:
    """A group of ledger operations, bound to one transaction."""

    connection: Connection

    def _record(self, happenings: Iterable[NewEvent], *, by: str, at: datetime) -> None:
        """Record events in the current transaction."""
        rows = [
            {"at": at, "by": by, "kind": it.kind, "what": it.what, "what_id": it.what_id, "data": dict(it.data)}
            for it in happenings
        ]
        if rows:
            self.connection.execute(RECORD, rows)


def chunks(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """Split items into chunks small enough for one SQL statement."""
    ordered = list(items)
    for start in range(0, len(ordered), CHUNK_SIZE):
        yield ordered[start : start + CHUNK_SIZE]


def insert_all(connection: Connection, table: Table, rows: Sequence[Values]) -> list[int]:
    """Insert rows in bulk and return their ids in the same order."""
    if not rows:
        return []
    if connection.dialect.name == "sqlite":
        return _insert_numbered(connection, table, rows)
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, rows).scalars())


def _insert_numbered(connection: Connection, table: Table, rows: Sequence[Values]) -> list[int]:
    """Insert with ids assigned here: safe in SQLite, which has one writer at a time, and five times faster."""
    first = (connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1
    ids = list(range(first, first + len(rows)))
    connection.execute(insert(table), [{**row, "id": identity} for row, identity in zip(rows, ids, strict=True)])
    return ids


def in_units_of(table: Table, cases: Collection[CaseKey]) -> ColumnElement[bool]:
    """Return a condition for the rows of these cases' units (above FEW_UNITS: estates), to be filtered by case."""
    condition: ColumnElement[bool] = table.c.estate.in_(sorted({case.estate for case in cases}))
    units = {case.unit for case in cases}
    return condition & table.c.unit.in_(sorted(units)) if len(units) <= FEW_UNITS else condition


def is_case(table: Table, case: CaseKey) -> ColumnElement[bool]:
    """Return a condition for the rows of exactly this case."""
    wanted: ColumnElement[bool] = (
        (table.c.estate == case.estate) & (table.c.unit == case.unit) & (table.c.case_owners == case.owners)
    )
    return wanted
