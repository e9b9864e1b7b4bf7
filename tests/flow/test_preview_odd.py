"""Unusual templates: each letter's pages are the same as docxtpl and LibreOffice make for it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.enum.section import WD_SECTION
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm
from docxtpl import DocxTemplate
from test_preview import LOREM, add_field, page_of_pages, places

from notices.flow.templates.preview import converted
from notices.fonts.installed import office_environment
from notices.model import Letter
from notices.office import Engine, WarmOffice, find
from notices.pdf import page_texts

pytestmark = [pytest.mark.office, pytest.mark.slow]
NAMES = ("Lin & Sons <x>", "张三", "A rather longer name")
ROWS = [{"item": "fee", "sum": "1.00"}, {"item": "lift", "sum": "2.00"}]
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"


def insert(document: Docx, xml: str) -> None:
    """Put a block at the end of the body, before its section properties."""
    prefixes = nsdecls("w", "r", "m", "wp", "a") + ' xmlns:v="urn:schemas-microsoft-com:vml"'
    prefixes += ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    prefixes += ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    tag, rest = xml.split(">", 1)
    head, slash = (tag[:-1], "/") if tag.endswith("/") else (tag, "")
    document.element.body.insert(len(document.element.body) - 1, parse_xml(f"{head} {prefixes}{slash}>{rest}"))


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def content_control_at_the_end(document: Docx) -> None:
    page_of_pages(document)
    cell = f"<w:tr><w:tc>{paragraph('cell {{ number }}')}</w:tc></w:tr>"
    table = f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w='3000'/></w:tblGrid>{cell}</w:tbl>"
    insert(document, f"<w:sdt><w:sdtContent>{paragraph('in {{ name }}')}{table}</w:sdtContent></w:sdt>")


def table_in_a_table_and_nothing_else(document: Docx) -> None:
    page_of_pages(document)
    table = document.add_table(2, 2, style="Table Grid")
    table.cell(0, 0).text = "{{ number }}"
    table.cell(1, 1).add_table(1, 2).cell(0, 1).text = "{{ name }}"


def long_table_with_a_running_head_first(document: Docx) -> None:
    """Begin with a long table; LibreOffice 7.4 then gives the second letter the first one's footer."""
    page_of_pages(document)
    table = document.add_table(4, 2, style="Table Grid")
    table.cell(0, 0).text = "head"
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row, text in ((1, "{%tr for i in range(90) %}"), (2, "row {{ i }} {{ number }}"), (3, "{%tr endfor %}")):
        table.cell(row, 0).text = text


def columns(document: Docx) -> None:
    page_of_pages(document)
    document.add_paragraph("top {{ number }}")
    two = document.add_section(WD_SECTION.CONTINUOUS)
    two._sectPr.find(qn("w:cols")).set(qn("w:num"), "2")
    document.add_paragraph(LOREM)
    one = document.add_section(WD_SECTION.CONTINUOUS)
    one._sectPr.find(qn("w:cols")).set(qn("w:num"), "1")
    document.add_paragraph("bottom")


def section_on_an_odd_page(document: Docx) -> None:
    page_of_pages(document)
    document.add_paragraph("one")
    document.add_section(WD_SECTION.ODD_PAGE)
    document.add_paragraph("slip {{ number }}")


def links(document: Docx) -> None:
    header = document.sections[0].header
    for part, at in ((document.part, document.add_paragraph("see ")), (header.part, header.paragraphs[0])):
        rid = part.relate_to("https://example.com/?a=1&b=2", LINK, is_external=True)
        link = (
            f'<w:hyperlink {nsdecls("w", "r")} r:id="{rid}"><w:r><w:t>link {{{{ number }}}}</w:t></w:r></w:hyperlink>'
        )
        at._p.append(parse_xml(link))


def tracked_changes(document: Docx) -> None:
    by = 'w:author="a" w:date="2026-01-01T00:00:00Z"'
    insert(
        document,
        f"<w:p><w:r><w:t>kept {{{{ number }}}}</w:t></w:r><w:ins w:id='3' {by}><w:r><w:t>added {{{{ name }}}}</w:t>"
        f"</w:r></w:ins><w:del w:id='4' {by}><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>",
    )


