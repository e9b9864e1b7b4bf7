"""Reduce pages cut out of a shared document to what they show: glyphs, characters and pictures."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

import pikepdf

SHOWS_TEXT = frozenset({"Tj", "TJ", "'", '"'})
NAMED_BY = {"Tf": "/Font", "Do": "/XObject", "gs": "/ExtGState", "cs": "/ColorSpace", "CS": "/ColorSpace"}
BEYOND_US = frozenset({"sh", "scn", "SCN"})  # shadings and patterns refer to further objects
MARKS = frozenset({"BDC", "DP"})  # their properties are written in place, or named in the resources
READ = " ".join(sorted({"q", "Q", *SHOWS_TEXT, *NAMED_BY, *BEYOND_US, *MARKS}))
CODE_AND_TEXT = re.compile(rb"<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]+)>")
OnlyGlyphs = Callable[[bytes, Iterable[int]], bytes]  # removes all but some codes from a font program


class NotReducible(Exception):  # noqa: N818 - a finding that the caller turns into its own error
    """The pages use something that cannot be reduced, such as fonts that are not TrueType."""


def reduce_pages(pages: Iterable[pikepdf.Page], only_glyphs: OnlyGlyphs) -> None:
    """Remove whatever these pages, all pages of their document, do not show.

    Raises NotReducible, and what `only_glyphs` raises for a font program.

    LibreOffice gives all pages of a document the same resources, and TrueType fonts with one code a glyph.
    """
    fonts: dict[tuple[int, int], tuple[pikepdf.Object, set[int]]] = {}
    for page in pages:
        used = _Used(page)
        page.obj.Resources = used.resources()
        _drop_inner_links(page)
        for name, codes in used.codes.items():
            font = page.obj.Resources.Font[name]
            fonts.setdefault(font.objgen, (font, set()))[1].update(codes)
    for font, codes in fonts.values():
        _reduce_font(font, codes, only_glyphs)


class _Used:
    """Resources and character codes that a page's content uses."""

    def __init__(self, page: pikepdf.Page) -> None:
        self.page = page
        self.names: dict[str, set[str]] = defaultdict(set)
        self.codes: dict[str, set[int]] = defaultdict(set)
        font = ""
        kept: list[str] = []  # the font is part of the graphics state, which q keeps and Q brings back
        for instruction in pikepdf.parse_content_stream(page, READ):
            done, operands = str(instruction.operator), list(instruction.operands)
            if (done in BEYOND_US or done in MARKS) and isinstance(operands[-1], pikepdf.Name):
                raise NotReducible(done)
            if done == "q":
                kept.append(font)
            elif done == "Q":
                font = kept.pop() if kept else ""
            elif kind := NAMED_BY.get(done):
                self.names[kind].add(str(operands[0]))
                font = str(operands[0]) if done == "Tf" else font
            elif done in SHOWS_TEXT:
                self.codes[font].update(_codes(operands[-1]))

    def resources(self) -> pikepdf.Dictionary:
        own = self.page.resources
        kept = pikepdf.Dictionary()
        for kind, names in self.names.items():
            there = own.get(kind, pikepdf.Dictionary())
            kept[kind] = pikepdf.Dictionary({name: there[name] for name in sorted(names) if name in there})
        for drawn in kept.get("/XObject", pikepdf.Dictionary()).values():
            if drawn.get("/Subtype") != "/Image":
                raise NotReducible("a form within the page")
        return kept


def _drop_inner_links(page: pikepdf.Page) -> None:
    """Remove links to pages: the page that a footer's number points to is another letter's, and would be copied too."""
    outer = [each for each in page.obj.get("/Annots", ()) if is_outer_link(each)]
    if outer:
        page.obj.Annots = pikepdf.Array(outer)
    elif "/Annots" in page.obj:
        del page.obj["/Annots"]


def is_outer_link(annotation: pikepdf.Object) -> bool:
    """Return whether an annotation is a link to an address on the web."""
    leads_to = annotation.get("/A", pikepdf.Dictionary())
    return annotation.get("/Subtype") == "/Link" and leads_to.get("/S") == "/URI" and "/Next" not in leads_to


def _codes(shown: pikepdf.Object) -> set[int]:
    parts = shown if isinstance(shown, pikepdf.Array) else [shown]
    return {code for part in parts if isinstance(part, pikepdf.String) for code in bytes(part)}


def _reduce_font(font: pikepdf.Object, codes: set[int], only_glyphs: OnlyGlyphs) -> None:
    descriptor = font.get("/FontDescriptor")
    if font.get("/Subtype") != "/TrueType" or descriptor is None or "/FontFile2" not in descriptor:
        raise NotReducible(f"the font {font.get('/BaseFont')}")
    program = only_glyphs(descriptor.FontFile2.read_bytes(), codes)
    descriptor.FontFile2.write(program)
    descriptor.FontFile2.Length1 = len(program)
    first = int(font.FirstChar)
    font.Widths = pikepdf.Array([width if first + place in codes else 0 for place, width in enumerate(font.Widths)])
    if "/ToUnicode" in font:
        font.ToUnicode.write(_character_map(font.ToUnicode.read_bytes(), codes))


def _character_map(whole: bytes, codes: set[int]) -> bytes:
    if b"beginbfrange" in whole:
        raise NotReducible("a character map with ranges")
    lines = [
        found[0]
        for found in CODE_AND_TEXT.finditer(whole.partition(b"endcodespacerange")[2])
        if int(found[1], 16) in codes
    ]
    return (
        b"/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
        b"/CMapName/Adobe-Identity-UCS def /CMapType 2 def\n"
        b"1 begincodespacerange <00> <FF> endcodespacerange\n"
        + b"".join(
            b"%d beginbfchar\n%s\nendbfchar\n" % (len(part), b"\n".join(part))
            for part in (lines[start : start + 100] for start in range(0, len(lines), 100))
        )
        + b"endcmap CMapName currentdict /CMap defineresource pop end end\n"
    )
