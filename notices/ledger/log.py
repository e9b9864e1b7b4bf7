"""The log: events in order, those of one command together, each with the account, notice or batch it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, Table, false, func, or_, select

from notices.ledger import schema
from notices.ledger.base import Book, chunks, in_units_of
from notices.ledger.events import SEALED
from notices.ledger.spellings import spellings
from notices.model import CaseKey

OF_ACCOUNTS = {"hold": schema.holds, "payment": schema.payments, "claim": schema.claims}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An act of somebody at one moment: one event, or `count` of one kind, up to the event `last`.

    `account`, `notice` and `batch` are those of the only one, or of the first of several.
    """

    event: int
    last: int
    at: datetime
    by: str
    kind: str
    what: str
    what_id: int
    count: int
    account: str | None = None
    notice: str | None = None
    batch: str | None = None


class EventNames(NamedTuple):
    """The account, notice and batch that something belongs to, as far as it has them."""

    account: str | None = None
    notice: str | None = None
    batch: str | None = None


class LogBook(Book):
    """Ledger operations for the log."""

    def entries(
        self, *, since: datetime | None = None, by: str | None = None, case: CaseKey | None = None
    ) -> list[LogEntry]:
        """Return what was done since a moment, by a person, about an account; everything by default."""
        wanted = schema.events.c.kind != SEALED
        if since is not None:
            wanted &= schema.events.c.at >= since
        if by is not None:
            wanted &= schema.events.c.by == by
        if case is not None:
            wanted &= self._about(case)
        columns = [schema.events.c[name] for name in ("id", "at", "by", "kind", "what", "what_id")]
        rows = self.connection.execute(select(*columns).where(wanted).order_by(schema.events.c.id))
        entries = (LogEntry(key, key, at, who, kind, what, what_id, 1) for key, at, who, kind, what, what_id in rows)
        return self._named(list(_together(entries)))

    def page(
        self, size: int, *, before: int | None = None, since: datetime | None = None, by: str | None = None
    ) -> list[LogEntry]:
        """Return the newest entries before an event (its id), the newest first; reads only what it returns."""
        events = schema.events.c
        wanted = events.kind != SEALED
        if since is not None:
            wanted &= events.at >= since
        if by is not None:
            wanted &= events.by == by
        found: list[LogEntry] = []
        while len(found) < size:
            older = wanted if before is None else wanted & (events.id < before)
            columns = [events[name] for name in ("id", "at", "by", "kind", "what", "what_id")]
            newest = self.connection.execute(select(*columns).where(older).order_by(events.id.desc()).limit(1)).first()
            if newest is None:
                break
            last, at, who, kind, what, _ = newest
            alike = (events.at == at) & (events.by == who) & (events.kind == kind) & (events.what == what)
            other = select(events.id).where(older & ~alike).order_by(events.id.desc()).limit(1)
            edge = self.connection.execute(other).scalar() or 0
            run = wanted & (events.id > edge) & (events.id <= last)
            first, count = self.connection.execute(select(func.min(events.id), func.count()).where(run)).one()
            what_id = self.connection.execute(select(events.what_id).where(events.id == first)).scalar_one()
            found.append(LogEntry(first, last, at, who, kind, what, what_id, count))
            before = first
        return self._named(found)

    def people(self) -> list[str]:
        """Return everybody who has done something, in order of name."""
        return sorted(self.connection.execute(select(schema.events.c.by).distinct()).scalars())

    def _about(self, case: CaseKey) -> ColumnElement[bool]:
        """Return a condition for the events of an account's decisions, notices, deliveries, holds, payments, claims."""
        own = {what: self._ids(table, case) for what, table in OF_ACCOUNTS.items()}
        own["notice"] = self._ids(schema.notices, case)
        accounts = self._ids(schema.accounts, case)
        own["decision"] = self._read(select(schema.decisions.c.id).where(schema.decisions.c.account_id.in_(accounts)))
        own["delivery"] = self._read(
            select(schema.deliveries.c.id).where(schema.deliveries.c.notice_id.in_(own["notice"]))
        )
        events = schema.events.c
        return or_(false(), *((events.what == what) & events.what_id.in_(ids) for what, ids in own.items() if ids))

    def _ids(self, table: Table, case: CaseKey) -> list[int]:
        known = spellings(self.connection)
        named = known.today(case)
        rows = self.connection.execute(
            select(table.c.id, table.c.estate, table.c.unit, table.c.case_owners).where(
                in_units_of(table, [case], self.connection)
            )
        )
        return [key for key, estate, unit, owners in rows if known.today(CaseKey(estate, unit, owners)) == named]

    def _read(self, wanted: Select[int]) -> list[int]:
        return list(self.connection.execute(wanted).scalars())

    def _named(self, entries: list[LogEntry]) -> list[LogEntry]:
        """Return entries with the names of what they are about."""
        names: dict[tuple[str, int], EventNames] = {}
        for what in {it.what for it in entries}:
            ids = {it.what_id for it in entries if it.what == what}
            for portion in chunks(ids):
                names |= {(what, key): found for key, found in self._names(what, portion)}
        nameless = EventNames()
        return [replace(it, **names.get((it.what, it.what_id), nameless)._asdict()) for it in entries]

    def _names(self, what: str, ids: Collection[int]) -> Iterator[tuple[int, EventNames]]:
        if what in {"notice", "delivery", "decision"}:
            yield from self._names_of_notices(what, ids)
        elif what in OF_ACCOUNTS:
            table, today = OF_ACCOUNTS[what], spellings(self.connection).today
            columns = (table.c.id, table.c.estate, table.c.unit, table.c.case_owners)
            for key, *whose in self.connection.execute(select(*columns).where(table.c.id.in_(ids))):
                yield key, EventNames(today(CaseKey(*whose)).key)
        elif what == "batch":
            for key, name in self.connection.execute(
                select(schema.batches.c.id, schema.batches.c.name).where(schema.batches.c.id.in_(ids))
            ):
                yield key, EventNames(batch=name)
        elif what == "job":
            jobs = select(schema.jobs.c.id, schema.batches.c.name).join(schema.batches).where(schema.jobs.c.id.in_(ids))
            for key, name in self.connection.execute(jobs):
                yield key, EventNames(batch=name)

    def _names_of_notices(self, what: str, ids: Collection[int]) -> Iterator[tuple[int, EventNames]]:
        key = {
            "notice": schema.notices.c.id,
            "delivery": schema.deliveries.c.id,
            "decision": schema.decisions.c.id,
        }[what]
        joined = schema.notices.outerjoin(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
        joined = joined.outerjoin(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
        joined = joined.outerjoin(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
        if what == "delivery":
            joined = joined.join(schema.deliveries, schema.deliveries.c.notice_id == schema.notices.c.id)
        columns = (schema.notices.c.estate, schema.notices.c.unit, schema.notices.c.case_owners)
        rows = self.connection.execute(
            select(key, *columns, schema.notices.c.number, schema.batches.c.name)
            .select_from(joined)
            .where(key.in_(ids))
        )
        today = spellings(self.connection).today
        for found, estate, unit, owners, number, batch in rows:
            yield found, EventNames(today(CaseKey(estate, unit, owners)).key, number, batch)


def _together(events: Iterable[LogEntry]) -> Iterator[LogEntry]:
    """Yield the entries, those of one kind that somebody recorded at one moment as one."""
    for _, same in groupby(events, key=lambda it: (it.at, it.by, it.kind, it.what)):
        first, *others = same
        yield replace(first, last=others[-1].last, count=len(others) + 1) if others else first
