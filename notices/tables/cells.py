"""Types of a spreadsheet's content: cells, rows, sheets and workbooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

Kind = Literal["xlsx", "xls", "ods", "csv", "html"]


@dataclass(frozen=True, slots=True)
class LostValue:
    """A cell without a usable value: an error, a formula never calculated, text struck out in part, an unseen number.

    `parts` are those of a text struck out in part, each with whether it is struck. `unseen` if the cell looks empty,
    because its number format or its colour shows nothing of the value.
    """

    text: str
    uncached: bool = False
    parts: tuple[tuple[str, bool], ...] = ()
    unseen: bool = False

    @property
    def struck(self) -> bool:
        """Return whether a part of the text is struck out."""
        return bool(self.parts)


Cell = str | int | float | bool | date | datetime | time | timedelta | LostValue | None
Row = tuple[int, tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper limits for a file: bytes on disk, bytes unpacked, rows and columns of a sheet."""

    max_bytes: int = 200 * 1024 * 1024
    max_unpacked: int = 1024 * 1024 * 1024
    max_rows: int = 500_000
    max_columns: int = 1_000


@dataclass(frozen=True, slots=True)
class Merge:
    """Merged range; rows as Excel numbers them, columns from 0, both ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class RowWidths:
    """Number of cells in each row of a text file, empty ones at the end included."""

    usual: int
    others: Mapping[int, int]

    def of(self, row: int) -> int:
        """Return the number of cells of a row."""
        return self.others.get(row, self.usual)

    def until(self, row: int) -> int:
        """Return the largest number of cells of a row up to this one."""
        return max(map(self.of, range(1, row + 1)), default=0)


@dataclass(frozen=True, slots=True)
class Marks:
    """Attributes of a sheet's rows other than values; row numbers as Excel shows them."""

    merges: tuple[Merge, ...] = ()
    hidden: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()
    strays: int = 0  # number of ignored cells far outside the table
    last_row: int = 0  # approximate last row
    since_1904: bool = False  # the workbook counts days from 1904; matters for dates written as plain numbers
    widths: RowWidths | None = None  # of a text file
    lone_quotes: tuple[int, ...] = ()  # rows of a text file with a quotation mark that opens a cell and never closes
    hidden_columns: frozenset[int] = frozenset()
    cut_row: int = 0  # last row of a text file that ends within it: shorter than others, and without a line end


@dataclass(slots=True)
class Sheet:
    """One visible sheet, loaded on first access."""

    name: str
    _load: Callable[[], tuple[Callable[[], Iterator[Row]], Marks]] = field(repr=False)
    _loaded: tuple[Callable[[], Iterator[Row]], Marks] | None = field(default=None, repr=False)

    def rows(self) -> Iterator[Row]:
        """Iterate over the non-empty rows, each with the row number that Excel shows; can be called repeatedly.

        Raises Unusable if the sheet is damaged or exceeds the limits.
        """
        return self._content()[0]()

    @property
    def marks(self) -> Marks:
        """Merged ranges, hidden rows and struck-through rows."""
        return self._content()[1]

    def _content(self) -> tuple[Callable[[], Iterator[Row]], Marks]:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded


@dataclass(frozen=True, slots=True)
class Workbook:
    """File of tables: its actual kind, the SHA-256 of the bytes read, and its visible sheets."""

    kind: Kind
    sha256: str
    sheets: tuple[Sheet, ...]
    encoding: str | None = None
