"""Writers of tables for Excel and WPS: atomic, private (0600), and with text kept as text."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Self

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from notices.errors import Unusable
from notices.messages import say


class Share(float):
    """A number from 0 to 1 that cells show as a percentage."""

    @classmethod
    def of(cls, share: Decimal | None) -> Self | None:
        """Return a share as a cell's value; None stays an empty cell."""
        return None if share is None else cls(share)


Value = str | int | float | Decimal | date | Share | None


@dataclass(frozen=True, slots=True)
class TablePage:
    """A table to write on a sheet of its own."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Value]]


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LONGEST_CELL = 32_767
LONGEST_SHEET_NAME = 31
FORBIDDEN_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")
AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False}
CELL_PADDING, WIDEST_COLUMN = 2, 60  # in digits; XlsxWriter's own autofit takes Chinese for half as wide


def write_csv(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Write a table as UTF-8 with a byte-order mark; text that could be a formula gets a leading apostrophe.

    The file is private (0600) and written atomically; raises Unusable if it cannot be written.
    """
    with atomic_table(path) as target:
        text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow([_plain(heading) for heading in headings])
        writer.writerows([_plain(value) for value in row] for row in rows)
        text.flush()
        text.detach()


def write_xlsx(
    path: Path,
    headings: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    sheet: str = "Sheet1",
    dated: date | None = None,
) -> None:
    """Write a table as .xlsx: text as text cells, money with two decimals, the heading row frozen.

    `dated` sets the creation date, so that the same table gives the same bytes.
    The file is private (0600) and written atomically; raises Unusable if it cannot be written.
    """
    write_workbook(path, [TablePage(sheet, headings, rows)], dated=dated)


def write_workbook(path: Path, pages: Iterable[TablePage], *, dated: date | None = None) -> None:
    """Write several tables as one .xlsx, each on a sheet of its own; see `write_xlsx`.

    A row is written out as soon as the next one begins: the cells of a long table need no memory.
    """
    with atomic_table(path) as target, _private_folder(path) as rows:
        content = io.BytesIO()  # zipfile prints to stderr if the disk is full, so write to memory first
        book = xlsxwriter.Workbook(content, {**AS_TEXT, "constant_memory": True, "tmpdir": rows})
        if dated is not None:
            book.set_properties({"created": datetime.combine(dated, time())})
        formats = {
            "heading": book.add_format({"bold": True}),
            "money": book.add_format({"num_format": "#,##0.00"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "share": book.add_format({"num_format": "0.0%"}),
        }
        try:
            for page in pages:
                _write_page(book.add_worksheet(_sheet_name(page.name)), page, formats)
            book.close()
        finally:
            for sheet in book.worksheets():  # left open by XlsxWriter where a sheet is empty, or never finished
                with suppress(OSError):  # the disk is full: the others are to be closed too
                    sheet.row_data_fh.close()
        target.write(content.getbuffer())


def _write_page(
    sheet: xlsxwriter.worksheet.Worksheet, page: TablePage, formats: dict[str, xlsxwriter.format.Format]
) -> None:
    sheet.freeze_panes(1, 0)
    widths = {column: _width(heading) for column, heading in enumerate(page.headings)}  # rows may be longer
    for column, heading in enumerate(page.headings):
        sheet.write_string(0, column, heading, formats["heading"])
    for number, row in enumerate(page.rows, start=1):
        for column, value in enumerate(row):
            _write_cell(sheet, (number, column), value, formats)
            widths[column] = max(widths.get(column, 0), _width(value))
    for column, width in widths.items():
        sheet.set_column(column, column, min(width + CELL_PADDING, WIDEST_COLUMN))


def _sheet_name(name: str) -> str:
    """Return a name that Excel accepts for a sheet."""
    return FORBIDDEN_IN_SHEET_NAMES.sub(" ", name).strip("' ")[:LONGEST_SHEET_NAME] or "Sheet"


def _width(value: Value) -> int:
    """Return a cell's width in digits; a Chinese character is as wide as two."""
    if isinstance(value, Share):
        return len(f"{value:.1%}")
    if isinstance(value, Decimal):
        return len(f"{value:,.2f}")
    return sum(1 + (unicodedata.east_asian_width(each) in "WF") for each in _plain(value))


def _write_cell(
    page: xlsxwriter.worksheet.Worksheet,
    place: tuple[int, int],
    value: Value,
    formats: dict[str, xlsxwriter.format.Format],
) -> None:
    if isinstance(value, str):
        page.write_string(*place, value[:LONGEST_CELL])
    elif isinstance(value, Share):
        page.write_number(*place, float(value), formats["share"])
    elif isinstance(value, Decimal):
        page.write_number(*place, value, formats["money"])
    elif isinstance(value, date):
        page.write_datetime(*place, value, formats["date"])
    elif value is not None:
        page.write_number(*place, value)


def _plain(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_STARTS) else value
    return value.isoformat() if isinstance(value, date) else str(value)


@contextmanager
def _private_folder(path: Path) -> Iterator[str]:
    """Make a folder beside a file for the rows on their way into it; XlsxWriter leaves some behind."""
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", suffix=".rows", dir=path.parent) as folder:
        yield folder


def int_if_whole(value: float) -> int | float:
    """Convert a whole number to int, so that a cell shows it without a decimal point."""
    return int(value) if value == int(value) else value


@contextmanager
def atomic_table(path: Path) -> Iterator[BinaryIO]:
    """Open a stream that replaces `path` atomically on success; private (0600) by `mkstemp`. Raises Unusable."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        draft = Path(name)
        try:
            with os.fdopen(handle, "w+b") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except (OSError, FileCreateError) as error:  # XlsxWriter wraps disk errors when it closes a workbook
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Unusable(
            say("{file} cannot be written: {reason}.", file=path.name, reason=reason or type(error).__name__),
            say("Check the folder, its permissions and the free disk space."),
        ) from error
