"""Rows below a header as records: cells by meaning, merged cells filled, problems kept with their place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar, cast

from notices.intake.cleaning import has_control, printable, shown
from notices.intake.headings import IGNORED, MONEY, Heading
from notices.intake.open_table import Opened
from notices.intake.problems import Note, Problem, Remark, Unreadable
from notices.messages import Message, say
from notices.tables import Cell, Merge

T = TypeVar("T")
RECENT = 20_000  # most cached texts: enough for the values a list repeats, small next to the list itself
UNKNOWN = object()


@dataclass(slots=True)
class ParseCache:
    """Cache of parsed texts, so that a value repeated row after row is parsed once.

    Only texts that caused neither a problem nor a note are cached; for them parsing has no side effect.
    """

    values: dict[tuple[object, str], object] = field(default_factory=dict)

    def keep(self, key: tuple[object, str], value: object) -> None:
        """Cache one value; clear the cache first if it is full."""
        if len(self.values) >= RECENT:
            self.values.clear()
        self.values[key] = value


@dataclass(slots=True)
class Record:
    """One row of a table, with the problems and notes found while reading it."""

    sheet: str
    row: int
    cells: tuple[Cell, ...]
    columns: Mapping[str, tuple[tuple[int, Heading], ...]]
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    amounts: dict[int, Decimal] = field(default_factory=dict)  # parsed money columns, by index
    memory: ParseCache = field(default_factory=ParseCache)  # shared by all rows of a table
    _texts: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Cells formatted for reports."""
        if not self._texts:
            self._texts = tuple([shown(cell) for cell in self.cells])
        return self._texts

    def at(self, column: int) -> Cell:
        """Return the cell of a column, None beyond the end of the row."""
        return self.cells[column] if column < len(self.cells) else None

    def cell(self, meaning: str) -> Cell:
        """Return the first non-empty cell among the columns of a meaning."""
        return next((cell for index, _ in self.columns.get(meaning, ()) if (cell := self.at(index)) is not None), None)

    def read(self, meaning: str, parse: Callable[[Cell], T], default: T) -> T:
        """Parse the cell of a meaning; on failure record a problem and return `default`."""
        width = len(self.cells)
        for index, heading in self.columns.get(meaning, ()):
            if index < width and self.cells[index] is not None:
                return self.read_at(index, heading, parse, default)
        return default

    def read_at(self, index: int, heading: Heading, parse: Callable[[Cell], T], default: T) -> T:
        """Parse the cell of one column; on failure record a problem and return `default`."""
        cell = self.at(index)
        known = self.memory.values.get((parse, cell), UNKNOWN) if isinstance(cell, str) else UNKNOWN
        return self._first_read(parse, cell, heading, parse, default) if known is UNKNOWN else cast(T, known)

    def read_amount(self, index: int, heading: Heading, parse: Callable[[Cell], Decimal | None]) -> Decimal | None:
        """Parse the money of one column and keep it for comparison with totals below."""
        amount = self.read_at(index, heading, parse, None)
        if amount is not None:
            self.amounts[index] = amount
        return amount

    def read_with_remarks(self, meaning: str, parse: Callable[[Cell, Remark], T], default: T) -> T:
        """Parse like `read`, with a parser that may add notes; the first value other than `default` wins."""
        for index, heading in self.columns.get(meaning, ()):
            if self.at(index) is not None:
                value = self._read_with_remarks(index, heading, parse, default)
                if value != default:
                    return value
        return default

    def _read_with_remarks(self, index: int, heading: Heading, parse: Callable[[Cell, Remark], T], default: T) -> T:
        cell = self.at(index)
        known = self.memory.values.get((parse, cell), UNKNOWN) if isinstance(cell, str) else UNKNOWN
        if known is not UNKNOWN:
            return cast(T, known)

        def remark(code: str, detail: Message) -> None:
            self.notes.append(Note(code, self.sheet, self.row, heading.text, shown(cell), detail))

        return self._first_read(parse, cell, heading, lambda given: parse(given, remark), default)

    def _first_read(self, name: object, cell: Cell, heading: Heading, parse: Callable[[Cell], T], default: T) -> T:
        """Parse the cell; cache the value under `name` if it is text that caused neither problem nor note."""
        said = len(self.problems) + len(self.notes)
        value = self._parsed(cell, heading, parse, default)
        if isinstance(cell, str) and len(self.problems) + len(self.notes) == said:
            self.memory.keep((name, cell), value)
        return value

    def _parsed(self, cell: Cell, heading: Heading, parse: Callable[[Cell], T], default: T) -> T:
        if has_control(cell):
            detail = say("Control characters were removed.")
            self.notes.append(Note("control-characters", self.sheet, self.row, heading.text, shown(cell), detail))
        try:
            return parse(cell)
        except Unreadable as mistake:
            self.problems.append(
                Problem(self.sheet, self.row, heading.text, shown(cell), mistake.problem, mistake.remedy)
            )
            return default

    def prose(self, meaning: str) -> str:
        """Return the cell of a meaning as prose."""
        return self.read(meaning, _prose, "")

    def complain(self, meaning: str, problem: Message, remedy: Message) -> None:
        """Record a problem with the first column of a meaning, or with the row if there is no such column."""
        heading = next((heading for _, heading in self.columns.get(meaning, ())), None)
        value = shown(self.cell(meaning)) if heading else None
        self.problems.append(Problem(self.sheet, self.row, heading.text if heading else None, value, problem, remedy))

    def note(self, code: str, detail: Message, meaning: str | None = None) -> None:
        """Record a note about the first column of a meaning or, without one, about the row."""
        heading = next((heading for _, heading in self.columns.get(meaning or "", ())), None)
        value = shown(self.cell(meaning)) if heading and meaning else None
        self.notes.append(Note(code, self.sheet, self.row, heading.text if heading else None, value, detail))

    def said(self, meaning: str) -> str:
        """Return the list's own heading for a meaning, for use in messages."""
        return next((heading.text for _, heading in self.columns.get(meaning, ())), meaning)


