"""Sample letters for the benchmarks: about three pages with a table and a QR code, to invented owners."""

from __future__ import annotations

import csv
from pathlib import Path

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

HEADINGS = (
    "小区",
    "楼栋",
    "单元",
    "房号",
    "业主姓名",
    "通讯地址",
    "收费项目",
    "费用期间",
    "应缴日期",
    "应收金额",
    "已收金额",
)
PARAGRAPH = (
    "根据{{ law_duty }}，业主应当按照约定支付物业费。请您于{{ deadline }}（含当日）之前缴清上述费用。"
    "如果您对账目或者服务有疑问，或者一次缴清有困难，请在此之前与我们联系，"
    "我们愿意逐笔核对、上门了解，或者商定分期缴纳。编号{{ number }}。"
)
# Some 750 of the common characters of GB 2312: the owners of a large estate have about so many in their names.
GIVEN = bytes(byte for row in range(0xB0, 0xD7) for column in range(0xA1, 0xFF, 5) for byte in (row, column)).decode(
    "gb2312"
)
COLUMNS = ("item", "period", "due_date", "due", "received", "balance")


def write_template(path: Path, paragraphs: int = 14) -> None:
    """Write the template of the letter."""
    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)  # A4: the print shop takes nothing else
    section.left_margin, section.top_margin = Mm(25), Mm(46)  # the address stands in the window of the usual envelopes
    section.header.paragraphs[0].text = "{{ company }}　{{ title }}"
    footer = section.footer.paragraphs[0]
    footer.add_run("编号：{{ number }}　第")
    _field(footer, "PAGE")
    footer.add_run("页　共")
    _field(footer, "NUMPAGES")
    footer.add_run("页")
    for text in ("{{ address }}", "{{ owner }}　收"):
        document.add_paragraph(text).paragraph_format.right_indent = Mm(80)
    document.add_paragraph("{{ qr }}").paragraph_format.space_before = Mm(22)  # and nothing else does
    document.add_heading("{{ title }}", 1)
    document.add_paragraph(
        "{{ estate }}{{ unit }}的业主{{ owner }}：您尚欠人民币{{ total }}元（大写：{{ total_capital }}）。"
    )
    table = document.add_table(rows=4, cols=len(COLUMNS), style="Table Grid")
    rows = (
        ("费用项目", "期间", "应缴日期", "应收", "已收", "欠费"),
        ("{%tr for c in charges %}", "", "", "", "", ""),
        tuple(f"{{{{ c.{name} }}}}" for name in COLUMNS),
        ("{%tr endfor %}", "", "", "", "", ""),
    )
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    for _ in range(paragraphs):
        document.add_paragraph(PARAGRAPH)
    document.add_paragraph("{{ bank_account_name }}，{{ bank }}，账号{{ bank_account }}。")
    document.add_paragraph("{{ company }}　{{ letter_date }}")
    document.save(str(path))


def _field(paragraph: object, instruction: str) -> None:
    simple, run, text = OxmlElement("w:fldSimple"), OxmlElement("w:r"), OxmlElement("w:t")
    simple.set(qn("w:instr"), instruction)
    text.text = "1"
    run.append(text)
    simple.append(run)
    paragraph._p.append(simple)  # type: ignore[attr-defined]  # python-docx has no fields


def write_list(path: Path, owners: int, *, mailed: bool = False) -> None:
    """Write an arrears list with one to five charges an owner, with e-mail addresses if letters are mailed."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow((*HEADINGS, *(["电子邮箱"] if mailed else [])))
        for number in range(owners):
            unit = (number % 40 + 1, number // 40 % 4 + 1, 101 + number // 160)
            place = "-".join(map(str, unit))
            name = f"张{GIVEN[number % len(GIVEN)]}{GIVEN[number * 7 // len(GIVEN) % len(GIVEN)]}"
            for year in range(2025 - number % 5, 2026):
                due = f"{800 + number % 700}.{number % 100:02d}"
                rows.writerow(
                    (
                        "示例花园",
                        *unit,
                        name,
                        f"示例市幸福路1号{place}",
                        "物业服务费",
                        f"{year}年度",
                        f"{year}-12-31",
                        due,
                        "0",
                        *([f"owner{number}@example.com"] if mailed else []),
                    )
                )
