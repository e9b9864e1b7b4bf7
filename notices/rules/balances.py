"""Amounts owed on a day, charge by charge: balance after payments, days late, late fee."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from notices.model import ZERO, Charge, ChargeStanding, Payment
from notices.rules.late_fee import late_fee
from notices.rules.ownership import is_theirs, theirs
from notices.settings import LateFee


def balances(charges: Sequence[Charge], payments: Iterable[Payment], list_date: date) -> tuple[Decimal, ...]:
    """Return the balance of each charge in yuan, in their order, never negative.

    Overpayments and payments dated after the list pay off the positive balances, oldest due date first, those not
    yet due included; payments dated on or before the list's date are already contained in it.
    """
    left = [charge.owed for charge in charges]
    credit = sum((p.amount for p in payments if p.date > list_date and not p.seen_in_list), ZERO)
    credit -= sum((owed for owed in left if owed < 0), ZERO)
    for index in sorted(range(len(charges)), key=lambda i: (charges[i].due_date, charges[i].period_end)):
        if left[index] <= 0:
            left[index] = ZERO
            continue
        used = min(credit, left[index])
        left[index] -= used
        credit -= used
    return tuple(left)


def standings(
    charges: Sequence[Charge],
    payments: Iterable[Payment],
    list_date: date,
    as_of: date,
    fee: LateFee,
    *,
    claimed_from: date | None = None,
) -> tuple[ChargeStanding, ...]:
    """Return each charge's standing on `as_of`; it is claimable if it has a balance and its due date has passed.

    A charge that is not the owner's (`ownership.is_theirs`) is not claimable, and no payment or overpayment counts
    between it and the owner's own.
    """
    own = iter(balances(theirs(charges, claimed_from), payments, list_date))
    return tuple(
        _standing(charge, next(own), as_of, fee) if is_theirs(charge, claimed_from) else _of_another_owner(charge)
        for charge in charges
    )


def _of_another_owner(charge: Charge) -> ChargeStanding:
    return ChargeStanding(charge, max(charge.owed, ZERO), days_late=0, late_fee=ZERO, claimable=False)


def _standing(charge: Charge, balance: Decimal, as_of: date, fee: LateFee) -> ChargeStanding:
    claimable = balance > 0 and charge.due_date < as_of
    days_late = (as_of - charge.due_date).days if claimable else 0
    return ChargeStanding(
        charge=charge,
        balance=balance,
        days_late=days_late,
        late_fee=late_fee(balance, fee.daily_rate, fee.cap, days_late) if claimable else ZERO,
        claimable=claimable,
    )


def principal(standing: Iterable[ChargeStanding]) -> Decimal:
    """Sum the claimable balances in yuan."""
    return sum((s.balance for s in standing if s.claimable), ZERO)


def scope(claimable: Sequence[ChargeStanding], as_of: date) -> str | None:
    """Return whether the claimable charges' periods ended in prior years, this year, or both; None without charges."""
    if not claimable:
        return None
    prior = [s.charge.period_end.year < as_of.year for s in claimable]
    if all(prior):
        return "prior-years"
    return "mixed" if any(prior) else "current-year"
