"""Events: what happened to each object, in order."""

from __future__ import annotations

from sqlalchemy import select

from notices.ledger import schema
from notices.ledger.base import Book
from notices.ledger.records import EventRecord


class EventsBook(Book):
    """Ledger operations for reading events."""

    def of(self, what: str, what_id: int) -> list[EventRecord]:
        """Return the events of one object, oldest first; `what` is its type, such as "delivery" or "notice"."""
        wanted = (
            select(schema.events)
            .where(schema.events.c.what == what, schema.events.c.what_id == what_id)
            .order_by(schema.events.c.id)
        )
        return [EventRecord(**row._mapping) for row in self.connection.execute(wanted)]
