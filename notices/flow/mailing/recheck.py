"""What becomes known while a long `send` runs: a payment or a hold stops also what is still in its queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from notices.flow.batch.outgoing import Queue
from notices.flow.batch.redecide import redecide, withdraw_changed
from notices.flow.batch.session import BatchSession
from notices.messages import Message

NOT_MORE_OFTEN = timedelta(seconds=1)


class Recheck:
    """Decides again for what has not left yet whenever something was entered; tells `attention` what it takes back."""

    def __init__(self, at: BatchSession, attention: list[Message]) -> None:
        self._at = at
        self._attention = attention
        self._newest = at.newest
        self._looked: datetime | None = None
        self._fallen: set[int] = set()

    def stands(self, queue: Queue, place: int, now: datetime) -> bool:
        """Whether the letter at this place may still go; those from there on are taken back where they may not."""
        if self._looked is None or not timedelta() <= now - self._looked < NOT_MORE_OFTEN:
            self._looked = now
            self._look(queue, place, now)
        return queue[place].entry.id not in self._fallen

    def _look(self, queue: Queue, place: int, now: datetime) -> None:
        with self._at.ledger.read() as books:
            newest = books.histories.newest()
        if newest == self._newest:
            return
        self._newest = newest
        frozen = self._at.frozen
        with self._at.ledger.begin() as books:
            for ahead in queue.pages(place):
                redecided = redecide(books, frozen.batch, [ready.entry for ready in ahead], frozen.policy)
                withdraw_changed(books, redecided, by=self._at.order.by, at=now)
                self._attention += redecided.messages
                self._fallen |= {entry.id for entry, _ in redecided.changed}
