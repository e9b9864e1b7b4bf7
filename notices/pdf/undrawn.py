"""Characters of a PDF's pages that nobody could read: its fonts lack them and show a box, or nothing, instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import Any

import pikepdf

from notices.pdf.faults import pdf_errors
from notices.pdf.own_pages import UnknownMap, mapped_characters

UndrawnCodes = Callable[[bytes], Set[int]]  # codes of a font program that draw no glyph of their own
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def undrawn_characters(path: Path, undrawn_codes: UndrawnCodes) -> str:
    """Return the characters, each once, that the embedded fonts of a PDF from LibreOffice do not draw, spaces included.

    Its text can be read all the same: that is no proof that it can be seen. Raises DamagedPdf, and what `undrawn_codes`
    raises for a font program.
    """
    with pdf_errors(path), pikepdf.open(path) as book:
        found = dict.fromkeys(character for font in _fonts(book) for character in _undrawn(font, undrawn_codes))
    return "".join(found)


def _fonts(book: pikepdf.Pdf) -> Iterator[Any]:
    for each in book.objects:
        if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/Font" and "/ToUnicode" in each:
            yield each


def _undrawn(font: Any, undrawn_codes: UndrawnCodes) -> Iterator[str]:
    parts = font.get("/DescendantFonts")
    descriptor = (font if parts is None else parts[0]).get("/FontDescriptor", {})
    program = next((descriptor[key] for key in ("/FontFile", "/FontFile2", "/FontFile3") if key in descriptor), None)
    if program is None:
        return
    codes = undrawn_codes(program.read_bytes())
    try:
        known = dict(mapped_characters(font.ToUnicode.read_bytes().decode("latin-1"))) if codes else {}
    except UnknownMap:
        yield UNKNOWN
        return
    yield from (bytes.fromhex(known[code]).decode("utf-16-be", "replace") for code in sorted(codes & known.keys()))
