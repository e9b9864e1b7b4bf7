"""Glyphs of an embedded TrueType font: remove outlines, and name those that are left."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from functools import lru_cache

import uharfbuzz
from fontTools.ttLib import TTFont, TTLibError
from fontTools.ttLib.sfnt import SFNTReader, SFNTWriter

from notices.fonts.truetype import UnsuitableFont

FAULTS = (TTLibError, KeyError, AssertionError, ValueError, IndexError, struct.error)
TRUETYPE = "\x00\x01\x00\x00"
MACINTOSH_ROMAN = (1, 0)  # platform and encoding by which a PDF's simple fonts find a glyph (ISO 32000-1, 9.6.6.4)


def only_glyphs(program: bytes, codes: Iterable[int]) -> bytes:
    """Return the font with no outline, width or code but those of these codes; a code's glyph bears the same number.

    Raises UnsuitableFont if the font is damaged or numbers its glyphs otherwise.
    """
    kept = frozenset(codes)
    wanted = uharfbuzz.SubsetInput()
    wanted.glyph_set.update(kept)
    wanted.flags = uharfbuzz.SubsetFlags.RETAIN_GIDS | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
    try:
        _refuse_other_numbers(program)
        subset = uharfbuzz.subset(uharfbuzz.Face(uharfbuzz.Blob(program)), wanted).blob.data
        reader = SFNTReader(io.BytesIO(bytes(subset)))
        tables = {tag: reader[tag] for tag in reader.keys()} | {"cmap": _code_table(kept)}  # noqa: SIM118 - not a mapping
        made = io.BytesIO()
        writer = SFNTWriter(made, len(tables), TRUETYPE)
        for tag in sorted(tables):
            writer[tag] = tables[tag]
        writer.close()
    except (RuntimeError, *FAULTS) as error:
        raise UnsuitableFont(f"an embedded font is damaged: {error}") from error
    return made.getvalue()


@lru_cache(maxsize=16)  # all letters of a document have the same fonts
def _refuse_other_numbers(program: bytes) -> None:
    with TTFont(io.BytesIO(program), lazy=True) as font:
        for table in font["cmap"].tables:
            if any(font.getGlyphID(name) != code for code, name in table.cmap.items()):
                raise UnsuitableFont("a code's glyph bears another number")


def _code_table(codes: frozenset[int]) -> bytes:
    """Return a `cmap` table that maps each code to the glyph of the same number (OpenType 1.9, cmap, format 0)."""
    header = struct.pack(">HHHHL", 0, 1, *MACINTOSH_ROMAN, 12)
    return header + struct.pack(">HHH", 0, 262, 0) + bytes(code if code in codes else 0 for code in range(256))


def codes_with_outlines(program: bytes) -> set[int]:
    """Return the codes of an embedded TrueType font whose glyphs draw something.

    Glyphs that no code reaches, which nobody can show and which still are in the file, are returned as 0 - number;
    parts of composite glyphs belong to these. Raises UnsuitableFont.
    """
    try:
        with TTFont(io.BytesIO(program), lazy=True) as font:
            places = font["loca"].locations
            drawn = {number for number in range(1, len(places) - 1) if places[number] < places[number + 1]}
            coded = {font.getGlyphID(name): code for table in font["cmap"].tables for code, name in table.cmap.items()}
            parts = _parts(font, coded) if drawn - coded.keys() else frozenset[int]()
            return {coded[number] for number in drawn & coded.keys()} | {
                -number for number in drawn - coded.keys() - parts
            }
    except FAULTS as error:
        raise UnsuitableFont(f"an embedded font is damaged: {error}") from error


def _parts(font: TTFont, numbers: Iterable[int]) -> frozenset[int]:
    """Return the numbers of the glyphs that these glyphs are put together from, at any depth."""
    glyphs = font["glyf"]
    own = {
        font.getGlyphID(part)
        for number in numbers
        for part in glyphs[font.getGlyphName(number)].getComponentNames(glyphs)
    }
    return frozenset(own | _parts(font, own)) if own else frozenset()
