"""Pages as pictures of themselves."""

from __future__ import annotations

from datetime import UTC, datetime, time
from io import BytesIO

import pypdfium2
from fpdf import FPDF

from notices.pdf.binding import PRODUCER, DocumentInfo
from notices.pdf.faults import IN_MEMORY, pdf_errors

PRINTED = 300 / 72  # scale of a picture that is to be printed


def as_pictures(content: bytes, info: DocumentInfo) -> bytes:
    """Return a PDF that shows each page as a picture: nothing in it but what can be seen. Raises DamagedPdf."""
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
