"""What a clerk does not see is never demanded without a word: hidden values, split amounts, other fees in remarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Color, Font, PatternFill

from notices.errors import Unusable, UsageMistake
from notices.intake import ArrearsList
from notices.settings import Intake

Reader = Callable[..., ArrearsList]
Writer = Callable[..., Path]
HEAD = ("房号", "业主", "账期", "欠费")
ROWS = [HEAD, ("1-1-101", "林甲", "2025年", 1200), ("1-1-102", "林乙", "2025年", 300)]


def dressed(place: str, **parts: object) -> Callable[[openpyxl.Workbook], None]:
    """Return a function that gives one cell of the first sheet a number format, a font or a fill."""

    def dress(book: openpyxl.Workbook) -> None:
        for name, part in parts.items():
            setattr(book.active[place], name, part)

    return dress


@pytest.mark.parametrize("code", [";;;", ";;", ";", '"";"";"";""', "[Red];;;", " ; ; ; "])
def test_an_amount_that_its_format_hides_is_a_row_to_look_at(code: str, workbook: Writer, read: Reader) -> None:
    result = read(workbook(ROWS, dress=dressed("D2", number_format=code)))
    assert [(problem.row, problem.column, problem.value) for problem in result.problems] == [(2, "欠费", "1200")]
    assert "looks empty" in result.problems[0].problem.text
    assert result.owed == Decimal("300.00")


@pytest.mark.parametrize(
    "code", ["0.00;-0.00;;@", "#,##0.00;[Red]-#,##0.00;", "General", "0.00;(0.00)", "@", '0.00;"";""']
)
def test_a_format_that_hides_zeros_or_other_signs_hides_no_amount(code: str, workbook: Writer, read: Reader) -> None:
    assert read(workbook(ROWS, dress=dressed("D2", number_format=code))).owed == Decimal("1500.00")


def test_a_credit_that_its_format_hides_is_a_row_to_look_at(workbook: Writer, read: Reader) -> None:
    rows = [HEAD, ("1-1-101", "林甲", "2025年", -100), ROWS[2]]
    assert [it.row for it in read(workbook(rows, dress=dressed("D2", number_format="0.00;;"))).problems] == [2]


@pytest.mark.parametrize(
    "colour", [Color("FFFFFFFF"), Color("00FFFFFF"), Color(theme=0), Color(indexed=9), Color(indexed=1)]
)
@pytest.mark.parametrize(
    "fill", [None, PatternFill("solid", fgColor="FFFFFFFF"), PatternFill("solid", fgColor=Color(theme=0))]
)
@pytest.mark.parametrize("value", [1200, "1,200.00"])
def test_an_amount_in_the_colour_of_the_paper_is_a_row_to_look_at(
    colour: Color, fill: PatternFill | None, value: object, workbook: Writer, read: Reader
) -> None:
    parts = {"font": Font(color=colour), **({"fill": fill} if fill else {})}
    rows = [HEAD, ("1-1-101", "林甲", "2025年", value), ROWS[2]]
    assert [problem.row for problem in read(workbook(rows, dress=dressed("D2", **parts))).problems] == [2]


@pytest.mark.parametrize("font", [Font(color="FFFF0000"), Font(color="FFFFFFFF"), Font()])
def test_an_amount_that_differs_from_what_is_behind_it_is_seen(font: Font, workbook: Writer, read: Reader) -> None:
    dress = dressed("D2", font=font, fill=PatternFill("solid", fgColor="FF1F4E78"))
    assert read(workbook(ROWS, dress=dress)).owed == Decimal("1500.00")


def test_names_in_white_that_only_repeat_the_row_above_are_read(workbook: Writer, read: Reader) -> None:
    rows = [HEAD, ROWS[1], ("1-1-101", "林甲", "2024年", 1100)]

    def dress(book: openpyxl.Workbook) -> None:
        for place in ("A3", "B3"):
            book.active[place].font = Font(color="FFFFFFFF")

    assert read(workbook(rows, dress=dress)).owed == Decimal("2300.00")


def hidden_column(letter: str) -> Callable[[openpyxl.Workbook], None]:
    """Return a function that hides a column of the first sheet."""

    def dress(book: openpyxl.Workbook) -> None:
        book.active.column_dimensions[letter].hidden = True

    return dress


def test_a_hidden_column_that_is_read_is_named(workbook: Writer, read: Reader) -> None:
    rows = [(*HEAD, "楼层"), *((*row, 1) for row in ROWS[1:])]
    result = read(workbook(rows, dress=hidden_column("D")))
    assert [note.value for note in result.notes if note.code == "hidden-column"] == ["欠费"]
    assert result.owed == Decimal("1500.00")
    assert not [note for note in read(workbook(rows, dress=hidden_column("E"))).notes if note.code == "hidden-column"]


# Amounts that their own comma has split


@pytest.mark.parametrize(
    "lines",
    [
        ["房号,业主,账期,欠费,", "1-1-101,林甲,2025年,1,200.00", "1-1-102,林乙,2025年,300.00,"],
        ["房号,业主,账期,欠费,", "1-1-101,林甲,2025年,1,200.00", "1-1-102,林乙,2025年,2,300.00"],
        ["房号,业主,欠费,账期,备注", "1-1-101,林甲,1,200.00,2025年", "1-1-102,林乙,300.00,2025年,"],
        ["房号,业主,账期,欠费,电话,备注", "1-1-101,林甲,2025年,1,200.00,13800000001", "1-1-102,林乙,2025年,300.00,,"],
        ["房号,业主,账期,欠费,电话,备注", "1-1-101,林甲,2025年,1,200,13800000001", "1-1-102,林乙,2025年,300,,"],
        ["房号,业主,账期,欠费,楼层,,", "1-1-101,林甲,2025年,1,200.00,5,", "1-1-102,林乙,2025年,300.00,5,,"],
        ["房号,业主,账期,应收,已收,,", "1-1-101,林甲,2025年,1,200.00,0.00,", "1-1-102,林乙,2025年,300.00,0.00,,"],
        ["房号,业主,账期,应收,已收,,,", "1-1-101,林甲,2025年,1,200,1,000,", "1-1-102,林乙,2025年,300,0,,,"],
        ["房号,业主,账期,欠费,,,", "1-1-101,林甲,2025年,1,200,000.00,", "1-1-102,林乙,2025年,300.00,,,"],
        ["房号,业主,账期,欠费,", '1-1-101,林甲,2025年,"1",200.00', "1-1-102,林乙,2025年,300.00,"],
        ["房号,业主,账期,欠费,", "1-1-101,林甲,2025年,￥1,200.00", "1-1-102,林乙,2025年,300.00,"],
        ["房号,业主,账期,欠费,", "1-1-101,林甲,2025年,-1,200.00", "1-1-102,林乙,2025年,300.00,"],
        ["房号,业主,2024年,2025年,,", "1-1-101,林甲,1,200.00,1,300.00", "1-1-102,林乙,300.00,300.00,,"],
        ["欠费表,,,,,,,,", "房号,业主,账期,欠费,", "1-1-101,林甲,2025年,1,200.00", "1-1-102,林乙,2025年,300.00,"],
    ],
)
def test_an_amount_that_its_comma_has_split_is_never_read_as_its_beginning(
    lines: Sequence[str], tmp_path: Path, read: Reader
) -> None:
    (tmp_path / "list.csv").write_text("\n".join([*lines, ""]), "utf-8")
    result = read(tmp_path / "list.csv")
    first = next(number for number, line in enumerate(lines, start=1) if line.startswith("1-1-101"))
    assert first in {problem.row for problem in result.problems}
    assert "1-1-101" not in {account.unit for account in result.accounts}


def test_a_split_amount_is_shown_whole(tmp_path: Path, read: Reader) -> None:
    (tmp_path / "list.csv").write_text("房号,业主,账期,欠费,\n1-1-101,林甲,2025年,1,200.00\n", "utf-8")
    (problem,) = read(tmp_path / "list.csv").problems
    assert "1,200.00" in str(problem.problem)


@pytest.mark.parametrize(
    "lines",
    [
        ["房号,业主,账期,应收,已收", "1-1-101,林甲,2025年,300,200,", "1-1-102,林乙,2025年,300,100,"],
        ["房号,业主,账期,应收,已收,,", "1-1-101,林甲,2025年,500,200,,"],
        ["房号,业主,账期,应收,已收", "1-1-101,林甲,2025年,500.00,200.00"],
        ["业主,账期,应收,房号", "林甲,2025年,300,101"],
        ["房号,业主,账期,应收,备注", "1-1-101,林甲,2025年,300,已打电话"],
        ["房号,业主,账期,应收,面积", "1-1-101,林甲,2025年,300,100.50"],
    ],
)
def test_two_numbers_of_three_digits_are_two_numbers(lines: Sequence[str], tmp_path: Path, read: Reader) -> None:
    (tmp_path / "list.csv").write_text("\n".join([*lines, ""]), "utf-8")
    result = read(tmp_path / "list.csv")
    assert result.problems == ()
    assert result.owed == Decimal("300.00")


# Charges without an item


def remarked(*remarks: str) -> list[Sequence[object]]:
    """Build a list without items whose rows have these remarks."""
    rows = [(f"1-1-{101 + place}", "林甲", "2025年", 100, remark) for place, remark in enumerate(remarks)]
    return [(*HEAD, "备注"), *rows]


@pytest.mark.parametrize(
    "remark",
    [
        "停车费",
        "2025年停车费",
        "车位管理费",
        "欠停车费",
        "停车费未缴",
        "水费（3月）",
        "补缴公摊水电费",
        "2025.1-2025.6 停车费",
    ],
)
def test_a_row_whose_remark_names_another_fee_is_no_property_fee(remark: str, workbook: Writer, read: Reader) -> None:
    result = read(workbook(remarked(remark, "", "已打电话", "")))
    assert [problem.row for problem in result.problems] == [2]
    assert result.owed == Decimal("300.00")
    with_items = [(*row, "费用项目" if row[0] == "房号" else "停车费") for row in remarked(remark, "", "")]
    assert read(workbook(with_items)).problems == ()
    assert read(workbook(remarked(remark, "", "", "")), Intake(default_item="停车费")).problems == ()


def test_a_remark_that_names_another_fee_among_other_things_is_noted(workbook: Writer, read: Reader) -> None:
    result = read(workbook(remarked("要求先退停车费", "已打电话", "物业费和停车费")))
    assert [note.row for note in result.notes if note.code == "remark-names-fee"] == [2]
    assert result.owed == Decimal("300.00")


@pytest.mark.parametrize("empty", [None, "-", "", " "])
def test_a_row_without_an_item_among_other_fees_is_a_question(
    empty: str | None, workbook: Writer, read: Reader
) -> None:
    rows = [(*HEAD, "费用项目"), (*ROWS[1], "停车费"), (*ROWS[2], empty)]
    result = read(workbook(rows))
    assert [problem.row for problem in result.problems] == [3]
    rows[1] = (*ROWS[1], "物业费")
    result = read(workbook(rows))
    assert [charge.item for account in result.accounts for charge in account.charges] == ["物业费", "物业服务费"]
    assert "default-item" in {note.code for note in result.notes}


# Files that are not what their extension says

TABLE = (
    "<table><tr><td>房号</td><td>业主</td><td>账期</td><td>欠费</td></tr>"
    "<tr><td>1-1-101</td><td>林甲</td><td>2025年</td><td>1200</td></tr></table>"
)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "gb18030"])
def test_a_web_page_in_any_encoding_is_read(encoding: str, tmp_path: Path, read: Reader) -> None:
    (tmp_path / "list.xls").write_bytes(f"<html><meta charset='gbk'>{TABLE}</html>".encode(encoding))
    assert read(tmp_path / "list.xls").owed == Decimal("1200.00")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_text_in_utf_16_that_calls_itself_xls_is_read_and_said(encoding: str, tmp_path: Path, read: Reader) -> None:
    text = "\r\n".join("\t".join(map(str, row)) for row in ROWS)
    (tmp_path / "list.xls").write_bytes(text.encode(encoding))
    result = read(tmp_path / "list.xls")
    assert result.owed == Decimal("1500.00")
    assert "file-kind" in {note.code for note in result.notes}


MHTML = (
    f'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n'
    f"--b\r\nContent-Type: text/html\r\n\r\n{TABLE}\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (MHTML.encode(), ".mht"),
        (f"From: <Saved by Blink>\r\nSubject: x\r\n y\r\n{MHTML}".encode(), ".mht"),
        (b'[{"unit": "1-1-101"}]', "JSON"),
        (b'{"data": []}', "JSON"),
        (b'<?xml version="1.0"?><rows><row/></rows>', "XML"),
        (
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'.encode("utf-16"),
            "2003",
        ),
        (b'ID;PWXL;N;E\r\nC;Y1;X1;K"a"\r\nE\r\n', "SYLK"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00" + b"\x00" * 40, "Excel 4"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512 + "WordDocument".encode("utf-16-le"), "Word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512 + "__properties_version1.0".encode("utf-16-le"), "Outlook"),
    ],
)
def test_a_file_of_another_kind_is_named_for_what_it_is(
    content: bytes, said: str, tmp_path: Path, read: Reader
) -> None:
    (tmp_path / "list.xls").write_bytes(content)
    with pytest.raises(Unusable, match=said):
        read(tmp_path / "list.xls")


# Cells that refer to others, name several units, or say that nothing is owed


@pytest.mark.parametrize("place", [0, 1, 2, 3])
@pytest.mark.parametrize("words", ["同上", "〃"])
def test_a_cell_that_refers_to_the_one_above_is_no_value(
    place: int, words: str, workbook: Writer, read: Reader
) -> None:
    row = [words if column == place else cell for column, cell in enumerate(ROWS[2])]
    assert {problem.row for problem in read(workbook([*ROWS[:2], row])).problems} == {3}


def test_an_address_that_refers_to_the_one_above_is_none(workbook: Writer, read: Reader) -> None:
    rows = [(*HEAD, "通讯地址"), (*ROWS[1], "示例路1号"), (*ROWS[2], "同上")]
    assert [problem.column for problem in read(workbook(rows)).problems] == ["通讯地址"]


@pytest.mark.parametrize(
    "unit", ["101/102", "101、102", "1-1-101,102", "1-1-101~103", "1-1-101\n1-1-102", "1-1-101+102", "1-1-101等3套"]
)
def test_a_cell_that_names_several_units_is_a_row_to_look_at(unit: str, workbook: Writer, read: Reader) -> None:
    result = read(workbook([HEAD, (unit, *ROWS[1][1:]), ROWS[2]]))
    assert [problem.column for problem in result.problems] == ["房号"]
    assert result.owed == Decimal("300.00")


@pytest.mark.parametrize(
    ("unit", "name"),
    [("3、2、501", "3-2-501"), ("101-102", "101-102"), ("12/3/1501", "12-3-1501"), ("A座101", "A-101")],
)
def test_signs_between_the_parts_of_one_unit_are_read_as_before(
    unit: str, name: str, workbook: Writer, read: Reader
) -> None:
    assert [account.unit for account in read(workbook([HEAD, (unit, *ROWS[1][1:])])).accounts] == [name]


@pytest.mark.parametrize("remark", ["已缴清", "作废", "已缴费", "重复", "此行作废", "费用已结清", "已核销"])
def test_a_row_whose_remark_says_that_nothing_is_owed_is_a_question(
    remark: str, workbook: Writer, read: Reader
) -> None:
    assert [problem.row for problem in read(workbook(remarked(remark, "2024年已缴清", "答应缴清"))).problems] == [2]


def test_rows_below_a_line_that_names_another_fee_are_a_question(workbook: Writer, read: Reader) -> None:
    titled = [*ROWS[:2], ("二、停车费欠费",), HEAD, ROWS[2], ("三、物业费",), ("1-1-103", "林丙", "2025年", 50)]
    assert [problem.row for problem in read(workbook(titled)).problems] == [5]


def test_rows_below_the_header_of_another_table_are_a_question(workbook: Writer, read: Reader) -> None:
    result = read(workbook([*ROWS[:2], (), (*HEAD[:3], "停车费"), ROWS[2]]))
    assert {problem.row for problem in result.problems} == {4, 5}
    assert result.owed == Decimal("1200.00")


@pytest.mark.parametrize("line", ["单位：万元", "注：金额单位为万元", "（万元）"])
def test_a_unit_of_money_below_the_header_is_a_question(line: str, workbook: Writer, read: Reader) -> None:
    for rows in ([HEAD, (None, None, None, line), ROWS[1]], [*ROWS, (line,)]):
        with pytest.raises(UsageMistake, match="below its header"):
            read(workbook(rows))
    assert read(workbook([*ROWS, ("单位：元",)])).owed == Decimal("1500.00")


@pytest.mark.parametrize(
    "owner",
    ["林甲等3人", "林甲→林乙", "林甲（林乙代）", "林甲（夫）林乙（妻）", "林甲（法人：林乙）", "林甲2", "业主", "女士"],
)
def test_an_owners_cell_that_is_no_name_alone_is_a_row_to_look_at(owner: str, workbook: Writer, read: Reader) -> None:
    assert [problem.column for problem in read(workbook([HEAD, ("1-1-101", owner, *ROWS[1][2:])])).problems] == ["业主"]


@pytest.mark.parametrize("owner", ["上海（时代）商贸有限公司", "21世纪房产有限公司", "王小计", "夫一"])
def test_names_that_hold_such_signs_are_names(owner: str, workbook: Writer, read: Reader) -> None:
    assert len(read(workbook([HEAD, ("1-1-101", owner, *ROWS[1][2:])])).accounts) == 1


@pytest.mark.parametrize(
    ("period", "overlaps"), [("2025年1-12月", True), ("2025年1-6月", True), ("2024年", False), ("2024-2025年", True)]
)
def test_charges_for_overlapping_periods_are_named(period: str, overlaps: bool, workbook: Writer, read: Reader) -> None:
    result = read(workbook([*ROWS[:2], ("1-1-101", "林 甲", period, 600)]))
    assert [note.row for note in result.notes if note.code == "overlapping-periods"] == ([2] if overlaps else [])
    items = [(*HEAD, "费用项目"), (*ROWS[1], "物业费"), ("1-1-101", "林甲", period, 600, "停车费")]
    assert "overlapping-periods" not in {note.code for note in read(workbook(items)).notes}


def test_a_text_file_that_ends_within_its_last_row_has_lost_something(tmp_path: Path, read: Reader) -> None:
    rows = "房号,业主,账期,欠费,备注\n1-1-101,林甲,2025年,1200,\n1-1-102,林乙,2025年,3"
    for end, problems in (("", [3]), ("\n", []), ("00,漏水", [])):
        (tmp_path / "list.csv").write_text(rows + end, "utf-8")
        assert [problem.row for problem in read(tmp_path / "list.csv").problems] == problems
