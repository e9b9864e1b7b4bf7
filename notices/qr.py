"""Marks that a machine reads: QR codes as PNG pictures."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache
from math import ceil

import zxingcpp

from notices.errors import DataNeedsPerson
from notices.messages import say

MILLIMETRES_PER_INCH = 25.4
QUIET_ZONE = 4  # modules; ISO/IEC 18004 asks for as many around the symbol
LEAST_LEVEL, BETTER_LEVELS = "M", "QH"  # of error correction: of what is soiled 15 % can be read, 25 %, 30 %
DARK, LIGHT = b"\0", b"\xff"
DIGIT = re.compile(r"\d", re.ASCII)


@lru_cache(maxsize=16)  # a letter shows its code more than once
def qr_png(text: str, *, side_mm: float = 18.0, dpi: int = 300) -> bytes:
    """A QR code of `text` as PNG, to be shown `side_mm` wide with its quiet zone: at least `dpi`, whole dots a module.

    The same text gives the same bytes. Raises DataNeedsPerson where the text is too long for a code.
    """
    rows = _rows(text)
    modules = len(rows) + 2 * QUIET_ZONE
    # Rounded up: shown `side_mm` wide, it has no fewer dots an inch than asked for.
    dots_per_module = ceil(side_mm / MILLIMETRES_PER_INCH * dpi / modules)
    return _png(rows, dots_per_module, round(dpi / MILLIMETRES_PER_INCH * 1000))


def qr_modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """The rows of a QR code of a short text without its quiet zone, dark modules True."""
    return tuple(tuple(module == DARK[0] for module in row) for row in _rows(text))


def _rows(text: str) -> list[bytes]:
    """A byte a module, DARK or LIGHT, without the quiet zone."""
    image = _code(text).to_image(add_quiet_zones=False)
    side, modules = image.shape[0], bytes(memoryview(image))  # type: ignore[arg-type]  # its stub does not tell of it
    return [modules[start : start + side] for start in range(0, len(modules), side)]


def _png(rows: Sequence[bytes], scale: int, dots_a_metre: int) -> bytes:
    """The rows as a PNG of one bit a dot, in their quiet zone."""
    # Drawn here because an image library takes as long for it as all the rest of a letter's filling takes.
    side = (len(rows) + 2 * QUIET_ZONE) * scale
    width = ceil(side / 8)
    margin, beyond = b"1" * QUIET_ZONE * scale, b"1" * (width * 8 - side)
    again = b"\2" + bytes(width)  # a row like the one above it (filter 2 of ISO/IEC 15948)
    light = b"\0" + b"\xff" * width + again * (QUIET_ZONE * scale - 1)
    drawn = [light]
    for row in rows:
        bits = row.replace(DARK, b"0" * scale).replace(LIGHT, b"1" * scale)
        drawn += [b"\0", int(margin + bits + margin + beyond, 2).to_bytes(width, "big"), again * (scale - 1)]
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)),
        (b"pHYs", struct.pack(">IIB", dots_a_metre, dots_a_metre, 1)),
        (b"IDAT", zlib.compress(b"".join([*drawn, light]))),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _code(text: str) -> zxingcpp.Barcode:
    try:
        return _at(text, _level(DIGIT.sub("0", text)))
    except ValueError as error:
        raise DataNeedsPerson(
            say("A QR code cannot hold a text of {length} characters.", length=len(text)),
            say("Shorten the payment link of the estate in the settings."),
        ) from error


@lru_cache(maxsize=256)
def _level(text: str) -> str:
    """The highest level of error correction that makes the code no larger than the least one does.

    It is the same for texts that differ in digits alone: how a text is packed depends on the kinds of its characters.
    """
    side, best = _at(text, LEAST_LEVEL).to_image().shape, LEAST_LEVEL
    for level in BETTER_LEVELS:
        try:
            larger = _at(text, level).to_image().shape > side
        except ValueError:
            break
        if larger:
            break
        best = level
    return best


def _at(text: str, level: str) -> zxingcpp.Barcode:
    # What is not ASCII names its encoding, which readers would have to guess else.
    encoding = {} if text.isascii() else {"eci": "UTF-8"}
    return zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level, **encoding)
