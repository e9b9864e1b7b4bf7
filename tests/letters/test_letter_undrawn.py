"""A letter leaves only if its fonts draw what it says: text that can be read from a PDF may be empty boxes on paper."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from docx import Document
from docx.oxml.ns import qn
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen

from notices.errors import DataNeedsPerson
from notices.fonts.batch_fonts import batch_fonts, font_files, place_fonts
from notices.fonts.installed import office_environment
from notices.fonts.truetype import UnsuitableFont
from notices.fonts.undrawn import undrawn_codes
from notices.letters.rare_characters import refuse_undrawn
from notices.letters.shards.dispatch import run_shards
from notices.letters.shards.shard import Shard, ShardResult
from notices.model import Letter
from notices.office import Engine, WarmOffice, find
from notices.workers.pool import WorkerPool

NOBODY_DRAWS = "\U000323af"  # the last character of its block, added in 2022
TEXT = "林晓禾应交物业费1,240.40元，请于2026年12月8日前缴清"


def document(path: Path, text: str) -> Path:
    made = Document()
    run = made.add_paragraph().add_run(text)
    run.font.name = "Times New Roman"
    run._element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    made.save(str(path))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("undrawn")


@pytest.fixture(scope="module")
def symbols_only(folder: Path) -> dict[str, str]:
    """Return the environment of a set of fonts without any that draws Chinese."""
    whole = batch_fonts(["宋体"], TEXT, folder / "whole", b"key")
    assert whole is not None
    files = {name: content for name, content in font_files(whole.environment).items() if name.startswith("symbols")}
    return place_fonts(files, folder / "symbols")


@pytest.fixture(scope="module")
def printed(folder: Path) -> Iterator[Callable[[str], Path]]:
    mapped = tuple(office_environment(folder / "mapped").items())
    with WarmOffice(Engine(find(), folder / "profiles", mapped)) as office:

        def convert(text: str) -> Path:
            made = folder / f"{abs(hash(text))}.pdf"
            office.convert(document(folder / "text.docx", text), made, limit=60.0)
            return made

        yield convert


@pytest.fixture(scope="module")
def made(folder: Path, symbols_only: dict[str, str]) -> Iterator[Callable[..., ShardResult]]:
    """Return a way to make one letter with fonts that draw none of it, with or without others to fall back on."""
    blind, seeing = Engine(find(), folder / "blind", tuple(symbols_only.items())), Engine(find(), folder / "seeing")
    template = document(folder / "letter.docx", f"{{{{ number }}}} {{{{ owner }}}} {TEXT} Page 1 of 1")
    with WorkerPool(1) as pool:

        def make(*, fallback: bool) -> ShardResult:
            letter = Letter("N-1", "letter.docx", {"number": "N-1", "owner": "林晓禾"}, ("N-1", "林晓禾"))
            characters = frozenset(map(chr, range(0x20, 0xA000))) if fallback else frozenset[str]()
            found: list[ShardResult] = []
            shard = Shard(
                f"s{fallback:d}",
                template,
                (letter,),
                folder / f"s{fallback:d}.pdf",
                blind,
                date(2026, 11, 23),
                60.0,
                characters=characters,
                fallback=seeing if fallback else None,
            )
            run_shards(pool, [shard], found.append)
            return found[0]

        yield make


@pytest.mark.office
def test_a_character_that_no_font_draws_is_named(printed: Callable[[str], Path]) -> None:
    pdf = printed(f"林{NOBODY_DRAWS}禾")
    with pytest.raises(DataNeedsPerson) as refused:
        refuse_undrawn(pdf)
    assert "U+323AF" in str(refused.value.fact)


@pytest.mark.office
def test_spaces_and_characters_that_are_never_drawn_are_no_fault(printed: Callable[[str], Path]) -> None:
    refuse_undrawn(printed(f"{TEXT}\u3000\u00a0\u2060\u200b\u00ad\t☐☑■‑“…”—abc fi"))


@pytest.mark.office
def test_letters_that_the_fonts_of_the_batch_do_not_draw_are_made_with_the_machines(
    made: Callable[..., ShardResult],
) -> None:
    result = made(fallback=True)
    assert result.failures == ()
    (pdf,) = result.pdfs
    refuse_undrawn(pdf.path)
    with pikepdf.open(pdf.path) as book:
        names = {
            str(each.BaseFont) for each in book.objects if isinstance(each, pikepdf.Dictionary) and "/BaseFont" in each
        }
    assert any("CJK" in name for name in names)


@pytest.mark.office
def test_a_letter_of_empty_boxes_is_set_aside(made: Callable[..., ShardResult]) -> None:
    result = made(fallback=False)
    assert result.pdfs == ()
    (failure,) = result.failures
    assert failure.reason.text.startswith("no font has")


def cff_program(empty_notdef: bool) -> bytes:
    """Build a CFF program in which `a` is drawn, and `b` looks like `.notdef`."""

    def box(size: int) -> object:
        pen = T2CharStringPen(500, None)
        if size:
            pen.moveTo((0, 0))
            pen.lineTo((0, size))
            pen.lineTo((size, size))
            pen.closePath()
        return pen.getCharString()

    lacking = 0 if empty_notdef else 300
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder([".notdef", "a", "b"])
    builder.setupCharacterMap({ord("a"): "a", ord("b"): "b"})
    builder.setupCFF("Test", {}, {".notdef": box(lacking), "a": box(700), "b": box(lacking)}, {})
    builder.setupHorizontalMetrics(dict.fromkeys((".notdef", "a", "b"), (500, 0)))
    builder.setupHorizontalHeader()
    builder.setupPost()
    whole = io.BytesIO()
    builder.save(whole)
    return whole.getvalue()


@pytest.mark.parametrize("empty_notdef", [True, False])
def test_codes_of_a_cff_font_that_draw_nothing_of_their_own_are_found(*, empty_notdef: bool) -> None:
    codes = undrawn_codes(cff_program(empty_notdef))
    assert ord("b") in codes
    assert ord("a") not in codes


@pytest.mark.parametrize("program", [b"", b"\x00\x01\x00\x00", b"OTTO", b"\x01\x00\x04\x01"])
def test_a_damaged_font_is_unsuitable(program: bytes) -> None:
    with pytest.raises(UnsuitableFont):
        undrawn_codes(program)
