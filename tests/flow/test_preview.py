"""Three letters of a template look the same as each made alone by docxtpl and LibreOffice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2
import pypdfium2.raw
import pytest
from docx import Document
from docx.document import Document as Docx
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm
from docxtpl import DocxTemplate

from notices.flow.templates.preview import converted, read_data
from notices.fonts.installed import office_environment
from notices.letters.rich_values import convert_for
from notices.letters.template import open_template
from notices.model import Letter
from notices.office import Engine, WarmOffice, find
from notices.pdf import page_texts
from notices.qr import qr_png

pytestmark = pytest.mark.office
LOREM = "物业服务费按照合同约定缴纳。" * 60


def add_field(paragraph: object, instruction: str) -> None:
    simple = OxmlElement("w:fldSimple")
    simple.set(qn("w:instr"), instruction)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    simple.append(run)
    paragraph._p.append(simple)  # type: ignore[attr-defined]


def page_of_pages(document: Docx) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.add_run("{{ number }} page ")
    add_field(paragraph, "PAGE")
    paragraph.add_run(" of ")
    add_field(paragraph, "NUMPAGES")


def loops(document: Docx) -> None:
    page_of_pages(document)
    document.add_paragraph("{% if name %}Dear {{ name }}{% else %}nobody{% endif %}")
    for text in (
        "{%p if long %}",
        LOREM,
        "{%p endif %}",
        "{%p for row in rows %}",
        "- {{ row.item }}",
        "{%p endfor %}",
    ):
        document.add_paragraph(text)
    table = document.add_table(4, 2, style="Table Grid")
    for row, cells in enumerate(
        (("item", "sum"), ("{%tr for row in rows %}", ""), ("{{ row.item }}", "{{ row.sum }}"))
    ):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(3, 0).text = "{%tr endfor %}"
    document.add_paragraph("{{ '%.2f' | format(3) }} {{ name | upper }}")


def rich_text(document: Docx) -> None:
    document.add_paragraph("before {{r rich }} after")
    document.sections[0].header.paragraphs[0].text = "{{r rich }}"


def pictures(document: Docx) -> None:
    document.add_paragraph("a picture: {{ image }}")
    document.sections[0].header.paragraphs[0].text = "{{ image }} {{ number }}"


def subdocument(document: Docx) -> None:
    document.add_paragraph("before")
    document.add_paragraph("{{p part }}")
    document.add_paragraph("after", style="List Number")


def headers(document: Docx) -> None:
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.first_page_header.paragraphs[0].text = "first {{ number }}"
    section.header.paragraphs[0].text = "later {{ number }} {{ name }}"
    page_of_pages(document)
    document.settings.odd_and_even_pages_header_footer = True
    section.even_page_header.paragraphs[0].text = "even {{ number }}"
    for _ in range(3):
        document.add_paragraph(LOREM)
        document.add_page_break()
    document.add_paragraph("the end")


def sections(document: Docx) -> None:
    page_of_pages(document)
    document.add_paragraph("upright {{ number }}")
    wide = document.add_section()
    wide.orientation = WD_ORIENT.LANDSCAPE
    wide.page_width, wide.page_height = wide.page_height, wide.page_width
    wide.header.is_linked_to_previous = False
    wide.header.paragraphs[0].text = "wide header {{ number }}"
    document.add_paragraph("wide " + LOREM)
    small = document.add_section()
    small.page_width, small.page_height = Mm(148), Mm(210)
    document.add_paragraph("small {{ name }}")


def lists(document: Docx) -> None:
    for text in ("one {{ number }}", "two"):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("between")
    document.add_paragraph("three", style="List Number")
    document.add_paragraph("other", style="List Number 2")
    document.add_paragraph("dot", style="List Bullet")


def footnotes(document: Docx) -> None:
    """Add the place for a footnote; `with_footnotes` fills it in, as python-docx cannot."""
    document.add_paragraph("text MARK {{ number }}")


def text_box(document: Docx) -> None:
    paragraph = document.add_paragraph("anchor {{ number }}")
    box = (
        f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><w:pict>'
        '<v:shape id="box" style="position:absolute;margin-left:200pt;margin-top:60pt;width:150pt;height:50pt">'
        "<v:textbox><w:txbxContent><w:p><w:r><w:t>boxed {{ name }}</w:t></w:r></w:p></w:txbxContent></v:textbox>"
        "</v:shape></w:pict></w:r>"
    )
    paragraph._p.append(parse_xml(box))


def counted_on(document: Docx) -> None:
    """Add a sequence field, which counts through the document: the second letter's figures would begin at 3."""
    page_of_pages(document)
    for text in ("figure", "figure"):
        paragraph = document.add_paragraph(f"{text} ")
        add_field(paragraph, "SEQ Figure \\* ARABIC")


def odd_page_numbers(document: Docx) -> None:
    """Start page numbering at 5."""
    page_of_pages(document)
    number = OxmlElement("w:pgNumType")
    number.set(qn("w:start"), "5")
    document.sections[0]._sectPr.append(number)
    document.add_paragraph(LOREM * 4)


