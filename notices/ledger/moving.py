"""Moving a ledger to another database: every row as it is stored, compared row by row and proved by the chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, Integer, Table, text

from notices.errors import Refused, Unusable, UsageMistake
from notices.ledger import schema
from notices.ledger.chain import head_of
from notices.ledger.columns import Moment
from notices.ledger.engine import parsed
from notices.ledger.ledger import Ledger
from notices.ledger.records import Head
from notices.ledger.sealing import raw_columns
from notices.ledger.turns import MOVED, refuse_lost_turn
from notices.ledger.verifying import VerificationBook
from notices.messages import say

LEFT_BEHIND = (schema.touched, schema.turns)  # empty between two transactions; who works here
MOVING = tuple(table for table in schema.metadata.sorted_tables if table not in LEFT_BEHIND)
PORTION = 1_000  # rows inserted at a time
HIDDEN = "hidden"
FILES_AT_A_TIME = 4  # parts of kept files, of some megabytes each


@dataclass(frozen=True)
class Moved:
    """Result of a move: the number of rows by table, the head of the chain, and the place without its password."""

    place: str
    rows: Mapping[str, int]
    head: Head


def place_of(url: str) -> str:
    """Return a URL without its passwords, which may stand in its query too. Raises SettingsMistake if it is none."""
    place = parsed(url)
    hidden = {name: HIDDEN if "password" in name.lower() else value for name, value in place.query.items()}
    return place.set(query=hidden).render_as_string(hide_password=True)


def move(source: Ledger, target: Ledger, place: str) -> Moved:
    """Copy every row into an empty ledger, compare each, prove the chain; then let the source refuse to be written.

    Nobody writes to either meanwhile. The copy is committed as a whole; a move that was cut off after that is finished
    by the next one. Raises Refused if the target has other rows, or the chain of the source is broken; Unusable if a
    row is not in the target as it is in the source.
    """
    with source.writing_alone() as here:
        refuse_lost_turn(here, source.turns.fences)
        with target.writing_alone() as there:
            if _is_empty(there):
                _copy_all(here, there)
            elif head_of(there) != head_of(here):
                raise Refused(
                    say("{place} has a ledger with rows of its own.", place=place),
                    say("Give an empty database: a move mixes no ledgers."),
                )
            counts = {table.name: _compared(here, there, table) for table in MOVING}
            proof = VerificationBook(there).prove()
            if proof.broken:
                raise Refused(
                    say("The chain of this ledger is broken; it is not moved."),
                    say("`notices ledger verify` names what is broken. Restore it from a backup first."),
                )
        here.exec_driver_sql(
            f"INSERT INTO turns (what, \"by\", machine, folder, since, fence, ended) VALUES ('{MOVED}', '',"  # noqa: S608 - our own word
            f" {_signs(here, 1)[0]}, '', CURRENT_TIMESTAMP, 1, {'1' if _is_embedded(here) else 'true'})",
            (place,),
        )
    return Moved(place, counts, proof.head)


def reopen(ledger: Ledger) -> None:
    """Let a ledger that was moved be written again. Raises UsageMistake if it was not moved."""
    with ledger.writing_alone() as connection:
        gone = connection.exec_driver_sql(f"DELETE FROM turns WHERE what = '{MOVED}'").rowcount  # noqa: S608 - our own word
        if not gone:
            raise UsageMistake(say("This ledger was not moved; it can be written."), say("Leave --reopen out."))


def _is_embedded(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _is_empty(connection: Connection) -> bool:
    return not any(connection.exec_driver_sql(f"SELECT 1 FROM {table.name} LIMIT 1").first() for table in MOVING)  # noqa: S608 - names of ours


def _copy_all(here: Connection, there: Connection) -> None:
    """Copy every table, with nothing noted as touched: the seals come along."""
    if _is_embedded(there):
        there.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for table in MOVING:
        _copy(here, there, table)
    there.exec_driver_sql("DELETE FROM touched")
    if not _is_embedded(there):
        _set_sequences(there)


def _copy(here: Connection, there: Connection, table: Table) -> None:
    names = sorted(table.c.keys())
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(_stored(table, name, sign) for name, sign in zip(names, _signs(there, len(names)), strict=True))
    statement = f"INSERT INTO {table.name} ({columns}) VALUES ({values})"  # noqa: S608 - names of ours
    if not _is_embedded(there):
        there.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
    for portion in _portions(here, table):
        there.exec_driver_sql(statement, [tuple(row) for row in portion])
    if not _is_embedded(there):
        there.exec_driver_sql(f"ALTER TABLE {table.name} ENABLE TRIGGER USER")


def _compared(here: Connection, there: Connection, table: Table) -> int:
    """Compare every row of a table; return their number."""
    count = 0
    both = zip_longest(_rows(here, table), _rows(there, table))
    for count, (original, copy) in enumerate(both, start=1):
        if original is None or copy is None or tuple(original) != tuple(copy):
            raise Unusable(
                say(
                    "Row {count} of {table} did not arrive as it was; nothing was moved.", count=count, table=table.name
                ),
                say("Try again with an empty database; if it happens again, report it."),
            )
    return count


def _portions(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    with _reading(connection, table) as rows:
        yield from rows.partitions()


def _rows(connection: Connection, table: Table) -> Iterator[Any]:
    with _reading(connection, table) as rows:
        yield from rows


def _reading(connection: Connection, table: Table) -> Any:
    """Read a table by its key, in one order in either database: that of the bytes; only some rows are in memory."""
    dialect = connection.dialect.name
    order = ", ".join(_in_order_of_bytes(table, column.name, dialect) for column in table.primary_key)
    size = FILES_AT_A_TIME if table is schema.files else PORTION
    statement = f"SELECT {', '.join(raw_columns(table, dialect))} FROM {table.name} ORDER BY {order}"  # noqa: S608 - names of ours
    return connection.exec_driver_sql(statement, execution_options={"yield_per": size})


def _in_order_of_bytes(table: Table, name: str, dialect: str) -> str:
    is_text = not isinstance(table.c[name].type, Integer)
    return f'"{name}" COLLATE "C"' if is_text and dialect != "sqlite" else f'"{name}"'


def _signs(connection: Connection, count: int) -> list[str]:
    return ["?" if _is_embedded(connection) else "%s"] * count


def _stored(table: Table, name: str, sign: str) -> str:
    """Return the SQL that stores a value given as SQLite stores it."""
    if sign == "?":
        return sign
    kind = table.c[name].type
    if isinstance(kind, Moment):
        return f"(CAST({sign} AS timestamp) AT TIME ZONE 'UTC')"
    if isinstance(kind, Date):
        return f"CAST({sign} AS date)"
    if isinstance(kind, JSON):
        return f"CAST({sign} AS json)"
    return f"CAST(CAST({sign} AS integer) AS boolean)" if isinstance(kind, Boolean) else sign


def _set_sequences(connection: Connection) -> None:
    """Let the ids of new rows go on after those that were copied."""
    for table in MOVING:
        if "id" in table.c:
            connection.execute(
                text(
                    f"SELECT setval(s, (SELECT coalesce(max(id), 0) + 1 FROM {table.name}), false)"  # noqa: S608 - names of ours
                    f" FROM (SELECT pg_get_serial_sequence('{table.name}', 'id') AS s) AS own WHERE s IS NOT NULL"
                )
            )
