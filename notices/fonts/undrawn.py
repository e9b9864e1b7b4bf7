"""Codes of an embedded font that draw no glyph of their own: it lacks the character, and shows a box or nothing."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from itertools import pairwise

from fontTools.cffLib import CFFFontSet
from fontTools.encodings.StandardEncoding import StandardEncoding
from fontTools.ttLib import TTFont, TTLibError

from notices.fonts.reduction import ENCODED
from notices.fonts.truetype import UnsuitableFont

FAULTS = (TTLibError, KeyError, AssertionError, ValueError, IndexError, TypeError, AttributeError, struct.error)
NOTDEF = ".notdef"


def undrawn_codes(program: bytes) -> frozenset[int]:
    """Return the codes of a Type 1, TrueType or CFF program that show `.notdef`, or a glyph that looks the same.

    Codes of a TrueType program are the numbers of its glyphs, as LibreOffice writes them; those of a CID-keyed CFF
    program are CIDs. Codes of empty glyphs, such as spaces, are among them where `.notdef` is empty. Raises
    UnsuitableFont.
    """
    try:
        return frozenset(_codes(program))
    except FAULTS as error:
        raise UnsuitableFont(f"an embedded font is damaged: {error}") from error


def _codes(program: bytes) -> Iterator[int]:
    if program.startswith(b"%!"):
        yield from (int(code) for code, name in ENCODED.findall(program) if name == NOTDEF.encode())
    elif program.startswith((b"\x01\x00", b"OTTO")):
        yield from _of_cff(program)
    else:
        with TTFont(io.BytesIO(program), lazy=True) as font:
            places, outlines = font["loca"].locations, font.reader["glyf"]
            shapes = [outlines[start:end] for start, end in pairwise(places)]
        yield from (number for number, shape in enumerate(shapes) if number and shape == shapes[0])


def _of_cff(program: bytes) -> Iterator[int]:
    if program.startswith(b"OTTO"):
        with TTFont(io.BytesIO(program), lazy=True) as font:
            program = font.reader["CFF "]
    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(program), None)
    font = fonts[0]
    shapes = {name: font.CharStrings[name].bytecode for name in font.CharStrings.keys()}  # noqa: SIM118 - not a mapping
    alike = {name for name, shape in shapes.items() if shape == shapes[NOTDEF]}
    if hasattr(font, "ROS"):
        yield from (0 if name == NOTDEF else int(name.removeprefix("cid")) for name in alike)
    else:
        encoding = StandardEncoding if font.Encoding == "StandardEncoding" else font.Encoding
        yield from (code for code, name in enumerate(encoding) if name in alike)
