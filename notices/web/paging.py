"""Pages of a long table."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from flask import request

ROWS = 50


@dataclass(frozen=True)
class Part:
    """Part of a table that a page shows: its number, counted from 1, of a table with so many rows."""

    number: int
    rows: int
    size: int = ROWS

    @property
    def pages(self) -> int:
        """Number of pages, at least one."""
        return max(1, ceil(self.rows / self.size))

    @property
    def offset(self) -> int:
        """Rows before this part."""
        return (self.number - 1) * self.size


def part_asked(rows: int, size: int = ROWS) -> Part:
    """Return the part of a table that the request asks for by `page`, the nearest one that there is."""
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isdecimal() and len(asked) < 8 else 1
    return Part(min(max(1, number), Part(1, rows, size).pages), rows, size)
