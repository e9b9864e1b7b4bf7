"""Statements and tables of earlier notices with what a clerk would not book or record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from notices.errors import UsageMistake
from notices.intake.history import read_history
from notices.intake.statements import Fate, Statement, StatementChoices, read_statements

Writer = Callable[..., Path]
TODAY = date(2026, 11, 20)
HEAD = ("日期", "付款人", "金额", "备注")
LINE = (date(2026, 11, 1), "林甲", 1200, "1-1-101")


def read(path: Path) -> Statement:
    """Read the only statement of a file."""
    (found,), _ = read_statements(path, TODAY, StatementChoices())
    return found


@pytest.mark.parametrize(
    "lines",
    [
        ["日期,付款人,金额,备注,", "2026-11-01,林甲,1,200.00,1-1-101"],
        ["日期,金额,余额,备注", "2026-11-01,1,200.00,5,200.00,1-1-101"],
        ["日期,金额,余额,备注,,", "2026-11-01,1,200.00,5,200.00,1-1-101"],
    ],
)
def test_a_payment_that_its_comma_has_split_is_not_booked(lines: Sequence[str], tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("\n".join([*lines, ""]), "utf-8")
    found = read(tmp_path / "list.csv")
    assert (found.lines, [problem.row for problem in found.problems]) == ((), [2])


def test_a_room_beside_an_amount_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("日期,付款人,金额,备注\n2026-11-01,林甲,500,101\n", "utf-8")
    assert [str(line.amount) for line in read(tmp_path / "list.csv").lines] == ["500.00"]


@pytest.mark.parametrize(
    ("above", "amount"),
    [
        ((), "金额（万元）"),
        ((), "金额(USD)"),
        (("单位：万元",), "金额"),
        (("币种：美元",), "金额"),
        (("币种", "美元"), "金额"),
    ],
)
def test_a_statement_in_another_unit_or_money_is_refused(above: Sequence[str], amount: str, workbook: Writer) -> None:
    with pytest.raises(UsageMistake, match="read in yuan"):
        read(workbook([above, ("日期", "付款人", amount, "备注"), LINE]))
    assert read(workbook([("单位：元", "币种：人民币"), HEAD, LINE])).problems == ()


def test_a_line_that_is_struck_through_is_not_booked(workbook: Writer) -> None:
    def strike(book: openpyxl.Workbook) -> None:
        for cell in book.active[2]:
            cell.font = Font(strike=True)

    found = read(workbook([HEAD, LINE, LINE], dress=strike))
    assert ([line.row for line in found.lines], [problem.row for problem in found.problems]) == ([3], [2])


def test_days_count_from_1904_where_the_workbook_does(workbook: Writer) -> None:
    def early(book: openpyxl.Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904

    assert [line.date for line in read(workbook([HEAD, (44865, *LINE[1:])], dress=early)).lines] == [date(2026, 11, 1)]


@pytest.mark.parametrize(
    ("heading", "word"),
    [("类型", "退款"), ("类型", "退费"), ("状态", "已作废"), ("状态", "已冲红"), ("备注", "作废"), ("备注", "红冲")],
)
def test_money_that_was_given_back_is_nobodys_payment(heading: str, word: str, workbook: Writer) -> None:
    (line,) = read(workbook([("日期", "付款人", "金额", heading), (*LINE[:3], word)])).lines
    assert line.fate is Fate.REFUND


def test_a_payment_that_nobody_has_checked_yet_is_not_settled(workbook: Writer) -> None:
    (line,) = read(workbook([("日期", "付款人", "金额", "状态"), (*LINE[:3], "待审核")])).lines
    assert line.fate is Fate.NOT_SETTLED


def test_a_direction_that_speaks_of_giving_back_is_a_question(workbook: Writer) -> None:
    found = read(workbook([("日期", "付款人", "金额", "收支类型"), (*LINE[:3], "退费")]))
    assert (found.lines, [problem.column for problem in found.problems]) == ((), ["收支类型"])


NOTICE = ("1-1-101", "林甲", "催费函", "A-1", date(2026, 3, 1), "EMS", "已送达", date(2026, 3, 5))
OF_NOTICE = ("房号", "业主", "函件类型", "函件编号", "发函日期", "送达方式", "送达结果", "送达日期")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (5, "EMS/邮件"),
        (5, "电子邮件+EMS"),
        (5, "EMS(未寄出)"),
        (5, "拟EMS"),
        (7, date(2026, 2, 1)),
    ],
)
def test_an_earlier_notice_that_contradicts_itself_is_a_row_to_look_at(
    place: int, value: object, workbook: Writer
) -> None:
    row = [value if column == place else cell for column, cell in enumerate(NOTICE)]
    tiers = {"催费函": "reminder"}
    found = read_history(workbook([OF_NOTICE, row]), tiers=tiers, known_estates=["阳光花园"])
    assert (found.notices, [problem.column for problem in found.problems]) == ((), [OF_NOTICE[place]])
    assert len(read_history(workbook([OF_NOTICE, NOTICE]), tiers=tiers, known_estates=["阳光花园"]).notices) == 1
