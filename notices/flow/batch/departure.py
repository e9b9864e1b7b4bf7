"""The last look before letters leave: whether anything was recorded that stops them since it was decided to send them.

The look and the mark that they leave (`sending`, `spooled`, `handed-over`) belong into one write transaction: writers
take turns, so that nothing can be recorded between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notices.flow.batch.frozen import Frozen
from notices.flow.batch.redecide import redecide, withdraw_changed
from notices.ledger import FEW_UNITS, Books, DecisionRecord, StateChange
from notices.messages import Message
from notices.model import State
from notices.rules.states import OPEN


@dataclass(frozen=True)
class Departure:
    """Result of the last look: the decisions (ids) whose notice must stay, each with the message why.

    The decision that all others may leave rests on every event up to `basis`.
    """

    basis: int
    stopped: Mapping[int, Message]

    def may_go(self, entry: DecisionRecord) -> bool:
        """Return whether the notice of a decision may leave."""
        return entry.id not in self.stopped


def last_look(
    books: Books,
    frozen: Frozen,
    entries: Sequence[DecisionRecord],
    *,
    since: int | None,
    by: str,
    at: datetime,
    reach: Collection[State] = OPEN,
) -> Departure:
    """Decide again about approved notices if anything was recorded after the event `since`; withdraw what is stopped.

    `books` are those of the write transaction that marks the others as leaving; `since` is the basis of the decision
    to let them go (None: decide again in any case). Without news this is one query. A letter of several notices is
    stopped by each of them that is in a state of `reach`.
    """
    if since is not None:
        news = books.events.news_since(since)
        if not news.any:
            return Departure(news.last, {})
    ids = [entry.notice.id for entry in entries if entry.notice is not None]
    stopped: dict[int, Message] = {}
    for start in range(0, len(ids), FEW_UNITS):
        present = books.batches.decisions_of_notices(ids[start : start + FEW_UNITS])
        redecided = redecide(books, frozen.batch, present, frozen.policy, reach)
        withdraw_changed(books, redecided, by=by, at=at)
        stopped |= redecided.stopped
    return Departure(books.events.last(), stopped)


def mark_leaving(
    books: Books,
    frozen: Frozen,
    leaving: Sequence[tuple[DecisionRecord, StateChange]],
    *,
    since: int | None,
    by: str,
    at: datetime,
) -> Departure:
    """Take the last look, and change the state of the deliveries that may go.

    Raises Refused, changing nothing, if another command was faster with one of them.
    """
    departure = last_look(books, frozen, [entry for entry, _ in leaving], since=since, by=by, at=at)
    going = [change for entry, change in leaving if departure.may_go(entry)]
    books.deliveries.set_states(going, by=by, at=at)
    return departure
