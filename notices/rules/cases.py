"""The case: which notices count, and how proven demands move the limitation date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from notices.model import (
    FAILED,
    OPEN,
    WENT_OUT,
    Channel,
    ChargeStanding,
    History,
    PastNotice,
    State,
)
from notices.settings import Policy


def case_notices(
    history: History, claimable: Sequence[ChargeStanding], as_of: date, policy: Policy
) -> tuple[PastNotice, ...]:
    """The notices of today's case, the last one last; older letters about settled debts are not among them."""
    if not claimable:
        return ()
    first_due = min(standing.charge.due_date for standing in claimable)
    counted = [
        notice
        for notice in history.notices
        if _left_or_came_back(notice)
        and first_due < notice.date <= as_of
        and (history.settled_on is None or notice.date > history.settled_on)
    ]
    return tuple(sorted(counted, key=lambda notice: (notice.date, policy.rank(notice.tier))))


def _left_or_came_back(notice: PastNotice) -> bool:
    return any(delivery.state in WENT_OUT | FAILED for delivery in notice.deliveries)


def in_progress(notice: PastNotice) -> bool:
    """Whether it has not gone by any way yet and may still go by one."""
    states = {delivery.state for delivery in notice.deliveries}
    return not states & WENT_OUT and bool(states & OPEN)


def partly_undelivered(notice: PastNotice) -> bool:
    """Whether it came back by one of its ways and stands by another."""
    failed = any(delivery.state in FAILED for delivery in notice.deliveries)
    return failed and notice.state is not State.UNDELIVERED


def years_after(day: date, years: int) -> date:
    """The same day so many years on; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def proven_demands(notices: Iterable[PastNotice], as_of: date) -> tuple[date, ...]:
    """The days of the demands on paper whose delivery is on record, up to `as_of`, in order."""
    days = (
        delivery.on or notice.date
        for notice in notices
        for delivery in notice.deliveries
        if delivery.channel is Channel.PRINT and delivery.state is State.DELIVERED
    )
    return tuple(sorted(day for day in days if day <= as_of))


def limitation_date(due_date: date, demands: Sequence[date], years: int) -> date:
    """诉讼时效 of a charge: years after its due date, anew from each proven demand that came in time.

    民法典 art. 188 (three years) and 195 (a demand interrupts); after expiry nothing revives it (art. 192).
    `demands` stand in order.
    """
    limit = years_after(due_date, years)
    for demand in demands:
        if due_date < demand <= limit:
            limit = years_after(demand, years)
    return limit
