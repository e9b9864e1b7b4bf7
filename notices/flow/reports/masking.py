"""Masked names: enough to recognise an account that one knows, too little to learn who owes."""

from __future__ import annotations

from notices.model import CaseKey

MASK = "**"


def masked(name: str) -> str:
    """Return a name's first character and two stars, whatever its length."""
    return f"{name[:1]}{MASK}" if name else ""


def shown_account(case: CaseKey, *, names: bool) -> str:
    """Return the name of an account (estate/unit/owner), its owners masked unless `names`."""
    return case.key if names else f"{case.estate}/{case.unit}/{'、'.join(map(masked, case.owners))}"
