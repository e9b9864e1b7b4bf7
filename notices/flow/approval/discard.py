"""batch discard: drop a batch of which nothing has left, so that its list can be planned again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from notices.errors import Refused
from notices.flow.batch.cleanup import sweep
from notices.flow.batch.lock import only_one
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.people import refuse_strangers
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, Ledger, StateChange
from notices.ledger.payments import VANISHED
from notices.messages import Message, say
from notices.model import State
from notices.rules.states import MAY_HAVE_LEFT, NOT_LEFT
from notices.words import word

Agreed = Callable[[Mapping[State, int]], bool]  # asked once, with the number of notices by state


@dataclass(frozen=True)
class DiscardRequest:
    """Batch to discard, by whom and why."""

    batch: str
    by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True)
class Discarded:
    """Number of the batch's notices by the state they were in; `declined` if the question was answered no.

    `taken_back` are the payments (ids) that its list made believe, because accounts were missing in it.
    """

    states: Mapping[State, int]
    declined: bool = False
    taken_back: tuple[int, ...] = ()


def discard(workspace: Workspace, ledger: Ledger, request: DiscardRequest, agreed: Agreed) -> Discarded:
    """Withdraw what has not left and record the batch as discarded; its list counts as never planned.

    Raises Refused if a letter has left, may have left, or lies in the outbox or a print job, or if the ledger is older
    than what has left.
    """
    refuse_strangers(workspace, request.by)
    refuse_older_ledger(workspace, ledger)
    name = request.batch
    with only_one(workspace, ledger, f"{name}.run", by=request.by), only_one(workspace, ledger, name, by=request.by):
        with ledger.read() as books:
            books.batches.in_use(name)
            states = Counter(entry.state for entry in _not_gone(books, name) if entry.state is not None)
        if not agreed(states):
            return Discarded(states, declined=True)
        with ledger.begin() as books:
            open_ones = [
                delivery
                for entry in _not_gone(books, name)
                if entry.notice
                for delivery in entry.notice.deliveries
                if delivery.state in NOT_LEFT
            ]
            books.batches.discard(name, why=request.why, by=request.by, at=request.at)
            changes = [StateChange(it.id, State.WITHDRAWN, data={"why": request.why}) for it in open_ones]
            books.deliveries.set_states(changes, by=request.by, at=request.at)
            books.commands.give_up(name, at=request.at)
            taken_back = _take_back_inferred(books, request)
        with ledger.read() as books:  # after the commit: files may only go once the ledger says so
            sweep(workspace, books, name)
    return Discarded(states, taken_back=taken_back)


def _take_back_inferred(books: Books, request: DiscardRequest) -> tuple[int, ...]:
    """Take back the payments that were recorded because accounts were missing in the batch's list.

    The plan recorded them at its own time, in its own transaction.
    """
    batch = books.batches.get(request.batch)
    inferred = tuple(
        it.id
        for it in books.payments.all()
        if it.note == VANISHED and it.entered_at == batch.planned_at and it.payment.date == batch.list_date
    )
    for payment in inferred:
        why = str(say("Batch {batch} was discarded.", batch=batch.name))
        books.payments.take_back(payment, why=why, by=request.by, at=request.at)
    return inferred


def _not_gone(books: Books, batch: str) -> list[DecisionRecord]:
    """Return the batch's decisions; raises Refused, naming the notices, if a letter has left or lies ready to."""
    entries = books.batches.decisions(batch)
    gone = [entry for entry in entries if _states(entry) & MAY_HAVE_LEFT]
    if gone:
        only_ready = all(_states(entry) & MAY_HAVE_LEFT == {State.SPOOLED} for entry in gone)
        raise Refused(
            say(
                "Batch {batch} cannot be discarded: {count} of its notices have left, or may.",
                batch=batch,
                count=len(gone),
            ),
            _remedy(batch, only_ready=only_ready),
            [
                say(
                    "{notice}: {state}",
                    notice=(entry.notice and entry.notice.number) or entry.account.key,
                    state=word(entry.state or ""),
                )
                for entry in gone
            ],
        )
    return entries


def _states(entry: DecisionRecord) -> frozenset[State]:
    return frozenset(delivery.state for delivery in entry.notice.deliveries) if entry.notice else frozenset()


def _remedy(batch: str, *, only_ready: bool) -> Message:
    if only_ready:
        return say(
            "They lie in the outbox or a print job. Take them out by hand, then run `notices withdraw --batch {batch} "
            "--pulled --by NAME --why TEXT`, and discard the batch after that.",
            batch=batch,
        )
    return say(
        "`notices withdraw --batch {batch} --by NAME --why TEXT` withdraws those of its notices that have not left.",
        batch=batch,
    )
