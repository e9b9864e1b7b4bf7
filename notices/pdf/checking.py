"""Check whether a PDF from outside can be printed as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from notices.pdf.faults import pdf_errors

FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
NO_MEMORY = "bad_alloc"  # in a fault that qpdf reports where the system gave it no more memory


@dataclass(frozen=True, slots=True)
class PdfCheck:
    """Page count of a PDF, and what prevents printing: encryption, fonts not embedded, syntax errors."""

    pages: int
    encrypted: bool
    missing_fonts: tuple[str, ...]
    faults: tuple[str, ...]


def check_pdf(path: Path) -> PdfCheck:
    """Check a whole PDF; raise DamagedPdf if it is not one, MemoryError. A PDF that needs a password has 0 pages."""
    with pdf_errors(path):
        try:
            with pikepdf.open(path) as book:
                faults = tuple(book.check_pdf_syntax())
                if any(NO_MEMORY in fault for fault in faults):
                    raise MemoryError
                return PdfCheck(len(book.pages), book.is_encrypted, _missing_fonts(book), faults)
        except pikepdf.PasswordError:
            return PdfCheck(0, True, (), ())  # noqa: FBT003 - encrypted


def missing_fonts(path: Path) -> tuple[str, ...]:
    """Return the fonts that a PDF's pages use but the file does not embed; raise DamagedPdf."""
    with pdf_errors(path), pikepdf.open(path) as book:
        return _missing_fonts(book)


def font_programs(path: Path) -> int:
    """Return the number of font programs that a PDF's pages use; raise DamagedPdf."""
    with pdf_errors(path), pikepdf.open(path) as book:
        return sum(_is_embedded(font) for font in _fonts(book))


def _missing_fonts(book: pikepdf.Pdf) -> tuple[str, ...]:
    missing = {str(font.get("/BaseFont", "?")).lstrip("/") for font in _fonts(book) if not _is_embedded(font)}
    return tuple(sorted(missing))


def _fonts(book: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Yield each font once; for a composite font, its descendant."""
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


def _is_embedded(font: pikepdf.Object) -> bool:
    """Return whether the file embeds the font; Type 3 fonts draw their own glyphs."""
    descriptor = font.get("/FontDescriptor")
    carried = descriptor is not None and any(name in descriptor for name in FONT_FILES)
    return carried or font.get("/Subtype") == "/Type3"
