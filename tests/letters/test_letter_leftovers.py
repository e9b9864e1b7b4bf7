"""What a template prints although nobody fills it: tracked changes, Word's own fields, and placeholders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from notices.letters.inspection import unfilled, unfilled_text
from notices.letters.template import open_template


def findings(folder: Path, build: Callable[[Docx], None]) -> list[str]:
    """Return what is found in a template that `build` has added to."""
    document: Docx = Document()
    document.add_paragraph("尊敬的{{ owner }}：{% if area %}{{ area }}{% endif %}")
    build(document)
    document.save(str(folder / "letter.docx"))
    return [str(problem.fact) for problem in unfilled(open_template(folder / "letter.docx"))]


def written(text: str) -> Callable[[Docx], None]:
    """Return a function that adds a paragraph."""
    return lambda document: document.add_paragraph(text) and None


def marked_up(xml: str, *, footer: bool = False) -> Callable[[Docx], None]:
    """Return a function that adds the content of a paragraph as XML, to the body or to the footer."""

    def build(document: Docx) -> None:
        place = document.sections[0].footer if footer else document
        paragraph = place.add_paragraph("请于")
        paragraph._p.append(parse_xml(f"<w:r {nsdecls('w')}><w:t>收函后</w:t></w:r>"))
        for part in parse_xml(f"<w:p {nsdecls('w')}>{xml}</w:p>"):
            paragraph._p.append(part)

    return build


def complex_field(instruction: str) -> str:
    """Return the XML of a field as Word writes it."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText>{instruction}</w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>旧</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


@pytest.mark.parametrize(
    "text",
    [
        "«业主»您好",
        "｛｛ owner ｝｝您好",
        "{｛ owner ｝}您好",
        "{ { owner } }您好",
        "｛% if area %｝",
        "${owner}您好",
        "{owner}您好",
        "【业主姓名】您好",
        "[请填写姓名]您好",
        "XX小区业主",
        "××小区业主",
        "单击此处输入文字。",
        "【 姓名 】您好",
        "〔业主姓名〕您好",
        "请于【截止日期】前付清",
        "<<owner>>您好",
        "<owner>您好",
        "<%= owner %>您好",
        "[[owner]]您好",
        "$(owner)您好",
        "${{ owner }}您好",
        "%owner%您好",
        "#姓名#您好",
        "{{{owner}}}您好",
        "Dear [Owner Name],",
        "[Insert date]",
        "请于X月X日前付清",
        "贵户（X栋X单元）",
        "某某小区业主",
        "○○小区业主",
        "人民币????元",
        "见附件，待补充",
        "见错误！未找到引用源。",
        "Error! Reference source not found.",
    ],
)
def test_a_placeholder_that_nobody_fills_is_named_with_its_paragraph(text: str, tmp_path: Path) -> None:
    (found,) = findings(tmp_path, written(text))
    assert f"in “{text}”" in found


@pytest.mark.parametrize(
    "text",
    [
        "【催费函】",
        "（请填写原因）＿＿＿＿",
        "□ 其他（请说明）____",
        "《物业服务合同》第3条",
        "3 × 5 米，X光，Xerox，XXL",
        "{{ total }}元（大写：{{ total_words }}）{# 说明 #}",
        "“您”<第一条>",
        "二〇〇五年，100%，#3楼，a@example.com，$100 与 $200",
        "【重要通知】【律师函】【联系电话】0311-88000001",
        "【收款单位名称】：{{ estate }}",
        "【编号】{{ number }}",
        "签名（姓名）：____　20__年__月__日　□□",
        "是否收到？？请答复",
        "《业主姓名》3×5m，X光，第X1号",
    ],
)
def test_ordinary_text_and_our_own_fields_are_no_placeholders(text: str, tmp_path: Path) -> None:
    assert findings(tmp_path, written(text)) == []


@pytest.mark.parametrize("kind", ["DATE", "TIME", "FILENAME", "REF", "IF", "MERGEFIELD", "CREATEDATE", "DOCPROPERTY"])
@pytest.mark.parametrize("footer", [False, True])
def test_a_field_that_the_office_fills_anew_is_named(kind: str, footer: bool, tmp_path: Path) -> None:
    (found,) = findings(tmp_path, marked_up(complex_field(f' {kind} x \\@ "yyyy" '), footer=footer))
    assert f"the field {kind}," in found


