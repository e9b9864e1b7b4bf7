"""Reading of long lists; each test writes the file that it reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from intake_rows import HEADINGS, row
from openpyxl.styles import Font

from notices.errors import Unusable, UsageMistake
from notices.intake import ArrearsList
from notices.model import Period
from notices.settings import Intake

Reader = Callable[..., ArrearsList]
Writer = Callable[..., Path]


def codes(read: ArrearsList) -> set[str]:
    return {note.code for note in read.notes}


def test_a_plain_list_is_read_with_source_columns_and_sums(workbook: Writer, read: Reader) -> None:
    path = workbook([["阳光花园物业费欠费明细表"], [], HEADINGS, row(), row("3-2-502", "李四", due=500, owed=500)])
    result = read(path)
    assert [account.key for account in result.accounts] == ["阳光花园/3-2-501/张三", "阳光花园/3-2-502/李四"]
    assert (result.rows, result.charges, result.owed) == (2, 2, Decimal("1500.00"))
    assert (result.source.file, result.source.sheet, result.source.encoding, result.source.shape) == (
        "list.xlsx",
        "明细",
        None,
        "long",
    )
    assert [column.meaning for column in result.columns] == [
        "estate", "unit", "owner", "period", "due-date", "due", "paid", "owed",
    ]  # fmt: skip
    assert result.columns[1].sample == "3-2-501"
    charge = result.accounts[0].charges[0]
    assert (charge.due_date, charge.period) == (date(2025, 12, 31), Period(date(2025, 1, 1), date(2025, 12, 31)))
    assert result.accounts[0].rows == (4,)
    assert result.problems == ()


@pytest.mark.parametrize(
    ("encoding", "separator", "said"),
    [
        ("utf-8", ",", "utf-8"),
        ("utf-8-sig", ",", "utf-8"),
        ("gb18030", ",", "gb18030"),
        ("utf-16", "\t", "utf-16"),
        ("utf-16-le", ",", "utf-16-le"),
        ("gb18030", ";", "gb18030"),
        ("utf-8", "\t", "utf-8"),
    ],
)
def test_text_is_read_in_the_encodings_of_the_field(
    text_file: Writer, read: Reader, encoding: str, separator: str, said: str
) -> None:
    result = read(text_file([HEADINGS, row(), row("3-2-502", "李四")], encoding=encoding, separator=separator))
    assert result.source.encoding == said
    assert [account.owner for account in result.accounts] == ["张三", "李四"]


def test_every_bad_row_is_reported_with_its_place_and_remedy(workbook: Writer, read: Reader) -> None:
    bad = [
        row("3-2-501", "张三", due="12o.5", owed=None),
        row("3-2-502", "李*"),
        row(date(2026, 3, 2), "王五"),
        row("3-2-504", "赵六", due_date="23-1-31"),
        row("3-2-505", "钱七", owed=999),
        row("3-2-506", "孙八", due=None, paid=None, owed=None),
        row(None, "周九"),
        row("3-2-508", "吴十", period="去年", due_date=None),
    ]
    result = read(workbook([HEADINGS, *bad, row("3-2-509", "郑一")]))
    assert [(problem.row, problem.column) for problem in result.problems] == [
        (2, "应收金额"),
        (3, "业主姓名"),
        (4, "房号"),
        (5, "应缴日期"),
        (6, "欠费金额"),
        (7, "欠费金额"),
        (8, "房号"),
        (9, "费用期间"),
        (9, "应缴日期"),
    ]
    assert result.problems[0].value == "12o.5"
    assert all(str(problem.problem) and str(problem.remedy) for problem in result.problems)
    assert [account.owner for account in result.accounts] == ["郑一"]


def test_one_bad_row_rejects_the_whole_account(workbook: Writer, read: Reader) -> None:
    result = read(workbook([HEADINGS, row(), row(period="2024年度", due_date="2024-12-31", due="?", owed=None)]))
    assert result.accounts == ()
    assert [(one.account, one.rows) for one in result.rejected] == [("阳光花园/3-2-501/张三", (2, 3))]
    assert result.owed == 0


def test_a_row_without_a_readable_owner_rejects_its_whole_unit(workbook: Writer, read: Reader) -> None:
    result = read(workbook([HEADINGS, row(), row(owner="张*"), row("3-2-50", "李四")]))
    assert [account.key for account in result.accounts] == ["阳光花园/3-2-50/李四"]
    assert {one.account for one in result.rejected} == {"阳光花园/3-2-501/张三", None}


@pytest.mark.parametrize(
    ("due", "paid", "owed", "expected"),
    [
        (1000, None, None, ("1000.00", "0.00")),
        (None, None, 300, ("300.00", "0.00")),
        (1000, 700, None, ("1000.00", "700.00")),
        (1000, None, 300, ("1000.00", "700.00")),
        (None, 700, 300, ("1000.00", "700.00")),
        (1000, 700, 300, ("1000.00", "700.00")),
        (1000, 1200, -200, ("1000.00", "1200.00")),
    ],
)
def test_two_of_due_paid_and_owed_give_the_third(
    workbook: Writer, read: Reader, due: object, paid: object, owed: object, expected: tuple[str, str]
) -> None:
    charge = read(workbook([HEADINGS, row(due=due, paid=paid, owed=owed)])).accounts[0].charges[0]
    assert (str(charge.due), str(charge.paid)) == expected


def test_what_was_waived_is_neither_paid_nor_owed(workbook: Writer, read: Reader) -> None:
    result = read(
        workbook([["房号", "业主", "到期日", "应收", "减免", "欠费"], ["1-1", "张三", "2025-1-31", 1000, 100, 900]])
    )
    charge = result.accounts[0].charges[0]
    assert (charge.due, charge.waived, charge.paid, charge.owed) == (1000, 100, 0, 900)


def test_more_owed_than_due_is_a_problem(workbook: Writer, read: Reader) -> None:
    assert len(read(workbook([HEADINGS, row(due=100, paid=None, owed=150)])).problems) == 1


def test_an_error_cell_is_a_problem_even_where_the_value_could_be_derived(workbook: Writer, read: Reader) -> None:
    def spoil(book: openpyxl.Workbook) -> None:
        book.active["H2"] = "#N/A"
        book.active["H2"].data_type = "e"
        book.active["G3"] = "=1+1"

    result = read(workbook([HEADINGS, row(), row("1-1", "李四")], dress=spoil))
    assert [(problem.row, problem.column, problem.value) for problem in result.problems] == [
        (2, "欠费金额", "#N/A"),
        (3, "已收金额", ""),
    ]


def test_applied_defaults_are_noted(workbook: Writer, read: Reader) -> None:
    result = read(workbook([["房号", "业主", "账期", "欠费"], ["1-1", "张三", "2025上半年", 600]]))
    charge = result.accounts[0].charges[0]
    assert (charge.item, charge.due_date, result.accounts[0].estate) == ("物业服务费", date(2025, 6, 30), "阳光花园")
    assert {"default-item", "default-estate", "due-date-derived"} <= codes(result)
    start = read(
        workbook([["房号", "业主", "账期", "欠费"], ["1-1", "张三", "2025上半年", 600]]),
        Intake(due_date="period-start"),
    )
    assert start.accounts[0].charges[0].due_date == date(2025, 1, 1)


def test_a_list_without_an_estate_asks_for_one_unless_only_one_is_known(workbook: Writer, read: Reader) -> None:
    path = workbook([["房号", "业主", "到期日", "欠费"], ["1-1", "张三", "2025-1-31", 600]])
    with pytest.raises(UsageMistake, match="--estate"):
        read(path, known_estates=["阳光花园", "月亮湾"])
    assert read(path, known_estates=["阳光花园", "月亮湾"], estate="月亮湾").accounts[0].estate == "月亮湾"


def test_an_estate_the_settings_do_not_know_is_noted_once(workbook: Writer, read: Reader) -> None:
    result = read(
        workbook([HEADINGS, row(estate="月亮湾"), row("1-1", estate="月亮湾"), row("1-2", estate="阳光 花园")])
    )
    assert [note.value for note in result.notes if note.code == "unknown-estate"] == ["月亮湾"]
    assert [account.estate for account in result.accounts] == ["月亮湾", "月亮湾", "阳光花园"]


def test_all_unclear_columns_are_reported_at_once(workbook: Writer, read: Reader) -> None:
    path = workbook([["房号", "户主", "业主", "期末数", "账期"], ["1-1", "张三", "张三", 600, "2025"]])
    with pytest.raises(UsageMistake) as caught:
        read(path)
    text = str(caught.value)
    assert "owed" in text
    assert "户主, 业主" in text
    assert "欠费金额" in text
    result = read(path, mapping={"期末数": "owed", "户主": "owner"})
    assert result.owed == 600
    with pytest.raises(UsageMistake, match="nonsense"):
        read(path, mapping={"期末数": "nonsense"})


@pytest.mark.parametrize(
    "headings",
    [
        ["楼盘", "房间号", "户主", "所属期", "到期日", "欠费金额（元）"],
        ["项目", "户 号", "客户名称", "计费周期", "缴费截止日", "未收"],
        ["小区：", "室号", "＊业主", "账期", "应缴日期", "欠缴/元"],
        ["小区", "房产", "业主\n姓名", "费用期间", "应缴日期", "欠费金额(人民币元)"],
    ],
)
def test_headings_are_known_by_their_synonyms(workbook: Writer, read: Reader, headings: list[str]) -> None:
    result = read(workbook([headings, ["阳光花园", "1-1", "张三", "2025", "2025-12-31", 600]]))
    assert [column.meaning for column in result.columns] == ["estate", "unit", "owner", "period", "due-date", "owed"]
    assert result.owed == 600


@pytest.mark.parametrize(
    "rows",
    [
        [["房号", "业主", "到期日", "欠费金额（万元）"], ["1-1", "张三", "2025-1-31", 1.23456]],
        [["欠费表　单位：万元"], ["房号", "业主", "到期日", "欠费金额"], ["1-1", "张三", "2025-1-31", 1.23456]],
    ],
)
def test_a_unit_of_money_in_heading_or_title_is_applied_and_noted(
    workbook: Writer, read: Reader, rows: list[list[object]]
) -> None:
    result = read(workbook(rows))
    assert result.owed == Decimal("12345.60")
    assert "unit-of-money" in codes(result)


def test_a_header_of_two_lines_with_merged_cells_is_understood(workbook: Writer, read: Reader) -> None:
    def merge(book: openpyxl.Workbook) -> None:
        for area in ("A1:A2", "B1:B2", "C1:C2", "D1:F1"):
            book.active.merge_cells(area)

    rows = [["房号", "业主", "到期日", "金额", None, None], [None, None, None, "应收", "已收", "欠费"]]
    result = read(workbook([*rows, ["1-1", "张三", "2025-1-31", 1000, 300, 700]], dress=merge))
    assert (result.owed, result.rows) == (700, 1)


def test_merged_units_and_owners_are_filled_down_and_money_is_not(workbook: Writer, read: Reader) -> None:
    def merge(book: openpyxl.Workbook) -> None:
        for area in ("B2:B3", "C2:C3"):
            book.active.merge_cells(area)

    second = row(None, None, period="2024年度", due_date="2024-12-31")
    result = read(workbook([HEADINGS, row(), second], dress=merge))
    assert [(account.key, len(account.charges)) for account in result.accounts] == [("阳光花园/3-2-501/张三", 2)]
    assert len(read(workbook([HEADINGS, row(), second])).problems) == 2


def test_totals_are_skipped_and_compared_to_the_fen(workbook: Writer, read: Reader) -> None:
    rows = [
        HEADINGS,
        row(),
        row("3-2-502", "李四"),
        ["小 计", None, None, None, None, 2000, 0, 2000],
        row("4-1-101", "王五", due=500, owed=500),
        [None, "4栋小计", None, None, None, 500, 0, 500],
        ["合　计", None, None, None, None, 2500, 0, "2,500.00"],
    ]
    result = read(workbook(rows))
    assert (result.rows, result.owed) == (3, 2500)
    assert [note.row for note in result.notes if note.code == "totals-row"] == [4, 6, 7]
    assert "totals-differ" not in codes(result)
    rows[-1][-1] = 2500.01
    differ = [note for note in read(workbook(rows)).notes if note.code == "totals-differ"]
    assert [(note.row, note.column, note.value) for note in differ] == [(7, "欠费金额", "2500.01")]


def test_an_owner_whose_name_ends_like_a_total_is_an_owner(workbook: Writer, read: Reader) -> None:
    assert [account.owner for account in read(workbook([HEADINGS, row(owner="王小计")])).accounts] == ["王小计"]


def test_footers_repeated_headers_and_empty_rows_are_not_charges(workbook: Writer, read: Reader) -> None:
    rows = [HEADINGS, row(), [], HEADINGS, row("1-1", "李四"), ["制表人：王某", None, "审核：李某"], ["第1页 共2页"]]
    result = read(workbook(rows))
    assert (result.rows, result.problems) == (2, ())
    assert {"repeated-header", "footer-row"} <= codes(result)


def test_a_row_with_only_a_building_fills_it_downwards(workbook: Writer, read: Reader) -> None:
    rows = [HEADINGS, ["3栋"], row("2-501"), ["4栋"], row("1-101", "李四"), row("4-1-102", "王五")]
    result = read(workbook(rows))
    assert [account.unit for account in result.accounts] == ["3-2-501", "4-1-101", "4-1-102"]
    assert [note.row for note in result.notes if note.code == "building-row"] == [2, 4]


def test_joint_owners_are_one_account_in_any_order(workbook: Writer, read: Reader) -> None:
    rows = [HEADINGS, row(owner="张三、李四"), row(owner="李四/张三", period="2024年度", due_date="2024-12-31")]
    result = read(workbook(rows))
    assert [(account.owner, len(account.charges)) for account in result.accounts] == [("张三、李四", 2)]


def test_one_unit_under_two_owners_is_two_accounts_and_noted(workbook: Writer, read: Reader) -> None:
    result = read(workbook([HEADINGS, row(), row(owner="李四")]))
    assert len(result.accounts) == 2
    assert [note.value for note in result.notes if note.code == "unit-shared"] == ["3-2-501"]


def test_an_exact_repeat_counts_once_and_a_running_number_does_not_hide_it(workbook: Writer, read: Reader) -> None:
    rows = [["序号", *HEADINGS], [1, *row()], [2, *row()], [3, *row(due=1000.01, owed=1000.01)]]
    result = read(workbook(rows))
    assert (result.owed, result.rows) == (Decimal("2000.01"), 3)
    assert [note.row for note in result.notes if note.code == "duplicate-row"] == [3]


def test_a_reversal_cancels_its_charge_and_is_noted(workbook: Writer, read: Reader) -> None:
    rows = [HEADINGS, row(), row(due=-1000, owed=-1000), row(period="2024年度", due_date="2024-12-31", due=50, owed=50)]
    result = read(workbook(rows))
    assert (result.charges, result.owed) == (1, 50)
    assert "reversal-netted" in codes(result)


def test_units_without_an_owner_to_write_to_are_skipped(workbook: Writer, read: Reader) -> None:
    result = read(workbook([HEADINGS, row(owner="空　置"), row("1-1", "开发商"), row("1-2", "李四")]))
    assert [account.owner for account in result.accounts] == ["李四"]
    assert [note.row for note in result.notes if note.code == "owner-skipped"] == [2, 3]


def test_zero_amounts_zero_areas_and_future_due_dates_are_noted(workbook: Writer, read: Reader) -> None:
    rows = [
        ["房号", "业主", "面积", "到期日", "欠费"],
        ["1-1", "张三", 0, "2025-1-31", 0],
        ["1-2", "李四", 90, "2027-1-31", 5],
    ]
    result = read(workbook(rows))
    assert {"zero-amount", "zero-area", "due-in-future"} <= codes(result)
    assert (result.accounts[0].area, result.accounts[1].area) == (None, Decimal("90.00"))


def test_contacts_that_differ_are_settled_by_the_first_usable(workbook: Writer, read: Reader) -> None:
    headings = ["房号", "业主", "手机", "电话", "邮箱", "送达确认", "通讯地址", "到期日", "欠费"]
    rows = [
        headings,
        ["1-1", "张三", "1.38E+10", "0571-88888888", "a@b", "是", None, "2025-1-31", 5],
        ["1-1", "张三", 13800000000, None, "a@example.com", "否", "甲路1号", "2024-1-31", 5],
        ["1-2", "李四", 13800000000, None, "b@example.com", "是", "乙路1号", "2024-1-31", 5],
    ]
    first, second = read(workbook(rows)).accounts
    assert (first.telephone, first.email, first.email_confirmed, first.address) == (
        "0571-88888888",
        "a@example.com",
        False,
        "甲路1号",
    )
    assert (second.email, second.email_confirmed) == ("b@example.com", True)
    assert {"telephone-lost", "email-unusable", "contacts-differ"} <= codes(read(workbook(rows)))


def test_the_lists_own_late_fee_is_compared_and_never_added(workbook: Writer, read: Reader) -> None:
    headings = ["房号", "业主", "到期日", "欠费", "滞纳金", "欠费合计"]
    rows = [headings, ["1-1", "张三", "2025-1-31", 100, 5, 105], ["1-2", "李四", "2025-1-31", 100, "#N/A", 120]]
    result = read(workbook(rows))
    assert (result.owed, result.problems) == (200, ())
    assert [note.row for note in result.notes if note.code == "total-differs"] == [3]
    assert [note.row for note in result.notes if note.code == "late-fee-unreadable"] == [3]


def test_hidden_and_struck_rows_are_read_and_noted_with_their_sum(workbook: Writer, read: Reader) -> None:
    def hide(book: openpyxl.Workbook) -> None:
        book.active.row_dimensions[2].hidden = True
        for cell in book.active[3]:
            cell.font = Font(strike=True)

    result = read(workbook([HEADINGS, row(), row("1-1", "李四", due=7, owed=7)], dress=hide))
    said = {note.code: str(note.detail) for note in result.notes}
    assert result.owed == 1007
    assert "1000.00" in said["hidden-rows"]
    assert "7.00" in said["struck-rows"]


def test_control_characters_are_removed_and_formula_text_stays_text(text_file: Writer, read: Reader) -> None:
    result = read(text_file([[*HEADINGS, "备注"], [*row(owner="张\x07三"), "=1+1"], [*row('="0501"', "@李四"), "-3"]]))
    assert [account.owner for account in result.accounts] == ["张三", "@李四"]
    assert [account.remark for account in result.accounts] == ["=1+1", "-3"]
    assert result.accounts[1].unit == "0501"
    assert "control-characters" in codes(result)


def test_hidden_sheets_are_ignored_and_several_lists_ask_for_one(workbook: Writer, read: Reader) -> None:
    def more(book: openpyxl.Workbook, *, hidden: bool) -> None:
        other = book.create_sheet("二期")
        other.append(HEADINGS)
        other.append(row("9-9", "李四"))
        if hidden:
            other.sheet_state = "hidden"

    hidden = workbook([HEADINGS, row()], dress=lambda book: more(book, hidden=True), name="hidden.xlsx")
    assert read(hidden).accounts[0].unit == "3-2-501"
    both = workbook([HEADINGS, row()], dress=lambda book: more(book, hidden=False), name="both.xlsx")
    with pytest.raises(UsageMistake, match="二期"):
        read(both)
    assert read(both, sheet="二期").accounts[0].unit == "9-9"
    with pytest.raises(UsageMistake, match="--sheet"):
        read(both, sheet="三期")


def test_a_header_without_rows_is_a_note(workbook: Writer, read: Reader) -> None:
    result = read(workbook([HEADINGS]))
    assert (result.accounts, result.problems) == ((), ())
    assert "no-rows" in codes(result)


def test_a_list_without_any_header_names_the_remedy(workbook: Writer, read: Reader) -> None:
    with pytest.raises(UsageMistake):
        read(workbook([["随便", "什么"], [1, 2]]))
    with pytest.raises(Unusable):
        read(workbook([]))


def test_an_amount_beyond_the_settable_limit_is_a_problem(workbook: Writer, read: Reader) -> None:
    path = workbook([HEADINGS, row(due=600, owed=600)])
    assert len(read(path, Intake(max_charge=Decimal("500.00"))).problems) == 2
    assert read(path).problems == ()


def test_the_ends_of_a_period_may_stand_in_two_columns(workbook: Writer, read: Reader) -> None:
    headings = ["房号", "业主", "开始日期", "结束日期", "欠费"]
    good, half = ["1-1", "张三", "2025-1-1", "2025-6-30", 5], ["1-2", "李四", "2025-1-1", None, 5]
    result = read(workbook([headings, good, half]))
    assert result.accounts[0].charges[0].period == Period(date(2025, 1, 1), date(2025, 6, 30))
    assert {problem.row for problem in result.problems} == {3}


def test_several_mistakes_of_one_row_are_all_reported(workbook: Writer, read: Reader) -> None:
    result = read(workbook([HEADINGS, row(None, "张*", period="??", due_date="x", due="y", paid="z", owed="w")]))
    assert len(result.problems) == 7


@pytest.mark.slow
def test_a_long_list_with_many_bad_rows_reports_them_all(text_file: Writer, read: Reader) -> None:
    rows = [row(f"1-{number}", due="x" if number % 40 == 0 else 10, owed=None) for number in range(1, 40_001)]
    result = read(text_file([HEADINGS, *rows]))
    assert (result.rows, len(result.problems), len(result.accounts)) == (40_000, 1_000, 39_000)
