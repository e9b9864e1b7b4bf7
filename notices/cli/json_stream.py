"""JSON documents that are too long for memory: written while they are being made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

ITEMS = 200  # of a streamed list, written together


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
    """Yield the text of a document in pieces; `ascii_only` escapes everything else.

    Only the document itself may have streamed lists, and no list inside it. Each of their items has a line to itself:
    with an indent, `json` uses its encoder in Python, which takes as long as deciding on the items.
    """
    in_lines = json.JSONEncoder(ensure_ascii=ascii_only, indent=1, default=str).encode
    in_one = json.JSONEncoder(ensure_ascii=ascii_only, default=str).encode
    opening = "{"
    for name, value in document.items():
        yield f"{opening}\n {in_one(name)}: "
        opening = ","
        if isinstance(value, Stream):
            yield from _listed(map(in_one, value))
        else:
            yield in_lines(value).replace("\n", "\n ")
    yield "\n}" if document else "{}"


def _listed(items: Iterator[str]) -> Iterator[str]:
    opening = "["
    while some := list(islice(items, ITEMS)):
        yield f"{opening}\n  " + ",\n  ".join(some)
        opening = ","
    yield "\n ]"
