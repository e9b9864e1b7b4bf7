"""A book of several PDFs: bound in order, every page numbered through, each part with a bookmark."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, time
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

import pikepdf
from fpdf import FPDF

from notices.pdf.binding import PRODUCER, DocumentInfo
from notices.pdf.faults import IN_MEMORY, pdf_errors
from notices.pdf.files import atomic_file
from notices.pdf.reading import count_pages

FROM_EDGE = 22.0  # points; between the number and the upper right corner
SIZE = 9.0
FACE = "face"


@dataclass(frozen=True, slots=True)
class BookPart:
    """A part of a book: the title of its bookmark, its PDF, and 1 if it belongs to the part before (`level`).

    `pages` are first page, from 1, and count of a part of the PDF; None: all. Parts of one PDF share its fonts.
    """

    title: str
    content: bytes
    level: int = 0
    pages: tuple[int, int] | None = None

    @property
    def count(self) -> int:
        """Number of pages."""
        return self.pages[1] if self.pages else count_pages(self.content)


def bind_book(
    parts: Sequence[BookPart], target: Path, info: DocumentInfo, *, stamp: str, font: bytes, first: int = 1
) -> list[int]:
    """Write the book; return the number of each part's first page, counted from `first`.

    `stamp` is printed in the upper right corner of each page, with {page} and {pages}; `font` is a program with its
    characters. Raises DamagedPdf, and Unusable if the disk is full.
    """
    with pdf_errors(IN_MEMORY), pikepdf.new() as book:
        starts = _bind(book, parts)
        _number(book, stamp, font, first)
        _describe(book, info)
        made = BytesIO()
        book.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    with atomic_file(target) as unfinished:
        unfinished.write_bytes(made.getvalue())
    return [start + first for start in starts]


def _bind(book: pikepdf.Pdf, parts: Sequence[BookPart]) -> list[int]:
    """Append the parts with their bookmarks; return the index of each one's first page."""
    starts: list[int] = []
    sources: dict[int, pikepdf.Pdf] = {}
    with ExitStack() as opened, book.open_outline() as outline:
        for part in parts:
            starts.append(len(book.pages))
            source = sources.get(id(part.content))
            if source is None:
                source = sources[id(part.content)] = opened.enter_context(pikepdf.open(BytesIO(part.content)))
                _without_fields(source)
            first, count = part.pages or (1, len(source.pages))
            for page in list(source.pages)[first - 1 : first - 1 + count]:
                book.pages.append(page)
            above = outline.root[-1].children if part.level and outline.root else outline.root
            above.append(pikepdf.OutlineItem(part.title, starts[-1]))
    return starts


def _without_fields(source: pikepdf.Pdf) -> None:
    """Remove fields of forms and signatures from the pages: without their form they could only look broken."""
    for page in source.pages:
        if (annotations := page.obj.get("/Annots")) is not None:
            kept = [each for each in annotations if each.get("/Subtype") != pikepdf.Name.Widget]
            page.obj.Annots = pikepdf.Array(kept)


def _number(book: pikepdf.Pdf, stamp: str, font: bytes, first: int) -> None:
    """Print the stamp over each page."""
    last = first + len(book.pages) - 1
    sheets = FPDF(unit="pt")
    sheets.set_margin(0)
    sheets.set_auto_page_break(auto=False)
    sheets.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))
    with NamedTemporaryFile(suffix=".otf") as file:  # fpdf2 loads fonts only by path
        file.write(font)
        file.flush()
        sheets.add_font(FACE, fname=file.name)
    sheets.set_font(FACE, size=SIZE)
    for place, page in enumerate(book.pages, start=first):
        left, bottom, right, top = (float(side) for side in page.cropbox)
        sheets.add_page(format=(right - left, top - bottom))
        text = stamp.format(page=place, pages=last)
        sheets.text(right - left - FROM_EDGE - sheets.get_string_width(text), FROM_EDGE, text)
    with pikepdf.open(BytesIO(bytes(sheets.output()))) as over:
        for page, layer in zip(book.pages, over.pages, strict=True):
            page.add_overlay(layer, None)


def _describe(book: pikepdf.Pdf, info: DocumentInfo) -> None:
    made = pikepdf.String(f"D:{datetime.combine(info.dated, time()):%Y%m%d}000000Z")
    book.docinfo["/Title"] = pikepdf.String(info.title)
    if info.author:
        book.docinfo["/Author"] = pikepdf.String(info.author)
    book.docinfo["/Producer"] = pikepdf.String(PRODUCER)
    book.docinfo["/CreationDate"] = book.docinfo["/ModDate"] = made
    book.Root.Lang = pikepdf.String(info.language)
    book.Root.PageMode = pikepdf.Name.UseOutlines
