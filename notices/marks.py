"""Marks that a machine reads: QR codes as PNG pictures."""

from __future__ import annotations

import io
from functools import lru_cache
from math import ceil

import segno
from segno.encoder import DataOverflowError

from notices.errors import DataNeedsPerson
from notices.messages import say

MILLIMETRES_PER_INCH = 25.4
QUIET_ZONE = 4  # modules; ISO/IEC 18004 asks for as many around the symbol


@lru_cache(maxsize=16)  # a letter shows its code more than once
def qr_png(text: str, *, side_mm: float = 18.0, dpi: int = 300) -> bytes:
    """A QR code of `text` as PNG, to be shown `side_mm` wide with its quiet zone: at least `dpi`, whole dots a module.

    The same text gives the same bytes. Raises DataNeedsPerson where the text is too long for a code.
    """
    try:
        code = segno.make(text, error="m", micro=False, encoding="utf-8")
    except DataOverflowError as error:
        raise DataNeedsPerson(
            say("A QR code cannot hold a text of {length} characters.", length=len(text)),
            say("Shorten the payment link of the estate in the settings."),
        ) from error
    modules, _ = code.symbol_size(border=QUIET_ZONE)
    # Rounded up: shown `side_mm` wide, it has no fewer dots an inch than asked for.
    dots_per_module = ceil(side_mm / MILLIMETRES_PER_INCH * dpi / modules)
    picture = io.BytesIO()
    code.save(picture, kind="png", scale=dots_per_module, border=QUIET_ZONE, dpi=dpi)
    return picture.getvalue()


def qr_modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """The rows of a QR code of a short text without its quiet zone, dark modules True."""
    return tuple(tuple(bool(module) for module in row) for row in segno.make(text, error="m", micro=False).matrix)
