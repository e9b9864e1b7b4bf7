"""Decide again while a long `send` runs, so that a new payment or hold stops letters still in the queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from notices.flow.batch.departure import Departure, last_look
from notices.flow.batch.outgoing import Queue
from notices.flow.batch.session import BatchSession
from notices.messages import Message

INTERVAL = timedelta(seconds=1)


class Recheck:
    """Decides again for the unsent letters whenever something was entered; adds messages to `attention`.

    The decision to send those still in the queue rests on every event up to `basis`.
    """

    def __init__(self, session: BatchSession, attention: list[Message]) -> None:
        self._session = session
        self._attention = attention
        self.basis = session.basis
        self._checked_at: datetime | None = None
        self._stopped: dict[int, Message] = {}

    def stands(self, queue: Queue, place: int, now: datetime) -> bool:
        """Return whether the letter at a place of the queue may be sent; withdraw those from there on that may not."""
        if self._checked_at is None or not timedelta() <= now - self._checked_at < INTERVAL:
            self._checked_at = now
            self._check(queue, place, now)
        return queue[place].entry.id not in self._stopped

    def _check(self, queue: Queue, place: int, now: datetime) -> None:
        with self._session.ledger.read() as books:
            news = books.events.news_since(self.basis)
        if not news.any:
            self.basis = news.last
            return
        session = self._session
        with session.ledger.begin() as books:
            for ahead in queue.pages(place):
                entries = [ready.entry for ready in ahead]
                self.stop(last_look(books, session.frozen, entries, since=None, by=session.order.by, at=now))
            self.basis = books.events.last()

    def stop(self, departure: Departure) -> None:
        """Take note of the letters that a look at the ledger has stopped, and say so once."""
        for key, message in departure.stopped.items():
            if self._stopped.get(key) != message:
                self._attention.append(message)
            self._stopped[key] = message
