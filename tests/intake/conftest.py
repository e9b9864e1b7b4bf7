"""Builders for lists as clerks hand them in, and a helper that reads them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest
from intake_rows import AS_OF

from notices.intake import ArrearsList, Choices, read_arrears
from notices.settings import Intake


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Write rows into the first sheet of an .xlsx; `dress` may change the workbook before it is saved."""

    def write(
        rows: Sequence[Sequence[object]],
        *,
        dress: Callable[[openpyxl.Workbook], None] | None = None,
        name: str = "list.xlsx",
    ) -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "明细"
        for cells in rows:
            sheet.append(list(cells))
        if dress:
            dress(book)
        path = tmp_path / name
        book.save(path)
        return path

    return write


@pytest.fixture
def text_file(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as separated text."""

    def write(
        rows: Sequence[Sequence[object]], *, encoding: str = "utf-8", separator: str = ",", name: str = "list.csv"
    ) -> Path:
        target = io.StringIO(newline="")
        csv.writer(target, delimiter=separator).writerows(rows)
        path = tmp_path / name
        path.write_bytes(target.getvalue().encode(encoding))
        return path

    return write


@pytest.fixture
def read() -> Callable[..., ArrearsList]:
    """Read a list as of the sample day, for the one estate of the sample settings."""

    def reading(path: Path, intake: Intake | None = None, **options: object) -> ArrearsList:
        settings = {
            "known_estates": options.pop("known_estates", ["阳光花园"]),
            "as_of": options.pop("as_of", AS_OF),
            "progress": options.pop("progress", None),
        }
        return read_arrears(path, intake or Intake(), choices=Choices(**options), **settings)

    return reading
