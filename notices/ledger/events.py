"""Events: what happened to each object, in order.

Writers take turns on every database, so the order of the events' ids is the order of commits.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, case, func, not_, null, or_, select, update

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.chain import ORIGIN, head_of
from notices.ledger.mail_attempts import NOT_SENT
from notices.ledger.records import EventRecord, Head
from notices.model import State

PURGED_EVENT = "purged"

# Kinds of events of a delivery on its way out, or just gone: the notice was in progress before, so no decision about
# its owner rests on its having been still. `send` alone records two for each e-mail.
ON_ITS_WAY = (
    State.RENDERED.value,
    State.SENDING.value,
    State.SENT.value,
    State.DEFERRED.value,
    State.UNKNOWN.value,
    State.SPOOLED.value,
    NOT_SENT,
    "outbox",
    "mail-confirmed",
)
LAST = func.coalesce(func.max(schema.events.c.id), 0)
STAMPED = "stamped"  # event kind: a time stamp of the chain
SEALED = "sealed"  # event kind: what the transaction before it changed, which its other events tell
# What becomes of a print job as a whole decides nothing: its letters have events of their own. Nor do users.
_TELLING = not_(
    or_(
        schema.events.c.what.in_(("job", "user")),
        schema.events.c.kind.in_((SEALED, STAMPED)),
        and_(schema.events.c.what == "delivery", schema.events.c.kind.in_(ON_ITS_WAY)),
    )
)
_NEWS = select(LAST, func.max(case((_TELLING, schema.events.c.id))))


class News(NamedTuple):
    """The last event now, and True if anything since may change a decision."""

    last: int
    any: bool


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

    def last(self) -> int:
        """Return the id of the last event, 0 before the first."""
        return int(self.connection.execute(select(LAST)).scalar_one())

    def news_since(self, event: int) -> News:
        """Return whether anything was recorded after this event that a decision may depend on."""
        last, telling = self.connection.execute(_NEWS.where(schema.events.c.id > event)).one()
        return News(max(last, event), telling is not None)
