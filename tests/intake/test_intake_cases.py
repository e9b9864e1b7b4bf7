"""Lists as other systems write them, each with a kind of fault that changes a value without a word."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from notices.errors import UsageMistake
from notices.intake import ArrearsList, parse_account
from notices.intake.owners import read_owners

Reader = Callable[..., ArrearsList]
Writer = Callable[..., Path]
LISTS = Path(__file__).with_name("lists")


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


@pytest.mark.parametrize("values", [(-100, -50), (100, -50), (None, "(50)")])
def test_a_deduction_with_a_minus_is_not_demanded_on_top(
    values: Sequence[object], workbook: Writer, read: Reader
) -> None:
    result = read(workbook(waived("优惠", "减免", values=values)))
    assert not result.accounts
    assert [problem.row for problem in result.problems] == [2]


def test_a_payment_with_a_minus_is_demanded_only_where_the_list_itself_adds_it(workbook: Writer, read: Reader) -> None:
    assert [problem.row for problem in read(workbook(waived("已收", values=[-200]))).problems] == [2]
    assert read(workbook(waived("已收", "欠费", values=[-200, 1200]))).owed == Decimal("1200.00")
    reversal = [("房号", "业主", "账期", "应收", "已收"), ("1-1-101", "林甲", "2025年", 1000, 0)]
    reversal.append(("1-1-101", "林甲", "2025年", -400, -400))
    assert read(workbook(reversal)).owed == Decimal("1000.00")


def test_one_deduction_written_twice_is_a_question(workbook: Writer, read: Reader) -> None:
    with pytest.raises(UsageMistake, match="减免金额=waived"):
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


@pytest.mark.parametrize(("heading", "meaning"), [("计费项目", "item"), ("款项名称", "item"), ("帐期", "period")])
def test_headings_of_other_systems_are_known(heading: str, meaning: str, workbook: Writer, read: Reader) -> None:
    rows = [("房号", "业主", "费项", "账期", "待缴金额"), ("1-1-101", "林甲", "车位费", "2025年", 600)]
    replaced = {"item": "费项", "period": "账期"}[meaning]
    rows[0] = tuple(heading if each == replaced else each for each in rows[0])
    charge = read(workbook(rows)).accounts[0].charges[0]
    assert (charge.item, charge.period_text, charge.owed) == ("车位费", "2025年", Decimal(600))


@pytest.mark.parametrize(
    "code", ["[$€-2] #,##0.00", "#,##0.00 [$€-407]", "[$£-809]#,##0.00", "[$HK$-C04] 0.00", '"$"#,##0.00', "[$$-409]0"]
)
def test_an_amount_in_another_currency_is_no_amount_in_yuan(code: str, workbook: Writer, read: Reader) -> None:
    found = read(workbook(shaped("2025年", ""), dress=formatted({"D2": code})))
    assert not found.accounts
    assert [problem.column for problem in found.problems] == ["欠费"]


# Number formats that say part of the value


def shaped(value: object, code: str, *, unit: object = "1-1-101") -> list[Sequence[object]]:
    """Build a list whose period is a value shown by a format; `formatted` applies it."""
    return [("房号", "业主", "账期", "欠费"), (unit, "林甲", value, 1200)]


def formatted(cells: dict[str, str]) -> Callable[[openpyxl.Workbook], None]:
    """Return a function that gives cells of the first sheet their number formats."""

    def dress(book: openpyxl.Workbook) -> None:
        for place, code in cells.items():
            book.active[place].number_format = code

    return dress


@pytest.mark.parametrize(
    ("unit", "code", "shown"),
    [
        (101, '"1-1-"0', "1-1-101"),
        (11101, "0-0-000", "1-1-101"),
        (11101, "0\\-0\\-000", "1-1-101"),
        ("101", '"1-1-"@', "1-1-101"),
        (101, '0"室"', "101"),
        (5, '"1-1-"000', "1-1-005"),
        (101, "0_ ", "101"),
        (101, "#,##0", "101"),
    ],
)
def test_a_unit_is_what_its_format_shows(unit: object, code: str, shown: str, workbook: Writer, read: Reader) -> None:
    path = workbook(shaped("2025年", "", unit=unit), dress=formatted({"A2": code}))
    assert read(path).accounts[0].unit == shown


@pytest.mark.parametrize(
    ("value", "code", "due"),
    [
        (date(2025, 1, 1), 'yyyy"年"', "2025-12-31"),
        (date(2025, 7, 1), "yyyy", "2025-12-31"),
        (date(2025, 7, 1), 'yyyy"年上半年"', "2025-06-30"),
        (date(2025, 7, 1), 'yyyy"年"m"月"', "2025-07-31"),
        (2025, '0"年"', "2025-12-31"),
        (2025, '0"年度"', "2025-12-31"),
        (202503, "0", "2025-03-31"),
    ],
)
def test_a_period_is_what_its_format_shows(value: object, code: str, due: str, workbook: Writer, read: Reader) -> None:
    path = workbook(shaped(value, code), dress=formatted({"C2": code}))
    assert str(read(path).accounts[0].charges[0].due_date) == due


@pytest.mark.parametrize(
    ("amount", "code", "owed"),
    [
        (1.25, '0.00"万元"', "12500.00"),
        (1.2345, '0.00"万"', "12345.00"),
        (1200.5, '#,##0.00"元"', "1200.50"),
        (12345, '0!.0,"万"', "12345.00"),
        (12345, '0\\.0,"万"', "12345.00"),
        (1200.5, '"¥"#,##0.00', "1200.50"),
        (1200.5, '_ "¥"* #,##0.00_ ;_ "¥"* \\-#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ', "1200.50"),
        (1200.5, '[>=10000]0.0,"万";0.00"元"', "1200.50"),
        (-300, '#,##0"元";-#,##0"元"', "-300.00"),
        (300, '"-"0.00', "-300.00"),
        (300, "(0.00)", "-300.00"),
        (-300, "0.00_);(0.00)", "-300.00"),
        (-300, "0.00;[Red]0.00", "-300.00"),
        (120050, "0!.00", "1200.50"),
        (120050, '0"."00"元"', "1200.50"),
        (12000, '0.0,"千元"', "12000.00"),
        (1.25, '0"万"', "12500.00"),
        (1200, '0"分"', "12.00"),
        (12000, '#,##0,"千"', "12000.00"),
        (1200, "0.00E+00", "1200.00"),
        (1200, "[$-409]#,##0.00", "1200.00"),
        (1200.5, "_ [$¥-804]* #,##0.00_ ;_ [$¥-804]* \\-#,##0.00_ ", "1200.50"),
    ],
)
def test_an_amount_keeps_all_its_digits_and_the_unit_of_its_format(
    amount: float, code: str, owed: str, workbook: Writer, read: Reader
) -> None:
    rows = [("房号", "业主", "账期", "欠费"), ("1-1-101", "林甲", "2025年", amount)]
    assert read(workbook(rows, dress=formatted({"D2": code}))).owed == Decimal(owed)


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (0.12, "0%"),
        (0.12, "0.00%"),
        (12.5, "0.0%"),
        (300, '"已付"'),
        (300, '0.00"(贷)"'),
        (12000, "#,##0,"),
        (12345, "0!.0,"),
        (1200, '0.00"/月"'),
        (1200, '0"K"'),
    ],
)
def test_what_a_format_shows_as_something_else_than_yuan_is_no_amount(
    amount: float, code: str, workbook: Writer, read: Reader
) -> None:
    rows = [("房号", "业主", "账期", "欠费"), ("1-1-101", "林甲", "2025年", amount)]
    found = read(workbook(rows, dress=formatted({"D2": code})))
    assert not found.accounts
    assert [problem.column for problem in found.problems] == ["欠费"]


@pytest.mark.parametrize(
    ("heading", "amount", "code", "owed"),
    [
        ("欠费（万元）", 12345, "0!.0,", "12345.00"),
        ("欠费（万元）", 12345, "0!.0000", "12345.00"),
        ("欠费（万元）", 500, '0!.0,"万"', "500.00"),
        ("欠费（千元）", 12345, "#,##0,", "12345.00"),
        ("欠费（千元）", 12.5, "General", "12500.00"),
        ("欠费/万", 1.2, "General", "12000.00"),
        ("欠费（人民币：百元）", 12, "General", "1200.00"),
        ("欠费（分）", 120050, "General", "1200.50"),
    ],
)
def test_a_format_and_the_unit_of_its_heading_count_once(
    heading: str, amount: float, code: str, owed: str, workbook: Writer, read: Reader
) -> None:
    rows = [("房号", "业主", "账期", heading), ("1-1-101", "林甲", "2025年", amount)]
    assert read(workbook(rows, dress=formatted({"D2": code}))).owed == Decimal(owed)


@pytest.mark.parametrize(
    ("title", "owed"),
    [
        ("编制单位：万科物业", "12.00"),
        ("万科城（万科物业）欠费表", "12.00"),
        ("催收单位：百合物业（分公司）", "12.00"),
        ("单位：户、万元", "120000.00"),
        ("金额单位为万元", "120000.00"),
        ("单位：人民币万元 日期：2026-11-01", "120000.00"),
        ("万元", "120000.00"),
        ("单位：千元", "12000.00"),
        ("单位：元", "12.00"),
    ],
)
def test_a_title_names_a_unit_of_money_only_where_the_word_ends(
    title: str, owed: str, workbook: Writer, read: Reader
) -> None:
    rows = [(title,), ("房号", "业主", "账期", "欠费"), ("1-1-101", "林甲", "2025年", 12)]
    assert read(workbook(rows)).owed == Decimal(owed)


@pytest.mark.parametrize(
    "heading",
    [
        "欠费（美元）",
        "欠费($)",
        "欠费(USD)",
        "欠费（含违约金）",
        "应收（含滞纳金）",
        "欠费（停车费）",
        "欠费（元/月）",
        "欠费（月数）",
        "欠费（%）",
        "欠费（预估）",
    ],
)
def test_words_in_brackets_that_change_an_amount_are_a_question(heading: str, workbook: Writer, read: Reader) -> None:
    with pytest.raises(UsageMistake, match="owed"):
        read(workbook([("房号", "业主", "账期", heading), ("1-1-101", "林甲", "2025年", 1200)]))
    with pytest.raises(UsageMistake, match="owed"):
        read(workbook([("房号", "业主", f"2025年{heading[2:]}"), ("1-1-101", "林甲", 1200)]))


@pytest.mark.parametrize(
    "heading",
    [
        "欠费（元）",
        "欠费（不含滞纳金）",
        "欠费（截至2026年10月31日）",
        "欠费（必填）",
        "欠费（物业费）",
        "欠费(A)",
        "欠费（3=1-2）",
        "欠费（小写）",
    ],
)
def test_words_in_brackets_that_change_nothing_are_left_out(heading: str, workbook: Writer, read: Reader) -> None:
    rows = [("房号", "业主", "账期", heading), ("1-1-101", "林甲", "2025年", 1200)]
    assert read(workbook(rows)).owed == Decimal(1200)


@pytest.mark.parametrize("heading", ["业主（租户）", "业主（原）", "业主（联系人）", "业主姓名（代理人）"])
def test_somebody_else_named_in_brackets_is_not_the_owner(heading: str, workbook: Writer, read: Reader) -> None:
    rows = [("房号", heading, "账期", "欠费"), ("1-1-101", "林乙", "2025年", 1200)]
    with pytest.raises(UsageMistake, match="owner"):
        read(workbook(rows))
    both = [("房号", "业主", heading, "账期", "欠费"), ("1-1-101", "林甲", "林乙", "2025年", 1200)]
    assert owners_of(read(workbook(both))) == [("林甲",)]


def test_formats_of_an_xls_are_read_too(read: Reader) -> None:
    account = read(LISTS / "13-unit-format.xls").accounts[0]
    assert (account.unit, str(account.charges[0].due_date)) == ("1-1-101", "2025-12-31")


@pytest.mark.parametrize(
    ("kind", "value", "text", "comment", "column", "expected"),
    [
        ("float", "101", "1-1-101", "", 0, "1-1-101"),
        ("float", "101", "101", "核对101", 0, "101"),
        ("date", "2025-01-01", "2025年", "", 2, "2025-12-31"),
        ("float", "1200", "1200元", "", 3, "1200.00"),
        ("float", "1200", "1.2千", "", 3, "1200.00"),
        ("float", "300", "-300", "", 3, "-300.00"),
        ("float", "120050", "1200.50", "", 3, "1200.50"),
        ("currency", "1200.5", "￥1,200.50", "", 3, "1200.50"),
    ],
)
def test_an_ods_is_read_as_it_shows(
    kind: str, value: str, text: str, comment: str, column: int, expected: str, tmp_path: Path, read: Reader
) -> None:
    row = ["1-1-101", "林甲", "2025年", "1200"]
    cells = [f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row]
    said = f"<office:annotation><text:p>{comment}</text:p></office:annotation>" if comment else ""
    name = "date-value" if kind == "date" else "value"
    cells[column] = (
        f'<table:table-cell office:value-type="{kind}" office:{name}="{value}">{said}'
        f"<text:p>{text}</text:p></table:table-cell>"
    )
    account = read(ods(tmp_path, cells)).accounts[0]
    found = (account.unit, "", str(account.charges[0].due_date), str(account.charges[0].owed))
    assert found[column] == expected


@pytest.mark.parametrize(
    ("kind", "text"), [("percentage", "12%"), ("currency", "$0.12"), ("float", "已付"), ("float", "0.12 USD")]
)
def test_an_ods_that_shows_something_else_than_yuan_has_no_amount(
    kind: str, text: str, tmp_path: Path, read: Reader
) -> None:
    row = ["1-1-101", "林甲", "2025年"]
    cells = [f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row]
    cells.append(
        f'<table:table-cell office:value-type="{kind}" office:value="0.12"><text:p>{text}</text:p></table:table-cell>'
    )
    assert [problem.column for problem in read(ods(tmp_path, cells)).problems] == ["欠费"]


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ('style:text-line-through-style="solid"', "Part of the cell is struck through."),
        ('style:text-position="super 58%"', "This is not an amount."),
    ],
)
def test_parts_of_a_cell_of_an_ods_do_not_grow_into_one_amount(
    mark: str, problem: str, tmp_path: Path, read: Reader
) -> None:
    row = ["1-1-101", "林甲", "2025年", '500<text:span text:style-name="T1">200</text:span>']
    cells = [f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row]
    styles = f'<style:style style:name="T1" style:family="text"><style:text-properties {mark}/></style:style>'
    result = read(ods(tmp_path, cells, styles=styles))
    assert [found.problem.text for found in result.problems] == [problem]
    assert read(ods(tmp_path, cells)).owed == Decimal("500200.00")


HIDING = '<style:style style:name="{name}" style:family="table-cell">{parts}</style:style>'
WHITE = '<style:text-properties fo:color="#ffffff"/>'
BLUE = '<style:table-cell-properties fo:background-color="#1f4e78"/>'


@pytest.mark.parametrize(
    ("style", "shown", "problems"),
    [
        ("", "<text:p/>", 1),
        (WHITE, "<text:p>1200</text:p>", 1),
        (WHITE + BLUE, "<text:p>1200</text:p>", 0),
        ("", "<text:p>1200</text:p>", 0),
        ("", "", 0),
    ],
)
def test_a_number_that_an_ods_does_not_show_is_a_row_to_look_at(
    style: str, shown: str, problems: int, tmp_path: Path, read: Reader
) -> None:
    row = ["1-1-101", "林甲", "2025年"]
    cells = [f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row]
    cells.append(
        '<table:table-cell table:style-name="ce1" office:value-type="float" office:value="1200">'
        f"{shown}</table:table-cell>"
    )
    result = read(ods(tmp_path, cells, styles=HIDING.format(name="ce1", parts=style)))
    assert len(result.problems) == problems
    assert len(result.accounts) == 1 - problems


def ods(folder: Path, cells: Sequence[str], *, styles: str = "") -> Path:
    """Write an .ods of a header and one row of cells, given as XML."""
    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in ("房号", "业主", "账期", "欠费")
    )
    names = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
        for prefix in ("office", "table", "text", "style", "fo")
    )
    content = (
        f'<office:document-content {names} office:version="1.2">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
        f'<table:table table:name="明细"><table:table-row>{head}</table:table-row>'
        f"<table:table-row>{''.join(cells)}</table:table-row></table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    with zipfile.ZipFile(folder / "list.ods", "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return folder / "list.ods"


# Workbooks that count days from 1904


def from_1904(book: openpyxl.Workbook) -> None:
    """Let a workbook count days from 1904."""
    book.epoch = CALENDAR_MAC_1904


def test_days_written_as_plain_numbers_count_from_1904_where_the_workbook_does(workbook: Writer, read: Reader) -> None:
    rows = [("房号", "业主", "开始日期", "结束日期", "欠费"), ("1-1-101", "林甲", 44196, 44376, 1200)]
    charge = read(workbook(rows, dress=from_1904)).accounts[0].charges[0]
    assert charge.period is not None
    assert (charge.period.start, charge.due_date) == (date(2025, 1, 1), date(2025, 6, 30))
    assert str(read(workbook(rows)).accounts[0].charges[0].due_date) == "2021-06-29"


def test_days_formatted_as_days_are_right_in_both_kinds_of_workbook(workbook: Writer, read: Reader) -> None:
    rows = [("房号", "业主", "开始日期", "结束日期", "欠费"), ("1-1-101", "林甲", 44196, 44376, 1200)]

    def dress(book: openpyxl.Workbook) -> None:
        from_1904(book)
        formatted({"C2": "yyyy-mm-dd", "D2": "yyyy/m/d"})(book)

    assert str(read(workbook(rows, dress=dress)).accounts[0].charges[0].due_date) == "2025-06-30"


def test_days_of_an_xls_count_from_1904_where_the_workbook_does(read: Reader) -> None:
    assert str(read(LISTS / "10-since-1904.xls").accounts[0].charges[0].due_date) == "2025-06-30"


# Quotation marks in text files

HEAD = "房号,业主,账期,欠费,备注"


def csv_of(folder: Path, *lines: str, end: str = "\r\n") -> Path:
    """Write a text file of a header and these lines."""
    (folder / "list.csv").write_bytes(end.join((HEAD, *lines, "")).encode("utf-8"))
    return folder / "list.csv"


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("place", [1, 5])
@pytest.mark.parametrize("mark", ['"水管漏', '"', '"又说""不交""'])
def test_a_quotation_mark_that_never_closes_swallows_no_row(
    mark: str, place: int, end: str, tmp_path: Path, read: Reader
) -> None:
    lines = [f"1-1-{100 + n},林{'甲乙丙丁戊己'[n - 1]},2025年,100,{mark if n == place else ''}" for n in range(1, 7)]
    result = read(csv_of(tmp_path, *lines, end=end))
    assert (len(result.accounts), result.owed) == (6, Decimal("600.00"))
    assert [note.row for note in result.notes if note.code == "lone-quotation-mark"] == [place + 1]


def test_two_lone_marks_do_not_make_a_pair(tmp_path: Path, read: Reader) -> None:
    lines = [f'1-1-{100 + n},林{"甲乙丙丁"[n]},2025年,100,"漏{n}' for n in range(4)]
    assert len(read(csv_of(tmp_path, *lines)).accounts) == 4
    closing = ['1-1-101,林甲,2025年,100,"漏', '1-1-102,林乙,2025年,100,又漏"', "1-1-103,林丙,2025年,100,"]
    assert len(read(csv_of(tmp_path, *closing)).accounts) == 3


def test_a_lone_mark_in_the_middle_leaves_the_cells_behind_it(tmp_path: Path, read: Reader) -> None:
    lines = ['1-1-101,"林甲,2025年,100,', "1-1-102,林乙,2025年,100,"]
    assert read(csv_of(tmp_path, *lines)).owed == Decimal("200.00")


def test_cells_of_several_lines_and_marks_inside_cells_are_read_as_before(tmp_path: Path, read: Reader) -> None:
    lines = [
        '"1-1-101","林甲\n林乙",2025年,"1,200.00","漏水,\n第二次"',
        '1-1-102,林丙,2025年,100,13"电视',
        '1-1-103,林丁,2025年,100,"说""不""交"',
    ]
    result = read(csv_of(tmp_path, *lines))
    assert [account.owners for account in result.accounts] == [("林甲", "林乙"), ("林丙",), ("林丁",)]
    assert [account.remark for account in result.accounts][1:] == ['13"电视', '说"不"交']
    assert not [note for note in result.notes if note.code == "lone-quotation-mark"]


@pytest.mark.parametrize("rest", ["", ",", ",漏水"])
def test_a_separator_inside_a_value_does_not_shift_the_row(rest: str, tmp_path: Path, read: Reader) -> None:
    lines = [f"1-1-101,林甲,2025年,1,200.00{rest}", "1-1-102,林乙,2025年,100,", "1-1-103,林丙,2025年,100,漏水"]
    result = read(csv_of(tmp_path, *lines))
    assert [(problem.row, len(result.accounts)) for problem in result.problems] == [(2, 2)]
    (tmp_path / "list.csv").write_text("房号,业主,账期,欠费\n1-1-101,林甲,2025年,1,200.00\n", "utf-8")
    assert [problem.row for problem in read(tmp_path / "list.csv").problems] == [2]


def test_empty_cells_at_the_end_of_rows_shift_nothing(tmp_path: Path, read: Reader) -> None:
    (tmp_path / "list.csv").write_text(
        "房号,业主,账期,欠费\n1-1-101,林甲,2025年,100,\n1-1-102,林乙,2025年,100,\n", "utf-8"
    )
    assert read(tmp_path / "list.csv").owed == Decimal("200.00")
    assert read(csv_of(tmp_path, "1-1-101,林甲,2025年,100,漏水", "1-1-102,林乙,2025年,100")).problems == ()


# Tables of HTML


def html(folder: Path, *rows: str) -> Path:
    """Write a table of HTML as .xls, with a header of five columns."""
    head = "".join(f"<th>{text}</th>" for text in ("房号", "业主", "通讯地址", "账期", "欠费"))
    body = "".join(f"<tr{row}</tr>" if row.startswith(" ") else f"<tr>{row}</tr>" for row in rows)
    (folder / "list.xls").write_text(f"<html><body><table><tr>{head}</tr>{body}</table></body></html>", "utf-8")
    return folder / "list.xls"


@pytest.mark.parametrize(
    "cell",
    [
        "林一<br>林二",
        '林一<br style="mso-data-placement:same-cell;">林二',
        "<div>林一</div><div>林二</div>",
        "<p>林一</p>\n<p>林二</p>",
        "<ul><li>林一<li>林二</ul>",
        "<span>林一</span><br/><b>林二</b>",
        "林一<br><span style='display:none'>林三</span>林二",
        "<section>林一</section><section>林二</section>",
        "<center>林一</center><blockquote>林二</blockquote>",
        "<span style='display:block'>林一</span><span style='display: block'>林二</span>",
        "林一<br>林二<noscript>林三</noscript><span style='visibility:hidden'>林四</span>",
        "<ruby>林一<rt>linyi</rt></ruby><br>林二",
        "<select><option>林三<option selected>林一</select><p>林二",
        "林一<ins><br>林二</ins>",
    ],
)
def test_lines_of_an_html_cell_stay_apart(cell: str, tmp_path: Path, read: Reader) -> None:
    row = f"<td>1-1-101</td><td>{cell}</td><td>样板路\n   8号</td><td>2025年</td><td>1,200.00</td>"
    account = read(html(tmp_path, row)).accounts[0]
    assert (account.owners, account.address) == (("林一", "林二"), "样板路 8号")


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("<del>500</del>200", "struck"),
        ("<s>500</s> 200", "struck"),
        ('<span style="color:red;text-decoration:line-through">500</span>200', "struck"),
        ("200<sup>1</sup>", "not an amount"),
        ("200<br>300", "space"),
    ],
)
def test_parts_of_a_cell_of_html_do_not_grow_into_one_amount(
    cell: str, problem: str, tmp_path: Path, read: Reader
) -> None:
    row = f"<td>1-1-101</td><td>林一</td><td>样板路8号</td><td>2025年</td><td>{cell}</td>"
    result = read(html(tmp_path, row))
    assert not result.accounts
    assert [problem in str(found.problem.text) for found in result.problems] == [True]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("place", "runs", "problem"),
    [
        ("D2", [("500", "strike"), ("200", "")], "Part of the cell is struck through."),
        ("D2", [("200", ""), ("1", "superscript")], "This is not an amount."),
        ("B2", [("林甲", "strike"), ("林乙", "")], "Part of the cell is struck through."),
    ],
)
def test_parts_of_a_cell_of_a_workbook_do_not_grow_into_one_value(
    place: str,
    runs: Sequence[tuple[str, str]],
    problem: str,
    shared: bool,
    workbook: Writer,
    read: Reader,
) -> None:
    text = CellRichText(*[TextBlock(InlineFont(**FONTS[mark]), part) for part, mark in runs])

    def dress(book: openpyxl.Workbook) -> None:
        book.active[place] = text

    path = workbook([("房号", "业主", "账期", "欠费"), ("1-1-101", "林甲", "2025年", 1)], dress=dress)
    if shared:
        with_shared_texts(path)
    result = read(path)
    assert not result.accounts
    assert [found.problem.text for found in result.problems] == [problem]


FONTS: dict[str, dict[str, Any]] = {"": {}, "strike": {"strike": True}, "superscript": {"vertAlign": "superscript"}}


def with_shared_texts(path: Path) -> None:
    """Move the text of runs from its cell to the shared texts, where Excel writes it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    found = re.search(rb' t="inlineStr"><is>(<r>.*?)</is>', parts[sheet])
    assert found is not None
    parts[sheet] = parts[sheet].replace(found[0], b' t="s"><v>0</v>')
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/sharedStrings.xml"] = b'<sst xmlns="' + main + b'"><si>' + found[1] + b"</si></sst>"
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    types = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", types)
    relation = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = b'<Relationship Id="rTexts" Type="' + relation + b'" Target="sharedStrings.xml"/></Relationships>'
    relations = "xl/_rels/workbook.xml.rels"
    parts[relations] = parts[relations].replace(b"</Relationships>", link)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_raised_figure_in_a_heading_is_no_other_heading(workbook: Writer, read: Reader) -> None:
    def dress(book: openpyxl.Workbook) -> None:
        book.active["E1"] = CellRichText("面积（m", TextBlock(InlineFont(vertAlign="superscript"), "2"), "）")

    rows = [("房号", "业主", "账期", "欠费", ""), ("1-1-101", "林甲", "2025年", 1, 89.5)]
    assert read(workbook(rows, dress=dress)).accounts[0].area == Decimal("89.50")


