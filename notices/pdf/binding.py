"""Pages of many files bound into one; whatever order they come in, each source's fonts stand in it once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf

from notices.pdf.faults import damaged, reading
from notices.pdf.files import whole_file

PRODUCER = "notices"
Box = tuple[float, float, float, float]  # left, bottom, width, height, in points


def bind(
    ranges: Iterable[tuple[Path, int, int]],
    target: Path,
    *,
    title: str,
    language: str,
    dated: date,
    marks: Mapping[int, Sequence[Box]] | None = None,
) -> None:
    """Put page ranges (file, first page counted from 1, count) into one file, in the order given.

    Title, language and date are what the file says of itself; `marks` are black boxes to be drawn on pages of the new
    file. The same input gives the same bytes; what is made of PDF/A alone is PDF/A-2b.
    Raises DamagedPdf naming the source that cannot be used, Unusable where the disk is full.
    """
    with ExitStack() as opened:
        book = opened.enter_context(pikepdf.new())
        shelf = _Shelf(opened)
        for source, first, count in ranges:
            with reading(source):
                pages = shelf.pages(source)
                if first < 1 or count < 1 or first - 1 + count > len(pages):
                    raise damaged(source)
                for page in pages[first - 1 : first - 1 + count]:
                    book.pages.append(page)
        for number, boxes in (marks or {}).items():
            _draw(book, number, boxes)
        _describe(book, title, language, dated)
        if shelf.books and all(map(_is_archival, shelf.books)):
            _keep_archival(book, shelf.books[0], title, language, dated)
        made = BytesIO()  # written to a file that the disk refuses, it would take the whole process down
        book.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        with whole_file(target) as unfinished:
            unfinished.write_bytes(made.getbuffer())


class _Shelf:
    """The sources, each opened once: that is what keeps its fonts together."""

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
    """Boxes over what the page shows, whatever state its own drawing leaves behind."""
    page = book.pages[number - 1]
    drawn = " ".join(f"{left:.2f} {bottom:.2f} {width:.2f} {height:.2f} re" for left, bottom, width, height in boxes)
    own = page.obj.get("/Contents")
    parts = [] if own is None else list(own) if isinstance(own, pikepdf.Array) else [own]
    # A new array: a page bound in twice shares its streams with its other self.
    page.obj.Contents = pikepdf.Array(
        [book.make_stream(b"q"), *parts, book.make_stream(f"Q q 0 g {drawn} f Q".encode("ascii"))]
    )


def _describe(book: pikepdf.Pdf, title: str, language: str, dated: date) -> None:
    midnight = pikepdf.String(f"D:{dated:%Y%m%d}000000Z")
    book.docinfo["/Title"] = pikepdf.String(title)
    book.docinfo["/Producer"] = pikepdf.String(PRODUCER)
    book.docinfo["/CreationDate"] = book.docinfo["/ModDate"] = midnight
    book.Root.Lang = pikepdf.String(language)


def _is_archival(book: pikepdf.Pdf) -> bool:
    return "/OutputIntents" in book.Root and bool(book.open_metadata().pdfa_status)


def _keep_archival(book: pikepdf.Pdf, source: pikepdf.Pdf, title: str, language: str, dated: date) -> None:
    """What pages alone do not carry: the output intent, and metadata that say the same as the document's."""
    intents = source.make_indirect(source.Root.OutputIntents)
    book.Root.OutputIntents = book.copy_foreign(intents)
    stamp = f"{dated:%Y-%m-%d}T00:00:00+00:00"
    with book.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as about:
        about["dc:title"] = title
        about["dc:language"] = [language]
        about["pdf:Producer"] = PRODUCER
        about["xmp:CreateDate"] = about["xmp:ModifyDate"] = stamp
        about["pdfaid:part"] = "2"
        about["pdfaid:conformance"] = "B"
