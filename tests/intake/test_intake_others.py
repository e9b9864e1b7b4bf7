"""The other tables (history, holds, plans) and account names as people type them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

from notices.errors import UsageMistake
from notices.intake import (
    hold_kind,
    parse_account,
    read_carrier,
    read_history,
    read_holds,
    read_instalments,
    read_slips,
)
from notices.model import Channel, HoldKind, Instalment, PastDelivery, State

Writer = Callable[..., Path]
TIERS = {"催费函": "reminder", "律师函": "lawyer-letter", "reminder": "reminder"}
HISTORY = ["小区", "房号", "业主姓名", "函件", "编号", "发出日期", "送达方式", "结果"]
HOLDS = ["小区", "房号", "业主姓名", "类型", "登记日期", "截止日期", "金额", "说明"]
ESTATES = ["阳光花园"]


def test_rows_with_one_number_are_one_notice_that_went_several_ways(workbook: Writer) -> None:
    usual = ["阳光花园", "3栋2单元501", "李四、张三", "律师函", "H-1", "2026-01-05"]
    other = ["阳光花园", "3-2-501", "张三/李四", "律师函", "H-1", "2026-1-5"]
    table = read_history(
        workbook([HISTORY, [*usual, "EMS", "已送达"], [*other, "邮件", "退回"]]), tiers=TIERS, known_estates=ESTATES
    )
    (notice,) = table.notices
    assert (notice.tier, notice.number, notice.date) == ("lawyer-letter", "H-1", date(2026, 1, 5))
    assert notice.deliveries == (
        PastDelivery(Channel.PRINT, State.DELIVERED),
        PastDelivery(Channel.EMAIL, State.BOUNCED),
    )


@pytest.mark.parametrize(
    ("way", "result", "channel", "state"),
    [
        ("EMS", "签收", Channel.PRINT, State.DELIVERED),
        ("挂号信", "退回", Channel.PRINT, State.RETURNED),
        ("专人", "拒收", Channel.PRINT, State.RETURNED),
        ("快递", None, Channel.PRINT, State.HANDED_OVER),
        ("电子邮件", None, Channel.EMAIL, State.SENT),
        ("E-mail", "退回", Channel.EMAIL, State.BOUNCED),
        ("邮件", "已送达", Channel.EMAIL, State.DELIVERED),
    ],
)
def test_way_and_result_give_the_state_of_a_delivery(
    workbook: Writer, way: str, result: str | None, channel: Channel, state: State
) -> None:
    path = workbook([HISTORY, ["阳光花园", "1-1", "张三", "催费函", None, "2026-01-05", way, result]])
    (notice,) = read_history(path, tiers=TIERS, known_estates=ESTATES).notices
    assert (notice.number, notice.deliveries) == (None, (PastDelivery(channel, state, refused=result == "拒收"),))


def test_the_day_of_delivery_is_kept_where_the_table_has_it(workbook: Writer) -> None:
    path = workbook(
        [[*HISTORY, "签收日期"], ["阳光花园", "1-1", "张三", "催费函", "1", "2026-01-05", "EMS", "签收", "2026-01-08"]]
    )
    (notice,) = read_history(path, tiers=TIERS, known_estates=ESTATES).notices
    assert notice.deliveries[0].on == date(2026, 1, 8)


def test_every_bad_row_of_a_history_is_reported(workbook: Writer) -> None:
    good = ["阳光花园", "1-1", "张三", "催费函", "H-1", "2026-01-05", "EMS", None]
    rows = [
        HISTORY,
        good,
        ["阳光花园", "1-2", "李四", "催费函", "H-1", "2026-01-05", "EMS", None],
        ["阳光花园", "1-3", "王五", "通知书", "H-3", "2026-01-05", "EMS", None],
        ["阳光花园", "1-4", "赵六", "催费函", "H-4", None, "飞鸽", "也许"],
        ["阳光花园", "1-5", "钱七", "催费函", "H-5", "2026-01-05", "EMS", "也许"],
    ]
    table = read_history(workbook(rows), tiers=TIERS, known_estates=ESTATES)
    assert [(problem.row, problem.column) for problem in table.problems] == [
        (3, "编号"),
        (4, "函件"),
        (5, "发出日期"),
        (5, "送达方式"),
        (5, "结果"),
        (6, "结果"),
    ]
    assert table.notices == ()  # H-1 is claimed twice


def test_instalments_of_one_account_and_day_are_one_plan(workbook: Writer) -> None:
    rows = [
        HOLDS,
        ["阳光花园", "1-1", "张三", "分期", "2026-11-03", "2027-01-31", 300, None],
        ["阳光花园", "1-2", "李四", "异议", "2026-11-03", None, None, "暖气不热"],
        ["阳光花园", "1-1", "张三", "分期", "2026-11-03", "2026-12-31", 200, None],
        ["阳光花园", "1-1", "张三", "分期", "2027-02-01", "2027-12-31", 100, None],
    ]
    table = read_holds(workbook(rows), known_estates=ESTATES)
    assert [(party.unit, hold.kind, hold.note) for party, hold in table.holds] == [
        ("1-1", HoldKind.INSTALMENTS, ""),
        ("1-2", HoldKind.DISPUTED, "暖气不热"),
        ("1-1", HoldKind.INSTALMENTS, ""),
    ]
    assert table.holds[0][1].instalments == (
        Instalment(date(2026, 12, 31), Decimal("200.00")),
        Instalment(date(2027, 1, 31), Decimal("300.00")),
    )


def test_a_hold_without_a_field_that_its_kind_needs_is_a_problem(workbook: Writer) -> None:
    rows = [
        HOLDS,
        ["阳光花园", "1-1", "张三", "承诺", "2026-11-03", None, None, None],
        ["阳光花园", "1-2", "李四", "分期", "2026-11-03", "2026-12-31", None, None],
        ["阳光花园", "1-2", "李四", "分期", "2026-11-03", "2027-01-31", 100, None],
        ["阳光花园", "1-3", "王五", "异议", "2026-11-03", "2026-11-02", None, None],
        ["阳光花园", "1-4", "赵六", "解除", "2026-11-03", None, None, None],
        ["阳光花园", "1-5", "钱七", "勿扰", None, None, None, None],
    ]
    table = read_holds(workbook(rows), known_estates=ESTATES)
    assert [(problem.row, problem.column) for problem in table.problems] == [
        (2, "截止日期"),
        (3, "金额"),
        (5, "截止日期"),
        (6, "类型"),
        (7, "登记日期"),
    ]
    assert table.holds == ()  # half a plan is no plan


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *((kind.value, kind) for kind in HoldKind),
        ("异议", HoldKind.DISPUTED),
        ("困难", HoldKind.HARDSHIP),
        ("勿扰", HoldKind.DO_NOT_CONTACT),
        ("查无此人", HoldKind.OWNER_UNKNOWN),
        ("承诺", HoldKind.PROMISE),
        ("分期", HoldKind.INSTALMENTS),
        ("只寄纸质", HoldKind.PAPER_ONLY),
        ("只发邮件", HoldKind.EMAIL_ONLY),
        ("Plan", HoldKind.INSTALMENTS),
        ("do not contact", HoldKind.DO_NOT_CONTACT),
    ],
)
def test_a_kind_of_hold_has_names_in_both_languages(text: str, kind: HoldKind) -> None:
    assert hold_kind(text) is kind


def test_an_unknown_kind_of_hold_names_those_there_are() -> None:
    with pytest.raises(UsageMistake, match="disputed"):
        hold_kind("解除")


def test_a_plan_is_a_small_table_of_dates_and_amounts(workbook: Writer, text_file: Writer) -> None:
    rows = [["日期", "金额"], ["2027-01-31", 300], ["2026-12-31", "200.00"]]
    expected = (Instalment(date(2026, 12, 31), Decimal("200.00")), Instalment(date(2027, 1, 31), Decimal("300.00")))
    assert read_instalments(workbook(rows)) == expected
    assert read_instalments(text_file([["截止日期", "金额"], *rows[1:]])) == expected
    with pytest.raises(UsageMistake) as caught:
        read_instalments(workbook([["日期", "金额"], ["x", 1], ["2027-01-31", "y"]]))
    assert len(caught.value.details) == 2


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("阳光花园/3-2-501/张三", "阳光花园/3-2-501/张三"),
        ("阳光花园/3栋2单元501室/张三/李四", "阳光花园/3-2-501/张三、李四"),
        ("阳光 花园/３-2-501/张　三", "阳光花园/3-2-501/张三"),
    ],
)
def test_an_account_is_typed_as_the_list_spells_it(text: str, key: str) -> None:
    assert parse_account(text).key == key


@pytest.mark.parametrize("text", ["", "阳光花园", "阳光花园/3-2-501", "阳光花园//张三", "/1-1/张三", "阳光花园/1-1/ "])
def test_an_invalid_account_name_is_refused(text: str) -> None:
    with pytest.raises(UsageMistake):
        parse_account(text)


def _struck(path: Path, row: int) -> Path:
    """Strike a whole row of a workbook through."""
    book = openpyxl.load_workbook(path)
    for cell in next(book.active.iter_rows(min_row=row, max_row=row)):
        cell.font = Font(strike=True)
    book.save(path)
    return path


CARRIER = ["运单号", "状态", "日期"]
SLIPS = ["小区", "房号", "业主姓名", "编号", "收到日期", "分期"]
OWNER = ["阳光花园", "1-1", "张三"]


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        (
            [HISTORY, [*OWNER, "催费函", "1", "2026-01-05", "EMS", "签收"]],
            lambda path: read_history(path, tiers=TIERS, known_estates=ESTATES),
        ),
        (
            [HOLDS, [*OWNER, "承诺", "2026-01-05", "2026-02-05", None, None]],
            lambda path: read_holds(path, known_estates=ESTATES),
        ),
        ([CARRIER, ["EA1234567", "已签收", "2026-01-05"]], read_carrier),
        (
            [SLIPS, [*OWNER, "SLHY-2026-000001", "2026-01-05", "漏水"]],
            lambda path: read_slips(path, known_estates=ESTATES),
        ),
    ],
    ids=["history", "holds", "carrier", "slips"],
)
def test_a_row_that_is_struck_through_is_asked_about_and_the_others_are_read(
    workbook: Writer, rows: list[list[object]], read: Callable[[Path], Any]
) -> None:
    header, row = rows
    table = read(_struck(workbook([header, row, ["", "", ""], row]), 2))
    assert [(it.row, it.problem.text) for it in table.problems] == [(2, "The line is struck through.")]
    assert len(getattr(table, "rows", None) or getattr(table, "notices", None) or table.holds) == 1
