"""Seals: a salted digest of all rows of each thing, renewed by the transaction that changes them, in an event.

A thing is a row of one table together with the rows that belong to it: an account with its charges and its decision, a
notice with its deliveries. Triggers note in `touched` which things a transaction changes; before the commit their rows
are read back and sealed here. So a row that anybody changed in another way does not match its seal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from os import urandom
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, Integer, Table, bindparam, select, text

from notices.ledger import schema
from notices.ledger.base import chunks
from notices.ledger.chain import SALT_BYTES, append, digest_of, recorded
from notices.ledger.columns import Moment
from notices.ledger.engine import is_writing

PROGRAM = "notices"  # author of the events that this program adds by itself
SEALED_EVENT = "sealed"
OUTSIDE_EVENT = "changed-outside"
PORTION = 500  # things to a query and to an event

# Each table that is sealed: the thing that its rows belong to, and the column with that thing's key.
SEALED: Mapping[Table, tuple[str, str]] = {
    schema.batches: ("batches", "id"),
    schema.lists: ("lists", "id"),
    schema.accounts: ("accounts", "id"),
    schema.charges: ("accounts", "account_id"),
    schema.decisions: ("accounts", "account_id"),
    schema.approvals: ("approvals", "id"),
    schema.shards: ("shards", "id"),
    schema.notices: ("notices", "id"),
    schema.deliveries: ("notices", "notice_id"),
    schema.reports: ("reports", "id"),
    schema.holds: ("holds", "id"),
    schema.instalments: ("holds", "hold_id"),
    schema.payments: ("payments", "id"),
    schema.payment_reversals: ("payments", "payment_id"),
    schema.payment_answers: ("payments", "payment_id"),
    schema.statement_lines: ("statement_lines", "id"),
    schema.statement_bookings: ("statement_lines", "line_id"),
    schema.claims: ("claims", "id"),
    schema.renames: ("renames", "id"),
    schema.rename_reversals: ("renames", "rename_id"),
    schema.joins: ("joins", "id"),
    schema.slips: ("slips", "id"),
    schema.work_orders: ("work_orders", "id"),
    schema.replies: ("replies", "id"),
    schema.reply_deliveries: ("replies", "reply_id"),
    schema.reply_reports: ("reply_reports", "id"),
    schema.scans: ("scans", "id"),
    schema.series: ("series", "pattern"),
    schema.jobs: ("jobs", "id"),
    schema.job_items: ("jobs", "job_id"),
    schema.commands: ("commands", "id"),
    schema.handovers: ("handovers", "id"),
    schema.handover_files: ("handovers", "handover_id"),
    schema.users: ("users", "id"),
}
# The tables without a seal: events have their chain, the next are the seals themselves, and the last decide nothing.
UNSEALED = (schema.events, schema.touched, schema.seals, schema.turns, schema.files)

LAST = select(schema.events.c.at).order_by(schema.events.c.id.desc()).limit(1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # for a seal before the first event
RENEW = text(
    "INSERT INTO seals (entity, key, salt, digest, event_id) VALUES (:entity, :key, :salt, :digest, :event_id)"
    " ON CONFLICT (entity, key) DO UPDATE SET salt = excluded.salt, digest = excluded.digest,"
    " event_id = excluded.event_id"
)
BREAK = schema.seals.delete().where(
    schema.seals.c.entity == bindparam("its_entity"), schema.seals.c.key == bindparam("its_key")
)
Thing = tuple[str, str]  # entity and key
Content = dict[str, list[dict[str, Any]]]  # rows by table


def name_of(thing: Thing) -> str:
    """Return the name of a thing as seals, events and reports have it, such as `payments 12`."""
    return f"{thing[0]} {thing[1]}"


def seal(connection: Connection) -> int:
    """Seal every thing that this transaction has touched, and record that by one event for each PORTION of them.

    Returns how many things there are.
    """
    count = 0
    for things in _touched(connection):
        _seal(connection, things)
        count += len(things)
    _forget(connection)
    return count


def set_outside_changes_apart(connection: Connection) -> None:
    """Before a transaction: drop what other programs have left in `touched`, so that it is not sealed as ours.

    What they really changed is recorded, because a later change of the same thing by this program seals it anew.
    """
    for things in _touched(connection):
        note_outside_changes(connection, [thing for thing in things if not is_as_sealed(connection, thing)])
    _forget(connection)


def note_outside_changes(connection: Connection, things: Iterable[Thing]) -> None:
    """Record which things another program has changed, before this one changes and seals them."""
    if strange := sorted(map(name_of, things)):
        append(connection, [_event(connection, OUTSIDE_EVENT, {"things": strange})])


def note_if_changed(connection: Connection, *things: Thing) -> None:
    """Record which of these things another program has changed, before a transaction changes and seals them anew."""
    note_outside_changes(connection, not_as_recorded(connection, things))


def is_as_sealed(connection: Connection, thing: Thing) -> bool:
    """Return whether the rows of a thing match its seal; without rows, whether it has none."""
    wanted = select(schema.seals.c.salt, schema.seals.c.digest)
    seal = connection.execute(wanted.where(schema.seals.c.entity == thing[0], schema.seals.c.key == thing[1])).first()
    content = contents(connection, thing[0], [thing[1]]).get(thing[1])
    if seal is None or content is None:
        return seal is None and content is None
    return bool(digest_of(seal.salt, content) == seal.digest)


def not_as_recorded(connection: Connection, things: Iterable[Thing]) -> frozenset[Thing]:
    """Return those of these things whose rows are not what the chain vouches for.

    Not only the seal beside the rows is compared, which whoever changes them can renew, but the event that it was
    recorded with. Rows and seal of an earlier time, put back together, are found by `ledger verify` only, which reads
    the whole chain. What this transaction itself has touched is passed over: its seal is made at the end.
    """
    own = _own_touches(connection)
    broken = set[Thing]()
    in_order = sorted(set(things) - own, key=_by_number)  # as they were sealed: one event tells of many neighbours
    for entity, group in groupby(in_order, key=itemgetter(0)):
        keys = [key for _, key in group]
        for start in range(0, len(keys), PORTION):
            portion = keys[start : start + PORTION]
            broken |= {(entity, key) for key in portion} - _as_recorded(connection, entity, portion)
    return frozenset(broken)


def _by_number(thing: Thing) -> tuple[str, int, str]:
    return thing[0], len(thing[1]), thing[1]


def _own_touches(connection: Connection) -> set[Thing]:
    """Return what a write transaction has touched: `set_outside_changes_apart` has removed what others had."""
    if not is_writing(connection):
        return set()
    return {(row[0], row[1]) for row in connection.exec_driver_sql("SELECT entity, key FROM touched")}


def _as_recorded(connection: Connection, entity: str, keys: Sequence[str]) -> set[Thing]:
    wanted = select(schema.seals).where(schema.seals.c.entity == entity, schema.seals.c.key.in_(keys))
    seals = {row.key: row for row in connection.execute(wanted)}
    told = _vouched_by(connection, {row.event_id for row in seals.values()})
    found = contents(connection, entity, keys)
    return {
        (entity, key)
        for key, seal in seals.items()
        if key in found
        if digest_of(seal.salt, found[key]) == seal.digest == told.get(seal.event_id, {}).get(name_of((entity, key)))
    }


def _vouched_by(connection: Connection, events: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """Return what these events of sealing say, without those that are not in the chain as they were recorded."""
    return {
        event.id: event.data
        for portion in chunks(events)
        for event, as_recorded in recorded(connection, schema.events.c.id.in_(portion))
        if as_recorded and event.kind == SEALED_EVENT
    }


def contents(connection: Connection, entity: str, keys: Sequence[str]) -> dict[str, Content]:
    """Return all rows of things, by key; a thing without any row is left out.

    A row is a map of its columns without those that are NULL, so that a new column changes no digest. Values are as
    SQLite stores them, in either database, so that a ledger can move from one to the other with its seals.
    """
    found: dict[str, Content] = {}
    for table in _tables_of(entity):
        statement, names = _reading(table, connection.dialect.name, len(keys))
        numeric = isinstance(table.c[SEALED[table][1]].type, Integer)
        rows = connection.exec_driver_sql(statement, tuple(map(_number, keys) if numeric else keys))
        for key, *values in rows:
            row = {name: value for name, value in zip(names, values, strict=True) if value is not None}
            found.setdefault(key, {}).setdefault(table.name, []).append(row)
    return found


def raw_columns(table: Table, dialect: str) -> list[str]:
    """Return the SQL for a table's columns, in the order of their names, with values as SQLite stores them."""
    return [_raw(table, name, dialect) for name in sorted(table.c.keys())]