def test_a_simple_field_is_named_too(tmp_path: Path) -> None:
    (found,) = findings(
        tmp_path, marked_up('<w:fldSimple w:instr="DATE\\@yyyy"><w:r><w:t>旧</w:t></w:r></w:fldSimple>')
    )
    assert "the field DATE," in found


@pytest.mark.parametrize("element", ["dayLong", "monthShort", "yearLong"])
def test_an_old_element_for_the_day_of_opening_is_named(element: str, tmp_path: Path) -> None:
    (found,) = findings(tmp_path, marked_up(f"<w:r><w:{element}/></w:r>"))
    assert f"the field {element}," in found


@pytest.mark.parametrize("kind", ["PAGE", "NUMPAGES", "PAGE\\* MERGEFORMAT", "PAGEREF end", 'HYPERLINK "https://a.cn"'])
def test_page_numbers_and_links_stay(kind: str, tmp_path: Path) -> None:
    assert findings(tmp_path, marked_up(complex_field(kind))) == []


@pytest.mark.parametrize(
    "change",
    [
        '<w:del w:id="1" w:author="a"><w:r><w:delText>三日内</w:delText></w:r></w:del>',
        '<w:ins w:id="1" w:author="a"><w:r><w:t>三日内</w:t></w:r></w:ins>',
        '<w:moveFrom w:id="1" w:author="a"><w:r><w:t>三日内</w:t></w:r></w:moveFrom>',
    ],
)
@pytest.mark.parametrize("footer", [False, True])
def test_a_tracked_change_is_named_by_its_words(change: str, footer: bool, tmp_path: Path) -> None:
    (found,) = findings(tmp_path, marked_up(change, footer=footer))
    assert "has tracked changes" in found
    assert "三日内" in found


def test_a_deleted_paragraph_mark_is_a_tracked_change(tmp_path: Path) -> None:
    def build(document: Docx) -> None:
        paragraph = document.add_paragraph("请付清")
        mark = f'<w:pPr {nsdecls("w")}><w:rPr><w:del w:id="1" w:author="a"/></w:rPr></w:pPr>'
        paragraph._p.insert(0, parse_xml(mark))

    assert "请付清" in findings(tmp_path, build)[0]


def test_a_content_control_that_nobody_filled_in_is_named(tmp_path: Path) -> None:
    control = (
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
        "<w:r><w:t>选择日期</w:t></w:r></w:sdtContent></w:sdt>"
    )
    assert "选择日期" in findings(tmp_path, marked_up(control))[0]


@pytest.mark.parametrize("binding", ["w:dataBinding", "w15:dataBinding"])
@pytest.mark.parametrize("footer", [False, True])
def test_a_control_that_word_fills_from_properties_is_named(binding: str, footer: bool, tmp_path: Path) -> None:
    names = 'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"'
    path = "/ns1:coreProperties[1]/ns0:title[1]"
    control = (
        f'<w:sdt {names}><w:sdtPr><{binding} w:xpath="{path}" w:storeItemID="{{6C3C8BC8}}"/></w:sdtPr>'
        "<w:sdtContent><w:r><w:t>云杉物业</w:t></w:r></w:sdtContent></w:sdt>"
    )
    assert ["云杉物业" in found for found in findings(tmp_path, marked_up(control, footer=footer))] == [True]
    plain = "<w:sdt><w:sdtPr/><w:sdtContent><w:r><w:t>云杉物业</w:t></w:r></w:sdtContent></w:sdt>"
    assert findings(tmp_path, marked_up(plain, footer=footer)) == []


def test_an_e_mail_text_is_checked_for_placeholders_but_not_for_its_styles() -> None:
    assert [*unfilled_text("a.txt", "您好 {{ owner }}\n{%\n if x %}")] == []
    assert "«业主»" in str(next(unfilled_text("a.txt", "您好\n«业主»")).fact)
    assert [*unfilled_text("a.html", "<style>p { margin: 0 }</style><p class='xx'>您好</p>")] == []
    assert len([*unfilled_text("a.html", "<p>{owner}</p>")]) == 1
