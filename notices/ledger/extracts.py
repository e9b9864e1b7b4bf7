"""Extracts of the ledger for a reader who has not this program: events with what their links are computed from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, or_, select

from notices.ledger import schema
from notices.ledger.base import CHUNK_SIZE, Book
from notices.ledger.chain import ORIGIN, canonical, digest_of, link_of, moment_text
from notices.ledger.sealing import name_of, not_as_recorded


@dataclass(frozen=True, slots=True)
class LinkedEvent:
    """An event of the chain, with the two texts whose SHA-256 are its `digest` and its `link`.

    `digest_text` is None for an event whose data were purged. `intact` is True if both are as computed anew, and the
    event follows the one before it.
    """

    id: int
    at: datetime
    by: str
    kind: str
    what: str
    what_id: int
    data: dict[str, Any]
    digest: str
    link: str
    digest_text: str | None
    link_text: str
    intact: bool


@dataclass(frozen=True, slots=True)
class RowIds:
    """The ids of the rows that stand behind a notice: its account in the list, its approval, its batch and the list."""

    account: int
    approval: int | None
    batch: int
    list: int


class ExtractsBook(Book):
    """Ledger operations for extracts."""

    def events(self, things: Iterable[tuple[str, Collection[int]]]) -> list[LinkedEvent]:
        """Return the events of these things (type and ids, as `EventsBook.of` names them), oldest first."""
        own = [
            and_(schema.events.c.what == what, schema.events.c.what_id.in_(sorted(ids))) for what, ids in things if ids
        ]
        return list(linked_events(self.connection, or_(false(), *own)))

    def path(self, first: int, last: int) -> Iterator[str]:
        """Yield the text that the link of each event from `first` to `last` is computed from; it has digests only."""
        for start in range(first, last + 1, CHUNK_SIZE):
            end = min(start + CHUNK_SIZE - 1, last)
            for event in linked_events(self.connection, schema.events.c.id.between(start, end)):
                yield event.link_text

    def rows_behind(self, notice_id: int) -> RowIds | None:
        """Return the ids of the rows behind a notice; None for one that no list of this program asked for."""
        row = self.connection.execute(
            select(
                schema.accounts.c.id,
                schema.notices.c.approval_id,
                schema.accounts.c.batch_id,
                schema.accounts.c.list_id,
            )
            .select_from(schema.notices)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .where(schema.notices.c.id == notice_id)
        ).first()
        return None if row is None else RowIds(*row)

    def list_of(self, account_id: int) -> tuple[int, str, str, str | None]:
        """Return the list that an account came with: its position in its batch (from 0), file, SHA-256 and sheet."""
        own = select(schema.accounts.c.list_id, schema.accounts.c.batch_id).where(schema.accounts.c.id == account_id)
        list_id, batch_id = self.connection.execute(own).one()
        lists = select(schema.lists).where(schema.lists.c.batch_id == batch_id).order_by(schema.lists.c.id)
        found = list(enumerate(self.connection.execute(lists)))
        position, row = next((position, row) for position, row in found if row.id == list_id)
        return position, row.file, row.sha256, row.sheet

    def jobs_of(self, delivery_ids: Collection[int]) -> list[tuple[int, str]]:
        """Return id and number of every print job that ever contained a letter of these deliveries, oldest first."""
        own = sorted(delivery_ids)
        letters = select(schema.deliveries.c.letter_id).where(
            schema.deliveries.c.id.in_(own), schema.deliveries.c.letter_id.is_not(None)
        )
        wanted = (
            select(schema.jobs.c.id, schema.jobs.c.number)
            .join(schema.job_items, schema.job_items.c.job_id == schema.jobs.c.id)
            .where(schema.job_items.c.delivery_id.in_(own) | schema.job_items.c.delivery_id.in_(letters))
            .distinct()
            .order_by(schema.jobs.c.id)
        )
        return [(row.id, row.number) for row in self.connection.execute(wanted)]

    def not_as_sealed(self, things: Iterable[tuple[str, int]]) -> Iterator[str]:
        """Yield the name of each of these things (table and id) whose rows are not what the chain vouches for."""
        wanted = [(table, str(identity)) for table, identity in things]
        broken = not_as_recorded(self.connection, wanted)
        yield from (name_of(thing) for thing in wanted if thing in broken)


def linked_events(connection: Connection, wanted: ColumnElement[bool]) -> Iterator[LinkedEvent]:
    """Yield the events that a condition selects, oldest first."""
    before = schema.events.alias()
    rows = select(schema.events, before.c.link.label("before")).outerjoin(before, before.c.id == schema.events.c.id - 1)
    yield from map(_linked, connection.execute(rows.where(wanted).order_by(schema.events.c.id)))


def _linked(row: Row[Any]) -> LinkedEvent:
    before = ORIGIN.link if row.id == ORIGIN.id + 1 else row.before
    told = (row.by, row.kind, row.what, row.what_id, row.digest)
    link_text = canonical((before, row.id, moment_text(row.at), *told))
    link = link_of(before or "", dict(row._mapping), moment_text(row.at))
    whole = row.salt is None or digest_of(row.salt, row.data) == row.digest
    return LinkedEvent(
        id=row.id,
        at=row.at,
        by=row.by,
        kind=row.kind,
        what=row.what,
        what_id=row.what_id,
        data=row.data,
        digest=row.digest,
        link=row.link,
        digest_text=None if row.salt is None else row.salt + canonical(row.data),
        link_text=link_text,
        intact=before is not None and whole and link == row.link,
    )
