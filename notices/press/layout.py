"""Where each letter comes to lie in the merged file: position, pages, sheets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from notices.press.items import PrintItem


@dataclass(frozen=True, slots=True)
class Placed:
    """A letter in the merged file; position and page count from 1, `blank_back` where an empty page follows it."""

    item: PrintItem
    position: int
    first_page: int
    sheets: int
    blank_back: bool

    @property
    def pages(self) -> int:
        """The pages it takes in the file, the blank back included."""
        return self.item.count + self.blank_back


def lay_out(items: Iterable[PrintItem], *, duplex: bool) -> tuple[Placed, ...]:
    """Lay the letters out in the order given; in duplex each begins on a front page."""
    placed: list[Placed] = []
    page = 1
    for position, item in enumerate(items, start=1):
        blank_back = duplex and item.count % 2 == 1
        sheets = (item.count + 1) // 2 if duplex else item.count
        placed.append(Placed(item, position, page, sheets, blank_back))
        page += placed[-1].pages
    return tuple(placed)