def test_rows_with_a_cell_struck_through_are_noted(workbook: Writer, read: Reader) -> None:
    def dress(book: openpyxl.Workbook) -> None:
        book.active["C3"].font = Font(strike=True)

    rows = [("房号", "业主", "2024年", "2025年"), ("1-1-101", "林甲", 1, 2), ("1-1-102", "林乙", 3, 4)]
    assert [
        note.detail.values["rows"] for note in read(workbook(rows, dress=dress)).notes if note.code == "struck-rows"
    ]


def test_other_tables_without_a_header_are_named(tmp_path: Path, workbook: Writer, read: Reader) -> None:
    path = html(tmp_path, "<td>1-1-101</td><td>林一</td><td></td><td>2025年</td><td>1200</td>")
    more = "<table><tr><td>1-1-102</td><td>林二</td><td></td><td>2025年</td><td>1200</td></tr></table>"
    path.write_text(path.read_text("utf-8").replace("</table>", f"</table>{more}"), "utf-8")
    assert "unread-sheets" in {note.code for note in read(path).notes}
    rows = [("房号", "业主", "账期", "欠费"), ("1-1-101", "林甲", "2025年", 1)]

    def dress(book: openpyxl.Workbook) -> None:
        book.create_sheet("Sheet2")["A1"] = "说明"

    assert "unread-sheets" not in {note.code for note in read(workbook(rows, dress=dress)).notes}


