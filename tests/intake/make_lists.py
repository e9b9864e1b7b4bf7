"""Script that made the files of tests/intake/lists/ with several programs, so that no reader meets only its own writer.

Not part of the tests. It needs openpyxl, XlsxWriter, xlwt, odfpy, msoffcrypto-tool and LibreOffice Calc:

    python tests/intake/make_lists.py tests/intake/lists
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import msoffcrypto.format.ooxml
import odf.opendocument
import odf.style
import odf.table
import odf.text
import openpyxl
import xlsxwriter
import xlwt
from openpyxl.styles import Font

Rows = Sequence[Sequence[object]]
HEAD = ("小区", "房号", "业主姓名", "费用期间", "应缴日期", "应收金额", "已收金额", "欠费金额")
LONG = (*HEAD, "联系电话", "邮箱")
EMPTY: tuple[object, ...] = ()


def row(unit: object = "3-2-501", owner: object = "张三", due: object = 1200, **other: object) -> list[object]:
    """Build a valid row of one charge with the given cells overridden."""
    usual: dict[str, object] = {
        "estate": "阳光花园",
        "period": "2025年度",
        "due_date": "2025-12-31",
        "paid": 0,
        "owed": due,
    }
    usual.update(other)
    more = [usual[name] for name in ("telephone", "email") if name in usual]
    return [usual["estate"], unit, owner, usual["period"], usual["due_date"], due, usual["paid"], usual["owed"], *more]


TWO = [HEAD, row(), row("3-2-502", "李四", 500)]


def by_openpyxl(path: Path, rows: Rows, dress: Callable[[openpyxl.Workbook], None] | None = None) -> None:
    book = openpyxl.Workbook()
    book.active.title = "明细"
    for cells in rows:
        book.active.append(list(cells))
    if dress:
        dress(book)
    book.save(path)


def by_xlsxwriter(path: Path, rows: Rows, dress: Callable[..., None] | None = None) -> None:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False})
    page = book.add_worksheet("明细")
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell is not None:
                page.write(number, column, cell)
    if dress:
        dress(book, page)
    book.close()


def by_xlwt(path: Path, rows: Rows, dress: Callable[..., None] | None = None) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("明细", cell_overwrite_ok=True)
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, date):
                page.write(number, column, cell, day)
            elif cell is not None:
                page.write(number, column, cell)
    if dress:
        dress(book, page)
    book.save(str(path))


def by_odfpy(path: Path, sheets: dict[str, Rows], hidden: Sequence[int] = ()) -> None:
    book = odf.opendocument.OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        page = odf.table.Table(name=name)
        for number, cells in enumerate(rows, start=1):
            line = odf.table.TableRow(**({"visibility": "collapse"} if number in hidden else {}))
            for cell in cells:
                line.addElement(cell if hasattr(cell, "qname") else odf_cell(cell))
            page.addElement(line)
        book.spreadsheet.addElement(page)
    book.save(str(path))


def odf_cell(value: object) -> odf.table.TableCell:
    if value is None:
        return odf.table.TableCell()
    if isinstance(value, date):
        cell = odf.table.TableCell(valuetype="date", datevalue=value.isoformat())
    elif isinstance(value, int | float):
        cell = odf.table.TableCell(valuetype="float", value=str(value))
    else:
        cell = odf.table.TableCell(valuetype="string")
    cell.addElement(odf.text.P(text=str(value)))
    return cell


def by_calc(path: Path, source: Path) -> None:
    """Open and save the file in LibreOffice Calc, which calculates the formulas."""
    with tempfile.TemporaryDirectory() as folder:
        kind = {"xls": "xls:MS Excel 97", "ods": "ods", "xlsx": "xlsx:Calc MS Excel 2007 XML"}[path.suffix[1:]]
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", kind]
        subprocess.run([*command, "--outdir", folder, str(source)], check=True, capture_output=True)
        path.write_bytes((Path(folder) / source.with_suffix(path.suffix).name).read_bytes())


def by_text(path: Path, rows: Rows, encoding: str = "utf-8", separator: str = ",") -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


def formats(at: Path) -> None:
    by_text(at / "00-utf8.csv", TWO)
    by_text(at / "00-utf8-bom.csv", TWO, "utf-8-sig")
    by_text(at / "00-utf16.tsv", TWO, "utf-16", "\t")
    by_text(at / "00-gb18030.csv", TWO, "gb18030")
    by_text(at / "00-semicolon.csv", TWO, separator=";")
    by_xlwt(at / "00-xlwt.xls", TWO)
    by_odfpy(at / "00-odfpy.ods", {"明细": TWO})
    for kind in ("ods", "xlsx"):
        by_calc(at / f"00-calc.{kind}", at / "00-xlwt.xls")
    by_calc(at / "00-calc.xls", at / "00-odfpy.ods")


def layout(at: Path) -> None:
    by_openpyxl(at / "01-title-rows.xlsx", [["阳光花园欠费明细表"], EMPTY, ["打印时间：2026-11-23"], *TWO])
    by_xlwt(at / "01-title-unit.xls", [["欠费明细（单位：万元）"], HEAD, row(due=0.12), row("3-2-502", "李四", 0.05)])

    upper = ["小区", "房号", "业主", "费用期间", "应缴日期", "金额", None, None]
    lower = [None, None, "姓名", None, None, "应收", "已收", "欠费"]

    def merged(book: openpyxl.Workbook) -> None:
        book.active.merge_cells("F2:H2")
        for column in "ABDE":
            book.active.merge_cells(f"{column}2:{column}3")

    by_openpyxl(at / "01-two-line-header.xlsx", [["欠费明细"], upper, lower, *TWO[1:]], merged)
    by_calc(at / "01-two-line-header.ods", at / "01-two-line-header.xlsx")
    by_openpyxl(at / "02-totals.xlsx", [*TWO, ["合 计", None, None, None, None, 1700, 0, 1700]])
    by_xlwt(at / "02-totals-differ.xls", [*TWO, [None, "总计", None, None, None, 1800, 0, 1800]])
    section = [HEAD, row(), ["小 计", *[None] * 4, 1200, 0, 1200], row("3-2-502", "李四", 500)]
    by_odfpy(
        at / "02-subtotals.ods",
        {"明细": [*section, ["小计：", *[None] * 4, 500, 0, 500], ["合计", *[None] * 4, 1700, 0, 1700]]},
    )
    doubled = [HEAD, row(), row(), row("3-2-502", "空置", 300), ["合计", *[None] * 4, 2700, 0, 2700]]
    by_openpyxl(at / "02-totals-explained.xlsx", doubled)
    spread = [[None, *HEAD], EMPTY, [None, *row()], EMPTY, EMPTY, [None, *row("3-2-502", "李四", 500)]]
    by_xlsxwriter(at / "03-empty-rows-columns.xlsx", [EMPTY, EMPTY, *spread])

    def hide(book: openpyxl.Workbook) -> None:
        old = book.create_sheet("旧")
        for cells in [HEAD, row("9-9-909", "旧人", 9)]:
            old.append(cells)
        old.sheet_state = "hidden"

    by_openpyxl(at / "03-hidden-sheet.xlsx", TWO, hide)
    by_calc(at / "03-hidden-sheet.xls", at / "03-hidden-sheet.xlsx")

    def second(book: xlsxwriter.Workbook, _page: object) -> None:
        page = book.add_worksheet("二期")
        for number, cells in enumerate(TWO):
            page.write_row(number, 0, cells)

    by_xlsxwriter(at / "03-several-sheets.xlsx", TWO, second)
    by_odfpy(at / "03-several-sheets.ods", {"一期": TWO, "二期": TWO})
    by_odfpy(at / "03-other-sheets.ods", {"说明": [["请在下一页填写"]], "明细": TWO})


def names(at: Path) -> None:
    wide = [
        "阳光花园",
        "３－２－５０１",
        "张三\u200b",
        "２０２５年度",
        "２０２５－１２－３１",
        "￥１，２００．００",
        "０",
        "1200\xa0",
    ]
    by_openpyxl(at / "04-full-width.xlsx", [["小 区", "房　号", "业主姓名", *HEAD[3:]], wide])
    by_text(at / "04-full-width.csv", [HEAD, wide])
    by_xlwt(at / "05-spaced-names.xls", [HEAD, row(owner="张　三"), row("3-2-502", "李 四", 500)])
    joint = [row(owner="张三、李四"), row("3-2-502", "王五/赵六", 500), row("3-2-503", "钱七 孙八", 300)]
    by_odfpy(
        at / "06-joint-owners.ods",
        {"明细": [HEAD, *joint, row(owner="李四、张三", period="2024年度", due_date="2024-12-31")]},
    )
    phones = [13800000000, "+86 138-0000-0001", "13800000002、13800000003", "1.38E+10"]
    calls = [
        row(f"3-2-50{n}", owner, telephone=phone, email="")
        for n, (owner, phone) in enumerate(zip("甲乙丙丁", phones, strict=True), 1)
    ]
    named = [[*cells[:2], f"张{cells[2]}", *cells[3:]] for cells in calls]
    by_xlsxwriter(at / "07-telephones.xlsx", [LONG, *named])
    by_calc(at / "07-telephones.xls", at / "07-telephones.xlsx")
    by_text(at / "15-two-owners.csv", [HEAD, row(), row(owner="李四", due=500)])
    by_openpyxl(
        at / "22-rare-characters.xlsx", [HEAD, row(owner="𬭎䶮"), row("3-2-502", "欧阳·买买提", 500, period="2025年度")]
    )
    by_text(
        at / "22-lost-characters.csv",
        [HEAD, row(owner="张??"), row("3-2-502", "锟斤拷", 500), row("3-2-503", "王\ufffd", 300)],
    )
    nobody = [row(owner=None), row("3-2-502", "/", 500), row("3-2-503", "张*", 300), row("3-2-504", "空置", 200)]
    by_xlsxwriter(at / "23-no-owner.xlsx", [HEAD, *nobody, row("3-2-505", "未售", 100), row("3-2-506", "李四", 50)])


def values(at: Path) -> None:
    written = ["￥1,200.00", "1200元", "(300)", "300-", "0.12万", "1200"]
    money = [row(f"3-2-5{n:02}", f"张{n}甲", cell, paid=None, owed=None) for n, cell in enumerate(written, 1)]
    by_openpyxl(at / "08-money.xlsx", [HEAD, *[[*cells[:2], "张三", *cells[3:]] for cells in money]])
    wrong = ["12o.5", "1e3", "12.345", "1 200", "12,00"]
    by_openpyxl(
        at / "08-money-wrong.xlsx",
        [HEAD, *[row(f"3-2-5{n:02}", "张三", cell, paid=None, owed=None) for n, cell in enumerate(wrong, 1)]],
    )
    by_xlwt(at / "08-float-noise.xls", [HEAD, row(due=0.1 + 0.2), row("3-2-502", "李四", 1234.5600000000001)])
    by_openpyxl(
        at / "08-ten-thousands.xlsx", [[*HEAD[:5], "应收（万元）", "已收（万元）", "欠费金额（万元）"], row(due=0.12)]
    )
    errors = [HEAD, row(), row("3-2-502", "李四", 500, paid="#N/A"), row("3-2-503", "王五", 300)]
    by_openpyxl(at / "09-errors.xlsx", errors)
    by_text(at / "09-errors.csv", [HEAD, row(paid="#N/A"), row("3-2-502", "李四", 500)])
    by_calc(at / "09-errors-calc.xls", at / "09-errors.xlsx")
    by_calc(at / "09-errors-calc.ods", at / "09-errors.xlsx")

    def spoil(_book: object, page: xlwt.Worksheet) -> None:
        page.row(2).set_cell_error(6, 0x2A)

    by_xlwt(at / "09-errors.xls", [HEAD, row(), row("3-2-502", "李四", 500), row("3-2-503", "王五", 300)], spoil)
    days = [46022, "2025.12.31", "2025/12/31", "2025年12月31日", "20251231"]
    by_xlsxwriter(
        at / "10-dates.xlsx",
        [
            HEAD,
            *[row(f"3-2-50{n}", due_date=day) for n, day in enumerate(days, 1)],
            row("3-2-506", due_date=date(2025, 12, 31)),
        ],
    )
    by_odfpy(
        at / "10-dates.ods",
        {"明细": [HEAD, row(due_date=date(2025, 12, 31)), row("3-2-502", "李四", 500, due_date="2025-6-30")]},
    )
    by_text(
        at / "10-ambiguous-dates.csv",
        [
            HEAD,
            row(due_date="23-1-31"),
            row("3-2-502", "李四", 500, due_date="12/31/2025"),
            row("3-2-503", "王五", 300, due_date="2025-02-30"),
        ],
    )
    spans = ["2023.1-2023.12", "2023年1月至12月", "202301-202312", "2023年度", "2023全年", "2023-Q1", "2023上半年"]
    by_openpyxl(
        at / "11-periods.xlsx",
        [
            [h for h in HEAD if h != "应缴日期"],
            *[[c for i, c in enumerate(row(f"3-2-50{n}", period=span)) if i != 4] for n, span in enumerate(spans, 1)],
        ],
    )
    by_text(at / "11-ambiguous-periods.csv", [HEAD, row(period="2023.1-2"), row("3-2-502", "李四", 500, period="去年")])
    spoilt = [HEAD, row(date(2003, 2, 1)), row("3-2-502", "李四", 500), row(date(2026, 1, 2), "王五", 300)]
    by_openpyxl(at / "12-unit-as-date.xlsx", spoilt)
    by_xlwt(at / "12-unit-as-date.xls", spoilt)
    by_odfpy(at / "12-unit-as-date.ods", {"明细": spoilt})
    by_text(at / "12-unit-as-date.csv", [HEAD, row("3月2日"), row("Jan-02", "李四", 500), row("2-Jan", "王五", 300)])
    split = ["小区", "楼栋", "单元", "房号", "业主", "应缴日期", "欠费"]
    parts = [
        ["阳光花园", 3.0, 2.0, 501.0, "张三", "2025-12-31", 1200.0],
        ["阳光花园", "3栋", "2单元", "502室", "李四", "2025-12-31", 500.0],
    ]
    by_xlwt(at / "13-unit-numbers.xls", [split, *parts])
    by_odfpy(at / "13-unit-numbers.ods", {"明细": [split, *parts]})
    by_xlsxwriter(
        at / "17-overpayment.xlsx",
        [HEAD, row(), row(period="2024年度", due_date="2024-12-31", due=1000, paid=1300, owed=-300)],
    )
    by_calc(at / "17-overpayment.ods", at / "17-overpayment.xlsx")
    mails = ["zhang＠example.com", "a@example.com；b@example.com", "none", "李@"]
    posted = [row(f"3-2-50{n}", "张三", telephone="", email=mail) for n, mail in enumerate(mails, 1)]
    by_openpyxl(at / "18-emails.xlsx", [LONG, *posted])
    by_openpyxl(
        at / "25-limits.xlsx",
        [HEAD, row(due=20_000_000), row("3-2-502", "李四", 0), row("3-2-503", "王五", 300, due_date="2027-06-30")],
    )
    by_xlsxwriter(
        at / "29-placeholders.xlsx",
        [
            LONG,
            row(paid="-", owed="—", telephone="无", email="/"),
            row("3-2-502", "李四", 500, paid="—", due_date="1900-01-00", telephone="--", email="无"),
        ],
    )
    contacts = [
        row(telephone="", email="a@example.com"),
        row(period="2024年度", due_date="2024-12-31", due=500, telephone="13800000000", email="b@example.com"),
    ]
    by_openpyxl(at / "35-contacts-differ.xlsx", [LONG, *contacts])


def formulas(at: Path) -> None:
    cells = [row(owed="=F2-G2"), row("3-2-502", "李四", 500, owed="=F3-G3"), row("3-2-503", "王五", 300)]
    by_openpyxl(at / "19-uncached.xlsx", [HEAD, *cells])
    by_calc(at / "19-calculated.xlsx", at / "19-uncached.xlsx")
    by_calc(at / "19-calculated.xls", at / "19-uncached.xlsx")

    def reckon(_book: object, page: object) -> None:
        page.write_formula(1, 7, "=F2-G2")
        page.write_formula(2, 7, "=F3-G3")

    plain = [HEAD, row(owed=None), row("3-2-502", "李四", 500, owed=None), row("3-2-503", "王五", 300)]
    by_xlsxwriter(at / "19-uncached-xlsxwriter.xlsx", plain, reckon)

    def reckon_xls(_book: object, page: xlwt.Worksheet) -> None:
        page.write(1, 7, xlwt.Formula("F2-G2"))
        page.write(2, 7, xlwt.Formula("F3-G3"))

    by_xlwt(at / "19-uncached.xls", plain, reckon_xls)
    raw = [
        [*row(owed=None)[:7], odf.table.TableCell(formula="of:=[.F2]-[.G2]")],
        row("3-2-503", "王五", 300),
    ]
    by_odfpy(at / "19-uncached.ods", {"明细": [HEAD, *raw]})
    notes = [[*row(), "=1+1"], [*row("3-2-502", "李四", 500), "@全体"], [*row("3-2-503", "王五", 300), "-见附件"]]
    by_xlsxwriter(at / "20-formula-text.xlsx", [[*HEAD, "备注"], *notes])
    by_text(at / "20-formula-text.csv", [[*HEAD, "备注"], *notes])


def rows(at: Path) -> None:
    two_charges = [row(), row(None, None, 500, period="2024年度", due_date="2024-12-31"), row("3-2-502", "李四", 300)]

    def merge(book: openpyxl.Workbook) -> None:
        book.active.merge_cells("B2:B3")
        book.active.merge_cells("C2:C3")

    by_openpyxl(at / "14-merged.xlsx", [HEAD, *two_charges], merge)
    by_calc(at / "14-merged-calc.ods", at / "14-merged.xlsx")

    def merge_xls(_book: object, page: xlwt.Worksheet) -> None:
        page.merge(1, 2, 1, 1)
        page.merge(1, 2, 2, 2)

    by_xlwt(at / "14-merged.xls", [HEAD, *two_charges], merge_xls)
    by_xlsxwriter(
        at / "16-duplicates.xlsx", [["序号", *HEAD], [1, *row()], [2, *row()], [3, *row("3-2-502", "李四", 500)]]
    )
    by_text(at / "21-control-characters.csv", [HEAD, row(owner="张\x07三"), row("3-2-502", "李四", 500)])
    half = ["小区", "房号", "业主", "2023上半年", "2023下半年", "2024-Q1"]
    by_openpyxl(
        at / "24-wide-years.xlsx",
        [
            ["小区", "房号", "业主", "2021", "2022年", "23年欠费", "合计"],
            ["阳光花园", "3-2-501", "张三", 100, 200, None, 300],
            ["阳光花园", "3-2-502", "李四", 0, "-", 50, 50],
        ],
    )
    by_odfpy(at / "24-wide-halves.ods", {"明细": [half, ["阳光花园", "3-2-501", "张三", 100, None, 30]]})
    by_xlwt(
        at / "24-wide-numbers.xls", [["小区", "房号", "业主", 2021, 2022.0], ["阳光花园", "3-2-501", "张三", 100, 200]]
    )
    by_text(
        at / "28-wrappers.csv",
        [HEAD, row('="3-2-501"', "\t张三", "'1200", owed="1200"), row("\t3-2-502", "'李四", 500)],
    )
    by_xlwt(at / "30-repeated-header.xls", [HEAD, row(), HEAD, row("3-2-502", "李四", 500)])
    halls = [
        ["小区", "房号", "业主", "应缴日期", "欠费"],
        [None, "3栋"],
        ["阳光花园", "501", "张三", "2025-12-31", 1200],
        ["4栋"],
        ["阳光花园", "501", "李四", "2025-12-31", 500],
    ]
    by_openpyxl(at / "30-building-rows.xlsx", halls)
    by_xlsxwriter(
        at / "31-footers.xlsx",
        [*TWO, EMPTY, ["制表人：王芳", None, "审核：李强"], ["打印时间：2026-11-23 10:00"], ["第1页/共1页"]],
    )
    by_calc(at / "31-footers.ods", at / "31-footers.xlsx")

    def hide(book: openpyxl.Workbook) -> None:
        book.active.row_dimensions[3].hidden = True

    by_openpyxl(at / "32-hidden-rows.xlsx", TWO, hide)
    by_calc(at / "32-hidden-rows.xls", at / "32-hidden-rows.xlsx")
    by_odfpy(at / "32-hidden-rows.ods", {"明细": TWO}, hidden=[3])

    def strike(book: openpyxl.Workbook) -> None:
        for cell in book.active[3]:
            cell.font = Font(strike=True)

    by_openpyxl(at / "32-struck-rows.xlsx", TWO, strike)
    by_calc(at / "32-struck-rows.xls", at / "32-struck-rows.xlsx")

    def unseen(book: openpyxl.Workbook) -> None:
        sheet = book.active
        money = next(cell.column_letter for cell in sheet[1] if "欠" in str(cell.value))
        sheet[f"{money}2"].number_format = ";;;"
        sheet[f"{money}3"].font = Font(color="FFFFFFFF")
        sheet.column_dimensions["A"].hidden = True

    by_openpyxl(at / "32-unseen.xlsx", [*TWO, row("3-2-503", "王五", 300)], unseen)
    book, hidden, white = xlwt.Workbook(), xlwt.easyxf(num_format_str=";;;"), xlwt.easyxf("font: colour white")
    page = book.add_sheet("明细")
    for place, cells in enumerate([*TWO, row("3-2-503", "王五", 300)]):
        for column, cell in enumerate(cells):
            shape = {1: hidden, 2: white}.get(place, xlwt.XFStyle()) if "欠" in str(HEAD[column]) else xlwt.XFStyle()
            page.write(place, column, cell, shape)
    page.col(0).hidden = True
    book.save(str(at / "32-unseen.xls"))
    by_text(at / "33-reversals.csv", [HEAD, row(), row(due=-1200, owed=-1200), row(due=1100, owed=1100)])


def hostile(at: Path) -> None:
    def blank(book: openpyxl.Workbook) -> None:
        book.active["XFD5000"].font = Font(bold=True)

    by_openpyxl(at / "34-stray-blank.xlsx", TWO, blank)
    by_xlsxwriter(at / "34-stray-word.xlsx", TWO, lambda _book, page: page.write("XFD1048576", "x"))
    by_openpyxl(at / "26-plain.tmp.xlsx", TWO)
    plain = (at / "26-plain.tmp.xlsx").read_bytes()
    (at / "26-plain.tmp.xlsx").unlink()
    with (at / "26-password.xlsx").open("wb") as target:
        msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(plain)).encrypt("secret", target)
    (at / "26-cut-off.xlsx").write_bytes(plain[: len(plain) // 2])
    (at / "26-named-wrong.csv").write_bytes(plain)
    (at / "26-pdf.xlsx").write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n")
    with zipfile.ZipFile(at / "26-word.xlsx", "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("word/document.xml", "<document/>")
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>" for cells in TWO)
    page = f'<html><head><meta charset="gb2312"></head><body><table border="1">{lines}</table></body></html>'
    (at / "26-html.xls").write_bytes(page.encode("gb18030"))
    old = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
    (at / "26-xml-2003.xls").write_text(old, encoding="utf-8")
    with zipfile.ZipFile(at / "26-bomb.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        with book.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(6):
                part.write(bytes(1024**2))
    (at / "26-empty.csv").write_bytes(b"\xef\xbb\xbf\r\n\r\n")
    by_text(at / "26-header-only.csv", [HEAD])
    by_text(at / "26-no-owner-column.csv", [["小区", "房号", "户", "数额"], ["阳光花园", "3-2-501", "张三", 1200]])


def formats_and_days(at: Path) -> None:
    """Write .xls files whose number formats, or whose way of counting days, say part of the value."""

    def shaped(book: xlwt.Workbook, page: xlwt.Worksheet) -> None:
        page.write(1, 1, 101, xlwt.easyxf(num_format_str='"1-1-"0'))
        page.write(1, 3, date(2025, 1, 1), xlwt.easyxf(num_format_str='yyyy"年"'))

    def since_1904(book: xlwt.Workbook, page: xlwt.Worksheet) -> None:
        book.dates_1904 = True

    by_xlwt(at / "13-unit-format.xls", [HEAD, row(due_date=None)], shaped)

    def struck_part(book: xlwt.Workbook, page: xlwt.Worksheet) -> None:
        struck, plain, raised = xlwt.Font(), xlwt.Font(), xlwt.Font()
        struck.struck_out = True
        raised.escapement = xlwt.Font.ESCAPEMENT_SUPERSCRIPT
        page.write_rich_text(2, 7, [("500", struck), ("200", plain)])
        page.write_rich_text(3, 7, [("200", plain), ("1", raised)])

    parts = [HEAD, row(), row("3-2-502", "李四", None), row("3-2-503", "王五", None)]
    by_xlwt(at / "32-struck-part.xls", parts, struck_part)
    by_xlwt(at / "10-since-1904.xls", [HEAD, row(period=None, due_date=44376)], since_1904)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for make in (formats, layout, names, values, formulas, rows, hostile, formats_and_days):
        make(folder)
