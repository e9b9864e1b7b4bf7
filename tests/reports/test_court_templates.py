"""The court's templates: tables that fit on the page, a heading never alone at its foot, articles cited once."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

from notices.flow.reports.court_papers import cited_together
from notices.flow.templates.bundled import bundled

TEMPLATES = sorted((bundled("templates") / "court").glob("*.docx"))
CODE = "《中华人民共和国民法典》"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_table_is_wider_than_the_page_between_its_margins(path: Path) -> None:
    document = docx.Document(str(path))
    page = document.sections[0]
    room = (page.page_width or 0) - (page.left_margin or 0) - (page.right_margin or 0)
    for table in document.element.body.iter(qn("w:tbl")):
        columns = [int(column.get(qn("w:w"))) for column in table.iter(qn("w:gridCol"))]
        assert sum(columns) * 635 <= room + 12700  # twentieths of a point; a point to spare


def test_each_section_of_the_complaint_repeats_its_heading_on_the_next_page() -> None:
    document = docx.Document(str(bundled("templates") / "court" / "complaint.docx"))
    headings = [table.rows[0] for table in document.tables]
    assert [row.cells[0].text for row in headings] == [
        "当事人信息",
        "诉讼请求和依据",
        "约定管辖和诉讼保全",
        "事实与理由",
    ]
    assert all(row._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in headings)


def test_articles_of_one_law_are_cited_together() -> None:
    duty, demand, fee = f"{CODE}第九百四十四条第一款", f"{CODE}第九百四十四条第二款", f"{CODE}第五百八十五条"
    assert cited_together([duty, demand, fee]) == f"{CODE}第九百四十四条第一款、第二款、第五百八十五条"
    assert cited_together([duty, duty, ""]) == duty
    rules = "《物业管理条例》第四十一条"
    assert cited_together([duty, rules, demand]) == f"{duty}、{rules}、{demand}"
    assert cited_together([fee, "按合同约定", demand]) == f"{fee}、按合同约定、{demand}"
