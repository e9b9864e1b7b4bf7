"""JSON documents that are too long for memory: written while they are being made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

CHUNKS = 2_000  # of a few characters each, written together


class Stream(list[object]):
    """A list in a JSON document whose items are made as they are written; it can be written once and is never empty."""

    def __init__(self, items: Iterable[object]) -> None:
        super().__init__()
        self._items = items

    def __iter__(self) -> Iterator[object]:
        return iter(self._items)

    def __bool__(self) -> bool:
        return True


def streamed(items: Iterable[object]) -> list[object]:
    """Return the items as a list that `in_pieces` writes one by one."""
    still = iter(items)
    first = list(islice(still, 1))
    return Stream(chain(first, still)) if first else []


def in_pieces(document: Mapping[str, object], *, ascii_only: bool = False) -> Iterator[str]:
    """Yield the text of a document in pieces; `ascii_only` escapes everything else."""
    # With an indent, `json` uses its pure Python encoder, which takes the items of a list one by one.
    written = json.JSONEncoder(ensure_ascii=ascii_only, indent=1, default=str).iterencode(document)
    while some := "".join(islice(written, CHUNKS)):
        yield some
