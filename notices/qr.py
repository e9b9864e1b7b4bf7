"""QR codes as PNG pictures."""

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
QUIET_ZONE = 4  # modules around the symbol, as ISO/IEC 18004 requires
LEAST_LEVEL, BETTER_LEVELS = "M", "QH"  # of error correction: M, Q and H restore 15 %, 25 % and 30 % of the code
DARK, LIGHT = b"\0", b"\xff"
DIGIT = re.compile(r"\d", re.ASCII)


@lru_cache(maxsize=16)  # a letter shows its code more than once
def qr_png(text: str, *, side_mm: float = 18.0, dpi: int = 300) -> bytes:
    """Return a QR code of `text` as PNG with quiet zone, for a width of `side_mm`: at least `dpi`, whole dots a module.

    The same text gives the same bytes. Raises DataNeedsPerson if the text is too long for a QR code.
    """
    rows = _rows(text)
    modules = len(rows) + 2 * QUIET_ZONE
    # Rounded up, so that at a width of `side_mm` the resolution is at least `dpi`.
    dots_per_module = ceil(side_mm / MILLIMETRES_PER_INCH * dpi / modules)
    return _png(rows, dots_per_module, round(dpi / MILLIMETRES_PER_INCH * 1000))


def qr_modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """Return the rows of a QR code of a short text without its quiet zone, True for dark modules."""
    return tuple(tuple(module == DARK[0] for module in row) for row in _rows(text))


def _rows(text: str) -> list[bytes]:
    """Return the rows without quiet zone, one byte a module, DARK or LIGHT."""
    image = _code(text).to_image(add_quiet_zones=False)
    side, modules = image.shape[0], bytes(memoryview(image))  # type: ignore[arg-type]  # missing in its stub
    return [modules[start : start + side] for start in range(0, len(modules), side)]


def _png(rows: Sequence[bytes], scale: int, dots_a_metre: int) -> bytes:
    """Encode the rows, with quiet zone, as a PNG of one bit a dot."""
    # Encoded here, because an image library would take as long as all the rest of filling a letter.
    side = (len(rows) + 2 * QUIET_ZONE) * scale
    width = ceil(side / 8)
    margin, beyond = b"1" * QUIET_ZONE * scale, b"1" * (width * 8 - side)
    again = b"\2" + bytes(width)  # a row equal to the one above it (filter 2 of ISO/IEC 15948)
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
            say("Shorten the estate's payment link in the settings."),
        ) from error


@lru_cache(maxsize=256)
def _level(text: str) -> str:
    """Return the highest error-correction level that makes the code no larger than the lowest one does.

    It is cached with all digits replaced by 0, because the size depends on the kinds of characters, not on their
    values.
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
    # Declare the encoding of non-ASCII text, so that readers need not guess it.
    encoding = {} if text.isascii() else {"eci": "UTF-8"}
    return zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level, **encoding)
