"""Fix lists: a copy with the problem beside each bad row, which reads without problems once corrected."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from intake_rows import HEADINGS, row
from openpyxl.worksheet.worksheet import Worksheet
from test_intake_listed import EXPECTED, LISTS, reading

from notices.errors import Unusable
from notices.intake import ArrearsList, Choices, write_fix_list
from notices.settings import Intake

Reader = Callable[..., ArrearsList]
Writer = Callable[..., Path]
WRONG = [name for name, expected in EXPECTED.items() if expected.get("problems")]


def fixed(path: Path, read: ArrearsList) -> Path:
    target = path.with_name(f"fix-{path.stem}.xlsx")
    write_fix_list(path, target, read, Intake(), Choices(), str)
    return target


def page(path: Path) -> Worksheet:
    sheet = openpyxl.load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    return sheet


@pytest.mark.parametrize("name", WRONG)
def test_a_fix_list_of_any_format_reads_as_the_list_did(name: str, tmp_path: Path) -> None:
    source = tmp_path / name
    source.write_bytes((LISTS / name).read_bytes())
    before = reading(source)
    after = reading(fixed(source, before))
    assert [(problem.row, problem.column) for problem in after.problems] == [
        (problem.row, problem.column) for problem in before.problems
    ]
    assert (after.accounts, after.rows) == (before.accounts, before.rows)


def test_each_bad_row_has_its_problem_beside_it_in_colour_with_a_comment(workbook: Writer, read: Reader) -> None:
    path = workbook([["明细表"], HEADINGS, row(), row("3-2-502", "李四", due="12o.5", owed=None)])
    sheet = page(fixed(path, read(path)))
    assert [cell.value for cell in sheet[2]][-2:] == ["※ problem", "※ remedy"]
    assert [cell.value for cell in sheet[3]][-2:] == [None, None]
    beside = [str(cell.value) for cell in sheet[4]][-2:]
    assert beside[0] == "应收金额: This is not an amount."
    assert "1234.56" in beside[1]
    spoilt, sound = sheet["F4"], sheet["F3"]
    assert spoilt.value == "12o.5"
    assert spoilt.comment is not None
    assert "not an amount" in spoilt.comment.text
    assert len({cell.fill.fgColor.rgb for cell in (spoilt, sheet["A4"], sound)}) == 3
    assert sheet["B4"].number_format == "@"


def test_the_file_is_private(workbook: Writer, read: Reader) -> None:
    path = workbook([HEADINGS, row(owner=None)])
    assert stat.S_IMODE(fixed(path, read(path)).stat().st_mode) == 0o600


def test_corrected_rows_read_clean_and_the_rest_as_before(workbook: Writer, read: Reader) -> None:
    spoilt = [
        row(date(2026, 3, 2)),
        row("3-2-502", "李四", due="12o.5", owed=None),
        row("3-2-503", "王五", due=5, owed=5),
    ]
    path = workbook([HEADINGS, *spoilt])
    target = fixed(path, read(path))
    book = openpyxl.load_workbook(target)
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet["B2"], sheet["F3"] = "3-2-501", "120.5"
    book.save(target)
    result = read(target)
    assert result.problems == ()
    assert [account.key for account in result.accounts] == [
        "阳光花园/3-2-501/张三",
        "阳光花园/3-2-502/李四",
        "阳光花园/3-2-503/王五",
    ]
    assert result.owed == Decimal("1125.50")


def test_a_fix_list_of_a_fix_list_says_what_is_left_and_nothing_twice(workbook: Writer, read: Reader) -> None:
    path = workbook([HEADINGS, row(owner=None), row("3-2-502", "张*")])
    first = fixed(path, read(path))
    second = page(fixed(first, read(first)))
    assert [cell.value for cell in second[1]].count("※ problem") == 1
    assert second.max_column == len(HEADINGS) + 2


def test_merged_cells_stay_merged_and_are_filled_down_again(workbook: Writer, read: Reader) -> None:
    def merge(book: openpyxl.Workbook) -> None:
        sheet = book.active
        assert isinstance(sheet, Worksheet)
        sheet.merge_cells("B2:B3")
        sheet.merge_cells("C2:C3")

    rows = [row(), row(None, None, due="?", owed=None), row("3-2-502", "李四", due=500, owed=500)]
    path = workbook([HEADINGS, *rows], dress=merge)
    before = read(path)
    after = read(fixed(path, before))
    assert [each.rows for each in after.rejected] == [each.rows for each in before.rejected] == [(2, 3)]


def test_text_that_looks_like_a_formula_stays_text(workbook: Writer, read: Reader, text_file: Writer) -> None:
    path = text_file([[*HEADINGS, "备注"], [*row(owner=""), '=HYPERLINK("http://x")']])
    cell = page(fixed(path, read(path)))["I2"]
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("http://x")')


def test_a_list_that_changed_since_it_was_read_is_not_written_back(workbook: Writer, read: Reader) -> None:
    path = workbook([HEADINGS, row(owner=None)])
    before = read(path)
    workbook([HEADINGS, row(owner=None), row("3-2-502", "李四")])
    with pytest.raises(Unusable, match="changed"):
        fixed(path, before)
