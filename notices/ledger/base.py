"""Base class of the ledger's operations, and helpers for events, bulk inserts and chunked queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Pool, Table, func, insert, select

from notices.ledger import schema
from notices.ledger.chain import append
from notices.ledger.spellings import spellings
from notices.model import CaseKey
from notices.spelling import ORDINARY, comparable_unit

CHUNK_SIZE = 5_000  # items per chunk: well below either database's limit of parameters in one statement
FEW_UNITS = 500  # up to this many, filtering by unit is faster than reading the whole estate

_REMEMBERED: WeakKeyDictionary[Pool, dict[Any, Any]] = WeakKeyDictionary()

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
    """A group of ledger operations, bound to one transaction; `zone` is the office's, for the dates of moments."""

    connection: Connection
    zone: tzinfo = UTC

    def _record(self, happenings: Iterable[NewEvent], *, by: str, at: datetime) -> None:
        """Record events in the current transaction."""
        rows = [
            {"at": at, "by": by, "kind": it.kind, "what": it.what, "what_id": it.what_id, "data": dict(it.data)}
            for it in happenings
        ]
        if rows:
            append(self.connection, rows)


def chunks(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """Split items into chunks small enough for one SQL statement."""
    ordered = list(items)
    for start in range(0, len(ordered), CHUNK_SIZE):
        yield ordered[start : start + CHUNK_SIZE]


def insert_all(connection: Connection, table: Table, rows: Sequence[Values]) -> list[int]:
    """Insert rows in bulk and return their ids in the same order.

    The ids are known before the rows are written, which takes a fifth of the time of asking for them afterwards.
    """
    if not rows:
        return []
    ids = _new_ids(connection, table, len(rows))
    connection.execute(insert(table), [{**row, "id": identity} for row, identity in zip(rows, ids, strict=True)])
    return ids


def _new_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Return so many unused ids: SQLite has one writer at a time, PostgreSQL a sequence for each table."""
    if connection.dialect.name == "sqlite":
        first = (connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1
        return list(range(first, first + count))
    sequence = func.pg_get_serial_sequence(table.name, table.c.id.name)
    numbers = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
    return list(connection.execute(numbers).scalars())


def in_units_of(table: Table, cases: Collection[CaseKey], connection: Connection | None = None) -> ColumnElement[bool]:
    """Return a condition for the rows of these cases' units (above FEW_UNITS: estates), to be filtered by case.

    Rows of an earlier version have units as they were typed then. For a big table give the connection, so that these
    are looked up once.
    """
    estates = sorted({case.estate for case in cases})
    condition: ColumnElement[bool] = table.c.estate.in_(estates)
    units = {case.unit for case in cases}
    if len(units) > FEW_UNITS:
        return condition
    if connection is None:
        return condition & (table.c.unit.in_(sorted(units)) | _is_odd(table))
    typed = {unit for estate in estates for unit in _odd_units(connection, table, estate)}
    return condition & table.c.unit.in_(sorted(units | {unit for unit in typed if comparable_unit(unit) in units}))


def unindexed(column: ColumnElement[int]) -> ColumnElement[int]:
    """Return a number that is looked for in a list row by row: with its index, SQLite walks the list for each row."""
    return column + 0


def cases_on_record(connection: Connection, table: Table, cases: Collection[CaseKey]) -> set[CaseKey]:
    """Return those of these cases that the table has."""
    found = select(table.c.estate, table.c.unit, table.c.case_owners).where(in_units_of(table, cases, connection))
    known = spellings(connection)
    listed = {known.today(CaseKey(*row)) for row in connection.execute(found.distinct())}
    return {case for case in cases if known.today(case) in listed}


def remembered(connection: Connection) -> dict[Any, Any]:
    """Return what is remembered as long as the ledger is open: only what no later transaction changes."""
    return _REMEMBERED.setdefault(connection.engine.pool, {})


def odd_units_ahead(connection: Connection) -> None:
    """Read the odd units of all estates, so that nobody has to wait for it."""
    for table in (schema.accounts, schema.notices):
        for estate in connection.execute(select(table.c.estate).distinct()).scalars().all():
            _odd_units(connection, table, estate)


def _is_odd(table: Table) -> ColumnElement[bool]:
    """Return a condition for the units that may be compared in another form than they are stored in."""
    return table.c.unit.regexp_match(f"[^{ORDINARY}]")


def _odd_units(connection: Connection, table: Table, estate: str) -> frozenset[str]:
    """Return the odd units of an estate; this version writes none, so they are read once for each open ledger."""
    known: dict[tuple[str, str], frozenset[str]] = remembered(connection)
    if (table.name, estate) not in known:
        # SQLite has no regular expressions: each row would ask Python. Its GLOB knows the same set of characters.
        embedded = connection.dialect.name == "sqlite"
        is_odd = table.c.unit.op("GLOB")(f"*[^{ORDINARY}]*") if embedded else _is_odd(table)
        odd = select(table.c.unit).where(table.c.estate == estate, is_odd).distinct()
        known[table.name, estate] = frozenset(connection.execute(odd).scalars())
    return known[table.name, estate]