def test_an_amount_over_several_rows_counts_once(tmp_path: Path, read: Reader) -> None:
    rows = [
        "<td rowspan=2>1-1-101</td><td rowspan=2>林一</td><td rowspan=2></td><td>2024年</td><td rowspan=2>2400</td>",
        "<td>2025年</td>",
    ]
    result = read(html(tmp_path, *rows))
    assert [(problem.row, problem.column) for problem in result.problems] == [(3, "欠费")]
    assert not result.accounts


def test_an_amount_hidden_below_a_merged_cell_counts_no_more(workbook: Writer, read: Reader) -> None:
    rows = [("房号", "业主", "账期", "欠费"), ("1-1-101", "林一", "2024年", 2400), ("1-1-101", "林一", "2025年", 2400)]
    path = workbook(rows, dress=lambda book: book.active.merged_cells.add("D2:D3"))
    assert [problem.row for problem in read(path).problems] == [3]


def test_an_amount_that_several_units_share_is_no_ones(workbook: Writer, read: Reader, tmp_path: Path) -> None:
    rows = [("房号", "业主", "账期", "欠费"), ("1-1-101", "林一", "2025年", 300), ("1-1-102", "林二", "2025年", None)]
    result = read(workbook(rows, dress=lambda book: book.active.merge_cells("D2:D3")))
    assert ([problem.row for problem in result.problems], result.accounts) == ([2, 3], ())
    cells = ["<td>1-1-101</td><td>林一</td><td></td><td>2025年</td><td rowspan=2>300</td>"]
    cells.append("<td>1-1-102</td><td>林二</td><td></td><td>2025年</td>")
    result = read(html(tmp_path, *cells))
    assert ([problem.row for problem in result.problems], result.accounts) == ([2, 3], ())


