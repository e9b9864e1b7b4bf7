"""A book of letters and papers: what each part brings along, and what stays behind."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fpdf import FPDF
from pypdf import PdfReader

from notices.pdf import DocumentInfo, FormFont, TextPlace, add_fields
from notices.pdf.book import BookPart, bind_book

BOX = TextPlace("water", 1, (60.0, 600.0, 72.0, 612.0), "tick", "漏水")


def letter_with_a_form() -> bytes:
    page = FPDF(unit="pt", format="A4")
    page.add_page()
    page.set_font("helvetica", size=12)
    page.text(60, 100, "Notice 1")
    font = FormFont("Typed", b"never drawn", True, {"1": 1}, {1: 500}, (0, -200, 1000, 800), 800, -200)
    return add_fields(bytes(page.output()), [BOX], font, "N-1")


def font_of(characters: str) -> bytes:
    names = [f"c{ord(each)}" for each in characters]
    made = FontBuilder(1000, isTTF=False)
    made.setupGlyphOrder([".notdef", *names])
    made.setupCharacterMap({ord(each): name for each, name in zip(characters, names, strict=True)})
    empty = T2CharStringPen(500, None).getCharString()
    made.setupCFF("Stamp", {}, dict.fromkeys([".notdef", *names], empty), {})
    made.setupHorizontalMetrics(dict.fromkeys([".notdef", *names], (500, 0)))
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": "Stamp", "styleName": "Regular"})
    made.setupOS2()
    made.setupPost()
    content = BytesIO()
    made.save(content)
    return content.getvalue()


def test_fields_of_a_form_stay_behind_because_the_book_has_no_form(tmp_path: Path) -> None:
    letter = letter_with_a_form()
    assert PdfReader(BytesIO(letter)).pages[0]["/Annots"]
    info = DocumentInfo(title="Evidence", language="en", dated=date(2026, 11, 30), author="")
    parts = [BookPart("letter", letter)]
    bind_book(parts, tmp_path / "book.pdf", info, stamp="{page}/{pages}", font=font_of("/0123456789 "))
    page = PdfReader(tmp_path / "book.pdf").pages[0]
    assert not page.get("/Annots", [])
    assert "Notice 1" in page.extract_text()
