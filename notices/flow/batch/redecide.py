"""Decide again before a step, and withdraw what would no longer be issued as it was."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from notices.flow.batch.whole_letters import held_with, kept_apart, letters_of, sharing, with_mates
from notices.ledger import BatchRecord, Books, DecisionRecord, PaymentRecord, StateChange
from notices.ledger.payments import VANISHED
from notices.messages import NOTHING, Message, say
from notices.model import Action, CaseKey, Channel, Decision, History, Payment, State
from notices.rules.decide import decide_safely
from notices.rules.money import format_grouped
from notices.rules.states import NOT_LEFT, OPEN
from notices.settings import Policy
from notices.words import day_of, word


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """Money that may be an owner's: payments that the list may include, or else a line of a statement that waits."""

    payments: tuple[PaymentRecord, ...] = ()
    proposal: int = 0  # the number of that line


@dataclass(frozen=True)
class Redecided:
    """Result of deciding again: `standing` notices with their history, `changed` ones with the new decision.

    `asked` would stand, but the owner paid something that their list may or may not include, or may have paid what a
    line of a statement says: they stay where they are until somebody has said which. `held` would stand, but are in
    one letter with those, or with one whose owner is somebody else by a person's word; each of them names these.
    """

    standing: tuple[tuple[DecisionRecord, History], ...]
    changed: tuple[tuple[DecisionRecord, Decision], ...]
    asked: tuple[tuple[DecisionRecord, OpenQuestion], ...] = ()
    held: tuple[tuple[DecisionRecord, tuple[DecisionRecord, ...]], ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """A message for each changed notice and each question."""
        return tuple(self.stopped.values())

    @property
    def stopped(self) -> dict[int, Message]:
        """The decisions (ids) whose notice must not leave now, each with the message why."""
        return {
            **{entry.id: _message(entry, now) for entry, now in self.changed},
            **{entry.id: _asked(entry, question) for entry, question in self.asked},
            **{entry.id: held_with(entry, causes) for entry, causes in self.held},
        }


def redecide(
    books: Books,
    batch: BatchRecord,
    entries: Sequence[DecisionRecord],
    policy_of: Callable[[DecisionRecord], Policy],
    reach: Collection[State] = OPEN,
) -> Redecided:
    """Decide again for the batch's day with everything recorded by now, whatever its date; write nothing.

    A notice stands only if it would be issued with the same tier, channels, principal, late fees and total, no
    letter of a later date has gone to its owner, and so do all others that are in one letter with it, as far as a
    delivery is in a state of `reach`.
    """
    entries = with_mates(books, entries, reach)
    charges = {entry.account.case: entry.account.charges for entry in entries}
    histories = books.histories.of_cases(
        charges, list_date=batch.list_date, as_of=batch.as_of, leave_out_batch=batch.name, again=True
    )
    late = books.late_payments.of_cases(batch.name, charges)
    proposals = _proposals(books, charges)
    standing: list[tuple[DecisionRecord, History]] = []
    changed: list[tuple[DecisionRecord, Decision]] = []
    asked: list[tuple[DecisionRecord, OpenQuestion]] = []
    for entry in entries:
        history = histories[entry.account.case]
        now = decide_safely(entry.account, history, policy_of(entry), batch.as_of)
        unanswered = tuple(it.record for it in late.get(entry.account.case, ()) if it.unanswered)
        proposal = proposals.get(entry.account.case, 0)
        if not _same(entry.decision, now) or history.dated_later:
            changed.append((entry, now))
        elif unanswered or proposal:
            asked.append((entry, OpenQuestion(unanswered, proposal)))
        else:
            standing.append((entry, history))
    stopped = [*(entry for entry, _ in changed), *(entry for entry, _ in asked)]
    known = {entry.id for entry in stopped}
    apart = [pair for pair in kept_apart(books, entries, reach) if pair[0].id not in known]
    stopped += [entry for entry, _ in apart]
    held = [*apart, *sharing([entry for entry, _ in standing], stopped, reach)]
    kept = {entry.id for entry, _ in held}
    return Redecided(
        tuple((entry, history) for entry, history in standing if entry.id not in kept),
        tuple(changed),
        tuple(asked),
        tuple(held),
    )


def _proposals(books: Books, cases: Collection[CaseKey]) -> dict[CaseKey, int]:
    """Return those of these owners who may have paid what a line of a statement says, each with the proposal's number.

    The lines name owners as they are spelt today, a batch as they were spelt when it was planned.
    """
    waiting = {it.case: line.id for line in books.statements.waiting() for it in line.candidates}
    if not waiting:
        return {}
    renamed = books.renames.today_of(cases)
    return {case: waiting[today] for case in cases if (today := renamed.get(case, case)) in waiting}


def withdraw_changed(books: Books, redecided: Redecided, *, by: str, at: datetime) -> None:
    """Withdraw the changed notices that have not left; record for spooled letters that they were asked back."""
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
    changed = [entry for entry, _ in redecided.changed]
    letters = frozenset[int]().union(*(letters_of(entry, {State.SPOOLED}) for entry in changed))
    held = [entry for entry, _ in redecided.held if letters_of(entry, {State.SPOOLED}) & letters]
    spooled = [
        delivery.id
        for entry in (*changed, *held)
        if entry.notice
        for delivery in entry.notice.deliveries
        if delivery.state is State.SPOOLED
    ]
    books.deliveries.record_recall(spooled, by=by, at=at)


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
            "`notices withdraw {notice} --pulled --by NAME --why TEXT`{remade}.",
            account=entry.account.key,
            notice=notice.number,
            action=word(now.action),
            reason=word(now.reason),
            principal=now.principal,
            channels=", ".join(d.channel.value for d in notice.deliveries if d.state is State.SPOOLED),
            remade=say("; only then is its print job made again without it")
            if any((d.channel, d.state) == (Channel.PRINT, State.SPOOLED) for d in notice.deliveries)
            else NOTHING,
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


def _asked(entry: DecisionRecord, question: OpenQuestion) -> Message:
    notice = entry.notice
    number = say(" ({number})", number=notice.number) if notice and notice.number else NOTHING
    ways = ", ".join(d.channel.value for d in notice.deliveries if d.state is State.SPOOLED) if notice else ""
    spooled = say("; it is spooled ({channels}), do not send it", channels=ways) if ways else NOTHING
    if not question.payments:
        return say(
            "{account}{number}: {why}. Settle that with `notices payment match`. Until then the letter stays{spooled}.",
            account=entry.account.key,
            number=number,
            why=why_asked(question),
            spooled=spooled,
        )
    return say(
        "{account}{number}: {why}. If the list has it already: `notices payment seen {payment}`. If it does not: "
        "`notices payment seen {payment} --no`, and it counts. Until then the letter stays{spooled}.",
        account=entry.account.key,
        number=number,
        why=why_asked(question),
        payment=question.payments[0].id,
        spooled=spooled,
    )


def why_asked(question: OpenQuestion) -> Message:
    """Return why a notice is asked about: the first payment that its list may or may not include, or the proposal."""
    if not question.payments:
        return say(
            "the owner may have paid: a line of a statement waits for a person, proposal {number}",
            number=question.proposal,
        )
    first = question.payments[0].payment
    return say(
        "a payment of {amount} yuan dated {day} was entered after the list was planned",
        amount=format_grouped(first.amount),
        day=first.date.isoformat(),
    )


def why_question(question: OpenQuestion) -> Message:
    """Return why a letter waits for an answer, and how to give it."""
    if not question.payments:
        return say("{why} (`notices payment match`)", why=why_asked(question))
    return say(
        "{why} (`notices payment seen {payment}`, with --no if the list does not have it)",
        why=why_asked(question),
        payment=question.payments[0].id,
    )


def why_held(books: Books, batch: BatchRecord, redecided: Redecided, causes: Sequence[DecisionRecord]) -> Message:
    """Return why a letter does not go because of another notice that is in it."""
    first = causes[0]
    changed = {entry.id: why_changed(books, batch, entry, now) for entry, now in redecided.changed}
    asked = {entry.id: why_asked(question) for entry, question in redecided.asked}
    return say(
        "of {notice}, which is in the same letter: {why}",
        notice=first.notice.number if first.notice else "",
        why=changed.get(first.id) or asked.get(first.id) or say("a person said that its owner is somebody else"),
    )


def why_changed(books: Books, batch: BatchRecord, entry: DecisionRecord, now: Decision) -> Message:
    """Return why a notice is decided differently now: what the owner paid since the plan, or else the new decision.

    A payment is the reason only if it settled the debt, or a notice would still go and demand less.
    """
    case = entry.account.case
    late = books.late_payments.of_cases(batch.name, [case]).get(case, [])
    payments = [each.record.payment for each in late if each.counts and each.record.note != VANISHED]
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
