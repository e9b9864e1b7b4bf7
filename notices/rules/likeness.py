"""Names that look alike: the same to the eye, or one character apart, as a slip of the keyboard makes them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from notices.model import CaseKey

Owners = tuple[str, ...]


def look_alike(one: Owners, other: Owners) -> bool:
    """Return whether joint owners are others by name, but some of them could be the same persons, mistyped."""
    mine, theirs = set(one) - set(other), set(other) - set(one)
    return any(_names_alike(name, another) for name in mine for another in theirs)


def like_a_former_owner(case: CaseKey, known_owners: Iterable[Owners]) -> Owners | None:
    """Return the owners of the unit so far whom a new owner's name looks like; None if there are none."""
    known = frozenset(known_owners)
    if case.owners in known:
        return None
    return next((owners for owners in sorted(known) if look_alike(case.owners, owners)), None)


def nearest(wanted: CaseKey, known: Iterable[CaseKey], *, count: int = 3) -> list[CaseKey]:
    """Return the accounts that a mistyped one may mean, the likeliest first."""
    choices = {case: f"{case.unit}/{'、'.join(case.owners)}" for case in known}
    typed = f"{wanted.unit}/{'、'.join(wanted.owners)}"
    found = process.extract(typed, choices, scorer=OSA.normalized_similarity, limit=count, score_cutoff=0.6)
    return [case for _, _, case in found]


def _names_alike(one: str, other: str) -> bool:
    """Return whether at most one character is changed, added, left out or swapped with its neighbour."""
    return OSA.distance(_as_seen(one), _as_seen(other), score_cutoff=1) <= 1


@lru_cache(maxsize=4096)
def _as_seen(name: str) -> str:
    return "".join(map(_first_of_its_look, name.casefold()))


@cache
def _first_of_its_look(character: str) -> str:
    """Return the same character for all that Unicode's confusables.txt says look like this one."""
    from confusable_homoglyphs import confusables  # noqa: PLC0415 - reads a big table, and few accounts need it

    alike: list[str] = [each["c"] for each in confusables.confusables_data.get(character, ())]
    return min((character, *(text for text in alike if len(text) == 1)))
