"""Changes to a compiled template that save LibreOffice time in every letter and change nothing on paper."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from notices.fonts.installed import resolve_families
from notices.letters.compiled.odf import Element, find, q

FAMILY = q("svg:font-family")


def substitute_missing_fonts(trees: Iterable[Element]) -> None:
    """Replace the names of fonts that this machine lacks by those of their substitutes.

    LibreOffice would choose the same substitute, but look it up under every name for every piece of text.
    """
    faces = [face for tree in trees for face in find(tree, "./office:font-face-decls/style:font-face")]
    named = {face: face.get(FAMILY, "").strip("'") for face in faces}
    drawn = resolve_families(set(named.values()))
    for face, family in named.items():
        if stand_in := drawn[family]:
            face.set(FAMILY, f"'{stand_in}'")


def without_template_name(meta: bytes) -> bytes:
    """Remove the name of the document's .dotx from its metadata: LibreOffice would search all its folders for it."""
    root = etree.fromstring(meta, etree.XMLParser(resolve_entities=False))
    for name in find(root, ".//meta:template"):
        name.getparent().remove(name)  # type: ignore[union-attr]  # it was found under the root
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