def _raw(table: Table, name: str, dialect: str) -> str:
    column, kind = f'"{name}"', table.c[name].type
    if dialect == "sqlite":
        return column
    if isinstance(kind, Moment):
        return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    if isinstance(kind, Date):
        return f"to_char({column}, 'YYYY-MM-DD')"
    if isinstance(kind, JSON):
        return f"CAST({column} AS TEXT)"
    return f"CAST({column} AS INTEGER)" if isinstance(kind, Boolean) else column


@cache
def _tables_of(entity: str) -> tuple[Table, ...]:
    return tuple(table for table, (owner, _) in SEALED.items() if owner == entity)


@cache
def _reading(table: Table, dialect: str, count: int) -> tuple[str, tuple[str, ...]]:
    """Return the statement that reads the rows of so many things, and the names of its columns after the key."""
    key = f'"{SEALED[table][1]}"'
    places = ", ".join(["?" if dialect == "sqlite" else "%s"] * count)
    order = ", ".join(f'{table.name}."{column.name}"' for column in table.primary_key)
    statement = (
        f"SELECT CAST({key} AS TEXT) AS key_of_thing, {', '.join(raw_columns(table, dialect))} FROM {table.name}"  # noqa: S608 - names of ours
        f" WHERE {key} IN ({places}) ORDER BY {order}"
    )
    return statement, tuple(sorted(table.c.keys()))


