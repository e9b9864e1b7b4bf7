"""Facts derived from a case's earlier lists: payments that only a newer list shows, and when all was last paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from notices.model import ZERO, Charge, Payment, Period
from notices.rules.balances import balances

ChargeId = tuple[str, date, Period | None]


@dataclass(frozen=True, slots=True)
class SeenList:
    """A case in one list; `as_of` and `principal` (yuan) are those of the decision on it."""

    list_date: date
    charges: Sequence[Charge]
    as_of: date | None = None
    principal: Decimal | None = None


def payments_seen(lists: Sequence[SeenList], recorded: Sequence[Payment]) -> tuple[Payment, ...]:
    """Return payments (yuan) inferred from lists: the rise in paid amounts from list to list, less recorded payments.

    `lists` are those of one case, in date order; an inferred payment has the date of the list that first shows it.
    """
    return tuple(
        Payment(newer.list_date, rise, seen_in_list=True)
        for older, newer in pairwise(lists)
        for rise in [_paid_increase(older, newer) - _paid_between(recorded, older.list_date, newer.list_date)]
        if rise > 0
    )


def settled_on(lists: Iterable[SeenList], recorded: Sequence[Payment], as_of: date) -> date | None:
    """Return the last day up to `as_of` with zero principal according to earlier lists and payments, or None."""
    known = list(lists)
    decided = (it.as_of for it in known if it.as_of and it.principal == ZERO)
    days = [day for day in (*decided, *_paid_off_days(known, recorded)) if day <= as_of]
    return max(days, default=None)


def _paid_increase(older: SeenList, newer: SeenList) -> Decimal:
    before, now = _paid(older.charges), _paid(newer.charges)
    return sum((paid - before.get(charge, ZERO) for charge, paid in now.items()), ZERO)


def _paid(charges: Iterable[Charge]) -> dict[ChargeId, Decimal]:
    paid: dict[ChargeId, Decimal] = {}
    for charge in charges:
        key = (charge.item, charge.due_date, charge.period)
        paid[key] = paid.get(key, ZERO) + charge.paid
    return paid


def _paid_between(payments: Iterable[Payment], after: date, until: date) -> Decimal:
    return sum((payment.amount for payment in payments if after < payment.date <= until), ZERO)


def _paid_off_days(lists: Sequence[SeenList], recorded: Sequence[Payment]) -> Iterator[date]:
    """Yield the payment dates on which the latest list's due charges were fully paid."""
    for day in sorted({payment.date for payment in recorded}):
        before = [it for it in lists if it.list_date < day]
        if before and _principal(before[-1], recorded, day) == ZERO:
            yield day


def _principal(seen: SeenList, recorded: Iterable[Payment], day: date) -> Decimal:
    so_far = [payment for payment in recorded if payment.date <= day]
    left = balances(seen.charges, so_far, seen.list_date)
    return sum((owed for charge, owed in zip(seen.charges, left, strict=True) if charge.due_date < day), ZERO)