@pytest.mark.parametrize(("value", "code"), [(2025, 'yyyy"年"'), (2025, "yyyy-mm"), ("1905年", "General")])
def test_a_year_that_was_formatted_as_a_day_is_no_period(
    value: object, code: str, workbook: Writer, read: Reader
) -> None:
    result = read(workbook(shaped(value, code), dress=formatted({"C2": code})))
    assert "账期" in {problem.column for problem in result.problems}


def test_unit_and_owner_over_several_rows_hold_for_all_of_them(tmp_path: Path, read: Reader) -> None:
    rows = [
        "<td rowspan=2>1-1-101</td><td rowspan=2>林一</td><td rowspan=2>样板路8号</td><td>2024年</td><td>1200</td>",
        "<td>2025年</td><td>1300</td>",
        "<td>1-1-102</td><td>林二</td><td></td><td>2025年</td><td>500</td>",
    ]
    result = read(html(tmp_path, *rows))
    assert [(account.owner, len(account.charges)) for account in result.accounts] == [("林一", 2), ("林二", 1)]
    assert result.owed == Decimal("3000.00")


def test_hidden_rows_of_html_are_read_and_noted(tmp_path: Path, read: Reader) -> None:
    cells = "<td>1-1-101</td><td>林一</td><td></td><td>2025年</td><td>1200</td>"
    result = read(html(tmp_path, f" style='display:none'>{cells}"))
    assert "hidden-rows" in {note.code for note in result.notes}


