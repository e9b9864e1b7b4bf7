"""Small TrueType fonts: some characters of an installed face, with outlines that can be removed again."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import uharfbuzz
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, TTLibError, newTable
from fontTools.ttLib.tables._g_l_y_f import Glyph

TRUETYPE = "\x00\x01\x00\x00"
LARGEST_ERROR = 0.5  # thousandths of an em between a curve and its quadratic form: 2 µm in a letter's text
# Bits of OS/2 fsType (OpenType 1.9, OS/2): embedding needs a licence; no subsets; bitmaps only.
FORBIDDEN = 0x0002 | 0x0100 | 0x0200
EDITABLE_OR_PREVIEW = 0x0004 | 0x0008  # either lifts the first of them
CFF_TABLES = ("CFF ", "CFF2", "VORG")
NAMES = (1, 2, 4, 6, 16, 17)


class UnsuitableFont(Exception):  # noqa: N818 - a finding that the caller answers with the machine's own fonts
    """The face is damaged, or its licence bits forbid embedding a subset."""


def truetype_subset(file: Path, index: int, characters: Iterable[str]) -> bytes:
    """Return face `index` of a font file as a TrueType font that draws `characters`, with their metrics and layout.

    Raises UnsuitableFont.
    """
    try:
        subset = _subset(file, index, characters)
        with TTFont(io.BytesIO(subset), recalcTimestamp=False) as font:
            _refuse_forbidden(font)
            if "glyf" in font:
                return subset
            _draw_quadratic(font, subset)
            made = io.BytesIO()
            font.save(made)
            return made.getvalue()
    except (OSError, TTLibError, RuntimeError, ValueError, KeyError, AssertionError) as error:
        raise UnsuitableFont(f"{file.name}: {error}") from error


def drawn_by(font: bytes) -> frozenset[str]:
    """Return the characters that a font has a glyph for."""
    with TTFont(io.BytesIO(font), lazy=True) as opened:
        return frozenset(map(chr, opened.getBestCmap()))


def _subset(file: Path, index: int, characters: Iterable[str]) -> bytes:
    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.update(map(ord, characters))
    wanted.flags = uharfbuzz.SubsetFlags.NOTDEF_OUTLINE | uharfbuzz.SubsetFlags.NO_HINTING
    wanted.name_id_set.update(NAMES)
    opened = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(file)), index)
    return bytes(uharfbuzz.subset(opened, wanted).blob.data)


def _refuse_forbidden(font: TTFont) -> None:
    licence = font["OS/2"].fsType if "OS/2" in font else 0
    forbidden = licence & FORBIDDEN
    if licence & EDITABLE_OR_PREVIEW:
        forbidden &= ~0x0002
    if forbidden:
        raise UnsuitableFont(f"its licence bits (OS/2 fsType {licence:#06x}) forbid embedding a subset")


def _draw_quadratic(font: TTFont, program: bytes) -> None:
    """Replace the cubic curves of a CFF font by quadratic ones: LibreOffice embeds such a font glyph by glyph."""
    drawn = uharfbuzz.Font(uharfbuzz.Face(program))  # draws twice as fast as fontTools
    order = font.getGlyphOrder()
    glyphs: dict[str, Glyph] = {}
    for number, name in enumerate(order):
        pen = TTGlyphPen(None)
        drawn.draw_glyph_with_pen(number, Cu2QuPen(pen, LARGEST_ERROR, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphs, font["glyf"].glyphOrder = glyphs, order
    for table in CFF_TABLES:
        if table in font:
            del font[table]
    _describe_truetype(font)


def _describe_truetype(font: TTFont) -> None:
    limits = font["maxp"]
    limits.tableVersion = 0x00010000
    for name in (
        "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
        "maxSizeOfInstructions", "maxComponentElements", "maxPoints", "maxContours", "maxCompositePoints",
        "maxCompositeContours", "maxComponentDepth",
    ):  # fmt: skip
        setattr(limits, name, 0)
    limits.maxZones = 1
    font["post"].formatType = 3.0
    font.sfntVersion = TRUETYPE
