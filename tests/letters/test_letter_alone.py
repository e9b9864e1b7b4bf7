"""A letter cut out of a shared document carries nothing of the others; whatever is planted in it is found."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pikepdf
import pytest
from docx import Document
from docx.oxml.ns import qn
from fontTools.ttLib import TTFont

from notices.errors import DataNeedsPerson
from notices.fonts.batch_fonts import ALWAYS, BatchFonts, batch_fonts
from notices.fonts.glyphs import codes_with_outlines
from notices.letters import context, wording
from notices.letters.alone import letter_alone
from notices.letters.shards.dispatch import run_shards
from notices.letters.shards.shard import Shard, ShardPdf, ShardResult
from notices.model import Letter
from notices.office import Engine, find
from notices.pdf import DocumentInfo, cut, foreign_parts, page_texts, texts_of
from notices.workers.pool import WorkerPool

pytestmark = pytest.mark.office
INFO = DocumentInfo("催费函", "zh-CN", date(2026, 11, 23))
OWNERS = ("林晓禾", "周示例", "贺知远")
RARE = "龘"  # drawn by the whole font, and not among the characters that the batch's fonts were made for


def template(folder: Path) -> Path:
    document = Document()
    run = document.add_paragraph().add_run("{{ number }} {{ owner }} 应交物业费 {{ total }} 元 Page 1 of 1")
    run.font.name = "Times New Roman"
    run._element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    document.save(str(folder / "letter.docx"))
    return folder / "letter.docx"


def letters(*owners: str) -> tuple[Letter, ...]:
    return tuple(
        Letter(
            number := f"YGHY-2026-{place:06d}",
            "letter.docx",
            {"number": number, "owner": owner, "total": f"{place}.00"},
            (number, owner, f"{place}.00"),
        )
        for place, owner in enumerate(owners, 1)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alone")


@pytest.fixture(scope="module")
def fonts(folder: Path) -> BatchFonts:
    found = batch_fonts(["宋体", "Times New Roman"], "".join(OWNERS) + "应交物业费", folder / "fonts", b"key")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def made(folder: Path, fonts: BatchFonts) -> Iterator[Callable[..., ShardResult]]:
    engine = Engine(find(), folder / "profiles", tuple(fonts.environment.items()))
    written = template(folder)
    with WorkerPool(1) as pool:

        def make(name: str, *owners: str) -> ShardResult:
            found: list[ShardResult] = []
            shard = Shard(
                name,
                written,
                letters(*owners),
                folder / f"{name}.pdf",
                engine,
                date(2026, 11, 23),
                60.0,
                characters=fonts.characters,
                fallback=Engine(find(), folder / "profiles"),
            )
            run_shards(pool, [shard], found.append)
            return found[0]

        yield make


@pytest.fixture(scope="module")
def shared(made: Callable[..., ShardResult]) -> ShardPdf:
    (pdf,) = made("shared", *OWNERS).pdfs
    assert pdf.pages == len(OWNERS)
    return pdf


def alone(pdf: ShardPdf, page: int) -> bytes:
    return letter_alone(f"N{page}", pdf.path, (page, 1, pdf.pages), INFO)


def findings(content: bytes) -> list[str]:
    return foreign_parts(content, texts_of(content), codes_with_outlines)


def test_its_fonts_can_spell_its_own_page_only(shared: ShardPdf) -> None:
    for page, owner in enumerate(OWNERS, 1):
        letter = alone(shared, page)
        assert texts_of(letter) == [page_texts(shared.path)[page - 1]]
        with pikepdf.open(BytesIO(letter)) as book:
            spelled = b"".join(each.read_bytes() for each in book.objects if isinstance(each, pikepdf.Stream))
        assert all(f"{ord(each):04X}".encode() in spelled for each in owner)
        others = set("".join(OWNERS)) - set(owner)
        assert not any(b"<%04X>" % ord(each) in spelled for each in others)


def test_a_plain_cut_would_carry_the_others(shared: ShardPdf) -> None:
    assert any("characters" in each for each in findings(cut(shared.path, 1, 1, INFO)))


def plant_glyph(book: pikepdf.Pdf, other: pikepdf.Pdf) -> None:
    for font, whole in zip(fonts_in(book), fonts_in(other), strict=False):
        font.FontDescriptor.FontFile2.write(whole.FontDescriptor.FontFile2.read_bytes())


def plant_character(book: pikepdf.Pdf, other: pikepdf.Pdf) -> None:
    stream = fonts_in(book)[0].ToUnicode
    stream.write(stream.read_bytes().replace(b"endbfchar", b"<7F> <8D3A>\nendbfchar", 1))


def plant_picture(book: pikepdf.Pdf, other: pikepdf.Pdf) -> None:
    picture = book.make_stream(b"\0", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1, Height=1)
    book.pages[0].obj.Resources.XObject = pikepdf.Dictionary({"/Im9": picture})


def plant_page(book: pikepdf.Pdf, other: pikepdf.Pdf) -> None:
    book.Root.Hidden = book.copy_foreign(other.pages[1].obj)


def plant_link(book: pikepdf.Pdf, other: pikepdf.Pdf) -> None:
    page = book.pages[0].obj
    page.Annots = pikepdf.Array([pikepdf.Dictionary(Subtype=pikepdf.Name.Link, Dest=pikepdf.Array([page]))])


def fonts_in(book: pikepdf.Pdf) -> list[pikepdf.Object]:
    return list(book.pages[0].resources.Font.values())


@pytest.mark.parametrize("plant", [plant_glyph, plant_character, plant_picture, plant_page, plant_link])
def test_what_is_planted_is_found(shared: ShardPdf, plant: Callable[[pikepdf.Pdf, pikepdf.Pdf], None]) -> None:
    letter = alone(shared, 1)
    assert findings(letter) == []
    with pikepdf.open(BytesIO(letter)) as book, pikepdf.open(shared.path) as other:
        plant(book, other)
        book.save(changed := BytesIO())
    assert findings(changed.getvalue())


def test_a_letter_that_cannot_be_reduced_does_not_leave(folder: Path, shared: ShardPdf) -> None:
    with pikepdf.open(shared.path) as book:
        for font in fonts_in(book):
            font.Subtype = pikepdf.Name.Type1
        book.save(folder / "type1.pdf")
    with pytest.raises(DataNeedsPerson, match="N1: not e-mailed"):
        letter_alone("N1", folder / "type1.pdf", (1, 1, 3), INFO)


def test_letters_with_other_characters_are_made_alone_with_all_fonts(made: Callable[..., ShardResult]) -> None:
    result = made("rare", "林晓禾", f"周{RARE}", "贺知远")
    assert not result.failures
    assert [len(pdf.letters) for pdf in result.pdfs] == [2, 1]


def test_fonts_keep_the_metrics_of_the_whole_font(fonts: BatchFonts) -> None:
    folder = Path(fonts.environment["FONTCONFIG_FILE"]).parent
    for file in folder.glob("[0-9]*.ttf"):
        with TTFont(file) as font:
            assert {"glyf", "hmtx", "vmtx"} <= set(font.keys())
            widths = {font["hmtx"][name][0] for code, name in font.getBestCmap().items() if code >= ord("一")}
            assert widths == {font["head"].unitsPerEm}


def test_kept_fonts_are_used_again_unless_somebody_changed_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notices.fonts.batch_fonts.ALWAYS", "0")  # fewer characters are made faster

    def fonts_now() -> bytes:
        found = batch_fonts(["宋体"], "林", tmp_path, b"key")
        assert found is not None
        assert frozenset("林") <= found.characters
        return max(Path(found.environment["FONTCONFIG_FILE"]).parent.glob("0.ttf")).read_bytes()

    first = fonts_now()
    (font,) = tmp_path.glob("*/0.ttf")
    made = font.stat().st_mtime_ns
    assert fonts_now() == first
    assert font.stat().st_mtime_ns == made
    font.write_bytes(b"another font")
    assert fonts_now() == first


def test_a_face_that_may_not_be_embedded_or_is_unknown_leaves_the_old_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notices.fonts.batch_fonts.ALWAYS", "0")
    assert batch_fonts(["No Such Font"], "林", tmp_path, b"key") is None
    found = batch_fonts(["宋体"], "林", tmp_path, b"key")
    assert found is not None
    with TTFont(next(tmp_path.glob("*/0.ttf"))) as font:
        font["OS/2"].fsType = 0x0002
        font.save(forbidden := io.BytesIO())
    (tmp_path / "forbidden.ttf").write_bytes(forbidden.getvalue())
    (tmp_path / "damaged.ttf").write_bytes(forbidden.getvalue()[:3000])
    for name in ("forbidden.ttf", "damaged.ttf"):
        monkeypatch.setattr("notices.fonts.batch_fonts.style_faces", lambda _, name=name: ((tmp_path / name, 0),))
        assert batch_fonts(["宋体"], "林", tmp_path / name.removesuffix(".ttf"), b"key") is None


@pytest.mark.parametrize("module", [context, wording], ids=["context", "wording"])
def test_what_the_program_itself_writes_into_letters_is_always_there(module: ModuleType) -> None:
    written = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    compared = {"前期"}  # looked for in a contract's title
    texts = (each.value for each in ast.walk(written) if isinstance(each, ast.Constant) and isinstance(each.value, str))
    chinese = {text for text in texts if not text.isascii() and "\n" not in text and not text.endswith(".")} - compared
    assert chinese
    assert set("".join(chinese)) - set(ALWAYS) == set()


def test_figures_and_punctuation_are_always_there() -> None:
    assert frozenset("0123456789¥￥，。（）〔〕壹拾元整") <= frozenset(ALWAYS)