def by_meaning(columns: Mapping[int, Heading]) -> dict[str, tuple[tuple[int, Heading], ...]]:
    """Group columns by meaning, in sheet order; the periods of a wide list are under `period-columns`."""
    found: dict[str, tuple[tuple[int, Heading], ...]] = {}
    for index, heading in sorted(columns.items()):
        key = "period-columns" if heading.period else heading.meaning
        if key != IGNORED:
            found[key] = (*found.get(key, ()), (index, heading))
    return found


def records(opened: Opened) -> Iterator[Record]:
    """Yield every row below the header, with merged cells filled downwards except in money columns."""
    columns = by_meaning(opened.header.columns)
    fill = _Fill(opened.sheet.marks.merges, opened.header.columns, opened.header.row)
    memory = ParseCache()
    for number, cells in opened.rows():
        yield Record(opened.sheet.name, number, fill(number, cells), columns, memory=memory)


def checked_records(opened: Opened) -> Iterator[Record]:
    """Yield every row below the header like `records`; one that is struck through has that as its problem."""
    for record in records(opened):
        if record.row in opened.sheet.marks.struck and any(record.texts):
            problem = say("The line is struck through."), say("Delete the line, or take the stroke away.")
            record.problems.append(Problem(record.sheet, record.row, None, None, *problem))
        yield record


class _Fill:
    """Copies the value of a merged cell into the rows it covers, except amounts, which count in the first row only."""

    def __init__(self, merges: Sequence[Merge], columns: Mapping[int, Heading], header_row: int) -> None:
        self.money = {index for index, heading in columns.items() if heading.meaning in MONEY or heading.period}
        self.merges: dict[int, list[Merge]] = {}
        for merge in sorted(merges, key=lambda merge: merge.first_row):
            if merge.last_row > merge.first_row > header_row:
                for column in range(merge.first_column, merge.last_column + 1):
                    if column in columns and (column == merge.first_column or column in self.money):
                        self.merges.setdefault(column, []).append(merge)
        self.tops = {column: [merge.first_row for merge in found] for column, found in self.merges.items()}
        self.values: dict[int, Cell] = {}

    def __call__(self, row: int, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        if not self.merges:
            return cells
        filled = list(cells)
        for column, merges in self.merges.items():
            place = bisect_right(self.tops[column], row) - 1
            if place < 0 or row > merges[place].last_row:
                continue
            if row == merges[place].first_row:
                self.values[column] = filled[column] if column < len(filled) else None
            else:
                filled += [None] * (column + 1 - len(filled))
                filled[column] = None if column in self.money else self.values.get(column)
        return tuple(filled)


def _prose(cell: Cell) -> str:
    return printable(cell) if isinstance(cell, str) else shown(cell)
