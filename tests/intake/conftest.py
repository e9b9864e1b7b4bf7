"""Files as clerks hand them in, and one way to read them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from notices.intake import ArrearsList, read_arrears
from notices.settings import Intake

HEADINGS = ("小区", "房号", "业主姓名", "费用期间", "应缴日期", "应收金额", "已收金额", "欠费金额")
AS_OF = date(2026, 11, 23)


def row(unit: object = "3-2-501", owner: object = "张三", **cells: object) -> list[object]:
    """One good row, with what a test wants otherwise."""
    usual: dict[str, object] = {
        "estate": "阳光花园",
        "period": "2025年度",
        "due_date": "2025-12-31",
        "due": 1000,
        "paid": 0,
        "owed": 1000,
    }
    usual.update(cells)
    return [usual["estate"], unit, owner, *(usual[name] for name in ("period", "due_date", "due", "paid", "owed"))]


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
        settings = {"known_estates": ["阳光花园"], "as_of": AS_OF, **options}
        return read_arrears(path, intake or Intake(), **settings)

    return reading
