"""The sample estate's letters look the same made together, with the batch's own fonts, as made one by one with all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from desk import Desk
from PIL import Image, ImageChops, ImageFilter
from support import SAMPLE

from notices.flow.reports.letters import attached_pdfs
from notices.ledger import Ledger
from notices.letters.alone import letter_alone
from notices.pdf import DocumentInfo, cut, texts_of
from notices.post import file_stem

pytestmark = [pytest.mark.office, pytest.mark.slow, pytest.mark.timeout(900)]

DOTS = 100 / 72  # scale of a picture of 100 dots an inch
# Of 255 shades. Outlines of the two kinds of fonts differ by hundredths of a dot, and LibreOffice places a character
# of a justified line up to a dot and a half (0.4 mm) elsewhere, depending on what stands before it in the document: so
# each dot is compared with those around it in the other picture, as far as AROUND. What is wrong makes 255.
EDGES, AROUND = 40, 2
BATCH = "b"


@dataclass(frozen=True)
class Made:
    """The letters of the estate as rendered, by number: cut for the printer, cut alone, and attached to an e-mail."""

    printed: Mapping[str, bytes]
    alone: Mapping[str, bytes]
    mailed: Mapping[str, bytes]
    documents: int


@pytest.fixture(scope="module")
def approved_estate(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("estate") / "workspace")
    desk("init", desk.folder)
    expected = json.loads((SAMPLE / "expected.json").read_text("utf-8"))
    desk("history", "import", SAMPLE / "history.xlsx")
    desk("hold", "import", SAMPLE / "holds.xlsx")
    for payment in expected["payments"]:
        desk("payment", "add", payment["account"], "--amount", payment["amount"], "--date", payment["date"])
    desk("plan", SAMPLE / "arrears.xlsx", "--as-of", expected["as_of"], "--name", BATCH, "--by", "Planner")
    desk("approve", BATCH, "--by", "Releaser", status=1)  # a new owner is asked about
    return desk


@pytest.fixture(scope="module")
def together(approved_estate: Desk, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """All letters of a template in one document, with the batch's own fonts: as in a large batch."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("notices.flow.rendering.offices.WORTH_MAILED", 0)
        return _made(approved_estate.copy(tmp_path_factory.mktemp("together") / "workspace"))


@pytest.fixture(scope="module")
def one_by_one(approved_estate: Desk, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Each letter a document of its own, filled by docxtpl, with all fonts of the machine."""
    desk = approved_estate.copy(tmp_path_factory.mktemp("one-by-one") / "workspace")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("notices.flow.rendering.offices.WORTH_MAILED", 10**9)
        patched.setattr("notices.workers.capacity.Capacity.shard", lambda *_: 1)
        return _made(desk)


def _made(desk: Desk) -> Made:
    desk("render", BATCH)
    desk("send", BATCH, "--by", "Sender")
    with closing(Ledger.open(f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}")) as ledger, ledger.read() as books:
        notices = [it.notice for it in books.batches.decisions(BATCH) if it.notice and it.notice.shard]
        shards = books.notices.shards(BATCH)
    pages = {shard.file: shard.pages for shard in shards}
    info = DocumentInfo("letter", "zh-CN", date(2026, 11, 23))
    printed, alone = dict[str, bytes](), dict[str, bytes]()
    for notice in notices:
        assert notice.number is not None
        assert notice.shard is not None
        source, first, count = desk.folder / notice.shard.file, notice.first_page or 0, notice.pages or 0
        printed[notice.number] = cut(source, first, count, info)
        alone[notice.number] = letter_alone(notice.number, source, (first, count, pages[notice.shard.file]), info)
    outbox = desk.folder / "output" / BATCH / "outbox"
    mailed = dict[str, bytes]()
    for number in printed:
        if (message := outbox / f"{file_stem(number)}.eml").is_file():
            (mailed[number],) = attached_pdfs(message.read_bytes())
    return Made(printed, alone, mailed, len(shards))


def pictures(content: bytes) -> Iterator[Image.Image]:
    with closing(pypdfium2.PdfDocument(content)) as document:
        for page in document:
            yield page.render(scale=DOTS, grayscale=True).to_pil()


def difference(one: Image.Image, other: Image.Image) -> int:
    """Return by how many shades a dot of either picture is lighter or darker than all dots around it in the other."""
    assert one.size == other.size
    return max(_outside(one, other), _outside(other, one))


def _outside(one: Image.Image, other: Image.Image) -> int:
    lighter = ImageChops.subtract(one, other.filter(ImageFilter.MaxFilter(2 * AROUND + 1)))
    darker = ImageChops.subtract(other.filter(ImageFilter.MinFilter(2 * AROUND + 1)), one)
    return max(shade for each in (lighter, darker) for shade, count in enumerate(each.histogram()) if count)


def differences(one: bytes, other: bytes) -> list[int]:
    return [difference(*pair) for pair in zip(pictures(one), pictures(other), strict=True)]


def kinds_of_fonts(content: bytes) -> set[str]:
    with pikepdf.open(BytesIO(content)) as book:
        return {str(each.Subtype) for each in book.objects if _is_font(each)}


def _is_font(each: pikepdf.Object) -> bool:
    return isinstance(each, pikepdf.Dictionary) and each.get("/Type") == pikepdf.Name.Font


def shown_texts(content: bytes) -> Sequence[str]:
    return [text.replace("\r\n", "\n") for text in texts_of(content)]


def test_the_two_ways_are_two(together: Made, one_by_one: Made) -> None:
    assert one_by_one.documents == len(one_by_one.printed) == len(together.printed)
    assert together.documents < len(together.printed) / 2
    for number, letter in together.alone.items():
        assert kinds_of_fonts(letter) != kinds_of_fonts(one_by_one.printed[number])


@pytest.mark.parametrize("way", ["printed", "alone", "mailed"])
def test_every_page_looks_as_it_does_made_by_itself_with_all_fonts(together: Made, one_by_one: Made, way: str) -> None:
    ours: Mapping[str, bytes] = getattr(together, way)
    theirs = one_by_one.mailed if way == "mailed" else one_by_one.printed
    assert ours.keys() == theirs.keys()
    assert len(ours) >= 15
    wrong = {
        number: found for number, letter in ours.items() if max(found := differences(letter, theirs[number])) > EDGES
    }
    assert wrong == {}
    for number, letter in ours.items():
        assert shown_texts(letter) == shown_texts(theirs[number]), number


def test_a_line_moved_by_three_dots_and_another_owner_are_found(one_by_one: Made) -> None:
    first, second = (next(pictures(one_by_one.printed[number])) for number in ("SLHY-2026-000003", "SLHY-2026-000005"))
    assert difference(first, ImageChops.offset(first, 0, AROUND + 1)) > 2 * EDGES
    assert difference(first, ImageChops.offset(first, AROUND + 1, 0)) > 2 * EDGES
    assert difference(first, second) > 2 * EDGES
