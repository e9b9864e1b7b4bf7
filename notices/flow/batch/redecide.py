"""Deciding again before a step: what would no longer be issued as it was is taken back, and said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from notices.ledger import BatchRecord, Books, DecisionRecord, StateChange
from notices.messages import NOTHING, Message, say
from notices.model import WENT_OUT, Action, Decision, History, State
from notices.rules.decide import decide_safely
from notices.rules.states import NOT_LEFT
from notices.settings import Policy
from notices.words import word


@dataclass(frozen=True)
class Looked:
    """What deciding again found: `standing` may go on, each with its history; `changed` with today's decision."""

    standing: tuple[tuple[DecisionRecord, History], ...]
    changed: tuple[tuple[DecisionRecord, Decision], ...]

    @property
    def messages(self) -> tuple[Message, ...]:
        """What is to be said of each notice that is taken back."""
        return tuple(_said(entry, now) for entry, now in self.changed)


def look_again(
    books: Books, batch: BatchRecord, entries: Sequence[DecisionRecord], policy_of: Callable[[DecisionRecord], Policy]
) -> Looked:
    """Decide again for the batch's day with all that has become known since; nothing is changed yet.

    A notice stands only if it would be issued with the same tier, principal and channels.
    """
    histories = books.histories.of_cases(
        {entry.account.case: entry.account.charges for entry in entries},
        list_date=batch.list_date,
        as_of=batch.as_of,
        leave_out_batch=batch.name,
        entered_since=batch.planned_at,
    )
    standing: list[tuple[DecisionRecord, History]] = []
    changed: list[tuple[DecisionRecord, Decision]] = []
    for entry in entries:
        history = histories[entry.account.case]
        now = decide_safely(entry.account, history, policy_of(entry), batch.as_of)
        if _same(entry.decision, now) and not _dated_later(history, batch.as_of):
            standing.append((entry, history))
        else:
            changed.append((entry, now))
    return Looked(tuple(standing), tuple(changed))


def take_back(books: Books, looked: Looked, *, by: str, at: datetime) -> None:
    """Withdraw what has changed, as far as it has not left; of what lies spooled remember that it was asked back."""
    books.deliveries.set_states(
        [
            StateChange(delivery.id, State.WITHDRAWN, kind="decided-again", data={"reason": now.reason})
            for entry, now in looked.changed
            if entry.notice
            for delivery in entry.notice.deliveries
            if delivery.state in NOT_LEFT
        ],
        by=by,
        at=at,
    )
    spooled = [
        delivery.id
        for entry, _ in looked.changed
        if entry.notice
        for delivery in entry.notice.deliveries
        if delivery.state is State.SPOOLED
    ]
    books.deliveries.ask_back(spooled, by=by, at=at)


def _dated_later(history: History, as_of: date) -> bool:
    """Whether a letter of a later date has left already: for today's rules it does not exist, for its owner it does."""
    return any(
        notice.date > as_of and any(delivery.state in WENT_OUT for delivery in notice.deliveries)
        for notice in history.notices
    )


def _same(before: Decision, now: Decision) -> bool:
    return (
        now.action is Action.ISSUE
        and before.tier == now.tier
        and before.channels == now.channels
        and (before.principal, before.late_fee, before.total) == (now.principal, now.late_fee, now.total)
        and [it.late_fee for it in before.standings] == [it.late_fee for it in now.standings]
    )


def _said(entry: DecisionRecord, now: Decision) -> Message:
    notice = entry.notice
    if notice and any(delivery.state is State.SPOOLED for delivery in notice.deliveries):
        return say(
            "{account}: {notice} should not go any more (decided again, it is {action}/{reason}, {principal} yuan), "
            "but lies spooled by {channels}: take it out by hand, then "
            "`notices withdraw {notice} --pulled --by NAME --why TEXT`.",
            account=entry.account.key,
            notice=notice.number,
            action=word(now.action),
            reason=word(now.reason),
            principal=now.principal,
            channels=", ".join(d.channel.value for d in notice.deliveries if d.state is State.SPOOLED),
        )
    if _same(entry.decision, now):
        return say("{account}: withdrawn; a letter of a later date has gone to this owner.", account=entry.account.key)
    if (entry.decision.tier, entry.decision.principal) == (now.tier, now.principal):
        return say(
            "{account}: withdrawn; its late fee, its total or its ways are no longer those of the plan. Plan it again.",
            account=entry.account.key,
        )
    return say(
        "{account}: withdrawn{number}; decided again, it is {action}/{reason}, {principal} yuan.",
        account=entry.account.key,
        number=say(" ({number})", number=notice.number) if notice and notice.number else NOTHING,
        action=word(now.action),
        reason=word(now.reason),
        principal=now.principal,
    )