def references(document: Docx) -> None:
    paragraph = document.add_paragraph("see ")
    add_field(paragraph, "REF here")
    add_field(paragraph, "PAGEREF here")
    document.add_page_break()
    target = document.add_paragraph()
    for tag in ("w:bookmarkStart", "w:bookmarkEnd"):
        mark = OxmlElement(tag)
        mark.set(qn("w:id"), "1")
        if tag == "w:bookmarkStart":
            mark.set(qn("w:name"), "here")
        target._p.append(mark)
        if tag == "w:bookmarkStart":
            target.add_run("the place")


@dataclass(frozen=True)
class Kind:
    """Kind of template, with whether its letters share a document."""

    build: Callable[[Docx], None]
    shared: bool = True
    extra: Mapping[str, object] = field(default_factory=dict)


KINDS = {
    kind.build.__name__: kind
    for kind in (
        Kind(loops),
        Kind(rich_text),
        Kind(pictures),
        Kind(subdocument, shared=False),
        Kind(headers),
        Kind(sections),
        Kind(lists),
        Kind(footnotes, shared=False),
        Kind(text_box),
        Kind(counted_on, shared=False),
        Kind(odd_page_numbers, shared=False),
        Kind(references),
    )
}
DATA = {
    "number": "A-1",
    "name": "Lin & Sons <x>",
    "long": True,
    "rows": [{"item": "fee", "sum": "1.00"}, {"item": "lift", "sum": "2.00"}],
    "rich": {"rich_text": [{"text": "bold", "bold": True}, " and ", {"text": "a link", "url": "https://example.com/"}]},
    "image": {"image": "code.png", "width_mm": 15},
    "part": {"document": "part.docx"},
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmOffice]:
    folder = tmp_path_factory.mktemp("office")
    with WarmOffice(Engine(find(), folder / "profiles", tuple(office_environment(folder / "fonts").items()))) as warm:
        yield warm


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder with data, a picture and a document to put into letters."""
    (tmp_path / "data.json").write_text(json.dumps(DATA), encoding="utf-8")
    (tmp_path / "code.png").write_bytes(qr_png("A-1"))
    part = Document()
    part.add_paragraph("part one", style="List Number")
    part.add_paragraph("part two", style="List Number")
    part.add_table(1, 2, style="Table Grid").cell(0, 0).text = "cell"
    part.save(str(tmp_path / "part.docx"))
    return tmp_path


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.slow
def test_three_letters_look_the_same_as_each_made_alone(name: str, desk: Path, office: WarmOffice) -> None:
    kind, template = KINDS[name], desk / "template.docx"
    document = Document()
    kind.build(document)
    document.save(str(template))
    if kind.build is footnotes:
        with_footnotes(template)
    (fields,) = read_data(desk / "data.json")

    plain = DocxTemplate(template)
    plain.render(convert_for(plain, fields), autoescape=True)
    plain.save(desk / "plain.docx")
    office.convert(desk / "plain.docx", desk / "plain.pdf", limit=60)
    pdfs = converted(office, template, [Letter("A-1", "", fields, ())] * 3, desk)

    assert len(pdfs) == (1 if kind.shared else 3)
    assert open_template(template).shareable is kind.shared or name == "subdocument"
    assert [text for pdf in pdfs for text in page_texts(pdf)] == page_texts(desk / "plain.pdf") * 3
    assert places(*pdfs) == [pytest.approx(page, abs=1) for page in places(desk / "plain.pdf") * 3]


def places(*pdfs: Path) -> list[list[float]]:
    """Return each page's size and the position of each character and picture, in points."""
    found = []
    for pdf in pdfs:
        document = pypdfium2.PdfDocument(pdf)
        for page in document:
            text = page.get_textpage()
            boxes = [text.get_charbox(index) for index in range(text.count_chars())]
            drawn = [image.get_bounds() for image in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])]
            found.append([*page.get_size(), *(side for box in (*boxes, *drawn) for side in box)])
        document.close()
    return found


def with_footnotes(template: Path) -> None:
    """Give the word MARK of a document a footnote with a field in it."""
    import zipfile  # noqa: PLC0415 - only used here

    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:id="1"><w:p><w:r><w:footnoteRef/></w:r>'
        "<w:r><w:t> note of {{ number }}</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    additions = {
        "[Content_Types].xml": ("</Types>", f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'),
        "word/_rels/document.xml.rels": (
            "</Relationships>",
            f'<Relationship Id="rIdN" Type="{relation}" Target="footnotes.xml"/></Relationships>',
        ),
        "word/document.xml": ("text MARK", 'text</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r><w:r><w:t>'),
    }
    with zipfile.ZipFile(template) as package:
        entries = {name: package.read(name) for name in package.namelist()}
    for name, (old, new) in additions.items():
        entries[name] = entries[name].replace(old.encode(), new.encode())
    entries["word/footnotes.xml"] = notes.encode()
    with zipfile.ZipFile(template, "w") as package:
        for name, content in entries.items():
            package.writestr(name, content)
