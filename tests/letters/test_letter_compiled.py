"""The compiled form of a template gives the same pages as docxtpl, or is not used."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from docx import Document
from docx.enum.section import WD_SECTION
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from letter_builders import TEMPLATES, TIERS, charge, earlier, letter_of, occasion, plain_letters, template
from PIL import Image

from notices.fonts.installed import resolve_families
from notices.letters.assemble import assemble
from notices.letters.compiled import Form, Unsupported, compile_form
from notices.letters.context import LetterInput, combined
from notices.letters.template import open_template
from notices.model import Letter
from notices.office import WarmOffice
from notices.pdf import layouts, page_texts, render_page, same_layout

pytestmark = pytest.mark.office

Compiled = Callable[[Path], Form]


@pytest.fixture
def compiled(office: WarmOffice, tmp_path: Path) -> Compiled:
    def form(source: Path) -> Form:
        office.convert(source, tmp_path / "form.odt", limit=60)
        return compile_form(open_template(source), (tmp_path / "form.odt").read_bytes())

    return form


@pytest.fixture
def both_ways(office: WarmOffice, compiled: Compiled, tmp_path: Path) -> Callable[[Path, Sequence[Letter]], list[str]]:
    """Return a function that makes letters both ways, compares text and positions, and returns the pages' text."""

    def pages(source: Path, made: Sequence[Letter]) -> list[str]:
        (tmp_path / "ours.odt").write_bytes(compiled(source).filled(made))
        assemble(source, made, tmp_path / "theirs.docx")
        for document in ("ours.odt", "theirs.docx"):
            office.convert(tmp_path / document, (tmp_path / document).with_suffix(".pdf"), limit=120)
        ours, theirs = tmp_path / "ours.pdf", tmp_path / "theirs.pdf"
        assert [page.split() for page in page_texts(ours)] == [page.split() for page in page_texts(theirs)]
        numbers = range(1, len(page_texts(ours)) + 1)
        unlike = [
            number
            for number, one, other in zip(numbers, layouts(ours, numbers), layouts(theirs, numbers), strict=True)
            if not same_layout(one, other)
        ]
        assert unlike == []
        return page_texts(ours)

    return pages


def squeezed(text: str) -> str:
    return "".join(text.split())


def several(tier: str, units: int) -> LetterInput:
    """Build a letter for several units."""
    usual = occasion([charge(70), charge(71)], tier, previous=earlier())
    each = [
        replace(usual, account=replace(usual.account, unit=f"12栋2单元{n}室"), number=f"QSY-2026-{100 + n:06d}")
        for n in range(units)
    ]
    return combined(each[0], each[1:])


def variety(tier: str) -> list[Letter]:
    """Build letters that take every branch of the sample templates: short, long, few data, rare characters."""
    usual = occasion([charge(70), charge(71)], tier, previous=earlier())
    bare = usual.estate.model_copy(
        update={
            "contract": "",
            "contract_clause": "",
            "fee_standard": "",
            "payment_link": "",
            "online": "",
            "service_centre": usual.estate.service_centre.model_copy(
                update={"hours": "", "address": "", "postcode": "", "seal": ""}
            ),
            "bank": usual.estate.bank.model_copy(update={"account": ""}),
        }
    )
    account = usual.account
    made = [
        usual,
        occasion([charge(20 + n) for n in range(60)], tier),
        occasion([charge(60 + n) for n in range(12)], tier, previous=earlier()),
        replace(usual, estate=bare, handler=None, previous=None, account=replace(account, area=None)),
        replace(usual, account=replace(account, owners=("𬭎䶮", "Smith & Sons <x>, you owe 1"), unit="3 - 2  501")),
        replace(usual, account=replace(account, owners=("{{ number }} {% if x %}",), address=" 两行\n地址\t 结尾 ")),
        *(several(tier, units) for units in (2, 6, 9, 13)),
    ]
    return [letter_of(replace(each, number=f"QSY-2026-{n:06d}")) for n, each in enumerate(made, start=1)]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("folder", ["", "en"])
@pytest.mark.slow
def test_the_sample_templates_come_out_the_same_both_ways(tier: str, folder: str, both_ways) -> None:
    assert len(both_ways(TEMPLATES / folder / f"{tier}.docx", variety(tier))) > 6


def test_a_letter_with_every_kind_of_value_comes_out_the_same_both_ways(both_ways) -> None:
    text = squeezed("".join(both_ways(TEMPLATES / "reminder.docx", variety("reminder"))))
    assert "尊敬的{{number}}{%ifx%}业主" in text
    assert "Smith&Sons<x>,youowe1" in text


def test_the_form_makes_the_office_look_for_neither_fonts_that_are_not_there_nor_a_template(compiled: Compiled) -> None:
    form = compiled(TEMPLATES / "reminder.docx")
    faces = re.findall(r"svg:font-family=\"(?:&apos;|')?([^\"';]+)", form.sources.content + form.sources.styles)
    assert faces
    assert {family for family, drawn in resolve_families(faces).items() if drawn not in (None, family)} == set()
    assert b"meta:template" not in form.members["meta.xml"]


def test_only_codes_that_the_template_shows_are_drawn(compiled: Compiled, tmp_path: Path) -> None:
    links = {"payment_qr": "https://pay.example.com/?notice=1"}
    without = compiled(template(tmp_path / "plain.docx", "{{ number }}")).filled(plain_letters("1", **links))
    assert not [name for name in zipfile.ZipFile(io.BytesIO(without)).namelist() if "payment_qr" in name]
    source = template(tmp_path / "paid.docx", "{{ number }} {{ payment_qr }}")
    shown = compiled(source).filled(plain_letters("1", **links))
    assert [name for name in zipfile.ZipFile(io.BytesIO(shown)).namelist() if "payment_qr" in name]


