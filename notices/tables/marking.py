"""Writer of annotated .xlsx copies: coloured rows, cell comments, and remark columns on the right."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import isfinite
from pathlib import Path
from typing import Any

import xlsxwriter

from notices.tables.cells import Cell, LostValue, Marks, Merge, Row
from notices.tables.writing import LONGEST_CELL, atomic_table

# Characters that XML cannot represent; XlsxWriter would write Excel's escapes, which not every reader decodes.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
UNSEEN = ";;;"
ROW_COLOUR, CELL_COLOUR = "#FFF2CC", "#F8CBAD"
WIDTHS = (14, 60)  # of the list's own columns and of the remark columns


@dataclass(frozen=True, slots=True)
class Remark:
    """Remark on a row: an optional commented cell, the comment, and the texts of the remark columns."""

    column: int | None
    comment: str
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnnotatedSheet:
    """Sheet to be copied: its rows and marks, the last row of its header, and the remarks by row."""

    name: str
    rows: Iterable[Row]
    marks: Marks
    header_row: int
    width: int
    headings: tuple[str, ...]
    remarks: Mapping[int, Sequence[Remark]]


def write_annotated(path: Path, sheet: AnnotatedSheet) -> None:
    """Write the annotated sheet, keeping row numbers, text cells, merged ranges and strikethrough.

    The file is private (0600) and written atomically; raises Unusable if it cannot be written.
    """
    with atomic_table(path) as target:
        merges = _without_overlaps(sheet.marks.merges, sheet.width)
        options = {"strings_to_formulas": False, "strings_to_urls": False}
        # Writing row by row saves memory, but merged ranges reach beyond the current row.
        content = io.BytesIO()  # zipfile prints to stderr if the disk is full, so write to memory first
        book = xlsxwriter.Workbook(content, options | {"constant_memory": not merges})
        _Writer(sheet, book, book.add_worksheet()).write(merges)
        book.close()
        target.write(content.getbuffer())


@dataclass(slots=True)
class _Writer:
    sheet: AnnotatedSheet
    book: Any
    page: Any
    formats: dict[tuple[str, str, bool], Any] = field(default_factory=dict)

    def write(self, merges: Sequence[Merge]) -> None:
        sheet, page = self.sheet, self.page
        page.freeze_panes(sheet.header_row, 0)
        page.set_column(0, sheet.width - 1, WIDTHS[0])
        page.set_column(sheet.width, sheet.width + len(sheet.headings) - 1, WIDTHS[1])
        for merge in merges:
            page.merge_range(
                merge.first_row - 1, merge.first_column, merge.last_row - 1, merge.last_column, "", self._format("@")
            )
        for number, cells in sheet.rows:
            self._row(number, cells)

    def _row(self, number: int, cells: tuple[Cell, ...]) -> None:
        remarks = self.sheet.remarks.get(number, ())
        struck = number in self.sheet.marks.struck
        if number in self.sheet.marks.hidden and not remarks:
            self.page.set_row(number - 1, None, None, {"hidden": True})
        spoilt = {remark.column for remark in remarks}
        for column in range(self.sheet.width):
            colour = CELL_COLOUR if column in spoilt else ROW_COLOUR if remarks else ""
            cell = cells[column] if column < len(cells) else None
            self._cell(number - 1, column, cell, colour, struck=struck)
        if number == self.sheet.header_row:
            self._beside(number, self.sheet.headings, CELL_COLOUR)
        if remarks:
            self._beside(
                number, ["\n".join(words) for words in zip(*(it.beside for it in remarks), strict=True)], ROW_COLOUR
            )
        for remark in remarks:
            if remark.column is not None:
                self.page.write_comment(number - 1, remark.column, remark.comment[:LONGEST_CELL], {"x_scale": 2})

    def _beside(self, number: int, texts: Sequence[str], colour: str) -> None:
        for column, text in enumerate(texts, start=self.sheet.width):
            self.page.write_string(number - 1, column, text[:LONGEST_CELL], self._format("@", colour))

    def _cell(self, row: int, column: int, cell: Cell, colour: str, *, struck: bool) -> None:
        """Write one cell; a date to be corrected becomes text, so that Excel does not turn 3-2-501 into one again."""
        if cell is None:
            if colour:
                self.page.write_blank(row, column, None, self._format("@", colour))
        elif isinstance(cell, bool):
            self.page.write_boolean(row, column, cell, self._format("General", colour, struck=struck))
        elif isinstance(cell, int | float) and isfinite(cell):
            self.page.write_number(row, column, cell, self._format("General", colour, struck=struck))
        elif isinstance(cell, date | time | timedelta) and colour != CELL_COLOUR:
            self.page.write_datetime(row, column, cell, self._format(_shape(cell), colour, struck=struck))
        elif isinstance(cell, LostValue) and cell.unseen:  # until somebody shows it, it stays what it was
            self.page.write_string(row, column, UNPRINTABLE.sub("", cell.text), self._format(UNSEEN, colour))
        elif isinstance(cell, LostValue) and cell.struck:
            self._struck_in_part(row, column, cell, self._format("@", colour))
        else:
            text = UNPRINTABLE.sub("", _as_text(cell))[:LONGEST_CELL]
            self.page.write_string(row, column, text, self._format("@", colour, struck=struck))

    def _struck_in_part(self, row: int, column: int, cell: LostValue, shown: Any) -> None:
        """Write a text with its struck parts: without the line, 500 struck out before 200 would be read as 500200."""
        plain, struck = self.book.add_format(), self.book.add_format({"font_strikeout": True})
        fragments: list[Any] = []
        for text, is_struck in cell.parts:
            fragments += [struck if is_struck else plain, UNPRINTABLE.sub("", text)[:LONGEST_CELL]]
        self.page.write_rich_string(row, column, *fragments, shown)

    def _format(self, shape: str, colour: str = "", *, struck: bool = False) -> Any:
        key = (shape, colour, struck)
        if key not in self.formats:
            self.formats[key] = self.book.add_format(
                {
                    "num_format": shape,
                    "valign": "top",
                    **({"bg_color": colour, "border": 1, "border_color": "#BFBFBF"} if colour else {}),
                    **({"font_strikeout": True} if struck else {}),
                }
            )
        return self.formats[key]


def _shape(cell: date | time | timedelta) -> str:
    if isinstance(cell, datetime) and cell.time() != time(0):
        return "yyyy-mm-dd hh:mm:ss"
    return "yyyy-mm-dd" if isinstance(cell, date) else "[hh]:mm:ss" if isinstance(cell, timedelta) else "hh:mm:ss"


def _as_text(cell: Cell) -> str:
    if isinstance(cell, LostValue):
        return cell.text or "#N/A"  # still reads as an error until somebody enters the value
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _without_overlaps(merges: Sequence[Merge], width: int) -> list[Merge]:
    """Return the merged ranges inside the table, leaving out any that overlap an earlier one."""
    kept: list[Merge] = []
    taken: set[tuple[int, int]] = set()
    for merge in merges:
        rows, columns = merge.last_row - merge.first_row + 1, merge.last_column - merge.first_column + 1
        if merge.last_column >= width or rows * columns == 1 or rows * columns > 100_000:
            continue
        places = {
            (row, column)
            for row in range(merge.first_row, merge.last_row + 1)
            for column in range(merge.first_column, merge.last_column + 1)
        }
        if not places & taken:
            taken |= places
            kept.append(merge)
    return kept
