"""What a spreadsheet gives: cells, rows and sheets, without any meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

Kind = Literal["xlsx", "xls", "ods", "csv", "html"]


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell whose value is lost: an error value such as `#N/A`, or a formula whose result was never saved."""

    text: str
    uncached: bool = False


Cell = str | int | float | bool | date | datetime | time | timedelta | Broken | None
Row = tuple[int, tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read at most: bytes on disk, bytes unpacked, rows and columns of a sheet."""

    max_bytes: int = 200 * 1024 * 1024
    max_unpacked: int = 1024 * 1024 * 1024
    max_rows: int = 500_000
    max_columns: int = 1_000


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range; rows as Excel numbers them, columns from 0, both ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Marks:
    """What a sheet says of its rows beside their values; row numbers as Excel shows them."""

    merges: tuple[Merge, ...] = ()
    hidden: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()
    strays: int = 0  # cells far outside the table that were left out
    last_row: int = 0  # about how far the sheet goes


@dataclass(slots=True)
class Sheet:
    """One visible sheet, read when it is first asked for."""

    name: str
    _load: Callable[[], tuple[Callable[[], Iterator[Row]], Marks]] = field(repr=False)
    _loaded: tuple[Callable[[], Iterator[Row]], Marks] | None = field(default=None, repr=False)

    def rows(self) -> Iterator[Row]:
        """The rows that hold anything, each with the number Excel shows; may be walked again.

        Raises Unusable where the sheet is damaged or larger than the limits.
        """
        return self._content()[0]()

    @property
    def marks(self) -> Marks:
        """Merged ranges and the rows that are hidden or struck through."""
        return self._content()[1]

    def _content(self) -> tuple[Callable[[], Iterator[Row]], Marks]:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded


@dataclass(frozen=True, slots=True)
class Workbook:
    """A file of tables: what it really is, the SHA-256 of the bytes that were read, and its visible sheets."""

    kind: Kind
    sha256: str
    sheets: tuple[Sheet, ...]
    encoding: str | None = None
