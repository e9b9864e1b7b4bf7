"""Slips that are one paper: the slip of a letter for several units is recorded for each, and answered once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from notices.ledger import Books, SlipRecord


def companions(books: Books, slips: Mapping[int, SlipRecord]) -> dict[int, tuple[int, ...]]:
    """Return for each notice (id) of a letter for several all those of the same slip, in the order of the letter.

    `slips` are the last slips by notice; a notice whose slip is its own alone is left out.
    """
    papers: dict[object, dict[int, None]] = defaultdict(dict)
    for notice, mates in books.letters.mates_of(slips.keys()).items():
        for mate in mates:
            if (slip := slips.get(mate.notice_id)) is not None and _paper(slip) == _paper(slips[notice]):
                papers[mate.letter_number, _paper(slip)][mate.notice_id] = None
    return {notice: tuple(its) for its in papers.values() if len(its) > 1 for notice in its}


def _paper(slip: SlipRecord) -> tuple[object, ...]:
    return (slip.slip, slip.source, slip.entered_at)
