"""Written tables open as intended: text stays text, files are private and atomic."""

from __future__ import annotations

import csv
import stat
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notices.errors import Unusable
from notices.tables import Limits, read_sheets, write_csv, write_xlsx

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "http://example.com", "", "张三"]


def test_text_that_looks_like_a_formula_stays_text_in_a_workbook(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", ["=h"], [[text] for text in HOSTILE])
    page = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    cells = [page.cell(row, 1) for row in range(1, len(HOSTILE) + 2)]
    assert all(cell.data_type in {"s", "inlineStr", "n"} and cell.hyperlink is None for cell in cells)
    assert cells[0].value == "=h"
    assert cells[1].value == "=1+1"


def test_text_that_looks_like_a_formula_gets_an_apostrophe_in_csv(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ["x"], [[text] for text in HOSTILE])
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as source:
        values = [row[0] for row in csv.reader(source)][1:]
    assert values == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "'\rx", "http://example.com", "", "张三"]


def test_numbers_and_dates_are_not_text(tmp_path: Path) -> None:
    rows = [["张三", 3, Decimal("-1234.50"), date(2025, 1, 31), None]]
    headings = ["a", "b", "c", "d", "e"]
    write_xlsx(tmp_path / "a.xlsx", headings, rows, sheet="明细")
    (sheet,) = read_sheets(tmp_path / "a.xlsx", Limits()).sheets
    assert sheet.name == "明细"
    assert list(sheet.rows())[1] == (2, ("张三", 3, -1234.5, date(2025, 1, 31), None))
    write_csv(tmp_path / "a.csv", headings, rows)
    (text,) = read_sheets(tmp_path / "a.csv", Limits()).sheets
    assert list(text.rows())[1] == (2, ("张三", "3", "-1234.50", "2025-01-31", None))


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1, max_size=5))
def test_any_text_reads_back_from_a_workbook(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("w") / "a.xlsx"
    write_xlsx(path, ["h"], [texts])
    assert list(read_sheets(path, Limits()).sheets[0].rows())[1][1] == tuple(texts)


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_a_file_appears_whole_private_and_alone(tmp_path: Path, write: object) -> None:
    path = tmp_path / "a"
    path.write_text("before")

    def rows() -> Iterator[list[str]]:
        yield ["x"]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write(path, ["h"], rows())  # type: ignore[operator]
    assert path.read_text() == "before"
    write(path, ["h"], [["x"]])  # type: ignore[operator]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Unusable):
        write_csv(tmp_path / "none" / "a.csv", ["h"], [])
