"""Events: what happened to each object, in order."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import null, select, update

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.chain import ORIGIN, head_of
from notices.ledger.records import EventRecord, Head

PURGED_EVENT = "purged"


class EventsBook(Book):
    """Ledger operations for events as such."""

    def of(self, what: str, what_id: int) -> list[EventRecord]:
        """Return the events of one object, oldest first; `what` is its type, such as "delivery" or "notice"."""
        told = (schema.events.c[name] for name in EventRecord.__slots__)
        wanted = (
            select(*told)
            .where(schema.events.c.what == what, schema.events.c.what_id == what_id)
            .order_by(schema.events.c.id)
        )
        return [EventRecord(**row._mapping) for row in self.connection.execute(wanted)]

    def head(self) -> Head:
        """Return the id and link of the last event, by which a copy of the ledger shows how old it is."""
        return head_of(self.connection)

    def knows(self, head: Head) -> bool:
        """Return whether the chain contains this head, so that the ledger is as new as it or newer."""
        wanted = select(schema.events.c.link).where(schema.events.c.id == head.id)
        return head == ORIGIN or self.connection.execute(wanted).scalar() == head.link

    def purge(self, ids: Collection[int], *, by: str, at: datetime) -> None:
        """Remove data and salt of these events for good; the chain stays whole, and an event says which ones."""
        for portion in chunks(ids):
            blank = update(schema.events).where(schema.events.c.id.in_(portion)).values(data={}, salt=null())
            self.connection.execute(blank)
            self._record([NewEvent(PURGED_EVENT, "ledger", 0, {"events": list(portion)})], by=by, at=at)
