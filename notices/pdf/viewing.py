"""Layers and form fields, which a viewer shows by the file's catalogue; pages that are bound elsewhere lose it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from notices.pdf.faults import pdf_errors

SHOWN_IF_ALL_ON = {"/AnyOn", "/AllOn"}  # visibility policies under which a layer shows if every layer is on


@dataclass(frozen=True, slots=True)
class CatalogueParts:
    """True for each kind of content that would look different without its file's catalogue."""

    hidden_layers: bool
    form_fields: bool


def catalogue_parts(path: Path) -> CatalogueParts:
    """Find layers that a viewer hides, and fields of a form; raise DamagedPdf."""
    with pdf_errors(path), pikepdf.open(path) as book:
        return CatalogueParts(_hides_layers(book), _has_fields(book))


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
