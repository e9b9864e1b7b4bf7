from __future__ import annotations

import io
import struct

import pytest
import zxingcpp
from PIL import Image

from notices.errors import DataNeedsPerson
from notices.qr import qr_modules, qr_png


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


def read(png: bytes) -> zxingcpp.Barcode:
    picture = Image.open(io.BytesIO(png))
    assert picture.mode == "1"
    found = zxingcpp.read_barcode(picture.convert("L"))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "A-1",
        "QSY-2026-000123",
        "https://pay.example.com/wy?notice=QSY-2026-000123&to=%E4%B8%9A#~[01]\\n",
        "（2026）正律函字第012号",  # all of it is in the Japanese character set, which has its own mode in QR codes
        "发票〔2026〕𬭎",  # none of it is in that set
        "é" * 10,  # Latin-1, which readers misread as half a Chinese character unless the encoding is declared
    ],
)
def test_a_code_is_read_as_what_it_was_made_of(text: str) -> None:
    assert read(qr_png(text)).text == text
    assert read(qr_png(text)).bytes == text.encode("utf-8")


def test_a_code_can_be_soiled_as_far_as_its_size_allows() -> None:
    assert read(qr_png("QSY-2026-000123")).ec_level == "Q"  # as small as with level M; level H would be larger
    assert read(qr_png("x" * 14)).ec_level == "M"


def test_a_quiet_zone_of_four_modules_surrounds_a_code() -> None:
    picture = Image.open(io.BytesIO(qr_png("A-1"))).convert("L")
    dots = picture.width // (21 + 2 * 4)
    assert Image.eval(picture, lambda value: 255 - value).getbbox() == (
        4 * dots,
        4 * dots,
        picture.width - 4 * dots,
        picture.height - 4 * dots,
    )


def test_the_modules_of_a_code_are_those_of_its_picture() -> None:
    rows = qr_modules("0042")
    picture = Image.open(io.BytesIO(qr_png("0042"))).convert("L")
    dots = picture.width // (len(rows) + 8)
    seen = [
        [picture.getpixel(((column + 4) * dots, (row + 4) * dots)) == 0 for column in range(len(rows))]
        for row in range(len(rows))
    ]
    assert [list(row) for row in rows] == seen


def test_a_text_too_long_for_a_code_is_refused() -> None:
    with pytest.raises(DataNeedsPerson, match="5000 characters"):
        qr_png("x" * 5000)
