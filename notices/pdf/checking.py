"""Whether a PDF that somebody hands us can be printed as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from notices.pdf.faults import reading

FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")


@dataclass(frozen=True, slots=True)
class Soundness:
    """A PDF's pages and what hinders printing: encryption, fonts that it names and does not carry, broken syntax."""

    pages: int
    encrypted: bool
    missing_fonts: tuple[str, ...]
    faults: tuple[str, ...]


def soundness(path: Path) -> Soundness:
    """Look a PDF over as a whole; raises DamagedPdf where it is none. One that asks for a password has no pages."""
    with reading(path):
        try:
            with pikepdf.open(path) as book:
                faults = tuple(book.check_pdf_syntax())
                return Soundness(len(book.pages), book.is_encrypted, _missing_fonts(book), faults)
        except pikepdf.PasswordError:
            return Soundness(0, True, (), ())  # noqa: FBT003 - its field's name says what is true


def missing_fonts(path: Path) -> tuple[str, ...]:
    """The fonts that a PDF's pages name and the file does not carry; raises DamagedPdf."""
    with reading(path), pikepdf.open(path) as book:
        return _missing_fonts(book)


def font_programs(path: Path) -> int:
    """How many font programs a PDF's pages use; raises DamagedPdf."""
    with reading(path), pikepdf.open(path) as book:
        return sum(_is_carried(font) for font in _fonts(book))


def _missing_fonts(book: pikepdf.Pdf) -> tuple[str, ...]:
    missing = {str(font.get("/BaseFont", "?")).lstrip("/") for font in _fonts(book) if not _is_carried(font)}
    return tuple(sorted(missing))


def _fonts(book: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Each font once: what it is drawn with, for a composite one its descendant."""
    seen: set[tuple[int, int]] = set()
    waiting = [page.obj.get("/Resources") for page in book.pages]
    while waiting:
        resources = waiting.pop()
        if resources is None or (resources.is_indirect and resources.objgen in seen):
            continue
        seen.add(resources.objgen)
        for font in resources.get("/Font", {}).values():
            if not font.is_indirect or font.objgen not in seen:
                seen.add(font.objgen)
                yield from font.get("/DescendantFonts", [font])
        waiting += [form.get("/Resources") for form in resources.get("/XObject", {}).values()]


def _is_carried(font: pikepdf.Object) -> bool:
    """Type 3 draws its own glyphs."""
    descriptor = font.get("/FontDescriptor")
    carried = descriptor is not None and any(name in descriptor for name in FONT_FILES)
    return carried or font.get("/Subtype") == "/Type3"
