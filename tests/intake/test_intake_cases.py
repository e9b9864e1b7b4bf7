"""Lists as other systems write them, each with a kind of fault that changes a value without a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from notices.errors import UsageMistake
from notices.intake import ArrearsList

Reader = Callable[..., ArrearsList]
Writer = Callable[..., Path]


def owners_of(result: ArrearsList) -> list[tuple[str, ...]]:
    """Return the owners of each account."""
    return [account.owners for account in result.accounts]


# Two deductions side by side


def waived(*headings: str, values: Sequence[object] = (100, 50)) -> list[Sequence[object]]:
    """Build a list of one charge of 1000 with these deductions."""
    return [("房号", "业主", "账期", "应收", *headings), ("1-1-101", "林甲", "2025年", 1000, *values)]


def test_two_kinds_of_deduction_are_added_up(workbook: Writer, read: Reader) -> None:
    assert read(workbook(waived("优惠", "减免"))).owed == Decimal("850.00")
    assert read(workbook(waived("优惠金额（元）", "减免金额（元）", values=(100, None)))).owed == Decimal("900.00")


def test_two_deductions_chosen_by_a_person_are_added_up(workbook: Writer, read: Reader) -> None:
    mapping = {"活动": "waived", "抹零": "waived"}
    assert read(workbook(waived("活动", "抹零")), mapping=mapping).owed == Decimal("850.00")


def test_one_deduction_written_twice_is_a_question(workbook: Writer, read: Reader) -> None:
    with pytest.raises(UsageMistake, match="waived|减免"):
        read(workbook(waived("减免", "减免金额")))


# Dates as systems write them


def dated(*cells: object) -> list[Sequence[object]]:
    """Build a list with a due date, a first and a last day."""
    return [
        ("房号", "业主", "欠费", "应收日期", "开始日期", "结束日期"),
        ("1-1-101", "林甲", 200, *cells),
    ]


@pytest.mark.parametrize(
    "tail",
    [
        "T00:00:00+08:00",
        "T00:00:00.000+08:00",
        "T00:00:00+0800",
        "T00:00:00",
        " 00:00:00.0",
        "T00:00:00.000Z",
        "T00:00:00 +08:00",
        "T00:00",
    ],
)
def test_a_date_may_have_a_clock_and_a_zone(tail: str, text_file: Writer, read: Reader) -> None:
    result = read(text_file(dated(f"2025-08-21{tail}", f"2025-08-01{tail}", f"2025-08-31{tail}")))
    charge = result.accounts[0].charges[0]
    assert charge.due_date == date(2025, 8, 21)
    assert charge.period is not None
    assert (charge.period.start, charge.period.end) == (date(2025, 8, 1), date(2025, 8, 31))


def test_midnight_in_china_written_as_universal_time_is_the_chinese_day(text_file: Writer, read: Reader) -> None:
    result = read(text_file(dated("2025-08-20T16:00:00.000Z", "2025-07-31T16:00:00Z", "2025-08-30T16:00:00+00:00")))
    assert result.accounts[0].charges[0].due_date == date(2025, 8, 21)
    assert result.accounts[0].charges[0].period_text == "2025-08"


@pytest.mark.parametrize(
    "span",
    [
        "2025-01-01 00:00:00~2025-12-31 23:59:59",
        "2025-01-01T00:00:00+08:00~2025-12-31T00:00:00+08:00",
        "2025/1/1 0:00 至 2025/12/31 0:00",
        "2025-01-01~2025-12-31",
    ],
)
def test_a_span_may_have_clocks(span: str, text_file: Writer, read: Reader) -> None:
    result = read(text_file([("房号", "业主", "欠费", "账期"), ("1-1-101", "林甲", 200, span)]))
    assert result.accounts[0].charges[0].due_date == date(2025, 12, 31)
