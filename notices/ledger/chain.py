"""The chain of events: each event is linked to the one before it by SHA-256.

A link covers the link before it and every field of its event, the data by their digest only. The digest is salted, so
that nobody can guess purged data from it: once data and salt are gone, it tells nothing, and the chain still holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from os import urandom  # as `secrets` does, which takes a while to import
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from notices.ledger import schema
from notices.ledger.records import Head

ORIGIN = Head(0, "")  # head of a ledger without events
SALT_BYTES = 16

# The one statement that every append begins with.
LAST = select(schema.events.c.id, schema.events.c.link).order_by(schema.events.c.id.desc()).limit(1)

APPEND = insert(schema.events)

# One encoder, because making one takes longer than the digest; ASCII only, because a lone surrogate has no UTF-8. Only
# a column that another program has filled with bytes needs `repr`.
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=repr).encode


def digest_of(salt: str, data: object) -> str:
    """Return the SHA-256 of a salt and the canonical JSON of a value."""
    return sha256((salt + canonical(data)).encode()).hexdigest()


def link_after(before: str, event: Mapping[str, Any]) -> str:
    """Return the link of an event (a row of `events`) after the link of the event before it."""
    return link_of(before, event, moment_text(event["at"]))


def link_of(before: str, event: Mapping[str, Any], at: str) -> str:
    """Return the link of an event whose time is given as text."""
    told = (event[name] for name in ("by", "kind", "what", "what_id", "digest"))
    return sha256(canonical((before, event["id"], at, *told)).encode()).hexdigest()


def moment_text(at: datetime) -> str:
    """Return a moment as SQLite stores it, in UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def linked(events: Iterable[Mapping[str, Any]], head: Head) -> Iterator[dict[str, Any]]:
    """Yield new rows of `events` with id, salt, digest and link, as they follow the head."""
    link = head.link
    for identity, event in enumerate(events, head.id + 1):
        salt = urandom(SALT_BYTES).hex()
        row = {**event, "id": identity, "salt": salt, "digest": digest_of(salt, event["data"])}
        link = link_after(link, row)
        yield {**row, "link": link}


def head_of(connection: Connection) -> Head:
    """Return the id and link of the last event; ORIGIN if there is none."""
    row = connection.execute(LAST).first()
    return ORIGIN if row is None else Head(row.id, row.link)


def recorded(connection: Connection, wanted: ColumnElement[bool]) -> Iterator[tuple[Row[Any], bool]]:
    """Yield the events that a condition selects, oldest first; True if one has its place and data in the chain still.

    Whoever changes one and links it again has to link all later ones again, and so the head that is known outside.
    """
    before = schema.events.alias()
    rows = select(schema.events, before.c.link.label("before")).outerjoin(before, before.c.id == schema.events.c.id - 1)
    for row in connection.execute(rows.where(wanted).order_by(schema.events.c.id)):
        yield row, _is_linked(row)


def _is_linked(row: Row[Any]) -> bool:
    before = ORIGIN.link if row.id == ORIGIN.id + 1 else row.before
    if before is None or row.salt is None:
        return False
    return digest_of(row.salt, row.data) == row.digest and link_after(before, dict(row._mapping)) == str(row.link)


def append(connection: Connection, events: Iterable[Mapping[str, Any]]) -> Head:
    """Append rows of `events`, each linked to the one before it; return the new head.

    The ids are assigned here and not by a sequence, which would leave gaps after a rollback. That is safe because a
    write transaction has the ledger to itself; so the order of ids is the order of commits.
    """
    rows = list(linked(events, head_of(connection)))
    connection.execute(APPEND, rows)
    return Head(rows[-1]["id"], rows[-1]["link"])
