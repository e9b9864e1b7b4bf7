"""The limitation date (诉讼时效) of a charge, and the proven demands that move it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from notices.model import Channel, PastNotice, State


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
