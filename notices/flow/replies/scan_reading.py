"""Work of a process that reads scans: pages of files from outside, and the marks on a slip; it knows no ledger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from notices.errors import Refused, Unusable
from notices.flow.replies.slip_pdf import is_pdf
from notices.messages import say
from notices.pdf import draw_page, find_places, needs_password, page_count, page_height, page_texts
from notices.scan import (
    Area,
    BoxVerdict,
    FormImage,
    FormMarks,
    MarkedBox,
    PixelRect,
    PrintedPage,
    QrCode,
    as_jpeg,
    as_png,
    codes_on,
    cut_out,
    from_bytes,
    how_alike,
    ink_share,
    is_picture,
    load,
    picture_count,
    picture_page,
    read_form,
    save,
)

LARGEST = 200_000_000  # bytes of a file
MOST_PAGES = 200  # of a file: a morning's post fits, and a book is a mistake
SCANNED_AT = 200  # dpi at which pages of a PDF are drawn
MOST_PIXELS = 16_000_000  # of a page of a PDF: A3 at that resolution has 8 million
BLANK = 0.0008  # share of ink on the back of a sheet
WRITTEN, UNWRITTEN = 0.02, 0.005  # share of a room: from, up to
POINTS = 72
SIGNATURE = "signature"  # rooms of answers.toml
HANDWRITING = ("telephone", "problems", "proposal")
MOST_TEXT = 20_000  # characters of a page; a letter's page has 2,000


@dataclass(frozen=True)
class ScannedPage:
    """A page of a scan: the file's checksum, its QR codes, its text if it has any, and the copy kept of its picture."""

    file: Path
    sha256: str
    page: int
    codes: tuple[QrCode, ...]
    text: str
    blank: bool
    copy: Path


@dataclass(frozen=True)
class PrintedSlip:
    """A printed slip: the PDF that has it, its letter's first page and count, and the words of boxes and rooms."""

    pdf: Path
    first: int
    count: int
    boxes: tuple[tuple[str, str], ...]
    rooms: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SlipMarks:
    """A slip as read: clear marks, doubtful ones with ink and cut-out, the signature, handwriting, and the page.

    `cut_off` is true if the scan does not show all boxes. Pictures are PNG, the page is JPEG.
    """

    marked: tuple[str, ...]
    doubtful: tuple[tuple[str, float, bytes], ...]
    signed: bool | None
    written: tuple[tuple[str, bytes], ...]
    page: bytes
    cut_off: bool


