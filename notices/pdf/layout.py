"""Positions of text and drawings on a page, to compare two pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

from notices.pdf.faults import pdf_errors

Bounds = tuple[float, ...]
ROUGHLY = 1.5  # points, half a millimetre: two ways of computing the same line height differ by that much
TEXT = raw.FPDF_PAGEOBJ_TEXT


def layouts(path: Path, pages: Sequence[int]) -> list[list[tuple[str, Bounds]]]:
    """Return each character and drawing of these pages (counted from 1) with its bounds in points; raise DamagedPdf."""
    with pdf_errors(path):
        document = pypdfium2.PdfDocument(path)
        try:
            return [list(_items(document[number - 1])) for number in pages]
        finally:
            document.close()


def same_layout(one: Sequence[tuple[str, Bounds]], other: Sequence[tuple[str, Bounds]]) -> bool:
    """Return whether two pages show the same things in the same places, within half a millimetre."""
    return len(one) == len(other) and all(
        what == what_else and all(abs(x - y) <= ROUGHLY for x, y in zip(here, there, strict=True))
        for (what, here), (what_else, there) in zip(one, other, strict=True)
    )


def _items(page: pypdfium2.PdfPage) -> Iterator[tuple[str, Bounds]]:
    text = page.get_textpage()
    for index in range(text.count_chars()):
        character = chr(raw.FPDFText_GetUnicode(text, index))
        if not character.isspace():
            yield character, text.get_charbox(index, loose=True)
    text.close()
    drawn = ((str(each.type), each.get_bounds()) for each in page.get_objects(max_depth=1) if each.type != TEXT)
    yield from sorted(drawn, key=lambda each: (each[0], *(round(bound / 3) for bound in each[1])))
    page.close()
