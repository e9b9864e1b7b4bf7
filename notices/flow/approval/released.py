"""The notices that an approval released, in the order of their numbers, read from the ledger where they are needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from notices.ledger import FEW_UNITS, DecisionRecord, Ledger


class Released(Sequence[DecisionRecord]):
    """Decisions of released notices, of which only a page is in memory: 100,000 of them would take gigabytes."""

    def __init__(self, ledger: Ledger, numbers: Mapping[int, str]) -> None:
        self._ledger = ledger
        self._ids = sorted(numbers, key=lambda key: _in_order(numbers[key]))

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[DecisionRecord]:
        for start in range(0, len(self), FEW_UNITS):
            yield from self[start : start + FEW_UNITS]

    @overload
    def __getitem__(self, index: int) -> DecisionRecord: ...

    @overload
    def __getitem__(self, index: slice) -> list[DecisionRecord]: ...

    def __getitem__(self, index: int | slice) -> DecisionRecord | list[DecisionRecord]:
        if isinstance(index, int):
            return self._read([self._ids[index]])[0]
        return self._read(self._ids[index])

    def _read(self, ids: Sequence[int]) -> list[DecisionRecord]:
        with self._ledger.read() as books:
            found = {entry.notice.id: entry for entry in books.batches.decisions_of_notices(ids) if entry.notice}
        return [found[key] for key in ids]


def _in_order(number: str) -> list[tuple[int, str]]:
    """Return a sort key for a notice's number: digits count as numbers, with leading zeros or without."""
    return [(int(piece or 0), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", number)]
