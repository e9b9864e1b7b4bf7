"""Builders for letters to print: small printable PDFs, and items that refer to them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fontTools.agl import UV2AGL

from notices.press.items import PrintItem

MM = 72 / 25.4
ADDRESS = ("Sample Road 1", "Sample Owner")  # placed in the usual window
DEFAULTS: dict[str, Any] = {
    "tier_title": "催费函",
    "estate": "示例花园",
    "unit": "1-1-101",
    "building": "",
    "entrance": "",
    "room": "",
    "recipient": "Sample Owner",
    "postcode": "100000",
    "address": "Sample Road 1",
    "source": Path("shard.pdf"),
    "source_sha256": "",
    "first": 1,
    "count": 1,
}
Line = tuple[float, float, str]  # mm from the left, mm from the top, text


def an_item(number: str = "N-1", **values: Any) -> PrintItem:
    return PrintItem(number=number, **{**DEFAULTS, **values})


def addressed(text: str, address: Sequence[str] = ADDRESS) -> list[Line]:
    """Return a letter's first page: the address in the window, the text below."""
    return [*((25.0, 50.0 + 7 * row, line) for row, line in enumerate(address)), (25.0, 120.0, text)]


def write_pdf(
    path: Path,
    pages: Sequence[Sequence[Line]],
    *,
    size: tuple[float, float] = (595.276, 841.89),
    colour: str = "0 g",
    font: str = "",
) -> str:
    """Write a PDF of ASCII lines, in an embedded font (each glyph a box) unless one is named; return its SHA-256."""
    kids = " ".join(f"{6 + 2 * index} 0 R" for index in range(len(pages)))
    box = "500 0 0 0 400 700 d1 0 0 400 700 re f"
    glyphs = {code: UV2AGL[code] for code in range(33, 127)}
    drawn = " ".join(f"/{name} 4 0 R" for name in glyphs.values())
    carried = (
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 500 700] /FontMatrix [0.001 0 0 0.001 0 0] /Resources << >> "
        f"/FirstChar 32 /LastChar 126 /Widths [{' '.join(['500'] * 95)}] /CharProcs << /space 5 0 R {drawn} >> "
        f"/Encoding << /Type /Encoding /Differences [32 /space {' '.join(f'/{n}' for n in glyphs.values())}] >> >>"
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} >>" if font else carried,
        f"<< /Length {len(box)} >>\nstream\n{box}\nendstream",
        "<< /Length 17 >>\nstream\n500 0 0 0 0 0 d1 \nendstream",
    ]
    for index, lines in enumerate(pages):
        shown = "".join(f"1 0 0 1 {x * MM:.2f} {size[1] - y * MM:.2f} Tm ({text}) Tj " for x, y, text in lines)
        stream = f"BT {colour} /F1 11 Tf {shown}ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {7 + 2 * index} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    content, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n"
    entries = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size_of = len(objects) + 1
    table = f"xref\n0 {size_of}\n0000000000 65535 f \n{entries}"
    trailer = f"trailer\n<< /Size {size_of} /Root 1 0 R >>\nstartxref\n{len(content)}\n%%EOF\n"
    data = (content + table + trailer).encode("ascii")
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def a_shard(path: Path, letters: list[tuple[str, str, int]], **values: Any) -> list[PrintItem]:
    """Make a rendered shard from (number, unit, pages) and return its items, in the order given."""
    pages = [
        addressed(text) if page == 1 else [(25.0, 120.0, text)]
        for number, _, count in letters
        for page in range(1, count + 1)
        for text in [f"No. {number} page {page} of {count}"]
    ]
    sha256 = write_pdf(path, pages)
    items, first = [], 1
    for number, unit, count in letters:
        items.append(an_item(number, unit=unit, source=path, source_sha256=sha256, first=first, count=count, **values))
        first += count
    return items