def heading_in_the_header(document: Docx) -> None:
    document.add_heading("About {{ number }}", 1)
    add_field(document.sections[0].header.paragraphs[0], 'STYLEREF "Heading 1"')


def frames_and_floating_tables(document: Docx) -> None:
    frame = '<w:framePr w:w="2000" w:h="800" w:hRule="exact" w:hAnchor="page" w:vAnchor="page" w:x="6000" w:y="3000"/>'
    insert(document, paragraph("framed {{ number }}", frame))
    document.add_paragraph(LOREM)
    table = document.add_table(1, 1, style="Table Grid")
    floating = f'<w:tblpPr {nsdecls("w")} w:horzAnchor="page" w:vertAnchor="page" w:tblpX="5000" w:tblpY="9000"/>'
    table._tbl.tblPr.append(parse_xml(floating))
    table.cell(0, 0).text = "floats {{ name }}"
    document.add_paragraph("end")


def list_in_a_text_box(document: Docx) -> None:
    item = paragraph("boxed {{ number }}", "<w:pStyle w:val='ListNumber'/>")
    text = f"<v:textbox><w:txbxContent>{item}</w:txbxContent></v:textbox>"
    box = f'<v:shape style="position:absolute;width:150pt;height:50pt">{text}</v:shape>'
    insert(document, f"<w:p><w:r><w:t>anchor</w:t></w:r><w:r><w:pict>{box}</w:pict></w:r></w:p>")
    document.add_paragraph("numbered", style="List Number")


def list_in_the_header(document: Docx) -> None:
    header = document.sections[0].header.paragraphs[0]
    header.style = document.styles["List Number"]
    header.add_run("head {{ number }}")
    document.add_paragraph("item", style="List Number")


def numbered_headings(document: Docx) -> None:
    numbering = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:pStyle w:val="Heading{level + 1}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for level, form, text in ((0, "chineseCounting", "%1、"), (1, "decimal", "%1.%2"))
    )
    abstract = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90"><w:multiLevelType w:val="multilevel"/>{levels}'
    numbering.insert(0, parse_xml(f"{abstract}</w:abstractNum>"))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for name, level in (("Heading 1", 0), ("Heading 2", 1)):
        properties = document.styles[name].element.get_or_add_pPr()
        belongs = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="90"/></w:numPr>'
        properties.append(parse_xml(belongs))
    for text, level in (("A {{ number }}", 1), ("a", 2), ("b", 2), ("B", 1), ("c", 2)):
        document.add_heading(text, level)


def list_items_in_a_loop_and_in_a_cell(document: Docx) -> None:
    document.add_paragraph("{%p for row in rows %}")
    document.add_paragraph("{{ row.item }}", style="List Number")
    document.add_paragraph("{%p endfor %}")
    cell = document.add_table(1, 1).cell(0, 0).paragraphs[0]
    cell.style = document.styles["List Number"]
    cell.add_run("in a cell")


def language_of_jinja(document: Docx) -> None:
    for text in (
        "{%p set seen = namespace(n=0) %}",
        "{%p for row in rows %}",
        "{%p set seen.n = seen.n + 1 %}",
        "{{ loop.index }}. {{ row.item }}{%- if not loop.last %} and more{% endif %}",
        "{%p endfor %}",
        "{{ seen.n }}: {{ rows | map(attribute='sum') | join('+') }} for {{ number }}",
    ):
        document.add_paragraph(text)


def merged_and_coloured_cells(document: Docx) -> None:
    table = document.add_table(4, 3, style="Table Grid")
    table.cell(0, 0).text = "{% colspan rows|length %}{{ number }}"
    table.cell(1, 0).text = "{%tr for row in rows %}"
    table.cell(2, 0).text = "{% vm %}{{ name }}"
    table.cell(2, 1).text = "{% cellbg 'FFEE00' %}{{ row.item }}"
    table.cell(3, 0).text = "{%tr endfor %}"


