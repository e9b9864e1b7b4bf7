"""Attempts to send e-mail, as the events tell of them: when the first and the last was, how many a server had."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from notices.ledger.base import Book, portions
from notices.ledger.schema import Event
from notices.model import State

NOT_SENT = "not-sent"  # the event of an e-mail that the server did not let us begin: its time runs on


class AttemptsBook(Book):
    """What has been tried."""

    def first_tried(self, delivery_ids: Collection[int]) -> dict[int, datetime]:
        """When each of these e-mails was first tried since its letter was made, or a person let it go again."""
        found: dict[int, datetime] = {}
        for portion in portions(delivery_ids):
            wanted = select(Event).where(Event.what == "delivery", Event.what_id.in_(portion)).order_by(Event.id)
            for event in self.connection.execute(wanted):
                if event.data.get("to") == State.RENDERED and event.kind != NOT_SENT:
                    found.pop(event.what_id, None)
                elif event.data.get("to") == State.SENDING:
                    found.setdefault(event.what_id, event.at)
        return found

    def last_tried(self, delivery_id: int) -> datetime | None:
        """When the last attempt at this e-mail began; None where there was none."""
        attempts = select(Event.at).where(
            Event.what == "delivery", Event.what_id == delivery_id, Event.kind == State.SENDING.value
        )
        return self.connection.execute(attempts.order_by(Event.id.desc()).limit(1)).scalar()

    def tried_since(self, moment: datetime, server: str) -> list[datetime]:
        """The moments of all attempts at a server since then, the oldest first."""
        wanted = select(Event.at, Event.data).where(Event.kind == State.SENDING.value, Event.at >= moment)
        rows = self.connection.execute(wanted.order_by(Event.id))
        return [row.at for row in rows if row.data.get("server") == server]
