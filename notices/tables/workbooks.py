"""Adapter for python-calamine (.xlsx, .xls, .ods): its errors and panics become ours."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import python_calamine as calamine

from notices.errors import Unusable
from notices.messages import say
from notices.tables.archives import damaged_error, password_error, read_part, replace_part
from notices.tables.cells import Cell, Kind, Limits, LostValue, Marks, Merge, Row, Sheet
from notices.tables.number_formats import CellStyles, as_shown
from notices.tables.odsscan import scan_ods
from notices.tables.xlsscan import scan_xls
from notices.tables.xlsxparts import cell_styles, recalculates, sheet_parts, since_1904
from notices.tables.xlsxquick import plain_scan
from notices.tables.xlsxscan import SheetScan, scan_sheet, without_strays

STANDARD_ERROR = 2
Raw = Callable[[], Iterator[Row]]


def calamine_sheets(data: bytes, kind: Kind, file: str, limits: Limits) -> tuple[Sheet, ...]:
    """List the visible sheets of a workbook; raises Unusable if it is damaged or password-protected."""
    with _translated_errors(file):
        book = _opened(data)
        names = [
            meta.name
            for meta in book.sheets_metadata
            if meta.visible == calamine.SheetVisibleEnum.Visible and meta.typ == calamine.SheetTypeEnum.WorkSheet
        ]
    load = {"xlsx": _load_xlsx, "ods": _load_ods}.get(kind, _load_xls)
    return tuple(Sheet(name, partial(load, data, name, file, limits)) for name in names)


def _load_xlsx(data: bytes, name: str, file: str, limits: Limits) -> tuple[Raw, Marks]:
    with _translated_errors(file):
        location = sheet_parts(data).get(name)
        xml = read_part(data, location) if location else None
        if location is None or xml is None:
            raise damaged_error(file)
        scan = _scanned(data, xml, limits)
        _refuse_rows(scan.last_row, file, name, limits)
        if scan.sprawls:
            data = replace_part(data, location, without_strays(xml, scan))
        sheet = _sheet(data, name)
        marks = Marks(
            _merges(sheet),
            scan.hidden,
            scan.struck,
            scan.strays,
            scan.last_row,
            since_1904(data),
            hidden_columns=scan.hidden_columns,
        )
    return partial(_rows, sheet, scan.broken, scan.formats, file), marks


def _scanned(data: bytes, xml: bytes, limits: Limits) -> SheetScan:
    styles = _used(cell_styles(data), xml)
    if styles == CellStyles() and (scan := plain_scan(xml)) and scan.last_row <= limits.max_rows:
        return scan
    return scan_sheet(xml, styles, recalculates=recalculates(data), max_columns=limits.max_columns)


def _used(styles: CellStyles, xml: bytes) -> CellStyles:
    """Return the styles without the formats that no cell of the sheet uses: a walk over its cells takes long."""
    used = set(re.findall(rb"\bs=[\"']([0-9]+)", xml)) if styles.telling else set()
    telling = {number: code for number, code in styles.telling.items() if number.encode() in used}
    return CellStyles(styles.struck, telling, styles.texts)


def _load_ods(data: bytes, name: str, file: str, limits: Limits) -> tuple[Raw, Marks]:
    with _translated_errors(file):
        scan = scan_ods(read_part(data, "content.xml") or b"").get(name, SheetScan())
        _refuse_rows(scan.last_row, file, name, limits)
        if scan.last_column >= limits.max_columns:
            raise _too_wide(file, name, limits)
        sheet = _sheet(data, name)
    marks = Marks(
        hidden=scan.hidden,
        last_row=scan.last_row,
        since_1904=scan.since_1904,
        hidden_columns=scan.hidden_columns,
    )
    return partial(_rows, sheet, scan.broken, scan.formats, file), marks


def _load_xls(data: bytes, name: str, file: str, limits: Limits) -> tuple[Raw, Marks]:
    with _translated_errors(file):
        sheet = _sheet(data, name)
        _refuse_rows(sheet.total_height, file, name, limits)
        scan = scan_xls(data, name)
        marks = Marks(
            _merges(sheet),
            scan.hidden,
            scan.struck,
            last_row=sheet.total_height,
            since_1904=scan.since_1904,
            hidden_columns=scan.hidden_columns,
        )
    return partial(_rows, sheet, scan.broken, scan.formats, file), marks


def _opened(data: bytes) -> calamine.CalamineWorkbook:
    with _silenced_stderr():
        return calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))


def _sheet(data: bytes, name: str) -> calamine.CalamineSheet:
    book = _opened(data)
    with _silenced_stderr():
        return book.get_sheet_by_name(name)


def _merges(sheet: calamine.CalamineSheet) -> tuple[Merge, ...]:
    ranges = sheet.merged_cell_ranges or []
    return tuple(Merge(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in ranges)


def _rows(
    sheet: calamine.CalamineSheet,
    broken: Mapping[int, Mapping[int, LostValue | str]],
    formats: Mapping[int, Mapping[int, str]],
    file: str,
) -> Iterator[Row]:
    """Yield rows from row 1, column A (`iter_rows` keeps leading empty rows but drops leading empty columns)."""
    with _translated_errors(file):
        if sheet.start is None and not broken:
            return
        margin: tuple[Cell, ...] = (None,) * (sheet.start[1] if sheet.start else 0)
        number = 0
        for number, values in enumerate(sheet.iter_rows(), start=1):
            cells = (*margin, *(None if value == "" else value for value in values))
            if number in formats:
                cells = _as_formatted(cells, formats[number])
            if number in broken:
                cells = _with_broken(cells, broken[number])
            if any(cell is not None for cell in cells):
                yield number, cells
        for later in sorted(row for row in broken if row > number):
            yield later, _with_broken((), broken[later])


def _as_formatted(cells: tuple[Cell, ...], formats: Mapping[int, str]) -> tuple[Cell, ...]:
    return tuple(as_shown(cell, formats[place]) if place in formats else cell for place, cell in enumerate(cells))


def _with_broken(cells: tuple[Cell, ...], broken: Mapping[int, LostValue | str]) -> tuple[Cell, ...]:
    patched = list(cells) + [None] * (max(broken) + 1 - len(cells))
    for column, cell in broken.items():
        patched[column] = cell
    return tuple(patched)


def _refuse_rows(last_row: int, file: str, sheet: str, limits: Limits) -> None:
    if last_row > limits.max_rows:
        raise Unusable(
            say("Sheet {sheet} of {file} has more than {limit} rows.", sheet=sheet, file=file, limit=limits.max_rows),
            say("Split the list, or raise intake.max_rows in notices.toml."),
        )


def _too_wide(file: str, sheet: str, limits: Limits) -> Unusable:
    return Unusable(
        say("Sheet {sheet} of {file} has more than {limit} columns.", sheet=sheet, file=file, limit=limits.max_columns),
        say("Delete everything to the right of the list and save it again."),
    )


@contextmanager
def _silenced_stderr() -> Iterator[None]:
    """Silence file descriptor 2, where Rust prints panics; the error raised afterwards says it better."""
    try:
        kept = os.dup(STANDARD_ERROR)
    except OSError:  # closed, so nothing can be printed
        yield
        return
    devnull = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(devnull, STANDARD_ERROR)
        yield
    finally:
        os.dup2(kept, STANDARD_ERROR)
        os.close(kept)
        os.close(devnull)


@contextmanager
def _translated_errors(file: str) -> Iterator[None]:
    try:
        yield
    except calamine.PasswordError as error:
        raise password_error(file) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise damaged_error(file) from error
    except BaseException as error:
        # A panic inside calamine arrives as pyo3's PanicException, which is not an Exception and cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise damaged_error(file) from error