@pytest.mark.slow
def test_a_printed_code_is_read_as_the_number_both_ways(both_ways, tmp_path: Path) -> None:
    link = "https://pay.example.com/wy?notice=QSY-2026-000123"
    source = template(tmp_path / "paid.docx", "{{ number }} {{ qr }} {{ payment_qr }}")
    both_ways(source, plain_letters("QSY-2026-000123", qr="QSY-2026-000123", payment_qr=link))
    for made in ("ours.pdf", "theirs.pdf"):
        page = Image.open(io.BytesIO(render_page(tmp_path / made, 1, dpi=300)))
        assert {code.text for code in zxingcpp.read_barcodes(page)} == {"QSY-2026-000123", link}


def test_what_a_list_says_is_never_markup(compiled: Compiled, tmp_path: Path) -> None:
    form = compiled(template(tmp_path / "plain.docx", "{{ number }}: {{ owner }}."))
    evil = "</text:span></text:p><text:p>{{ 7*7 }}{% for %}&amp;<![CDATA[\"'"
    content = zipfile.ZipFile(io.BytesIO(form.filled(plain_letters("1", owner=evil)))).read("content.xml").decode()
    assert "&lt;/text:span&gt;&lt;/text:p&gt;&lt;text:p&gt;{{ 7*7 }}{% for %}&amp;amp;&lt;![CDATA[" in content
    with pytest.raises(Unsupported):
        form.filled(plain_letters("1", owner="bell\x07"))


def rich_template(path: Path) -> Path:
    """Write a template with lists, bookmarks, conditional rows, formats inside tags, two sections and headers."""
    document = Document()
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.first_page_header.paragraphs[0].text = "first {{ number }}"
    section.header.paragraphs[0].text = "later {{ number }}{% if loud %} LOUD{% endif %}"
    footer = section.footer.paragraphs[0]
    footer.text = "No. {{ number }} page "
    for instruction in ("PAGE", "NUMPAGES"):
        simple = OxmlElement("w:fldSimple")
        simple.set(qn("w:instr"), instruction)
        simple.append(OxmlElement("w:r"))
        footer._p.append(simple)
    title = document.add_heading("", 1)
    for piece, bold in (("Letter {", True), ("{ num", False), ("ber }", True), ("} to you", False)):
        title.add_run(piece).bold = bold
    document.add_paragraph("{%p if loud %}")
    document.add_paragraph("LOUD  with   blanks {{ number }}  and {{ number }} ")
    document.add_paragraph("{%p else %}")
    document.add_paragraph("quiet")
    document.add_paragraph("{%p endif %}")
    for item in ("one", "two {{ number }}", "three"):
        document.add_paragraph(item, style="List Number")
    for item in ("dot", "dot {% if loud %}loud{% else %}quiet{% endif %} dot"):
        document.add_paragraph(item, style="List Bullet")
    table = document.add_table(rows=4, cols=2, style="Table Grid")
    for row, cells in enumerate(
        (("what", "how much"), ("{%tr for r in rows %}", ""), ("{{ r.a }}", "{{ r.b }}"), ("{%tr endfor %}", ""))
    ):
        for cell, text in zip(table.rows[row].cells, cells, strict=True):
            cell.text = text
    run = document.add_paragraph().add_run(
        "bold {{ number }}, ‘{{ 'quoted' }}’ {{ rows|length }} {{ 'x' if loud else 'y' }}"
    )
    run.bold = True
    document.add_section(WD_SECTION.NEW_PAGE)
    document.add_paragraph("Second section of {{ number }}\tafter a tab")
    document.save(str(path))
    return path


def rich_letters() -> list[Letter]:
    return [
        *plain_letters("N-1", loud=True, rows=[{"a": "x", "b": "1"}]),
        *plain_letters("N-2", loud=False, rows=[{"a": f"row {n}", "b": str(n)} for n in range(70)]),
        *plain_letters("N-3", loud=True, rows=[]),
    ]


def test_lists_sections_headers_and_tables_come_out_the_same_both_ways(both_ways, tmp_path: Path) -> None:
    pages = both_ways(rich_template(tmp_path / "rich.docx"), rich_letters())
    assert squeezed(pages[0]).startswith("firstN-1")
    assert sum("secondsectionof" in squeezed(page).lower() for page in pages) == 3


@pytest.mark.parametrize(
    "text",
    ["{{r owner }}", "{%r if owner %}x{%r endif %}", "{%- if owner %}x{% endif %}", "{{ owner|safe }}", "{# note #}"],
)
def test_tags_that_only_docxtpl_understands_are_left_to_it(text: str, compiled: Compiled, tmp_path: Path) -> None:
    with pytest.raises(Unsupported):
        compiled(template(tmp_path / "own.docx", "Dear {{ owner }}", text))


def test_a_letter_that_may_begin_with_one_thing_or_another_is_left_to_docxtpl(
    compiled: Compiled, tmp_path: Path
) -> None:
    with pytest.raises(Unsupported):
        compiled(
            template(tmp_path / "maybe.docx", "{%p if owner %}", "Dear {{ owner }}", "{%p endif %}", "{{ number }}")
        )


def test_a_missing_field_is_left_to_docxtpl_to_say(compiled: Compiled, tmp_path: Path) -> None:
    form = compiled(template(tmp_path / "lacks.docx", "{{ number }} {{ nowhere }}"))
    with pytest.raises(Unsupported):
        form.filled(plain_letters("1"))
