"""Charges and owners after a sale: which are the owner's, and which are older than the owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from notices.model import Charge, ChargeStanding, History


def begins(charge: Charge) -> date:
    """Return the first day that the charge is for; its due date if the list has no period."""
    return charge.period.start if charge.period else charge.due_date


def is_theirs(charge: Charge, claimed_from: date | None) -> bool:
    """Return whether a charge is the owner's, if a person said from which day on charges are (None: nobody did).

    A charge that begins before that day is not, even if it ends after it: its sum is not the owner's alone.
    """
    return claimed_from is None or begins(charge) >= claimed_from


def theirs(charges: Iterable[Charge], claimed_from: date | None) -> Sequence[Charge]:
    """Return the owner's own charges."""
    return tuple(charge for charge in charges if is_theirs(charge, claimed_from))


def older_than_owner(standings: Iterable[ChargeStanding], history: History) -> tuple[ChargeStanding, ...]:
    """Return the claimable charges older than a new owner, unless a person said whose they are."""
    since = history.new_since
    if since is None or history.claimed_from is not None:
        return ()
    return tuple(standing for standing in standings if standing.claimable and begins(standing.charge) < since)
