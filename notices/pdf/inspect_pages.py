"""Pages as a printing press will see them: text, the bounds of what is drawn, almost black text, picture resolution."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass
from itertools import repeat
from math import ceil
from pathlib import Path
from typing import Protocol

import pypdfium2
from pypdfium2 import raw

from notices.pdf.faults import pdf_errors
from notices.pdf.field_positions import Rect

ALMOST_BLACK = 64  # of 255 in each colour: looks black, but is printed as a grey raster
WORTH_SHARING = 600  # pages; starting worker processes takes about as long as reading half of them


class StartWorkers(Protocol):
    """Starts a pool of worker processes, with these modules imported, that end when this process is killed."""

    def __call__(self, workers: int, preload: Sequence[str] = ()) -> Executor: ...  # noqa: D102 - see the class


@dataclass(frozen=True, slots=True)
class PageLook:
    """A page as it will be printed, before rotation; lengths in points, from its lower left corner.

    `drawn` encloses everything on it, None where it is blank; `texts` are the rectangles of its text objects;
    `within` is the text inside the requested area. `coarsest` is the lowest resolution of its pictures in dots an
    inch, `greys` the number of text objects whose colour looks black and is not.
    """

    width: float
    height: float
    text: str
    drawn: Rect | None
    texts: tuple[Rect, ...]
    within: str
    coarsest: float | None
    greys: int


def look(
    path: Path, areas: Mapping[int, Rect] | None = None, start_workers: StartWorkers | None = None
) -> list[PageLook]:
    """Inspect every page of a PDF; raises DamagedPdf.

    `areas` maps a page (from 1) to the area whose text goes into `within`. A large file is shared among one worker
    process a core, if `start_workers` is given; if one of them is killed, it is read in this process.
    """
    with pdf_errors(path):
        document = pypdfium2.PdfDocument(path)
        pages = len(document)
        document.close()
    cores = len(os.sched_getaffinity(0))
    wanted = areas or {}
    if start_workers is None or pages < WORTH_SHARING or cores == 1:
        return _look_at(path, range(pages), wanted)
    share = ceil(pages / cores)
    parts = [range(start, min(start + share, pages)) for start in range(0, pages, share)]
    try:
        with start_workers(cores, preload=[__name__]) as workers:
            return [page for part in workers.map(_look_at, repeat(path), parts, repeat(wanted)) for page in part]
    except BrokenExecutor:  # a worker was killed, for lack of memory perhaps: one process needs less
        return _look_at(path, range(pages), wanted)


def _look_at(path: Path, pages: range, areas: Mapping[int, Rect]) -> list[PageLook]:
    with pdf_errors(path):
        document = pypdfium2.PdfDocument(path)
        try:
            return [_seen(document[index], areas.get(index + 1)) for index in pages]
        finally:
            document.close()


def _seen(page: pypdfium2.PdfPage, area: Rect | None) -> PageLook:
    text_page = page.get_textpage()
    objects = _Objects()
    objects.see(page)
    width, height = page.get_size()  # also where the page inherits its media box
    if page.get_rotation() in {90, 270}:  # an object's bounds are those before rotation
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
    """Summary of a page's objects, some hundred a page: read by PDFium's own calls, which are faster."""

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
                if right > left and top > bottom:  # white space has no extent
                    self.texts.append((left, bottom, right, top))
                    self.greys += self._is_almost_black(drawn)
                continue
            self.others.append((left, bottom, right, top))
            if kind == raw.FPDF_PAGEOBJ_IMAGE:
                self._measure(drawn, page)

    def _is_almost_black(self, text: raw.FPDF_PAGEOBJECT) -> bool:
        raw.FPDFPageObj_GetFillColor(text, *self._colour)
        red, green, blue, _ = (part.value for part in self._colour)
        return 0 < max(red, green, blue) < ALMOST_BLACK

    def _measure(self, image: raw.FPDF_PAGEOBJECT, page: pypdfium2.PdfPage) -> None:
        metadata = raw.FPDF_IMAGEOBJ_METADATA()
        if raw.FPDFImageObj_GetImageMetadata(image, page.raw, metadata):
            dots = min(metadata.horizontal_dpi, metadata.vertical_dpi)
            self.coarsest = dots if self.coarsest is None else min(self.coarsest, dots)
