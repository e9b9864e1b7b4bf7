"""Pages as pictures of themselves, and whether two PDFs look the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from io import BytesIO

import pypdfium2

from notices.pdf.binding import PRODUCER, DocumentInfo
from notices.pdf.faults import IN_MEMORY, pdf_errors

PRINTED = 300 / 72  # scale of a picture that is to be printed
SEEN = 72 / 72


def looks_same(one: bytes, other: bytes) -> bool:
    """Return whether two PDFs have the same pages, dot for dot at the size of a screen, and the same text."""
    with pdf_errors(IN_MEMORY):
        return list(_seen(one)) == list(_seen(other))


def as_pictures(content: bytes, info: DocumentInfo) -> bytes:
    """Return a PDF that shows each page as a picture: nothing in it but what can be seen. Raises DamagedPdf."""
    from fpdf import FPDF  # noqa: PLC0415 - a fifth of a second to load, and few commands draw

    book = FPDF(unit="pt")
    book.set_creation_date(datetime.combine(info.dated, time(), UTC))
    book.set_producer(PRODUCER)
    book.set_title(info.title)
    book.set_margin(0)
    book.set_auto_page_break(auto=False)
    with pdf_errors(IN_MEMORY):
        document = pypdfium2.PdfDocument(content)
        try:
            for page in document:
                size = page.get_size()
                book.add_page(format=size)
                book.image(page.render(scale=PRINTED).to_pil(), 0, 0, *size)
                page.close()
        finally:
            document.close()
    made = BytesIO()
    made.write(bytes(book.output()))
    return made.getvalue()


def _seen(content: bytes) -> Iterator[tuple[object, bytes]]:
    document = pypdfium2.PdfDocument(content)
    try:
        for page in document:
            text = page.get_textpage()
            bitmap = page.render(scale=SEEN)
            yield text.get_text_bounded(), bytes(bitmap.buffer)
            bitmap.close()
            text.close()
            page.close()
    finally:
        document.close()
