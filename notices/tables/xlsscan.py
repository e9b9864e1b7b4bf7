"""Adapter for xlrd, for what calamine does not report of an .xls: error cells, hidden and struck-through rows."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import xlrd
from xlrd.compdoc import CompDocError

from notices.tables.cells import LostValue
from notices.tables.number_formats import WHITE_ON_WHITE, is_telling
from notices.tables.text_runs import TextRun, marked_text

# Exceptions that xlrd does not wrap when a file is damaged.
MISHAPS = (struct.error, AssertionError, LookupError, TypeError, AttributeError, ValueError)
DAMAGE = (xlrd.XLRDError, CompDocError, *MISHAPS)
WHITES = frozenset({1, 9})  # indices of a workbook's palette


@dataclass(frozen=True, slots=True)
class XlsScan:
    """Findings of the scan; rows from 1, columns from 0."""

    broken: dict[int, dict[int, LostValue | str]] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()
    formats: dict[int, dict[int, str]] = field(default_factory=dict)
    since_1904: bool = False
    hidden_columns: frozenset[int] = frozenset()


def scan_xls(data: bytes, name: str) -> XlsScan:
    """Scan one sheet; raises ValueError if the file is damaged."""
    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, on_demand=True, logfile=_Silence(), ragged_rows=True
        )
        return _scanned(book, book.sheet_by_name(name))
    except DAMAGE as error:
        raise ValueError(name) from error


def _scanned(book: xlrd.book.Book, sheet: xlrd.sheet.Sheet) -> XlsScan:
    never_calculated = (
        not book.user_name.strip()
    )  # empty in files written by libraries such as xlwt, never by an office program
    broken: dict[int, dict[int, LostValue | str]] = {}
    struck: set[int] = set()
    formats: dict[int, dict[int, str]] = {}
    telling = {
        key: each.format_str
        for key, each in book.format_map.items()
        if each.format_str and is_telling(each.format_str) and not ("$" in each.format_str and _is_built_in(key, each))
    }
    for row in range(sheet.nrows):
        crossed: set[bool] = set()
        for column, kind in enumerate(sheet.row_types(row)):
            if kind == xlrd.XL_CELL_ERROR:
                error = xlrd.error_text_from_code.get(sheet.cell_value(row, column), "#N/A")
                broken.setdefault(row + 1, {})[column] = LostValue(error)
            elif never_calculated and kind == xlrd.XL_CELL_TEXT and not sheet.cell_value(row, column):
                broken.setdefault(row + 1, {})[column] = LostValue("", uncached=True)
            if (row, column) in sheet.rich_text_runlist_map:
                text = marked_text(_runs(book, sheet, row, column))
                if text is not None:
                    broken.setdefault(row + 1, {})[column] = text
            if kind not in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK}:
                style = book.xf_list[sheet.cell_xf_index(row, column)]
                code = WHITE_ON_WHITE if _is_white_on_white(book, style) else telling.get(style.format_key)
                if code is not None:
                    formats.setdefault(row + 1, {})[column] = code
                crossed.add(bool(book.font_list[style.font_index].struck_out))
        if True in crossed:
            struck.add(row + 1)
    hidden = frozenset(row + 1 for row, info in sheet.rowinfo_map.items() if info.hidden)
    columns = frozenset(column for column, info in sheet.colinfo_map.items() if info.hidden)
    return XlsScan(broken, hidden, frozenset(struck), formats, since_1904=book.datemode == 1, hidden_columns=columns)


def _runs(book: xlrd.book.Book, sheet: xlrd.sheet.Sheet, row: int, column: int) -> list[TextRun]:
    """Return the pieces of a cell's text with their fonts; the first piece has the font of the cell."""
    text = str(sheet.cell_value(row, column))
    own = book.xf_list[sheet.cell_xf_index(row, column)].font_index
    starts = [(0, own), *sheet.rich_text_runlist_map[row, column]]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    fonts = [book.font_list[font] for _, font in starts]
    return [
        TextRun(text[start:end], struck=bool(font.struck_out), raised=bool(font.escapement))
        for (start, _), end, font in zip(starts, ends, fonts, strict=True)
    ]


def _is_white_on_white(book: xlrd.book.Book, style: xlrd.formatting.XF) -> bool:
    behind = style.background
    paper = behind.fill_pattern == 0 or (behind.fill_pattern == 1 and behind.pattern_colour_index in WHITES)
    return paper and book.font_list[style.font_index].colour_index in WHITES


def _is_built_in(key: int, form: xlrd.formatting.Format) -> bool:
    """Return whether a format is one whose sign of money depends on the reader's language, as Excel brings it along."""
    return bool(xlrd.formatting.std_format_strings.get(key) == form.format_str)


class _Silence:
    """Log file that discards what xlrd prints about a file."""

    def write(self, _text: str) -> None:
        """Discard the text."""
