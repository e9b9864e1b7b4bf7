"""Spreadsheet files, read and written as cells, without regard to what they mean."""

from notices.tables.cells import Broken, Cell, Kind, Limits, Marks, Merge, Row, Sheet, Workbook
from notices.tables.marking import Marked, Remark, write_marked
from notices.tables.reading import read_sheets
from notices.tables.writing import Value, measure, write_csv, write_xlsx

__all__ = [
    "Broken",
    "Cell",
    "Kind",
    "Limits",
    "Marked",
    "Marks",
    "Merge",
    "Remark",
    "Row",
    "Sheet",
    "Value",
    "Workbook",
    "measure",
    "read_sheets",
    "write_csv",
    "write_marked",
    "write_xlsx",
]
