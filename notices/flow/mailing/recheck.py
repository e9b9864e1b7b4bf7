"""Decide again while a long `send` runs, so that a new payment or hold stops letters still in the queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from notices.flow.batch.outgoing import Queue
from notices.flow.batch.redecide import redecide, withdraw_changed
from notices.flow.batch.session import BatchSession
from notices.messages import Message

INTERVAL = timedelta(seconds=1)


class Recheck:
    """Decides again for the unsent letters whenever something was entered; adds messages to `attention`."""

    def __init__(self, session: BatchSession, attention: list[Message]) -> None:
        self._session = session
        self._attention = attention
        self._newest = session.newest
        self._checked_at: datetime | None = None
        self._changed: set[int] = set()

    def stands(self, queue: Queue, place: int, now: datetime) -> bool:
        """Return whether the letter at a place of the queue may be sent; withdraw those from there on that may not."""
        if self._checked_at is None or not timedelta() <= now - self._checked_at < INTERVAL:
            self._checked_at = now
            self._check(queue, place, now)
        return queue[place].entry.id not in self._changed

    def _check(self, queue: Queue, place: int, now: datetime) -> None:
        with self._session.ledger.read() as books:
            newest = books.histories.newest()
        if newest == self._newest:
            return
        self._newest = newest
        frozen = self._session.frozen
        with self._session.ledger.begin() as books:
            for ahead in queue.pages(place):
                redecided = redecide(books, frozen.batch, [ready.entry for ready in ahead], frozen.policy)
                withdraw_changed(books, redecided, by=self._session.order.by, at=now)
                self._attention += redecided.messages
                self._changed |= {entry.id for entry, _ in redecided.changed}
