"""Spreadsheet files, read and written as cells, without regard to what they mean."""

from notices.tables.cells import Cell, Kind, Limits, LostValue, Marks, Merge, Row, Sheet, Workbook
from notices.tables.marking import AnnotatedSheet, Remark, write_annotated
from notices.tables.reading import read_packed, read_sheets
from notices.tables.writing import Share, TablePage, Value, int_if_whole, write_csv, write_workbook, write_xlsx

__all__ = [
    "AnnotatedSheet",
    "Cell",
    "Kind",
    "Limits",
    "LostValue",
    "Marks",
    "Merge",
    "Remark",
    "Row",
    "Share",
    "Sheet",
    "TablePage",
    "Value",
    "Workbook",
    "int_if_whole",
    "read_packed",
    "read_sheets",
    "write_annotated",
    "write_csv",
    "write_workbook",
    "write_xlsx",
]
