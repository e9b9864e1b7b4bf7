"""Time stamps of the chain: events that hold an authority's answer for the link of an earlier event."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.events import STAMPED
from notices.ledger.extracts import LinkedEvent, linked_events

APPROVED = "approved"  # the kind of event of a batch that is a release


@dataclass(frozen=True, slots=True)
class StampRecord:
    """A stamp: its own event, the event that was stamped with its link, the answer (DER), and the time it names."""

    id: int
    event: int
    link: str
    answer: bytes
    time: datetime
    authority: str


class StampsBook(Book):
    """Ledger operations for time stamps."""

    def last_release(self) -> int:
        """Return the last event that released notices, 0 if there is none."""
        events = schema.events.c
        wanted = select(func.coalesce(func.max(events.id), 0)).where(events.what == "batch", events.kind == APPROVED)
        return int(self.connection.execute(wanted).scalar_one())

    def last_stamped(self) -> int:
        """Return the newest event that a stamp covers, 0 if there is none."""
        wanted = select(schema.events.c.data).where(schema.events.c.what == "ledger", schema.events.c.kind == STAMPED)
        return max((int(data["event"]) for data in self.connection.execute(wanted).scalars()), default=0)

    def head(self) -> LinkedEvent | None:
        """Return the last event with the text that its link is computed from; None before the first event."""
        last = select(func.max(schema.events.c.id)).scalar_subquery()
        return next(linked_events(self.connection, schema.events.c.id == last), None)

    def linked(self, event: int) -> LinkedEvent | None:
        """Return an event with the text that its link is computed from; None if there is none."""
        return next(linked_events(self.connection, schema.events.c.id == event), None)

    def record(self, stamped: LinkedEvent, facts: StampFacts, *, by: str, at: datetime) -> None:
        """Record a stamp."""
        data = {
            "event": stamped.id,
            "link": stamped.link,
            "time": facts.time.isoformat(),
            "authority": facts.authority,
            "answer": b64encode(facts.answer).decode("ascii"),
        }
        self._record([NewEvent(STAMPED, "ledger", 0, data)], by=by, at=at)

    def all(self) -> Iterator[StampRecord]:
        """Yield all stamps, oldest first."""
        wanted = (
            select(schema.events.c.id, schema.events.c.data)
            .where(schema.events.c.what == "ledger", schema.events.c.kind == STAMPED)
            .order_by(schema.events.c.id)
        )
        for key, data in self.connection.execute(wanted):
            yield StampRecord(
                key,
                int(data["event"]),
                str(data["link"]),
                b64decode(data["answer"]),
                datetime.fromisoformat(data["time"]),
                str(data["authority"]),
            )


@dataclass(frozen=True, slots=True)
class StampFacts:
    """A verified stamp to record: the authority's address, its answer (DER), and its time."""

    authority: str
    answer: bytes
    time: datetime
