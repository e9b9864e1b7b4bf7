"""JSON documents that are too long to be in memory as a whole: written while they are made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

PIECES = 2_000  # of a few characters each, written together


class Stream(list[object]):
    """A list for a JSON document whose items are made when they are written, once; never empty."""

    def __init__(self, items: Iterable[object]) -> None:
        super().__init__()
        self._items = items

    def __iter__(self) -> Iterator[object]:
        return iter(self._items)

    def __bool__(self) -> bool:
        return True


def streamed(items: Iterable[object]) -> list[object]:
    """The items as a list for `in_pieces`."""
    still = iter(items)
    first = list(islice(still, 1))
    return Stream(chain(first, still)) if first else []


def in_pieces(document: Mapping[str, object]) -> Iterator[str]:
    """The text of a document, piece after piece."""
    # An indented document is written by the part of `json` that asks lists for their items one by one.
    written = json.JSONEncoder(ensure_ascii=False, indent=1, default=str).iterencode(document)
    while some := "".join(islice(written, PIECES)):
        yield some
