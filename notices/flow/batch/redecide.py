"""Decide again before a step, and withdraw what would no longer be issued as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from notices.ledger import BatchRecord, Books, DecisionRecord, StateChange
from notices.ledger.payments import VANISHED
from notices.messages import NOTHING, Message, say
from notices.model import Action, Decision, History, Payment, State
from notices.rules.decide import decide_safely
from notices.rules.money import format_grouped
from notices.rules.states import NOT_LEFT, WENT_OUT
from notices.settings import Policy
from notices.words import day_of, word


@dataclass(frozen=True)
class Redecided:
    """Result of deciding again: `standing` notices with their history, `changed` ones with the new decision."""

    standing: tuple[tuple[DecisionRecord, History], ...]
    changed: tuple[tuple[DecisionRecord, Decision], ...]

    @property
    def messages(self) -> tuple[Message, ...]:
        """A message for each changed notice."""
        return tuple(_message(entry, now) for entry, now in self.changed)


def redecide(
    books: Books, batch: BatchRecord, entries: Sequence[DecisionRecord], policy_of: Callable[[DecisionRecord], Policy]
) -> Redecided:
    """Decide again for the batch's day with everything entered since; write nothing.

    A notice stands only if it would be issued with the same tier, channels, principal, late fees and total, and no
    letter of a later date has gone to its owner.
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
    return Redecided(tuple(standing), tuple(changed))


def withdraw_changed(books: Books, redecided: Redecided, *, by: str, at: datetime) -> None:
    """Withdraw the changed notices that have not left; record for spooled ones that they were asked back."""
    books.deliveries.set_states(
        [
            StateChange(delivery.id, State.WITHDRAWN, kind="decided-again", data={"reason": now.reason})
            for entry, now in redecided.changed
            if entry.notice
            for delivery in entry.notice.deliveries
            if delivery.state in NOT_LEFT
        ],
        by=by,
        at=at,
    )
    spooled = [
        delivery.id
        for entry, _ in redecided.changed
        if entry.notice
        for delivery in entry.notice.deliveries
        if delivery.state is State.SPOOLED
    ]
    books.deliveries.record_recall(spooled, by=by, at=at)


def _dated_later(history: History, as_of: date) -> bool:
    """Return whether a letter dated after `as_of` has left: the rules ignore it, but the owner has it."""
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


def _message(entry: DecisionRecord, now: Decision) -> Message:
    notice = entry.notice
    if notice and any(delivery.state is State.SPOOLED for delivery in notice.deliveries):
        return say(
            "{account}: {notice} must not go any more (decision now: {action}/{reason}, {principal} yuan), but is "
            "spooled ({channels}). Take it out by hand, then run "
            "`notices withdraw {notice} --pulled --by NAME --why TEXT`.",
            account=entry.account.key,
            notice=notice.number,
            action=word(now.action),
            reason=word(now.reason),
            principal=now.principal,
            channels=", ".join(d.channel.value for d in notice.deliveries if d.state is State.SPOOLED),
        )
    if _same(entry.decision, now):
        return say(
            "{account}: withdrawn, because a letter of a later date has gone to this owner.", account=entry.account.key
        )
    if (entry.decision.tier, entry.decision.principal) == (now.tier, now.principal):
        return say(
            "{account}: withdrawn, because its late fee, total or channels have changed since the plan. Plan it again.",
            account=entry.account.key,
        )
    return say(
        "{account}: withdrawn{number}; decision now: {action}/{reason}, {principal} yuan.",
        account=entry.account.key,
        number=say(" ({number})", number=notice.number) if notice and notice.number else NOTHING,
        action=word(now.action),
        reason=word(now.reason),
        principal=now.principal,
    )


def why_changed(books: Books, batch: BatchRecord, entry: DecisionRecord, now: Decision) -> Message:
    """Return why a notice is decided differently now: what the owner paid since the plan, or else the new decision.

    A payment is the reason only if it settled the debt, or a notice would still go and demand less.
    """
    payments = [
        each.payment
        for each in books.payments.all(entry.account.case)
        if each.entered_at > batch.planned_at and each.note != VANISHED
    ]
    if payments and now.principal == 0:
        return _settled_by(payments, batch.as_of.year)
    if payments and now.action is Action.ISSUE and now.principal < entry.decision.principal:
        return _reduced_by(payments, batch.as_of.year)
    if _same(entry.decision, now):
        return say("a letter of a later date has gone to this owner")
    return say("it is decided differently now: {action}/{reason}", action=word(now.action), reason=word(now.reason))


def _settled_by(payments: Sequence[Payment], year: int) -> Message:
    amount = _sum_of(payments)
    if len(payments) > 1:
        return say("the owner paid {amount} yuan in all since the plan", amount=amount)
    return say("the owner paid {amount} yuan on {day}", amount=amount, day=day_of(payments[0].date, year))


def _reduced_by(payments: Sequence[Payment], year: int) -> Message:
    amount = _sum_of(payments)
    if len(payments) > 1:
        return say("the owner paid {amount} yuan in all since the plan, which changes what is owed", amount=amount)
    day = day_of(payments[0].date, year)
    return say("the owner paid {amount} yuan on {day}, which changes what is owed", amount=amount, day=day)


def _sum_of(payments: Sequence[Payment]) -> str:
    return format_grouped(sum((payment.amount for payment in payments), Decimal(0)))
