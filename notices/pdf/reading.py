"""Read PDFs: page count, text, fonts, and pages rendered as pictures."""

from __future__ import annotations

import ctypes
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject
from pypdfium2 import PdfiumError, raw

from notices.pdf.faults import IN_MEMORY, damaged, pdf_errors

POINTS_PER_INCH = 72
WORD_JOINER = "\u2060"  # invisible; some versions of LibreOffice keep it in the text of a page, others drop it
FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")


def page_count(path: Path) -> int:
    """Return the number of pages of a PDF; raise DamagedPdf."""
    with _opened(path) as document:
        return len(document)


def count_pages(content: bytes) -> int:
    """Return the number of pages of a PDF in memory; raise DamagedPdf."""
    with pdf_errors(IN_MEMORY):
        document = pypdfium2.PdfDocument(content)
        try:
            return len(document)
        finally:
            document.close()


def page_texts(path: Path) -> list[str]:
    """Return the visible text of each page, in order, as Unicode; raise DamagedPdf."""
    with _opened(path) as document:
        return [_text(document[index]) for index in range(len(document))]


def texts_of(content: bytes, password: str = "") -> list[str]:
    """Return the visible text of each page of a PDF in memory, opened with its password; raise DamagedPdf."""
    with pdf_errors(IN_MEMORY):
        document = pypdfium2.PdfDocument(content, password=password or None)
        try:
            return [_text(document[index]) for index in range(len(document))]
        finally:
            document.close()


def render_page(path: Path, page: int, dpi: int) -> bytes:
    """Render a page (counted from 1) as PNG at `dpi`; raise DamagedPdf if there is no such page."""
    with _opened(path) as document:
        if not 1 <= page <= len(document):
            raise damaged(path)
        sheet = document[page - 1]
        bitmap = sheet.render(scale=dpi / POINTS_PER_INCH, rev_byteorder=True, no_smoothtext=False)
        image = png_of(bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer))
        bitmap.close()
        sheet.close()
        return image


@dataclass(frozen=True, slots=True)
class GreyBitmap:
    """A page drawn in grey: size in pixels, bytes a row, and the rows, one byte a pixel."""

    width: int
    height: int
    stride: int
    rows: bytes


def draw_page(path: Path, page: int, dpi: int, *, most_pixels: int | None = None) -> GreyBitmap:
    """Draw a page (counted from 1) in grey at `dpi`, or smaller to stay below `most_pixels`; raise DamagedPdf."""
    with _opened(path) as document:
        if not 1 <= page <= len(document):
            raise damaged(path)
        sheet = document[page - 1]
        scale = dpi / POINTS_PER_INCH
        area = sheet.get_width() * sheet.get_height() * scale**2
        if most_pixels is not None and area > most_pixels:
            scale *= (most_pixels / area) ** 0.5
        bitmap = sheet.render(scale=scale, grayscale=True)
        drawn = GreyBitmap(bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer))
        bitmap.close()
        sheet.close()
        return drawn


def page_height(path: Path, page: int) -> float:
    """Return the height of a page (counted from 1) in points; raise DamagedPdf."""
    with _opened(path) as document:
        if not 1 <= page <= len(document):
            raise damaged(path)
        return float(document.get_page_size(page - 1)[1])


def needs_password(path: Path) -> bool:
    """Return whether a PDF opens only with a password."""
    try:
        pypdfium2.PdfDocument(path).close()
    except PdfiumError as error:
        return bool(error.err_code == raw.FPDF_ERR_PASSWORD)
    return False


def fonts_embedded(path: Path) -> dict[str, bool]:
    """Return each font's name, mapped to True if the file embeds it; raise DamagedPdf."""
    with pdf_errors(path):
        found: dict[str, bool] = {}
        for page in PdfReader(path).pages:
            for font in _fonts(page):
                name = str(font["/BaseFont"]).lstrip("/")
                found[name] = found.get(name, True) and _is_embedded(font)
        return found


@contextmanager
def _opened(path: Path) -> Iterator[pypdfium2.PdfDocument]:
    with pdf_errors(path):
        document = pypdfium2.PdfDocument(path)
        try:
            yield document
        finally:
            document.close()


def _text(page: pypdfium2.PdfPage) -> str:
    text_page = page.get_textpage()
    try:
        return _within(text_page, page.get_bbox()).replace(WORD_JOINER, "")
    finally:
        text_page.close()
        page.close()


def _within(text_page: pypdfium2.PdfTextPage, bounds: Sequence[float]) -> str:
    """Return the visible text of a page, leaving out text beyond its edges."""
    left, bottom, right, top = bounds
    room = 4 * text_page.count_chars() + 1  # at most two UTF-16 units a character, each possibly followed by a line end
    units = (ctypes.c_ushort * room)()
    # pypdfium2's own method would extract the text twice, the first time for its length.
    count = raw.FPDFText_GetBoundedText(text_page, left, top, right, bottom, units, room)
    return bytes(units)[: 2 * count].decode("utf-16-le", errors="ignore").removesuffix("\0")


def _fonts(page: DictionaryObject) -> Iterator[DictionaryObject]:
    resources = page.get("/Resources", DictionaryObject()).get_object()
    for font in resources.get("/Font", DictionaryObject()).get_object().values():
        yield font.get_object()


def _is_embedded(font: DictionaryObject) -> bool:
    descendants = font.get("/DescendantFonts", ArrayObject()).get_object()
    if descendants:
        return all(_is_embedded(each.get_object()) for each in descendants)
    descriptor = font.get("/FontDescriptor", DictionaryObject()).get_object()
    return font.get("/Subtype") == "/Type3" or any(name in descriptor for name in FONT_FILES)


def png_of(width: int, height: int, stride: int, rgb: bytes, level: int = 9) -> bytes:
    """Return a PNG of plain RGB rows, packed at a level of zlib."""
    # Nothing else here needs an image library, and a PNG of plain RGB rows is only three chunks.
    rows = b"".join(b"\0" + rgb[y * stride : y * stride + 3 * width] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, level)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
