"""The generation of a case: which notices of one owner belong to one run of letters, as the schema counts them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A notice as the generations see it; `counts` while it is neither withdrawn nor undelivered."""

    id: int
    tier: str
    rank: int
    counts: bool
    imported: bool
    continues: int | None = None


def generations(steps: Iterable[Step]) -> dict[int, int]:
    """The case number of each notice, from 1; the steps of one owner stand in the order of their dates.

    A notice of this program is in the case of the one that it continues. One from before opens a new case when its
    tier is not above that of the last notice that counts: nobody sends the first letter twice in one case.
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