def tabs_breaks_and_new_paragraphs_in_a_value(document: Docx) -> None:
    document.add_paragraph("A{{ special }}B")


def contents(document: Docx) -> None:
    add_field(document.add_paragraph(), 'TOC \\o "1-2" \\h')
    document.add_heading("One {{ number }}", 1)
    document.add_heading("Two", 2)


def mirrored_margins(document: Docx) -> None:
    document.settings.element.insert(0, OxmlElement("w:mirrorMargins"))
    document.sections[0].left_margin, document.sections[0].right_margin = Mm(50), Mm(10)
    page_of_pages(document)
    for text in (LOREM, "x {{ number }}", "y"):
        document.add_paragraph(text)
        document.add_page_break()


def reference_from_the_header(document: Docx) -> None:
    at = document.add_paragraph()
    for tag in ("w:bookmarkStart", "w:bookmarkEnd"):
        mark = OxmlElement(tag)
        mark.set(qn("w:id"), "1")
        if tag == "w:bookmarkStart":
            mark.set(qn("w:name"), "here")
        at._p.append(mark)
        if tag == "w:bookmarkStart":
            at.add_run("the place {{ number }}")
    add_field(document.sections[0].header.paragraphs[0], "REF here")


def grid_of_lines_and_characters(document: Docx) -> None:
    grid = f'<w:docGrid {nsdecls("w")} w:type="linesAndChars" w:linePitch="312" w:charSpace="200"/>'
    document.sections[0]._sectPr.append(parse_xml(grid))
    for _ in range(3):
        document.add_paragraph(LOREM)


@dataclass(frozen=True)
class Odd:
    """Unusual template, with whether its letters share a document."""

    build: Callable[[Docx], None]
    shared: bool = True


ODD = {
    each.build.__name__: each
    for each in (
        Odd(content_control_at_the_end),
        Odd(table_in_a_table_and_nothing_else),
        Odd(long_table_with_a_running_head_first, shared=False),
        Odd(columns),
        Odd(section_on_an_odd_page),
        Odd(links),
        Odd(tracked_changes),
        Odd(heading_in_the_header, shared=False),
        Odd(frames_and_floating_tables),
        Odd(list_in_a_text_box, shared=False),
        Odd(list_in_the_header, shared=False),
        Odd(numbered_headings),
        Odd(list_items_in_a_loop_and_in_a_cell),
        Odd(language_of_jinja),
        Odd(merged_and_coloured_cells),
        Odd(tabs_breaks_and_new_paragraphs_in_a_value),
        Odd(contents, shared=False),
        Odd(mirrored_margins),
        Odd(reference_from_the_header, shared=False),
        Odd(grid_of_lines_and_characters),
    )
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmOffice]:
    folder = tmp_path_factory.mktemp("office")
    with WarmOffice(Engine(find(), folder / "profiles", tuple(office_environment(folder / "fonts").items()))) as warm:
        yield warm


@pytest.mark.parametrize("name", ODD)
def test_each_letters_pages_are_the_same_as_in_a_separate_document(
    name: str, tmp_path: Path, office: WarmOffice
) -> None:
    template, document = tmp_path / "template.docx", Document()
    ODD[name].build(document)
    document.save(str(template))
    values = [
        {"number": f"A-{place}", "name": owner, "rows": ROWS, "special": "x\ty\nz\aw\fv"}
        for place, owner in enumerate(NAMES, start=1)
    ]
    alone = []
    for fields in values:
        plain = DocxTemplate(template)
        plain.render(fields, autoescape=True)
        made = tmp_path / f"plain-{fields['number']}.docx"
        plain.save(made)
        alone.append(made.with_suffix(".pdf"))
        office.convert(made, alone[-1], limit=60)

    pdfs = converted(office, template, [Letter(str(each["number"]), "", each, ()) for each in values], tmp_path)

    assert len(pdfs) == (1 if ODD[name].shared else len(values))
    assert [text for pdf in pdfs for text in page_texts(pdf)] == [text for pdf in alone for text in page_texts(pdf)]
    assert places(*pdfs) == [pytest.approx(page, abs=1) for page in places(*alone)]
