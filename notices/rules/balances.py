"""Amounts owed on a day, charge by charge: balance after payments, days late, late fee."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from notices.model import ZERO, Charge, ChargeStanding, Payment
from notices.rules.late_fee import late_fee
from notices.rules.money import to_fen
from notices.rules.ownership import is_theirs, theirs
from notices.settings import LateFee, Policy


def balances(charges: Sequence[Charge], payments: Iterable[Payment], list_date: date) -> tuple[Decimal, ...]:
    """Return the balance of each charge in yuan, in their order, never negative.

    Overpayments and payments dated after the list pay off the positive balances, oldest due date first, those not
    yet due included; payments dated on or before the list's date are already contained in it.
    """
    left = [charge.owed for charge in charges]
    credit = sum((payment.amount for payment in _after(list_date, payments)), ZERO)
    credit -= sum((owed for owed in left if owed < 0), ZERO)
    for index in _oldest_first(charges):
        if left[index] <= 0:
            left[index] = ZERO
            continue
        used = min(credit, left[index])
        left[index] -= used
        credit -= used
    return tuple(left)


def balances_after_fees(
    charges: Sequence[Charge], payments: Iterable[Payment], list_date: date, policy: Policy
) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return balance and paid late fee of each charge in yuan if a payment pays a charge's late fee before its balance.

    Of the late fee paid, only the part counts that is on the balance still left: the rest is settled with its
    principal. Payments go to the oldest charge first, as in `balances` (民法典 arts. 560 and 561).
    """
    left = list(balances(charges, (), list_date))
    settled = [ZERO for _ in charges]
    for payment in sorted(_after(list_date, payments), key=lambda it: it.date):
        credit = payment.amount
        for index in _oldest_first(charges):
            if left[index] <= 0 or credit <= 0:
                continue
            days = (payment.date - charges[index].due_date).days
            fee = policy.late_fee_of(charges[index].item)
            accrued = max(late_fee(left[index], fee.daily_rate, fee.cap, days) - settled[index], ZERO)
            to_fee = min(credit, accrued)
            to_principal = min(credit - to_fee, left[index])
            rest = left[index] - to_principal
            settled[index] = to_fen((settled[index] + to_fee) * rest / left[index])
            left[index] = rest
            credit -= to_fee + to_principal
    return tuple(zip(left, settled, strict=True))


def _after(list_date: date, payments: Iterable[Payment]) -> list[Payment]:
    return [payment for payment in payments if payment.date > list_date and not payment.seen_in_list]


def _oldest_first(charges: Sequence[Charge]) -> list[int]:
    return sorted(range(len(charges)), key=lambda index: (charges[index].due_date, charges[index].period_end))


def standings(
    charges: Sequence[Charge],
    payments: Iterable[Payment],
    list_date: date,
    as_of: date,
    policy: Policy,
    *,
    claimed_from: date | None = None,
) -> tuple[ChargeStanding, ...]:
    """Return each charge's standing on `as_of`; it is claimable if it has a balance and its due date has passed.

    A charge that is not the owner's (`ownership.is_theirs`) is not claimable, and no payment or overpayment counts
    between it and the owner's own.
    """
    mine = theirs(charges, claimed_from)
    own = iter(
        balances_after_fees(mine, payments, list_date, policy)
        if policy.late_fee.before_principal
        else ((balance, ZERO) for balance in balances(mine, payments, list_date))
    )
    return tuple(
        _standing(charge, *next(own), as_of, policy.late_fee_of(charge.item))
        if is_theirs(charge, claimed_from)
        else _of_another_owner(charge)
        for charge in charges
    )


def _of_another_owner(charge: Charge) -> ChargeStanding:
    return ChargeStanding(charge, max(charge.owed, ZERO), days_late=0, late_fee=ZERO, claimable=False)


def _standing(charge: Charge, balance: Decimal, paid_fee: Decimal, as_of: date, fee: LateFee) -> ChargeStanding:
    claimable = balance > 0 and charge.due_date < as_of
    days_late = (as_of - charge.due_date).days if claimable else 0
    return ChargeStanding(
        charge=charge,
        balance=balance,
        days_late=days_late,
        late_fee=max(late_fee(balance, fee.daily_rate, fee.cap, days_late) - paid_fee, ZERO) if claimable else ZERO,
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
