"""Promises and instalment plans: whether one runs, and whether one was broken and not yet answered by a letter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from notices.model import ZERO, Hold, HoldKind, Instalment, PastNotice, Payment
from notices.settings import Policy


def paid_since(payments: Iterable[Payment], day: date) -> Decimal:
    """What came in on that day or later, in yuan."""
    return sum((payment.amount for payment in payments if payment.date >= day), ZERO)


def promise_runs(holds: Iterable[Hold], as_of: date, policy: Policy) -> bool:
    """Whether some promised date, with its grace, has not passed yet."""
    return any(hold.kind is HoldKind.PROMISE and not _passed(hold.until, as_of, policy) for hold in holds)


def promise_broken(
    holds: Iterable[Hold],
    payments: Sequence[Payment],
    letters: Sequence[PastNotice],
    settled_on: date | None,
    as_of: date,
    policy: Policy,
) -> bool:
    """Whether a promised date passed unkept and no letter of the case has answered it since.

    A promise without an amount was of everything: it is kept on the day on which nothing is owed any more.
    """
    return any(
        hold.kind is HoldKind.PROMISE
        and _passed(hold.until, as_of, policy)
        and not _settled_since(hold, settled_on)
        and (hold.amount is None or paid_since(payments, hold.registered) < hold.amount)
        and not _answered(hold.until, letters, policy)
        for hold in holds
    )


def current_plan(holds: Iterable[Hold]) -> Hold | None:
    """The instalment plan that counts: the latest registered; of one day the later entered."""
    plans = [hold for hold in holds if hold.kind is HoldKind.INSTALMENTS]
    return max(enumerate(plans), key=lambda item: (item[1].registered, item[0]))[1] if plans else None


def plan_on_track(plan: Hold | None, payments: Sequence[Payment], as_of: date, policy: Policy) -> bool:
    """Whether a plan has parts still to pay and all that has fallen due is paid."""
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
    """Whether a part that fell due is unpaid and no letter of the case has answered that since."""
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
    """Whether everything was paid after it was given: a debt that is new since then breaks no word of before."""
    return settled_on is not None and settled_on >= hold.registered


def _passed(day: date | None, as_of: date, policy: Policy) -> bool:
    return day is not None and day < as_of - _grace(policy)


def _answered(day: date | None, letters: Iterable[PastNotice], policy: Policy) -> bool:
    return day is not None and any(letter.date - _grace(policy) > day for letter in letters)


def _grace(policy: Policy) -> timedelta:
    return timedelta(days=policy.promise_grace_days)
