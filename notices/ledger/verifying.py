"""Proof of the ledger: every event against the chain, every row against its seal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from notices.ledger import schema
from notices.ledger.base import CHUNK_SIZE, Book
from notices.ledger.chain import ORIGIN, digest_of, link_of
from notices.ledger.events import PURGED_EVENT
from notices.ledger.records import Head
from notices.ledger.sealing import (
    OUTSIDE_EVENT,
    PORTION,
    SEALED,
    SEALED_EVENT,
    Content,
    contents,
    name_of,
    raw_columns,
)
from notices.model import Channel, State
from notices.progress import Progress, no_progress

Deed = Literal["changed", "removed", "inserted"]
MOST_IN_A_GAP = 1_000  # missing events named for one gap: an invented id must not make a list of millions


@dataclass(frozen=True, slots=True)
class Breach:
    """A break of the chain or a row that does not match its seal; `row` is the thing, such as `payments 12`.

    `event` is the broken event; for a row the one that vouches for it, None if there is none.
    """

    event: int | None
    what: Deed
    row: str | None = None


@dataclass(frozen=True, slots=True)
class MailCopy:
    """An e-mail that was built: its batch, notice number and state, and the SHA-256 of the message."""

    batch: str
    number: str
    state: State
    sha256: str


@dataclass(frozen=True, slots=True)
class LedgerProof:
    """Result of checking the whole ledger: number of events, what is broken, and the head."""

    events: int
    broken: tuple[Breach, ...]
    head: Head


@dataclass
class _Chain:
    """Findings of a walk along the chain: breaches, the newest digest of each thing, and the events without data."""

    broken: list[Breach] = field(default_factory=list)
    vouched: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    blank: set[int] = field(default_factory=set)
    purged: set[int] = field(default_factory=set)
    head: Head = ORIGIN
    events: int = 0

    def add(self, event: int, what: Deed, row: str | None = None) -> None:
        self.broken.append(Breach(event, what, row))


class VerificationBook(Book):
    """Ledger operations that prove it."""

    def prove(self, expected: Head | None = None, watch: Progress = no_progress) -> LedgerProof:
        """Check every event and every row; `expected` is a head kept elsewhere that the chain must contain."""
        events = self.connection.execute(select(func.count()).select_from(schema.events)).scalar_one()
        things = self.connection.execute(select(func.count()).select_from(schema.seals)).scalar_one()
        chain = _walk(self.connection, expected, lambda done: watch(done, events + things))
        broken = chain.broken + list(
            _rows(self.connection, chain.vouched, lambda done: watch(events + min(done, things), events + things))
        )
        named = {breach.row for breach in broken}
        left = self.connection.execute(select(schema.touched.c.entity, schema.touched.c.key))
        others = (name_of((entity, key)) for entity, key in left)
        broken += [Breach(None, "inserted", f"touched {name}") for name in others if name not in named]
        return LedgerProof(chain.events, tuple(broken), chain.head)

    def mails(self) -> list[MailCopy]:
        """Return every e-mail that has a checksum, by batch and number; in a letter for several, the leading one."""
        lead = schema.deliveries.alias("lead")
        wanted = (
            select(
                schema.batches.c.name, schema.notices.c.number, schema.deliveries.c.state, schema.deliveries.c.sha256
            )
            .select_from(schema.deliveries)
            .join(lead, lead.c.id == func.coalesce(schema.deliveries.c.letter_id, schema.deliveries.c.id))
            .join(schema.notices, lead.c.notice_id == schema.notices.c.id)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .where(schema.deliveries.c.channel == Channel.EMAIL, schema.deliveries.c.sha256.is_not(None))
            .order_by(schema.batches.c.id, schema.notices.c.number)
        )
        return [
            MailCopy(batch, number or "", state, sha) for batch, number, state, sha in self.connection.execute(wanted)
        ]


def _walk(connection: Connection, expected: Head | None, watch: Callable[[int], None]) -> _Chain:
    """Check the chain event by event.

    A broken link is laid to the one change that explains it: an event put in between, one taken out with the later
    ones renumbered, or a changed event. After an event that is missing, the next one is taken as it is.
    """
    chain = _Chain()
    link: str | None = ""  # of the event before; None if that is missing
    place, shift = 0, 0  # of the event before; number of events put in (less those taken out) before this one
    known = expected is None or expected == ORIGIN
    for event, following in _with_next(_events(connection)):
        chain.events += 1
        if chain.events % PORTION == 0:
            watch(chain.events)
        if event["id"] - shift <= place or _is_put_in(link, event, following, place + 1):
            chain.add(event["id"], "inserted")
            shift += event["id"] - shift == place + 1
            continue
        shift, link = _missing_before(chain, event, following, place, (shift, link))
        place = event["id"] - shift
        link = _checked(chain, event, following, link, place)
        known = known or (expected is not None and expected == Head(place, link))
        chain.head = Head(event["id"], link)
        _take_in(chain, event)
    _check_expected(chain, expected, place, known=known)
    chain.broken += [Breach(event, "changed") for event in sorted(chain.blank - chain.purged)]
    return chain


def _is_put_in(link: str | None, event: Mapping[str, Any], following: Mapping[str, Any] | None, place: int) -> bool:
    """Return whether an event is not linked, and the one after it (or nothing) follows as if it were not there."""
    if link is None or _link(link, event, place) == event["link"]:
        return False
    if following is None:
        return len(str(event["link"])) != 64
    return bool(_link(link, following, place) == following["link"])


def _missing_before(
    chain: _Chain,
    event: Mapping[str, Any],
    following: Mapping[str, Any] | None,
    place: int,
    now: tuple[int, str | None],
) -> tuple[int, str | None]:
    """Record what is missing before an event; return the shift of the ids and the link from here on."""
    shift, link = now
    gap = range(place + 1, event["id"] - shift)
    for missing in gap[:MOST_IN_A_GAP]:
        chain.add(missing + shift, "removed")
    if gap:
        return shift, None
    taken_out = (
        link is not None
        and following is not None
        and _link(link, event, place + 1) != event["link"]
        and _link(event["link"], following, following["id"] - shift) != following["link"]
        and _link(event["link"], following, following["id"] - shift + 1) == following["link"]
    )
    if taken_out:
        chain.add(event["id"], "removed")
        return shift - 1, None
    return shift, link


def _checked(
    chain: _Chain, event: Mapping[str, Any], following: Mapping[str, Any] | None, link: str | None, place: int
) -> str:
    """Record a changed event; return its link as it was made."""
    own: str = event["link"]
    made = own if link is None else _link(link, event, place)
    if made != own or not _is_digest_of(chain, event):
        chain.add(event["id"], "changed")
    if made != own and following is not None and _link(made, following, place + 1) == following["link"]:
        return made  # the link itself was changed
    return own


def _is_digest_of(chain: _Chain, event: Mapping[str, Any]) -> bool:
    data = _json(event["data"])
    if event["salt"] is None:
        chain.blank.add(event["id"])
        return data == {}
    return bool(data is not None and digest_of(event["salt"], data) == event["digest"])


def _take_in(chain: _Chain, event: Mapping[str, Any]) -> None:
    """Remember what an event vouches for."""
    data = _json(event["data"])
    if event["what"] != "ledger" or not isinstance(data, dict):
        return
    if event["kind"] == SEALED_EVENT:
        chain.vouched.update((name, (event["id"], digest)) for name, digest in data.items())
    elif event["kind"] == OUTSIDE_EVENT:
        for name in data["things"]:
            chain.add(event["id"], "changed", name)
    elif event["kind"] == PURGED_EVENT:
        chain.purged.update(data["events"])


def _check_expected(chain: _Chain, expected: Head | None, last: int, *, known: bool) -> None:
    if known or expected is None:
        return
    if expected.id > last:
        for missing in range(last + 1, expected.id + 1)[:MOST_IN_A_GAP]:
            chain.add(missing, "removed")
    elif not any(breach.row is None for breach in chain.broken):
        chain.add(expected.id, "changed")


def _link(before: str, event: Mapping[str, Any], identity: int) -> str:
    return link_of(before, {**event, "id": identity}, event["at"])


def _json(data: str) -> object:
    try:
        return json.loads(data)
    except (ValueError, TypeError):
        return None


def _events(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield the events with their values as SQLite stores them."""
    names = sorted(schema.events.c.keys())
    columns = ", ".join(raw_columns(schema.events, connection.dialect.name))
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    wanted = f"SELECT {columns} FROM events WHERE id > {sign} ORDER BY events.id LIMIT {CHUNK_SIZE}"  # noqa: S608 - names of ours
    last = -(2**31)
    while rows := connection.exec_driver_sql(wanted, (last,)).all():
        for row in rows:
            yield dict(zip(names, row, strict=True))
        last = rows[-1][names.index("id")]


