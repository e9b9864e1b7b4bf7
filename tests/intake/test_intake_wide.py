"""Wide lists: a column for each year, half-year, quarter or month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from notices.errors import UsageMistake
from notices.intake import ArrearsList

Reader = Callable[..., ArrearsList]
Writer = Callable[..., Path]


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        (2021, "2021"),
        ("2021", "2021"),
        ("2022年", "2022"),
        ("22年欠费", "2022"),
        ("2023年度欠费（元）", "2023"),
        ("2023上半年", "2023-H1"),
        ("2023-Q2", "2023-Q2"),
        ("2023年第四季度物业费", "2023-Q4"),
        ("2025年2月", "2025-02"),
        (date(2025, 2, 1), "2025-02"),
    ],
)
def test_a_period_as_heading_makes_the_list_wide(workbook: Writer, read: Reader, heading: object, meaning: str) -> None:
    result = read(workbook([["房号", "业主", heading], ["1-1", "张三", 100]]))
    assert (result.source.shape, result.columns[2].meaning, result.owed) == ("wide", meaning, 100)


def test_each_filled_period_is_a_charge_due_at_its_end(workbook: Writer, read: Reader) -> None:
    result = read(
        workbook([["房号", "业主", "2023", "2024", "2025"], ["1-1", "张三", 100, 0, None], ["1-2", "李四", "-", 5, 6]])
    )
    first, second = result.accounts
    assert [(charge.due_date, charge.owed) for charge in first.charges] == [(date(2023, 12, 31), 100)]
    assert [(charge.period_text, charge.owed) for charge in second.charges] == [("2024", 5), ("2025", 6)]
    assert "due-date-derived" in {note.code for note in result.notes}


def test_a_bad_cell_is_reported_under_its_own_heading(workbook: Writer, read: Reader) -> None:
    result = read(workbook([["房号", "业主", "2023年", "2024年"], ["1-1", "张三", "x", 1]]))
    assert [(problem.row, problem.column, problem.value) for problem in result.problems] == [(2, "2023年", "x")]


def test_a_sum_beside_the_periods_is_compared_and_never_added(workbook: Writer, read: Reader) -> None:
    rows = [["房号", "业主", "2023年", "2024年", "欠费合计"], ["1-1", "张三", 1, 2, 3], ["1-2", "李四", 1, 2, 4]]
    result = read(workbook(rows))
    assert result.owed == 6
    assert [note.row for note in result.notes if note.code == "total-differs"] == [3]


def test_a_payment_that_belongs_to_no_period_needs_a_person(workbook: Writer, read: Reader) -> None:
    result = read(workbook([["房号", "业主", "2023年", "2024年", "已收"], ["1-1", "张三", 10, 20, 5]]))
    assert [problem.column for problem in result.problems] == ["已收"]


def test_years_under_a_merged_heading_are_periods(workbook: Writer, read: Reader) -> None:
    def merge(book: openpyxl.Workbook) -> None:
        for area in ("A1:A2", "B1:B2", "C1:D1"):
            book.active.merge_cells(area)

    rows = [["房号", "业主", "欠费金额", None], [None, None, "2023年", "2024年"], ["1-1", "张三", 1, 2]]
    result = read(workbook(rows, dress=merge))
    assert [column.meaning for column in result.columns] == ["unit", "owner", "2023", "2024"]
    assert result.owed == 3


def test_one_period_in_two_columns_is_asked_about(workbook: Writer, read: Reader) -> None:
    with pytest.raises(UsageMistake, match="2023"):
        read(workbook([["房号", "业主", "2023年", "2023年度"], ["1-1", "张三", 1, 2]]))


def test_a_heading_can_be_mapped_to_a_period(workbook: Writer, read: Reader) -> None:
    result = read(workbook([["房号", "业主", "老账"], ["1-1", "张三", 9]]), mapping={"老账": "2020"})
    assert (result.columns[2].meaning, result.owed) == ("2020", 9)
