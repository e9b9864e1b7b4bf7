"""The case of an account: which earlier notices count, and which of them are in progress or undelivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from notices.model import (
    FAILED,
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
