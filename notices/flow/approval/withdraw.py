"""withdraw: take back the deliveries of a notice that have not left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notices.errors import Refused
from notices.flow.batch.cleanup import sweep
from notices.flow.batch.lock import only_one
from notices.flow.people import refuse_strangers
from notices.flow.workspace import Workspace
from notices.ledger import DeliveryRecord, Ledger, NoticeRecord, StateChange
from notices.ledger.notices import required
from notices.messages import Message, say
from notices.model import State
from notices.rules.states import NOT_LEFT
from notices.words import word


@dataclass(frozen=True)
class Withdrawn:
    """Notice with the deliveries `taken` back, and those that have `left` or are spooled."""

    notice: NoticeRecord
    taken: tuple[DeliveryRecord, ...]
    left: tuple[DeliveryRecord, ...]


@dataclass(frozen=True)
class WithdrawRequest:
    """Notice to withdraw, by whom and why; `pulled`: spooled deliveries were taken out by hand."""

    number: str
    by: str
    why: str
    at: datetime
    pulled: bool = False


def withdraw(workspace: Workspace, ledger: Ledger, request: WithdrawRequest) -> Withdrawn:
    """Withdraw the deliveries of a notice that have not left. Raises Refused if there are none."""
    refuse_strangers(workspace, request.by)
    with ledger.read() as books:
        notice = required(books.notices.find(request.number), request.number)
    with only_one(workspace.batches, notice.batch or "history"):
        with ledger.begin() as books:
            notice = required(books.notices.find(request.number), request.number)
            chosen = _withdrawable(notice, pulled=request.pulled)
            books.deliveries.set_states(
                [StateChange(each.id, State.WITHDRAWN, kind="withdrawn", data={"why": request.why}) for each in chosen],
                by=request.by,
                at=request.at,
            )
        if notice.batch is not None:
            with ledger.read() as books:
                sweep(workspace, books, notice.batch)
    ids = {delivery.id for delivery in chosen}
    return Withdrawn(
        notice,
        taken=tuple(chosen),
        left=tuple(d for d in notice.deliveries if d.id not in ids and d.state is not State.WITHDRAWN),
    )


def _withdrawable(notice: NoticeRecord, *, pulled: bool) -> list[DeliveryRecord]:
    reachable = NOT_LEFT | {State.SPOOLED} if pulled else NOT_LEFT
    chosen = [delivery for delivery in notice.deliveries if delivery.state in reachable]
    if not chosen:
        raise Refused(
            say("{notice} has nothing left to withdraw.", notice=notice.number),
            _how_to_pull(notice),
            [
                say("{channel}: {state}", channel=word(delivery.channel), state=word(delivery.state))
                for delivery in notice.deliveries
            ],
        )
    return chosen


def _how_to_pull(notice: NoticeRecord) -> Message:
    if any(delivery.state is State.SPOOLED for delivery in notice.deliveries):
        return say("Take it out of the outbox or print job by hand, then run the command with --pulled.")
    return say("What has left cannot be withdrawn; record the owner's objection with `notices hold add`.")
