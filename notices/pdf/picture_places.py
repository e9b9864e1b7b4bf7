"""The place of a picture on the pages of a PDF, found by its proportions."""

from __future__ import annotations

from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw

from notices.pdf.faults import IN_MEMORY, pdf_errors
from notices.pdf.field_positions import Rect

ALIKE = 0.02  # difference of proportions that rounding explains


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """A page (from 1) and the rectangle of a picture on it."""

    page: int
    rect: Rect


def find_picture(content: bytes, width: int, height: int, password: str = "") -> PicturePlace | None:
    """Return the place of the picture with this width and height in pixels; None if no picture has its proportions.

    A document may hold it in fewer pixels. Among pictures alike, as codes are that are square too, one with exactly
    these pixels is preferred, then the largest, then the last. Raises DamagedPdf.
    """
    with pdf_errors(IN_MEMORY):
        document = pypdfium2.PdfDocument(content, password=password or None)
        try:
            found = [
                ((pixels == (width, height), (right - left) * (top - bottom), place), (left, bottom, right, top))
                for place, page in enumerate(document, start=1)
                for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)
                for pixels, (left, bottom, right, top) in [(picture.get_px_size(), picture.get_bounds())]
                if top > bottom and abs((right - left) / (top - bottom) * height / width - 1) <= ALIKE
            ]
        finally:
            document.close()
    if not found:
        return None
    (_, _, page), rect = max(found)
    return PicturePlace(page, rect)
