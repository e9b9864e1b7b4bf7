"""Attempts to send e-mail, read from the events."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from notices.ledger import schema
from notices.ledger.base import Book, chunks
from notices.ledger.deliveries import LETTER
from notices.model import State

NOT_SENT = "not-sent"  # event kind: the server refused before the e-mail was begun; its retry time keeps running


class AttemptsBook(Book):
    """Queries for attempts to send e-mail."""

    def first_attempts(self, delivery_ids: Collection[int], what: str = "delivery") -> dict[int, datetime]:
        """Return the time of each e-mail's first attempt since it was last rendered or released to be sent again.

        `what` is "delivery", or "reply-delivery" for letters of reply.
        """
        found: dict[int, datetime] = {}
        for portion in chunks(delivery_ids):
            wanted = (
                select(schema.events)
                .where(schema.events.c.what == what, schema.events.c.what_id.in_(portion))
                .order_by(schema.events.c.id)
            )
            for event in self.connection.execute(wanted):
                if event.data.get("to") == State.RENDERED and event.kind != NOT_SENT:
                    found.pop(event.what_id, None)
                elif event.data.get("to") == State.SENDING:
                    found.setdefault(event.what_id, event.at)
        return found

    def last_attempt(self, delivery_id: int, what: str = "delivery") -> datetime | None:
        """Return when the last attempt to send this e-mail began; None if there was none."""
        attempts = select(schema.events.c.at).where(
            schema.events.c.what == what,
            schema.events.c.what_id == delivery_id,
            schema.events.c.kind == State.SENDING.value,
        )
        return self.connection.execute(attempts.order_by(schema.events.c.id.desc()).limit(1)).scalar()

    def attempts_since(self, moment: datetime, server: str) -> list[datetime]:
        """Return the times of all attempts at `server` since `moment`, oldest first, a letter of several once."""
        wanted = select(schema.events.c.at, schema.events.c.data).where(
            schema.events.c.kind == State.SENDING.value, schema.events.c.at >= moment
        )
        rows = self.connection.execute(wanted.order_by(schema.events.c.id))
        return [row.at for row in rows if row.data.get("server") == server and LETTER not in row.data]