def scan_pages(path: Path) -> tuple[int, str]:
    """Return the number of pages of a scan and the file's checksum; raise Unusable or Refused, naming what is wrong."""
    size = path.stat().st_size
    if size == 0:
        raise Refused(say("{file} is empty.", file=path.name), say("Scan the slips again."))
    if size > LARGEST:
        raise Refused(
            say("{file} is larger than {limit} MB.", file=path.name, limit=LARGEST // 1_000_000),
            say("Scan at 200 or 300 dpi, and in several files."),
        )
    if is_pdf(path):
        if needs_password(path):
            raise Refused(
                say("{file} is encrypted.", file=path.name), say("Save it without a password, then import it again.")
            )
        count = page_count(path)
    elif is_picture(path):
        count = picture_count(path)
    else:
        raise Unusable(
            say("{file} is not a complete picture, or cannot be read.", file=path.name),
            say("Scan or photograph the page again."),
        )
    if count == 0:
        raise Refused(say("{file} is empty.", file=path.name), say("Scan the slips again."))
    if count > MOST_PAGES:
        raise Refused(
            say("{file} has {count} pages, more than {limit}.", file=path.name, count=count, limit=MOST_PAGES),
            say("Divide it into several files."),
        )
    return count, sha256(path.read_bytes()).hexdigest()


def read_scanned_page(path: Path, digest: str, page: int, copy: Path) -> ScannedPage:
    """Read a page (from 1): its picture, kept in `copy`, its codes and text."""
    text = ""
    if is_pdf(path):
        drawn = draw_page(path, page, SCANNED_AT, most_pixels=MOST_PIXELS)
        image = from_bytes(drawn.width, drawn.height, drawn.stride, drawn.rows)
    else:
        image = picture_page(path, page)
    codes = codes_on(image)
    if not codes and is_pdf(path):
        text = page_texts(path)[page - 1][:MOST_TEXT]
    save(copy, image)
    return ScannedPage(path, digest, page, codes, text, not codes and ink_share(image) < BLANK, copy)


def read_slip(copy: Path, corners: tuple[tuple[float, float], ...] | None, form: PrintedSlip) -> SlipMarks | None:
    """Return what is marked on a scanned page of a slip; None if the page is not the slip's."""
    printed = slip_form(form)
    read = read_form(load(copy), corners, printed)
    if read is None:
        return None
    lines = _lines(printed, read)
    shares = {name: max(read.rooms[area.name] for area in areas) for name, areas in lines.items()}
    signature = shares.get(SIGNATURE)
    return SlipMarks(
        marked=tuple(box.name for box in read.boxes if box.verdict is BoxVerdict.MARKED),
        doubtful=tuple(_doubtful(box) for box in read.boxes if box.verdict is BoxVerdict.DOUBTFUL),
        signed=None if signature is None or UNWRITTEN < signature < WRITTEN else signature >= WRITTEN,
        written=tuple(
            (name, as_png(cut_out(read.page, [area.window for area in lines[name]])))
            for name, share in shares.items()
            if share >= WRITTEN and name in HANDWRITING
        ),
        page=as_jpeg(read.page),
        cut_off=bool(set(read.cut_off) & {name for name, _ in form.boxes}),
    )


def likeness(copy: Path, forms: tuple[PrintedSlip, ...]) -> tuple[float, ...]:
    """Return how much a page without a code is like each of these printed slips, from -1 to 1; empty if like none."""
    return how_alike(load(copy), [slip_form(form).printed for form in forms])


@lru_cache(maxsize=8)  # several pages of one notice, and candidates for a page without a code
def slip_form(form: PrintedSlip) -> FormImage:
    """Return the printed slip of a letter with the places of its boxes; raises Unusable if the letter has none."""
    pages = range(form.first, form.first + form.count)
    places = find_places(form.pdf.read_bytes(), dict(form.boxes), dict(form.rooms), pages=pages)
    ticks = [place for place in places if place.kind == "tick"]
    if not ticks:
        raise Unusable(say("the letter has no slip"), say("Enter it with `notices slip set NOTICE`."))
    if len({place.page for place in ticks}) > 1:
        raise Unusable(say("its boxes are on several pages"), say("Enter it with `notices slip set NOTICE`."))
    page = ticks[0].page
    drawn = draw_page(form.pdf, page, SCANNED_AT)
    image = from_bytes(drawn.width, drawn.height, drawn.stride, drawn.rows)
    height, scale = page_height(form.pdf, page), SCANNED_AT / POINTS

    def area(name: str, rect: tuple[float, float, float, float]) -> Area:
        left, bottom, right, top = rect
        sides = (left, height - top, right, height - bottom)
        return Area(name, PixelRect(*(round(side * scale) for side in sides)))

    codes = codes_on(image)
    return FormImage(
        PrintedPage(image, codes[0].corners if codes else None),
        tuple(area(place.name, place.rect) for place in ticks if place.page == page),
        tuple(area(place.name, place.rect) for place in places if place.kind == "text" and place.page == page),
    )


def _doubtful(box: MarkedBox) -> tuple[str, float, bytes]:
    return box.name, box.ink, as_png(box.picture)


def _lines(form: FormImage, read: FormMarks) -> dict[str, list[Area]]:
    """Return the lines of each room that the scan shows; their names are numbered where there are several."""
    lines: dict[str, list[Area]] = {}
    for area in form.rooms:
        if area.name in read.rooms:
            base, _, number = area.name.rpartition("-")
            lines.setdefault(base if base and number.isdecimal() else area.name, []).append(area)
    return lines
