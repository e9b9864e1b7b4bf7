"""The case of an account: which earlier notices count, and which of them are in progress or undelivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

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


def with_refusals(history: History, refusal: Literal["returned", "delivered"]) -> History:
    """Return the history in which a letter that the addressee refused (拒收) counts as the policy says."""
    if refusal == "returned" or not any(delivery.refused for it in history.notices for delivery in it.deliveries):
        return history
    return replace(history, notices=tuple(map(_refused_as_delivered, history.notices)))


def _refused_as_delivered(notice: PastNotice) -> PastNotice:
    ways = (replace(way, state=State.DELIVERED) if way.refused else way for way in notice.deliveries)
    return replace(notice, deliveries=tuple(ways))


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