# Names of companies, and what else stands in the owner's cell


@pytest.mark.parametrize(
    ("cell", "owners"),
    [
        ("H&M（样板）商业有限公司", ("H&M（样板）商业有限公司",)),
        ("Ｈ＆Ｍ(样板)商业有限公司", ("H&M（样板）商业有限公司",)),
        ("Bross Trading Co., Ltd.", ("Bross Trading Co., Ltd.",)),
        ("Bross Trading Co.,Ltd.", ("Bross Trading Co.,Ltd.",)),
        ("Bross Trading Co., Ltd., 林一", ("Bross Trading Co., Ltd.", "林一")),
        ("A/B样板有限公司", ("A/B样板有限公司",)),
        ("林一/样板有限公司", ("林一", "样板有限公司")),
        ("样板有限公司、林一", ("样板有限公司", "林一")),
        ("甲样板有限公司&乙样板有限公司", ("甲样板有限公司", "乙样板有限公司")),
        ("H&M", ("H&M",)),
        ("林一&林二", ("林一", "林二")),
        ("林一/林二，林三", ("林一", "林二", "林三")),
        ("林一,", ("林一",)),
        ("林一(13800000001)", ("林一",)),
        ("林一（电话：13800000001）", ("林一",)),
        ("林一 138-0000-0001", ("林一",)),
        ("林一13800000001、林二13800000002", ("林一", "林二")),
        ("林一(138****0001)", ("林一",)),
        ("林一 0311-88000001", ("林一",)),
        ("样板有限公司(13800000001)", ("样板有限公司",)),
        ("Smith & Jones LLP", ("Smith & Jones LLP",)),
        ("Dolce&Gabbana（样板）贸易", ("Dolce&Gabbana（样板）贸易",)),
        ("A/B/C商贸", ("A/B/C商贸",)),
        ("林一/Lin Yi", ("林一", "Lin Yi")),
        ("样板有限公司 林一", ("样板有限公司", "林一")),
        ("上海样板贸易有限公司/北京样板有限公司", ("上海样板贸易有限公司", "北京样板有限公司")),
        ("阿卜杜拉·买买提、林二", ("阿卜杜拉·买买提", "林二")),
    ],
)
def test_a_cell_names_as_many_owners_as_people_read_in_it(cell: str, owners: tuple[str, ...]) -> None:
    assert read_owners(cell) == owners


