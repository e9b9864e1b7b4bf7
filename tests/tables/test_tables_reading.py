"""Reading tables written by other programs: kinds, row numbers, lost values, and malicious files."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import io
import random
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.styles import Font

from notices.errors import Unusable
from notices.tables import Limits, LostValue, Merge, read_sheets

LIMITS = Limits()
MOMENT = datetime.datetime.fromisoformat("2025-01-31 08:30:00")
ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:body><office:spreadsheet>
<table:table table:name="一">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"""


def xlsx(path: Path, **cells: object) -> Path:
    book = openpyxl.Workbook()
    for address, value in cells.items():
        book.active[address] = value
    book.save(path)
    return path


def ods(path: Path, rows: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS.format(rows=rows))
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return path


def repacked(path: Path, part: str, change: dict[str, str]) -> Path:
    """Return the workbook with texts replaced inside one part."""
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    text = parts[part].decode()
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, text if name == part else content)
    return path


def test_rows_have_excels_numbers_and_columns_keep_their_positions(tmp_path: Path) -> None:
    (sheet,) = read_sheets(xlsx(tmp_path / "a.xlsx", C4="x", D6=5), LIMITS).sheets
    assert list(sheet.rows()) == [(4, (None, None, "x", None)), (6, (None, None, None, 5))]
    assert list(sheet.rows()) == list(sheet.rows())


