"""Letters to print: small real PDFs, and items that point into them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from notices.press.items import PrintItem

DEFAULTS: dict[str, Any] = {
    "tier_title": "催费函",
    "estate": "示例花园",
    "unit": "1-1-101",
    "building": "",
    "entrance": "",
    "room": "",
    "recipient": "示例业主",
    "postcode": "100000",
    "address": "示例市示例路1号",
    "source": Path("shard.pdf"),
    "source_sha256": "",
    "first": 1,
    "count": 1,
}


def an_item(number: str = "N-1", **values: Any) -> PrintItem:
    return PrintItem(number=number, **{**DEFAULTS, **values})


def write_pdf(path: Path, pages: list[str]) -> str:
    """A PDF with one line of ASCII text a page; gives its SHA-256."""
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for index, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * index} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    content, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n"
    entries = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    table = f"xref\n0 {size}\n0000000000 65535 f \n{entries}"
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(content)}\n%%EOF\n"
    data = (content + table + trailer).encode("ascii")
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def a_shard(path: Path, letters: list[tuple[str, str, int]]) -> list[PrintItem]:
    """A rendered shard of (number, unit, pages) and its items, in the order given."""
    pages = [f"No. {number} page {page} of {count}" for number, _, count in letters for page in range(1, count + 1)]
    sha256 = write_pdf(path, pages)
    items, first = [], 1
    for number, unit, count in letters:
        items.append(an_item(number, unit=unit, source=path, source_sha256=sha256, first=first, count=count))
        first += count
    return items
