"""Pages cut out with nothing of the others: fonts reduced, or the pages as pictures of themselves."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pikepdf
from fpdf import FPDF
from readable_letters import page_pdf

from notices.fonts.installed import face_for
from notices.fonts.reduction import truetype_reduced, type1_reduced
from notices.fonts.typeface import subset_font
from notices.pdf import DocumentInfo, texts_of
from notices.pdf.own_pages import own_pages

INFO = DocumentInfo("t", "zh-CN", date(2026, 11, 23))


def cut_out(path: Path, first: int) -> bytes:
    return own_pages(path, first, 1, INFO, type1=type1_reduced, truetype=truetype_reduced)


def test_the_map_of_characters_keeps_only_those_of_the_page(tmp_path: Path) -> None:
    path = tmp_path / "two.pdf"
    with pikepdf.new() as book:
        for line in ("甲乙丙", "丁戊"):
            single = tmp_path / f"{line}.pdf"
            single.write_bytes(page_pdf((line,)))
            with pikepdf.open(single) as source:
                book.pages.extend(source.pages)
        book.pages[1].obj.Resources.Font.F = book.pages[0].obj.Resources.Font.F  # one font for both, as in a shard
        both = (
            b"beginbfchar\n" + b"".join(b"<%04x> <%04x>\n" % (ord(it), ord(it)) for it in "甲乙丙丁戊") + b"endbfchar"
        )
        book.pages[0].obj.Resources.Font.F.ToUnicode = book.make_stream(both)
        book.save(path)
    made = cut_out(path, 2)
    (text,) = texts_of(made)
    assert text.strip() == "丁戊"
    target = tmp_path / "cut.pdf"
    target.write_bytes(made)
    with pikepdf.open(target) as book:
        told = book.pages[0].obj.Resources.Font.F.ToUnicode.read_bytes()
    assert b"4E01" in told.upper()
    assert b"7532" not in told  # 甲


def test_a_font_that_cannot_be_reduced_makes_the_page_a_picture(tmp_path: Path) -> None:
    face = face_for("宋体")
    assert face is not None
    font, path = tmp_path / "font.otf", tmp_path / "drawn.pdf"
    font.write_bytes(subset_font(*face, "甲乙丙丁 "))
    book = FPDF()
    book.add_font("face", fname=font)
    for line in ("甲乙", "丙丁"):
        book.add_page()
        book.set_font("face", size=20)
        book.cell(text=line)
    path.write_bytes(bytes(book.output()))
    made = cut_out(path, 2)
    assert [text.strip() for text in texts_of(made)] == [""]  # nothing but what can be seen
    target = tmp_path / "cut.pdf"
    target.write_bytes(made)
    with pikepdf.open(target) as book_of_pictures:
        (page,) = book_of_pictures.pages
        assert len(list(page.resources["/XObject"].keys())) == 1
