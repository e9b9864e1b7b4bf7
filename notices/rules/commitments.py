"""Promises and instalment plans: running ones, and broken ones that no letter has answered yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from notices.model import ZERO, Hold, HoldKind, Instalment, PastNotice, Payment
from notices.settings import Policy

LONGEST = timedelta(days=3 * 366)  # of a promise or plan: by then claims lapse, and a later day is a mistyped year


def paid_since(payments: Iterable[Payment], day: date) -> Decimal:
    """Sum the payments dated on that day or later, in yuan."""
    return sum((payment.amount for payment in payments if payment.date >= day), ZERO)


def promise_pending(holds: Iterable[Hold], as_of: date, policy: Policy) -> bool:
    """Return whether a promised date, with its grace, has not passed yet."""
    return any(hold.kind is HoldKind.PROMISE and not _passed(hold.until, as_of, policy) for hold in holds)


def promise_broken(
    holds: Iterable[Hold],
    payments: Sequence[Payment],
    letters: Sequence[PastNotice],
    settled_on: date | None,
    as_of: date,
    policy: Policy,
) -> bool:
    """Return whether a promise was broken and no letter of the case has answered that since.

    A promise without an amount is for the whole debt: it is kept once nothing is owed any more.
    """
    return any(
        hold.kind is HoldKind.PROMISE
        and _passed(hold.until, as_of, policy)
        and not _settled_since(hold, settled_on)
        and (hold.amount is None or paid_since(payments, hold.registered) < hold.amount)
        and not _answered(hold.until, letters, policy)
        for hold in holds
    )


@dataclass(frozen=True, slots=True)
class Awaited:
    """A promised payment that has not come: the amount still missing (None: the whole debt), and its day.

    `broken` once the grace has passed too.
    """

    kind: HoldKind
    on: date
    amount: Decimal | None
    broken: bool


def awaited(holds: Sequence[Hold], payments: Sequence[Payment], as_of: date, policy: Policy) -> tuple[Awaited, ...]:
    """Return the payments that promises and the plan in force still await, past ones included, in order of day."""
    known = [hold for hold in holds if hold.registered <= as_of]
    found = [each for hold in known if (each := _of_promise(hold, payments, as_of, policy))]
    plan = current_plan(known)
    if plan is not None:
        left = paid_since(payments, plan.registered)
        for part in sorted(plan.instalments, key=lambda each: each.date):
            missing, left = max(part.amount - left, ZERO), max(left - part.amount, ZERO)
            if missing:
                found.append(Awaited(plan.kind, part.date, missing, _passed(part.date, as_of, policy)))
    return tuple(sorted(found, key=lambda each: each.on))


def _of_promise(hold: Hold, payments: Sequence[Payment], as_of: date, policy: Policy) -> Awaited | None:
    if hold.kind is not HoldKind.PROMISE or hold.until is None:
        return None
    missing = None if hold.amount is None else hold.amount - paid_since(payments, hold.registered)
    if missing is not None and missing <= 0:
        return None
    return Awaited(hold.kind, hold.until, missing, _passed(hold.until, as_of, policy))


def current_plan(holds: Iterable[Hold]) -> Hold | None:
    """Return the plan in force: the latest registered and, of the same day, the last entered."""
    plans = [hold for hold in holds if hold.kind is HoldKind.INSTALMENTS]
    return max(enumerate(plans), key=lambda item: (item[1].registered, item[0]))[1] if plans else None


def plan_on_track(plan: Hold | None, payments: Sequence[Payment], as_of: date, policy: Policy) -> bool:
    """Return whether the plan is not fully paid yet but everything due so far is."""
    if plan is None:
        return False
    paid = paid_since(payments, plan.registered)
    due = sum((part.amount for part in _fallen_due(plan, as_of, policy)), ZERO)
    whole = sum((part.amount for part in plan.instalments), ZERO)
    return due <= paid < whole


def instalment_missed(
    plan: Hold | None,
    payments: Sequence[Payment],
    letters: Sequence[PastNotice],
    settled_on: date | None,
    as_of: date,
    policy: Policy,
) -> bool:
    """Return whether an instalment that fell due is unpaid and no letter of the case has answered that since."""
    if plan is None or _settled_since(plan, settled_on):
        return False
    paid = paid_since(payments, plan.registered)
    expected = ZERO
    for part in _fallen_due(plan, as_of, policy):
        expected += part.amount
        if paid < expected and not _answered(part.date, letters, policy):
            return True
    return False


def _fallen_due(plan: Hold, as_of: date, policy: Policy) -> list[Instalment]:
    parts = sorted(plan.instalments, key=lambda part: part.date)
    return [part for part in parts if _passed(part.date, as_of, policy)]


def _settled_since(hold: Hold, settled_on: date | None) -> bool:
    """Return whether everything was paid after registration: a newer debt does not break an older commitment."""
    return settled_on is not None and settled_on >= hold.registered


def _passed(day: date | None, as_of: date, policy: Policy) -> bool:
    return day is not None and day < as_of - _grace(policy)


def _answered(day: date | None, letters: Iterable[PastNotice], policy: Policy) -> bool:
    return day is not None and any(letter.date - _grace(policy) > day for letter in letters)


def _grace(policy: Policy) -> timedelta:
    return timedelta(days=policy.promise_grace_days)
