"""Pages as pictures with their text: each line of text with its place, so that it can be selected on a screen."""

from __future__ import annotations

from dataclasses import dataclass

import pypdfium2

from notices.pdf.faults import IN_MEMORY, pdf_errors
from notices.pdf.reading import POINTS_PER_INCH, WORD_JOINER, png_of


@dataclass(frozen=True, slots=True)
class TextLine:
    """A piece of text on a page: the left end of its base line, its width and its height, in points from the top."""

    text: str
    left: float
    base: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageText:
    """Size of a page in points, and its text in the order of reading."""

    width: float
    height: float
    lines: tuple[TextLine, ...]


def page_lines(content: bytes) -> list[PageText]:
    """Return the text of each page of a PDF in memory; raise DamagedPdf."""
    with pdf_errors(IN_MEMORY):
        document = pypdfium2.PdfDocument(content)
        try:
            return [_read(document[index]) for index in range(len(document))]
        finally:
            document.close()


def page_picture(content: bytes, page: int, dpi: int) -> bytes | None:
    """Return a page (counted from 1) of a PDF in memory as PNG, None if there is no such page; raise DamagedPdf."""
    with pdf_errors(IN_MEMORY):
        document = pypdfium2.PdfDocument(content)
        try:
            if not 1 <= page <= len(document):
                return None
            bitmap = document[page - 1].render(scale=dpi / POINTS_PER_INCH, rev_byteorder=True)
            picture = png_of(bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer), level=6)
            bitmap.close()
            return picture
        finally:
            document.close()


def _read(page: pypdfium2.PdfPage) -> PageText:
    width, height = page.get_size()
    text_page = page.get_textpage()
    try:
        lines: list[TextLine] = []
        for index in range(text_page.count_rects()):
            left, bottom, right, top = text_page.get_rect(index)
            text = " ".join(text_page.get_text_bounded(left, bottom, right, top).replace(WORD_JOINER, "").split())
            if text and right > left and top > bottom:
                lines.append(TextLine(text, left, height - bottom, right - left, top - bottom))
        return PageText(width, height, tuple(lines))
    finally:
        text_page.close()
        page.close()