def _with_next(events: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    before: dict[str, Any] | None = None
    for event in events:
        if before is not None:
            yield before, event
        before = event
    if before is not None:
        yield before, None


def _rows(
    connection: Connection, vouched: Mapping[str, tuple[int, str | None]], watch: Callable[[int], None]
) -> Iterator[Breach]:
    """Yield a breach for each thing whose rows or seal are not as the chain vouches for."""
    done = 0
    for entity in dict.fromkeys(owner for owner, _ in SEALED.values()):
        seals = _seals(connection, entity)
        keys = sorted({*_keys(connection, entity, vouched), *seals})
        for start in range(0, len(keys), PORTION):
            portion = keys[start : start + PORTION]
            found = contents(connection, entity, portion)
            for key in portion:
                name = name_of((entity, key))
                yield from _breaches(name, found.get(key), seals.get(key), vouched.get(name, (None, None)))
            done += len(portion)
            watch(done)


def _breaches(
    name: str, content: Content | None, seal: tuple[str, str, int] | None, vouched: tuple[int | None, str | None]
) -> Iterator[Breach]:
    event, digest = vouched
    salt, _, _ = seal or ("", "", 0)
    if (seal[1:] if seal else (None, None)) != (digest, event if digest else None):
        yield Breach(event, "inserted" if digest is None else "changed" if seal else "removed", f"seals {name}")
    if digest is None and content is not None:
        yield Breach(event, "inserted", name)
    elif digest is not None and content is None:
        yield Breach(event, "removed", name)
    elif seal is not None and content is not None and digest_of(salt, content) != digest:
        yield Breach(event, "changed", name)


def _seals(connection: Connection, entity: str) -> dict[str, tuple[str, str, int]]:
    rows = connection.execute(select(schema.seals).where(schema.seals.c.entity == entity))
    return {row.key: (row.salt, row.digest, row.event_id) for row in rows}


def _keys(connection: Connection, entity: str, vouched: Iterable[str]) -> Iterator[str]:
    """Yield the keys of an entity's things: those that have rows, and those that the chain vouches for."""
    for table, (owner, key) in SEALED.items():
        if owner == entity:
            statement = f'SELECT DISTINCT CAST("{key}" AS TEXT) FROM {table.name}'  # noqa: S608 - names of ours
            yield from connection.exec_driver_sql(statement).scalars()
    for name in vouched:
        whose, _, key = name.partition(" ")
        if whose == entity:
            yield key
