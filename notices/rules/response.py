"""Response to notices: which were paid or answered in time, as shares, and counts against those of the last round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from notices.model import ZERO, Payment
from notices.rules.limitation import limitation_date

MONTHS_AHEAD = 12
PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Reaction:
    """A notice that went on a day, and all that its owner did: payments, promises, and slips for this notice.

    The principal is in yuan; promises and slips are the days on which they were registered or received.
    """

    went: date
    principal: Decimal
    payments: Sequence[Payment] = ()
    promises: Sequence[date] = ()
    slips: Sequence[date] = ()


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """A balance (yuan) with its due date, and the proven demands, in order, that may have moved its limitation date."""

    account: object
    due_date: date
    balance: Decimal
    demands: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class MonthAtStake:
    """A month (its first day) in which charges lapse: number of accounts, and their principal in yuan."""

    month: date
    accounts: int
    principal: Decimal


def paid_within(reaction: Reaction, days: int) -> bool:
    """Return whether all of the notice's principal was paid within so many days of the day it went."""
    if not reaction.payments:
        return reaction.principal <= ZERO
    last = reaction.went + timedelta(days=days)
    paid = sum((it.amount for it in reaction.payments if reaction.went <= it.date <= last), ZERO)
    return paid >= reaction.principal


def responded_within(reaction: Reaction, days: int) -> bool:
    """Return whether a payment, a promise or a slip came within so many days of the day the notice went."""
    if not (reaction.payments or reaction.promises or reaction.slips):
        return False
    last = reaction.went + timedelta(days=days)
    came = (*(it.date for it in reaction.payments), *reaction.promises, *reaction.slips)
    return any(reaction.went <= day <= last for day in came)


def share_within(
    reactions: Iterable[Reaction],
    silent: Mapping[date, int],
    days: int,
    as_of: date,
    happened: Callable[[Reaction, int], bool],
) -> Decimal | None:
    """Return the share of notices for which that happened in time, over those at least that old; None without any.

    `silent` are the numbers of further notices, by the day on which they went, after which nothing happened.
    """
    last = as_of - timedelta(days=days)
    old_enough = [it for it in reactions if it.went <= last]
    count = len(old_enough) + sum(number for went, number in silent.items() if went <= last)
    return share_of(sum(happened(it, days) for it in old_enough), count) if count else None


def share_of(part: int | Decimal, whole: int | Decimal) -> Decimal:
    """Return part / whole to four places."""
    return (Decimal(part) / Decimal(whole)).quantize(PLACES)


def expected_share(sent: Mapping[Decimal, int], without: int) -> Decimal | None:
    """Return the expected share of a row whose notices have several: weighted by their numbers.

    `without` is the number of notices for which nothing is expected; None if it is every one.
    """
    if not sent or without:
        return None
    return share_of(sum((share * count for share, count in sent.items()), Decimal(0)), sum(sent.values()))


def changes_of_counts(now: Counter[str], before: Counter[str] | None) -> dict[str, int | None]:
    """Return the change of each count against the round before, None where there was none."""
    codes = now.keys() | (before.keys() if before else set())
    return {code: None if before is None else now[code] - before[code] for code in codes}


def limitation_calendar(charges: Iterable[OpenCharge], years: int, as_of: date) -> list[MonthAtStake]:
    """Return the twelve months from that of `as_of` on, each with the accounts and principal that lapse in it.

    Limitation dates before `as_of` are left out: those charges have lapsed.
    """
    principal = dict.fromkeys(months_from(as_of, MONTHS_AHEAD), ZERO)
    accounts: dict[date, set[object]] = {month: set() for month in principal}
    limits: dict[tuple[date, tuple[date, ...]], date] = {}  # of many charges they are the same few
    for charge in charges:
        limit = limits.get(told := (charge.due_date, charge.demands))
        if limit is None:
            limit = limits[told] = limitation_date(*told, years)
        month = limit.replace(day=1)
        if limit >= as_of and month in principal:
            principal[month] += charge.balance
            accounts[month].add(charge.account)
    return [MonthAtStake(month, len(accounts[month]), owed) for month, owed in principal.items()]


def months_from(day: date, count: int) -> list[date]:
    """Return the first days of so many months, beginning with the month of `day`."""
    first = day.year * 12 + day.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(first, first + count)]
