"""The case of an account: which notices count, and how proven demands move the limitation date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from notices.model import (
    FAILED,
    Channel,
    ChargeStanding,
    History,
    PastNotice,
    State,
)
from notices.rules.states import OPEN, WENT_OUT
from notices.settings import Policy


def case_notices(
    history: History, claimable: Sequence[ChargeStanding], as_of: date, policy: Policy
) -> tuple[PastNotice, ...]:
    """Return the notices of the current case in order; letters about debts since settled do not count."""
    if not claimable:
        return ()
    first_due = min(standing.charge.due_date for standing in claimable)
    counted = [
        notice
        for notice in history.notices
        if _counts(notice)
        and first_due < notice.date <= as_of
        and (history.settled_on is None or notice.date > history.settled_on)
    ]
    return tuple(sorted(counted, key=lambda notice: (notice.date, policy.rank(notice.tier))))


def _counts(notice: PastNotice) -> bool:
    return any(delivery.state in WENT_OUT | FAILED for delivery in notice.deliveries)


def in_progress(notice: PastNotice) -> bool:
    """Return whether the notice has not gone out by any channel yet but still may."""
    states = {delivery.state for delivery in notice.deliveries}
    return not states & WENT_OUT and bool(states & OPEN)


def partly_undelivered(notice: PastNotice) -> bool:
    """Return whether the notice failed by one channel but not by all."""
    failed = any(delivery.state in FAILED for delivery in notice.deliveries)
    return failed and notice.state is not State.UNDELIVERED


def years_after(day: date, years: int) -> date:
    """Add years to a date; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def proven_demands(notices: Iterable[PastNotice], as_of: date) -> tuple[date, ...]:
    """Return, in order, the dates of paper demands with recorded delivery, up to `as_of`."""
    days = (
        delivery.on or notice.date
        for notice in notices
        for delivery in notice.deliveries
        if delivery.channel is Channel.PRINT and delivery.state is State.DELIVERED
    )
    return tuple(sorted(day for day in days if day <= as_of))


def limitation_date(due_date: date, demands: Sequence[date], years: int) -> date:
    """Return the limitation date (诉讼时效) of a charge: `years` after its due date or the last demand in time.

    民法典 art. 188 (three years) and 195 (a demand restarts the period); after expiry a demand does not revive it
    (art. 192). `demands` must be sorted.
    """
    limit = years_after(due_date, years)
    for demand in demands:
        if due_date < demand <= limit:
            limit = years_after(demand, years)
    return limit
