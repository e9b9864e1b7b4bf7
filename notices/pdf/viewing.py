"""Parts of a PDF that a viewer shows otherwise than a printer prints: layers, form fields, comments, files within it.

Layers and fields are governed by the file's catalogue, which pages lose that are bound elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from notices.pdf.faults import pdf_errors

SHOWN_IF_ALL_ON = {"/AnyOn", "/AllOn"}  # visibility policies under which a layer shows if every layer is on

HIDDEN, PRINTED, NO_VIEW = 2, 4, 32  # flags of an annotation


@dataclass(frozen=True, slots=True)
class CatalogueParts:
    """True for each kind of content that would be printed otherwise than a viewer shows it."""

    hidden_layers: bool
    form_fields: bool
    comments: bool = False
    collection: bool = False


def catalogue_parts(path: Path) -> CatalogueParts:
    """Find layers that a viewer hides, fields of a form, comments and files within the file; raise DamagedPdf."""
    with pdf_errors(path), pikepdf.open(path) as book:
        notes = [note for page in book.pages for note in _dictionaries(_listed(page.obj, "/Annots"))]
        fields = _has_fields(book) or any(note.get("/Subtype") == "/Widget" and _is_shown(note) for note in notes)
        return CatalogueParts(
            _hides_layers(book), fields, any(map(_differs_on_paper, notes)), "/Collection" in book.Root
        )


def _differs_on_paper(note: pikepdf.Dictionary) -> bool:
    """Return whether a comment, stamp or the like is shown but not printed, or printed but not shown."""
    if note.get("/Subtype") in {"/Link", "/Popup", "/Widget", "/Watermark", "/PrinterMark", "/TrapNet"}:
        return False
    flags = int(note.get("/F", 0))
    return not flags & HIDDEN and bool(flags & NO_VIEW) == bool(flags & PRINTED)


def _is_shown(note: pikepdf.Dictionary) -> bool:
    return not int(note.get("/F", 0)) & (HIDDEN | NO_VIEW) or bool(int(note.get("/F", 0)) & PRINTED)


def _hides_layers(book: pikepdf.Pdf) -> bool:
    layers = book.Root.get("/OCProperties")
    if not isinstance(layers, pikepdf.Dictionary):
        return False
    usual = layers.get("/D", pikepdf.Dictionary())
    if usual.get("/BaseState", "/ON") != "/ON" or _listed(usual, "/OFF"):
        return True
    by_use = {str(event) for each in _listed(usual, "/AS") for event in [each.get("/Event")]}
    states = (
        use.get(f"{event}State", "/ON")
        for layer in _listed(layers, "/OCGs")
        for event in by_use
        if isinstance(use := layer.get("/Usage", pikepdf.Dictionary()).get(event), pikepdf.Dictionary)
    )
    return any(state != "/ON" for state in states) or any(map(_may_hide, _dictionaries(book.objects)))


def _may_hide(content: pikepdf.Dictionary) -> bool:
    """Return whether this is a group of layers that may be hidden although each of them is on."""
    if content.get("/Type") != "/OCMD":
        return False
    return "/VE" in content or str(content.get("/P", "/AnyOn")) not in SHOWN_IF_ALL_ON


def _has_fields(book: pikepdf.Pdf) -> bool:
    form = book.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary):
        return False
    return "/XFA" in form or len(_listed(form, "/Fields")) > 0


def _listed(content: pikepdf.Object, key: str) -> list[pikepdf.Object]:
    found = content.get(key)
    return list(found) if isinstance(found, pikepdf.Array) else []


def _dictionaries(objects: Iterable[pikepdf.Object]) -> Iterator[pikepdf.Dictionary]:
    return (each for each in objects if isinstance(each, pikepdf.Dictionary))
