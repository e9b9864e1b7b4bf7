"""What a printing press would see of a page: its text, how far it is drawn on, greys that should be black, pictures."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from math import ceil
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

from notices.pdf.faults import reading
from notices.pdf.places import Rect

POINTS_PER_INCH = 72
ALMOST_BLACK = 64  # of 255 in each colour: what the eye takes for black
WORTH_SHARING = 400  # pages from which a second process costs less than it saves


@dataclass(frozen=True, slots=True)
class PageLook:
    """A page as it will be printed, before it is turned; lengths in points, from its lower left corner.

    `drawn` encloses everything on it, None where it is blank; `texts` are the rectangles of its pieces of text;
    `within` is the text inside the area that was asked for. `coarsest` is the lowest resolution of its pictures in
    dots an inch, `greys` counts pieces of text in a colour that the eye takes for black and that is not.
    """

    width: float
    height: float
    text: str
    drawn: Rect | None
    texts: tuple[Rect, ...]
    within: str
    coarsest: float | None
    greys: int


def look(path: Path, areas: Mapping[int, Rect] | None = None) -> list[PageLook]:
    """Look at every page of a PDF; `areas` gives by page (from 1) where its text is wanted apart. Raises DamagedPdf."""
    with reading(path):
        document = pypdfium2.PdfDocument(path)
        pages = len(document)
        document.close()
    workers = os.cpu_count() or 1
    wanted = areas or {}
    if pages < WORTH_SHARING or workers == 1:
        return _look_at(path, range(pages), wanted)
    share = ceil(pages / workers)
    parts = [range(start, min(start + share, pages)) for start in range(0, pages, share)]
    with ProcessPoolExecutor(workers) as pool:
        return [page for part in pool.map(_look_at, repeat(path), parts, repeat(wanted)) for page in part]


def _look_at(path: Path, pages: range, areas: Mapping[int, Rect]) -> list[PageLook]:
    with reading(path):
        document = pypdfium2.PdfDocument(path)
        try:
            return [_seen(document[index], areas.get(index + 1)) for index in pages]
        finally:
            document.close()


def _seen(page: pypdfium2.PdfPage, area: Rect | None) -> PageLook:
    text_page = page.get_textpage()
    objects = _Objects()
    objects.see(page)
    width, height = page.get_size()  # unlike its media box, also where the page inherits it
    if page.get_rotation() in {90, 270}:  # objects are measured on the page as it lies before it is turned
        width, height = height, width
    seen = PageLook(
        width=width,
        height=height,
        text=str(text_page.get_text_bounded()),
        drawn=objects.drawn,
        texts=tuple(objects.texts),
        within="" if area is None else str(text_page.get_text_bounded(*area)),
        coarsest=objects.coarsest,
        greys=objects.greys,
    )
    text_page.close()
    page.close()
    return seen


class _Objects:
    """What the objects of a page come to, through pdfium's own calls: a page has some hundred of them."""

    def __init__(self) -> None:
        self.texts: list[Rect] = []
        self.others: list[Rect] = []
        self.coarsest: float | None = None
        self.greys = 0
        self._sides = tuple(ctypes.c_float() for _ in range(4))
        self._colour = tuple(ctypes.c_uint() for _ in range(4))

    @property
    def drawn(self) -> Rect | None:
        everything = [*self.texts, *self.others]
        if not everything:
            return None
        lefts, bottoms, rights, tops = zip(*everything, strict=True)
        return min(lefts), min(bottoms), max(rights), max(tops)

    def see(self, page: pypdfium2.PdfPage) -> None:
        for index in range(raw.FPDFPage_CountObjects(page.raw)):
            drawn = raw.FPDFPage_GetObject(page.raw, index)
            kind = raw.FPDFPageObj_GetType(drawn)
            if not raw.FPDFPageObj_GetBounds(drawn, *self._sides):
                continue
            left, bottom, right, top = (side.value for side in self._sides)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                if right > left and top > bottom:  # blanks have no extent
                    self.texts.append((left, bottom, right, top))
                    self.greys += self._is_grey(drawn)
                continue
            self.others.append((left, bottom, right, top))
            if kind == raw.FPDF_PAGEOBJ_IMAGE:
                self._measure(drawn, page)

    def _is_grey(self, text: raw.FPDF_PAGEOBJECT) -> bool:
        raw.FPDFPageObj_GetFillColor(text, *self._colour)
        red, green, blue, _ = (part.value for part in self._colour)
        return 0 < max(red, green, blue) < ALMOST_BLACK

    def _measure(self, image: raw.FPDF_PAGEOBJECT, page: pypdfium2.PdfPage) -> None:
        about = raw.FPDF_IMAGEOBJ_METADATA()
        if raw.FPDFImageObj_GetImageMetadata(image, page.raw, about):
            dots = min(about.horizontal_dpi, about.vertical_dpi)
            self.coarsest = dots if self.coarsest is None else min(self.coarsest, dots)
