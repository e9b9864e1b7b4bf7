"""Case numbering: the assignment of an owner's notices to consecutive cases, no tier twice in one case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A notice as input to the numbering; `counts` is true while it is neither withdrawn nor undelivered."""

    id: int
    tier: str
    rank: int
    counts: bool
    imported: bool
    continues: int | None = None


def generations(steps: Iterable[Step]) -> dict[int, int]:
    """Return the case number (from 1) of each of an owner's notices, given in date order.

    A notice of this program belongs to the case of the one that it continues. An imported one opens a new case if its
    tier is not above that of the last notice that counts, because no tier is sent twice in one case.
    """
    numbers: dict[int, int] = {}
    taken: set[tuple[int, str]] = set()
    newest, last_rank = 0, None
    for step in steps:
        number = _belongs_to(step, numbers, newest, last_rank)
        if number is None or (step.counts and (number, step.tier) in taken):
            number, last_rank = newest + 1, None
        numbers[step.id] = number
        newest = max(newest, number)
        if step.counts:
            taken.add((number, step.tier))
            last_rank = step.rank
    return numbers


def _belongs_to(step: Step, numbers: dict[int, int], newest: int, last_rank: int | None) -> int | None:
    if not step.imported:
        return numbers.get(step.continues) if step.continues is not None else None
    if not newest or (last_rank is not None and step.rank <= last_rank):
        return None
    return newest
