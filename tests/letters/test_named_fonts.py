"""Every font that draws text of a template is known, wherever Word keeps its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn

from notices.fonts.batch_fonts import batch_fonts
from notices.letters.inspection import possible_fonts, undrawn_text, unmapped_fonts
from notices.letters.named_fonts import UNNAMED
from notices.letters.template import open_template


def chinese(style: object, name: str) -> None:
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)  # type: ignore[attr-defined]


def normal(document: Docx) -> None:
    document.styles["Normal"].font.name = "Times New Roman"
    chinese(document.styles["Normal"], "宋体")


def fonts_of(path: Path, change: Callable[[Docx], None]) -> set[str]:
    document = Document()
    document.add_paragraph("{{ owner }} {{ unit }}")
    change(document)
    document.save(str(path / "letter.docx"))
    return set(possible_fonts(open_template(path / "letter.docx")))


def test_a_font_that_only_a_style_names_is_known(tmp_path: Path) -> None:
    assert fonts_of(tmp_path, normal) == {"Times New Roman", "宋体"}


def test_so_is_that_of_a_style_on_which_another_is_based(tmp_path: Path) -> None:
    def change(document: Docx) -> None:
        normal(document)
        base = document.styles.add_style("Base", WD_STYLE_TYPE.PARAGRAPH)
        base.base_style = document.styles["Normal"]
        chinese(base, "黑体")
        document.styles.add_style("Derived", WD_STYLE_TYPE.PARAGRAPH).base_style = base
        document.paragraphs[0].style = document.styles["Derived"]

    assert "黑体" in fonts_of(tmp_path, change)


def test_a_style_that_no_text_uses_does_not_count(tmp_path: Path) -> None:
    def change(document: Docx) -> None:
        normal(document)
        chinese(document.styles["Heading 1"], "华文琥珀")

    assert "华文琥珀" not in fonts_of(tmp_path, change)


def test_the_themes_fonts_count_where_no_style_names_others(tmp_path: Path) -> None:
    found = fonts_of(tmp_path, lambda document: None)
    assert "Cambria" in found  # of the defaults of python-docx's own template
    assert "宋体" in found  # the theme's font for simplified Chinese


def test_so_does_the_font_of_a_footer(tmp_path: Path) -> None:
    def change(document: Docx) -> None:
        normal(document)
        run = document.sections[0].footer.paragraphs[0].add_run("第 1 页")
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "楷体")

    assert "楷体" in fonts_of(tmp_path, change)


def test_chinese_text_without_a_named_font_is_drawn_by_none(tmp_path: Path) -> None:
    def change(document: Docx) -> None:
        for fonts in document.styles.element.iter(qn("w:rFonts")):
            for key in ("w:eastAsia", "w:eastAsiaTheme"):
                fonts.attrib.pop(qn(key), None)

    assert UNNAMED in fonts_of(tmp_path, change)


def test_a_font_that_is_not_here_is_a_mistake_only_where_the_text_names_it(tmp_path: Path) -> None:
    """Word's own theme names fonts that are not free, whatever the text uses."""
    assert "Cambria" in fonts_of(tmp_path, lambda document: None)
    assert not list(unmapped_fonts(open_template(tmp_path / "letter.docx")))

    def change(document: Docx) -> None:
        document.paragraphs[0].add_run("text").font.name = "Nowhere Sans"

    fonts_of(tmp_path, change)
    (problem,) = unmapped_fonts(open_template(tmp_path / "letter.docx"))
    assert problem.fact.values["font"] == "Nowhere Sans"


@pytest.mark.office
def test_a_character_of_the_templates_own_text_that_no_font_draws_is_named(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("{{ owner }} {{ unit }} □☐✓①㎡")
    document.save(str(tmp_path / "drawn.docx"))
    assert not list(undrawn_text(open_template(tmp_path / "drawn.docx")))
    document.sections[0].footer.paragraphs[0].add_run("\U000323af")
    document.save(str(tmp_path / "letter.docx"))
    (problem,) = undrawn_text(open_template(tmp_path / "letter.docx"))
    assert problem.fact.values["characters"] == "\U000323af (U+323AF)"


@pytest.mark.office
def test_no_fonts_of_a_batch_are_made_of_faces_that_draw_no_chinese(tmp_path: Path) -> None:
    assert batch_fonts([], "林晓禾", tmp_path / "none", b"key") is None
    assert batch_fonts(["DejaVu Sans"], "林晓禾", tmp_path / "latin", b"key") is None
