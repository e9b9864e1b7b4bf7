"""First appearances of the owners of a unit, in lists and imported notices: who is new, and since when."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from notices.ledger.history_rows import EarlierAccount, StoredNotice
from notices.model import CaseKey

Owners = tuple[str, ...]
Appearance = tuple[date, int]  # the day, and to tell lists of one day apart the batch; an imported notice has 0
Appearances = Mapping[tuple[str, str], Mapping[Owners, Appearance]]


def appearances(stored: Sequence[StoredNotice], accounts: Mapping[CaseKey, Sequence[EarlierAccount]]) -> Appearances:
    """Return for each unit when each of its owners appeared first."""
    seen = [(case, (it.list_date, it.batch)) for case, listed in accounts.items() for it in listed]
    seen += [(notice.case, (notice.date, 0)) for notice in stored if notice.imported and notice.date]
    first = defaultdict[tuple[str, str], dict[Owners, Appearance]](dict)
    for case, appearance in seen:
        owners = first[case.estate, case.unit]
        owners[case.owners] = min(appearance, owners.get(case.owners, appearance))
    return first


def new_since(case: CaseKey, appeared: Mapping[Owners, Appearance], list_date: date) -> date | None:
    """Return the day on which this owner appeared first (at the latest `list_date`); None if nobody did before."""
    in_this_list = (list_date, sys.maxsize)
    own = min(appeared.get(case.owners, in_this_list), in_this_list)
    return own[0] if any(other < own for owners, other in appeared.items() if owners != case.owners) else None
