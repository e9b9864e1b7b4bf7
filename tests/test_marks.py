from __future__ import annotations

import struct

import pytest

from notices.errors import DataNeedsPerson
from notices.marks import qr_png


def size(png: bytes) -> tuple[int, int]:
    return struct.unpack(">II", png[16:24])


def test_the_same_text_gives_the_same_bytes() -> None:
    first = qr_png("QSY-2026-000123")
    qr_png.cache_clear()
    assert qr_png("QSY-2026-000123") == first


def test_another_text_gives_another_picture() -> None:
    assert qr_png("QSY-2026-000123") != qr_png("QSY-2026-000124")


@pytest.mark.parametrize("text", ["A-1", "QSY-2026-000123", "https://pay.example.com/wy?notice=QSY-2026-000123"])
def test_a_code_shown_18_mm_wide_has_300_dots_an_inch_and_few_more(text: str) -> None:
    width, height = size(qr_png(text))
    assert width == height
    assert 300 <= width / 18 * 25.4 <= 360


def test_the_picture_says_its_resolution() -> None:
    png = qr_png("A-1")
    at = png.index(b"pHYs") + 4
    across, down, unit = struct.unpack(">IIB", png[at : at + 9])
    assert (across, down, unit) == (11811, 11811, 1)  # dots a metre


def test_chinese_numbers_become_codes_too() -> None:
    assert qr_png("（2026）正律函字第012号").startswith(b"\x89PNG")


def test_a_text_too_long_for_a_code_is_refused() -> None:
    with pytest.raises(DataNeedsPerson, match="5000 characters"):
        qr_png("x" * 5000)