@pytest.mark.parametrize(
    "cell",
    [
        "强生&样板有限公司",
        "Tom & Jerry",
        "Smith, John",
        "样板有限公司,上海分公司",
        "样板银行 样板支行",
        "林一,有限公司",
        "林一（身份证110101199001011234）",
        "林一 11010119900101123X",
        "林一（已故）",
        "林一（租户）",
        "林一(原业主)",
    ],
)
def test_an_owner_whose_name_may_be_two_or_none_is_asked_about(cell: str, workbook: Writer, read: Reader) -> None:
    rows = [("房号", "业主", "账期", "欠费"), ("1-1-101", cell, "2025年", 100)]
    assert [problem.column for problem in read(workbook(rows)).problems] == ["业主"]


def test_an_account_is_typed_as_the_list_names_it() -> None:
    assert parse_account("阳光花园/1-1-101/Bross Trading Co., Ltd.").owners == ("Bross Trading Co., Ltd.",)


@pytest.mark.parametrize("total", ["总欠费", "总欠费：2180.5元", "合计：2,180.50", "共计", "欠费总额", "汇总"])
def test_an_export_with_telephones_beside_owners_and_a_total_in_its_last_row(
    total: str, workbook: Writer, read: Reader
) -> None:
    rows = [
        ("房屋", "业主", "费用名称", "欠费时间段", "欠费金额"),
        ("1-1-101", "林一(13800000001)", "物业费", "2025-01-01 00:00:00~2025-12-31 23:59:59", "1200.00"),
        ("1-1-102", "林二(13800000002)", "物业费", "2025-01-01~2025-12-31", "980.5"),
        (total, 2180.5, None, None, None),
    ]
    result = read(workbook(rows))
    assert [(it.owner, it.telephone) for it in result.accounts] == [("林一", "13800000001"), ("林二", "13800000002")]
    assert (result.owed, result.problems) == (Decimal("2180.50"), ())
    assert "totals-row" in {note.code for note in result.notes}


def test_a_telephone_of_its_own_column_comes_first(workbook: Writer, read: Reader) -> None:
    rows = [
        ("房号", "业主", "联系电话", "账期", "欠费"),
        ("1-1-101", "林一(13800000001)", "13800000009", "2025年", 100),
    ]
    assert read(workbook(rows)).accounts[0].telephone == "13800000009"
