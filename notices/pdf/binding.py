"""Build a PDF from pages of other files: cut a letter out, bind many together; the output is reproducible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf

from notices.pdf.faults import damaged, pdf_errors
from notices.pdf.files import atomic_file
from notices.pdf.reducing import OnlyGlyphs, reduce_pages

PRODUCER = "notices"
Box = tuple[float, float, float, float]  # left, bottom, width, height, in points


@dataclass(frozen=True)
class DocumentInfo:
    """Title, language (as in zh-CN), date and author of a PDF."""

    title: str
    language: str
    dated: date
    author: str = ""


def cut(source: Path, first: int, count: int, info: DocumentInfo) -> bytes:
    """Return a PDF of `count` pages of `source`, starting with page `first` (counted from 1); raise as `bind` does."""
    return _bound([(source, first, count)], info, {})


def cut_alone(source: Path, first: int, count: int, info: DocumentInfo, only_glyphs: OnlyGlyphs) -> bytes:
    """Return such a PDF that carries nothing of the other pages: no glyph, character, picture or link.

    Raises as `reduce_pages` and `bind` do.
    """
    return _bound([(source, first, count)], info, {}, only_glyphs)


def bind(
    ranges: Iterable[tuple[Path, int, int]],
    target: Path,
    info: DocumentInfo,
    *,
    marks: Mapping[int, Sequence[Box]] | None = None,
) -> None:
    """Write page ranges (file, first page counted from 1, count) into one file, in the given order.

    Each source's fonts are stored once, whatever the order. `marks` are black boxes to draw on pages of the new file.
    The same input gives the same bytes; if all sources are PDF/A, the result is PDF/A-2b. Raises DamagedPdf, naming the
    source that cannot be used, and Unusable if the disk is full.
    """
    made = _bound(ranges, info, marks or {})  # in memory: writing directly to a full disk would crash the process
    with atomic_file(target) as unfinished:
        unfinished.write_bytes(made)


def _bound(
    ranges: Iterable[tuple[Path, int, int]],
    info: DocumentInfo,
    marks: Mapping[int, Sequence[Box]],
    only_glyphs: OnlyGlyphs | None = None,
) -> bytes:
    with ExitStack() as opened:
        book = opened.enter_context(pikepdf.new())
        sources = _Sources(opened)
        for source, first, count in ranges:
            with pdf_errors(source):
                pages = sources.pages(source)
                if first < 1 or count < 1 or first - 1 + count > len(pages):
                    raise damaged(source)
                for page in pages[first - 1 : first - 1 + count]:
                    book.pages.append(page)
        if only_glyphs is not None:
            reduce_pages(book.pages, only_glyphs)
        for number, boxes in marks.items():
            _draw(book, number, boxes)
        _describe(book, info)
        if sources.books and all(map(_is_archival, sources.books)):
            _keep_archival(book, sources.books[0], info)
        made = BytesIO()
        book.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return made.getvalue()


class _Sources:
    """The sources, each opened once, so that its fonts are copied once."""

    def __init__(self, opened: ExitStack) -> None:
        self.opened = opened
        self.known: dict[Path, list[pikepdf.Page]] = {}
        self.books: list[pikepdf.Pdf] = []

    def pages(self, source: Path) -> list[pikepdf.Page]:
        if source not in self.known:
            book = self.opened.enter_context(pikepdf.open(source))
            self.books.append(book)
            self.known[source] = list(book.pages)
        return self.known[source]


def _draw(book: pikepdf.Pdf, number: int, boxes: Sequence[Box]) -> None:
    """Draw boxes over the page's content, independent of the graphics state that the content leaves behind."""
    page = book.pages[number - 1]
    drawn = " ".join(f"{left:.2f} {bottom:.2f} {width:.2f} {height:.2f} re" for left, bottom, width, height in boxes)
    own = page.obj.get("/Contents")
    parts = [] if own is None else list(own) if isinstance(own, pikepdf.Array) else [own]
    # A new array, because a page that is bound in twice shares its streams.
    page.obj.Contents = pikepdf.Array(
        [book.make_stream(b"q"), *parts, book.make_stream(f"Q q 0 g {drawn} f Q".encode("ascii"))]
    )


def _describe(book: pikepdf.Pdf, info: DocumentInfo) -> None:
    midnight = pikepdf.String(f"D:{info.dated:%Y%m%d}000000Z")
    book.docinfo["/Title"] = pikepdf.String(info.title)
    if info.author:
        book.docinfo["/Author"] = pikepdf.String(info.author)
    book.docinfo["/Producer"] = pikepdf.String(PRODUCER)
    book.docinfo["/CreationDate"] = book.docinfo["/ModDate"] = midnight
    book.Root.Lang = pikepdf.String(info.language)


def _is_archival(book: pikepdf.Pdf) -> bool:
    return "/OutputIntents" in book.Root and bool(book.open_metadata().pdfa_status)


def _keep_archival(book: pikepdf.Pdf, source: pikepdf.Pdf, info: DocumentInfo) -> None:
    """Add what PDF/A needs besides the pages: output intent, and XMP metadata equal to the document information."""
    intents = source.make_indirect(source.Root.OutputIntents)
    book.Root.OutputIntents = book.copy_foreign(intents)
    stamp = f"{info.dated:%Y-%m-%d}T00:00:00+00:00"
    with book.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as about:
        about["dc:title"] = info.title
        if info.author:
            about["dc:creator"] = [info.author]
        about["dc:language"] = [info.language]
        about["pdf:Producer"] = PRODUCER
        about["xmp:CreateDate"] = about["xmp:ModifyDate"] = stamp
        about["pdfaid:part"] = "2"
        about["pdfaid:conformance"] = "B"