def _number(key: str) -> int | str:
    """Return a key as its number; as it is if another program has put something else in its place."""
    return int(key) if key.removeprefix("-").isdecimal() else key


def _touched(connection: Connection) -> Iterator[list[Thing]]:
    """Yield the touched things in portions."""
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    wanted = (
        f"SELECT entity, key FROM touched WHERE (entity, key) > ({sign}, {sign})"  # noqa: S608 - signs of ours
        f" ORDER BY entity, key LIMIT {PORTION}"
    )
    last: Thing = ("", "")
    while things := [(row[0], row[1]) for row in connection.exec_driver_sql(wanted, last)]:
        yield things
        last = things[-1]


def _forget(connection: Connection) -> None:
    if connection.exec_driver_sql("SELECT 1 FROM touched LIMIT 1").first():
        connection.exec_driver_sql("DELETE FROM touched")


def _seal(connection: Connection, things: Sequence[Thing]) -> None:
    made: list[dict[str, Any]] = []
    digests: dict[str, str | None] = {}
    for thing, content in _contents_of(connection, things):
        if content is None:
            digests[name_of(thing)] = None
            continue
        salt = urandom(SALT_BYTES).hex()
        digest = digests[name_of(thing)] = digest_of(salt, content)
        made.append({"entity": thing[0], "key": thing[1], "salt": salt, "digest": digest})
    identity = append(connection, [_event(connection, SEALED_EVENT, digests)]).id
    if made:
        connection.execute(RENEW, [{**each, "event_id": identity} for each in made])
    gone = [thing for thing in things if digests[name_of(thing)] is None]
    if gone:
        connection.execute(BREAK, [{"its_entity": entity, "its_key": key} for entity, key in gone])


def _contents_of(connection: Connection, things: Iterable[Thing]) -> Iterator[tuple[Thing, Content | None]]:
    """Yield each thing with its rows, or None if it has none; the things are in the order of their entities."""
    for entity, group in groupby(things, key=itemgetter(0)):
        keys = [key for _, key in group]
        found = contents(connection, entity, keys)
        yield from (((entity, key), found.get(key)) for key in keys)


def _event(connection: Connection, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event of the program's own, at the time of the event before it, because the ledger reads no clock."""
    at = connection.execute(LAST).scalar() or BEGINNING
    return {"at": at, "by": PROGRAM, "kind": kind, "what": "ledger", "what_id": 0, "data": dict(data)}
