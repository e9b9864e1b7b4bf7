"""withdraw: take back the deliveries of a notice, or of a whole batch, that have not left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from notices.errors import Refused
from notices.flow.batch.cleanup import sweep
from notices.flow.batch.lock import only_one
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.people import refuse_strangers
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, DeliveryRecord, Ledger, NoticeRecord, StateChange
from notices.ledger.notices import required
from notices.messages import Message, say
from notices.model import State
from notices.rules.states import NOT_LEFT
from notices.words import word


@dataclass(frozen=True)
class Withdrawn:
    """Notice with the deliveries `taken` back, and those that have `left` or are spooled.

    `mates` are the numbers of the other notices in its letter, which is made again without it.
    """

    notice: NoticeRecord
    taken: tuple[DeliveryRecord, ...]
    left: tuple[DeliveryRecord, ...]
    mates: tuple[str, ...] = ()


@dataclass(frozen=True)
class WithdrawRequest:
    """Notice to withdraw, by whom and why; `pulled`: spooled deliveries were taken out by hand."""

    number: str
    by: str
    why: str
    at: datetime
    pulled: bool = False


@dataclass(frozen=True)
class BatchWithdrawal:
    """Batch whose notices to withdraw, by whom and why; `pulled`: spooled deliveries were taken out by hand."""

    batch: str
    by: str
    why: str
    at: datetime
    pulled: bool = False


@dataclass(frozen=True)
class BatchWithdrawn:
    """Notices of a batch with what was taken back and what has left; `declined` if the question was answered no."""

    notices: tuple[tuple[DecisionRecord, Withdrawn], ...]
    declined: bool = False

    @property
    def taken(self) -> tuple[tuple[DecisionRecord, Withdrawn], ...]:
        """Notices of which something was taken back."""
        return tuple(pair for pair in self.notices if pair[1].taken)

    @property
    def left(self) -> tuple[tuple[DecisionRecord, Withdrawn], ...]:
        """Notices of which something has left, or lies ready to."""
        return tuple(pair for pair in self.notices if pair[1].left)


def withdraw(workspace: Workspace, ledger: Ledger, request: WithdrawRequest) -> Withdrawn:
    """Withdraw the deliveries of a notice that have not left.

    Raises Refused if there are none, or if the ledger is older than what has left: what it holds as waiting may have
    left, and the notice, once withdrawn, would be planned again.
    """
    refuse_strangers(workspace, request.by)
    refuse_older_ledger(workspace, ledger)
    with ledger.read() as books:
        notice = required(books.notices.find(request.number), request.number)
    with only_one(workspace, ledger, notice.batch or "history", by=request.by):
        with ledger.begin() as books:
            notice = required(books.notices.find(request.number), request.number)
            chosen = _withdrawable(notice, pulled=request.pulled)
            letters = {each.letter_id for each in chosen}
            mates = [it for it in books.letters.mates_of([notice.id]).get(notice.id, ()) if it.letter in letters]
            _take_back(books, chosen, request)
        if notice.batch is not None:
            with ledger.read() as books:
                sweep(workspace, books, notice.batch)
    others = dict.fromkeys(it.number for it in mates if it.notice_id != notice.id)
    return replace(_withdrawn(notice, chosen), mates=tuple(others))


def withdraw_batch(
    workspace: Workspace, ledger: Ledger, request: BatchWithdrawal, agreed: Callable[[Mapping[State, int]], bool]
) -> BatchWithdrawn:
    """Withdraw all deliveries of a batch that have not left; `agreed` is asked once, with their number by state.

    Raises Refused if there are none, or if the ledger is older than what has left.
    """
    refuse_strangers(workspace, request.by)
    refuse_older_ledger(workspace, ledger)
    name = request.batch
    with only_one(workspace, ledger, f"{name}.run", by=request.by), only_one(workspace, ledger, name, by=request.by):
        with ledger.read() as books:
            chosen = [delivery for _, each in _chosen_of(books, request) for delivery in each.taken]
        if not agreed(Counter(delivery.state for delivery in chosen)):
            return BatchWithdrawn((), declined=True)
        with ledger.begin() as books:
            pairs = _chosen_of(books, request)
            _take_back(books, [delivery for _, each in pairs for delivery in each.taken], request)
        with ledger.read() as books:
            sweep(workspace, books, name)
    return BatchWithdrawn(pairs)


def _chosen_of(books: Books, request: BatchWithdrawal) -> tuple[tuple[DecisionRecord, Withdrawn], ...]:
    """Return the notices of a batch with what can be taken back; raises Refused if that is nothing."""
    books.batches.in_use(request.batch)
    pairs = tuple(
        (entry, _withdrawn(entry.notice, _reachable(entry.notice, pulled=request.pulled)))
        for entry in books.batches.decisions(request.batch)
        if entry.notice
    )
    if not any(each.taken for _, each in pairs):
        lying = any(delivery.state is State.SPOOLED for _, each in pairs for delivery in each.left)
        raise Refused(
            say("Batch {batch} has nothing left to withdraw.", batch=request.batch), _how_to_pull(spooled=lying)
        )
    return pairs


def _take_back(books: Books, chosen: Sequence[DeliveryRecord], request: WithdrawRequest | BatchWithdrawal) -> None:
    books.deliveries.set_states(
        [StateChange(each.id, State.WITHDRAWN, kind="withdrawn", data={"why": request.why}) for each in chosen],
        by=request.by,
        at=request.at,
    )


def _withdrawn(notice: NoticeRecord, chosen: Sequence[DeliveryRecord]) -> Withdrawn:
    ids = {delivery.id for delivery in chosen}
    return Withdrawn(
        notice,
        taken=tuple(chosen),
        left=tuple(d for d in notice.deliveries if d.id not in ids and d.state is not State.WITHDRAWN),
    )


def _reachable(notice: NoticeRecord, *, pulled: bool) -> list[DeliveryRecord]:
    reachable = NOT_LEFT | {State.SPOOLED} if pulled else NOT_LEFT
    return [delivery for delivery in notice.deliveries if delivery.state in reachable]


def _withdrawable(notice: NoticeRecord, *, pulled: bool) -> list[DeliveryRecord]:
    chosen = _reachable(notice, pulled=pulled)
    if not chosen:
        raise Refused(
            say("{notice} has nothing left to withdraw.", notice=notice.number),
            _how_to_pull(spooled=any(delivery.state is State.SPOOLED for delivery in notice.deliveries)),
            [
                say("{channel}: {state}", channel=word(delivery.channel), state=word(delivery.state))
                for delivery in notice.deliveries
            ],
        )
    return chosen


def _how_to_pull(*, spooled: bool) -> Message:
    if spooled:
        return say("Take it out of the outbox or print job by hand, then run the command with --pulled.")
    return say("What has left cannot be withdrawn; record the owner's objection with `notices hold add`.")