def test_the_file_hashed_is_the_file_read(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", A1="x")
    assert read_sheets(path, LIMITS).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_errors_and_uncached_formulas_differ_from_empty_cells(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", A1="=1+1", B1="#N/A", D1="x", A3="#REF!")
    (sheet,) = read_sheets(path, LIMITS).sheets
    assert list(sheet.rows()) == [
        (1, (LostValue("", uncached=True), LostValue("#N/A"), None, "x")),
        (3, (LostValue("#REF!"), None, None, None)),
    ]


def test_an_uncalculated_formulas_zero_is_not_a_zero(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    page.write_formula("A1", "=1+1")
    page.write_formula("B1", "=1+1", None, 2)
    page.write_number("C1", 0)
    book.close()
    (sheet,) = read_sheets(path, LIMITS).sheets
    assert list(sheet.rows()) == [(1, (LostValue("", uncached=True), 2, 0))]


def test_merges_hidden_rows_and_struck_rows_are_marked(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page["A1"], page["B1"], page["A3"], page["B3"] = "x", "y", "z", "z"
    page.merge_cells("A1:A2")
    page.row_dimensions[1].hidden = True
    page["A3"].font = page["B3"].font = Font(strike=True)
    page["A1"].font = Font(strike=True)
    book.save(tmp_path / "a.xlsx")
    marks = read_sheets(tmp_path / "a.xlsx", LIMITS).sheets[0].marks
    assert (marks.merges, marks.hidden, marks.struck) == ((Merge(1, 0, 2, 0),), {1}, {1, 3})


def test_hidden_sheets_do_not_exist(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    book.create_sheet("hidden").sheet_state = "hidden"
    book.create_sheet("very").sheet_state = "veryHidden"
    book.save(tmp_path / "a.xlsx")
    assert [sheet.name for sheet in read_sheets(tmp_path / "a.xlsx", LIMITS).sheets] == ["Sheet"]


@pytest.mark.parametrize("strays", [{"XFD1048576": "x"}, {"XFD5000": "x"}, {"A1048576": "x"}, {"XFD1048576": None}])
def test_a_stray_cell_far_away_changes_nothing_and_costs_nothing(tmp_path: Path, strays: dict[str, object]) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page["A1"], page["B2"] = "x", 5
    for address, value in strays.items():
        page[address].font = Font(bold=True)
        page[address] = value
    book.save(tmp_path / "a.xlsx")
    (sheet,) = read_sheets(tmp_path / "a.xlsx", LIMITS).sheets
    assert list(sheet.rows()) == [(1, ("x", None)), (2, (None, 5))]
    assert sheet.marks.strays == (0 if None in strays.values() else 1)


def test_more_rows_than_the_limit_are_refused_and_the_limit_is_not(tmp_path: Path) -> None:
    book = xlsx(tmp_path / "a.xlsx", A1="x", A2="y", A3="z")
    text = tmp_path / "a.csv"
    text.write_text("x\ny\nz\n", encoding="utf-8")
    for path in (book, text):
        assert len(list(read_sheets(path, Limits(max_rows=3)).sheets[0].rows())) == 3
        with pytest.raises(Unusable):
            list(read_sheets(path, Limits(max_rows=2)).sheets[0].rows())


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", A1="x")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"0" * 3_000_000)
    with pytest.raises(Unusable, match="unpacks"):
        read_sheets(path, Limits(max_unpacked=2 * 1024**2))


def test_entities_in_a_workbook_are_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", A1="x")
    repacked(path, "xl/worksheets/sheet1.xml", {"<worksheet": '<!DOCTYPE a [<!ENTITY b "c">]><worksheet'})
    with pytest.raises(Unusable):
        list(read_sheets(path, LIMITS).sheets[0].rows())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"PK\x03\x04broken", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "damaged"),
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\r\n \n", "empty"),
        (bytes(range(256)) * 4, "list.xlsx"),
    ],
)
def test_a_file_that_is_not_a_table_is_named_for_its_kind(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(content)
    with pytest.raises(Unusable, match=said):
        list(read_sheets(path, LIMITS).sheets[0].rows())


def test_a_word_document_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(Unusable, match="Word"):
        read_sheets(tmp_path / "a.xlsx", LIMITS)


def test_no_file_a_folder_and_a_file_too_large_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xlsx", tmp_path):
        with pytest.raises(Unusable):
            read_sheets(path, LIMITS)
    with pytest.raises(Unusable, match="larger"):
        read_sheets(xlsx(tmp_path / "a.xlsx", A1="x"), Limits(max_bytes=1000))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_is_decoded_and_cut_as_it_was_written(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "a.csv"
    rows = [("楼栋", "房号", "业主"), ("3", "501", "欧阳修"), ("3", "502", "𬭎䶮")]
    path.write_bytes("\r\n".join(separator.join(row) for row in rows).encode(encoding))
    book = read_sheets(path, LIMITS)
    assert [cells for _, cells in book.sheets[0].rows()] == rows


def test_a_quoted_line_break_is_one_row_and_an_empty_line_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,"b\nc"\n\nd,e\n', encoding="utf-8")
    assert list(read_sheets(path, LIMITS).sheets[0].rows()) == [(1, ("a", "b\nc")), (3, ("d", "e"))]


def test_a_long_text_file_is_not_misread_where_the_sample_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join(f"{number},业主张三李四" for number in range(8_000)).encode("gb18030"))
    book = read_sheets(path, LIMITS)
    assert (book.encoding, sum(1 for _ in book.sheets[0].rows())) == ("gb18030", 8_000)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_web_page_that_poses_as_a_workbook_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.xls"
    page = (
        f"<html><head><meta charset='{encoding}'></head><body><table><tr><th>房号</th><th>业主</th><th>欠费</th></tr>"
        "<tr><td rowspan=2>1-1</td><td>张三</td><td>5</td></tr><tr><td>李四</td><td>6</td></tr></table></body></html>"
    )
    path.write_bytes(page.encode(encoding))
    book = read_sheets(path, LIMITS)
    assert book.kind == "html"
    assert list(book.sheets[0].rows()) == [
        (1, ("房号", "业主", "欠费")),
        (2, ("1-1", "张三", "5")),
        (3, ("1-1", "李四", "6")),
    ]
    assert book.sheets[0].marks.merges == (Merge(2, 0, 3, 0),)


def test_an_open_document_is_read_with_its_repeats_errors_and_hidden_rows(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    error = cell.replace("office:value", 'calcext:value-type="error" office:value').format("#N/A")
    rows = (
        f"<table:table-row>{cell.format('房号')}{cell.format('欠费')}</table:table-row>"
        f"<table:table-row table:visibility='collapse'>{cell.format('1-1')}{error}</table:table-row>"
        "<table:table-row table:number-rows-repeated='2'>"
        "<table:table-cell office:value-type='float' office:value='5'><text:p>5</text:p></table:table-cell>"
        "</table:table-row>"
        "<table:table-row table:number-rows-repeated='1048000'>"
        "<table:table-cell table:number-columns-repeated='16384'/></table:table-row>"
    )
    (sheet,) = read_sheets(ods(tmp_path / "a.ods", rows), LIMITS).sheets
    assert list(sheet.rows()) == [
        (1, ("房号", "欠费")),
        (2, ("1-1", LostValue("#N/A"))),
        (3, (5, None)),
        (4, (5, None)),
    ]
    assert sheet.marks.hidden == {2}


def test_an_open_document_that_repeats_a_value_without_end_is_refused(tmp_path: Path) -> None:
    rows = (
        "<table:table-row table:number-rows-repeated='1048576'><table:table-cell table:number-columns-repeated='16384'"
        " office:value-type='float' office:value='5'><text:p>5</text:p></table:table-cell></table:table-row>"
    )
    with pytest.raises(Unusable):
        list(read_sheets(ods(tmp_path / "a.ods", rows), LIMITS).sheets[0].rows())


def test_dates_and_times_arrive_as_such(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", A1=datetime.date(2025, 1, 31), B1=MOMENT)
    (row,) = read_sheets(path, LIMITS).sheets[0].rows()
    assert row[1] == (datetime.date(2025, 1, 31), MOMENT)


def read_or_refused(path: Path) -> None:
    """Read everything; only our own error may be raised."""
    with contextlib.suppress(Unusable):
        for sheet in read_sheets(path, LIMITS).sheets:
            list(sheet.rows())


def test_damaged_copies_end_in_a_clean_error_or_in_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for number in range(30):
        book.active.append([f"3-2-{number}", "张三", number * 1.5, "=1+1", datetime.date(2025, 1, 1)])
    buffer = io.BytesIO()
    book.save(buffer)
    whole = buffer.getvalue()
    chance = random.Random(5)
    path = tmp_path / "a.xlsx"
    for _ in range(150):
        copy = bytearray(whole[: chance.randrange(1, len(whole))] if chance.random() < 0.3 else whole)
        for _ in range(chance.randrange(1, 6)):
            copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
        path.write_bytes(copy)
        read_or_refused(path)


def test_damaged_sheets_inside_a_whole_archive_end_in_a_clean_error_or_in_rows(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", A1="x", B2=5, C3="=1+1")
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    chance = random.Random(7)
    for _ in range(150):
        name = chance.choice(list(parts))
        content = bytearray(parts[name])
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        with zipfile.ZipFile(path, "w") as target:
            for other, whole in parts.items():
                target.writestr(other, bytes(content) if other == name else whole)
        read_or_refused(path)
