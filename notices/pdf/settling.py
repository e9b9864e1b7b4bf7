"""A PDF from LibreOffice says when it was made and gets identifiers from that; here it says what we want it to."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

# Plain text near the end of what LibreOffice 7.4 and 25.2 write; replaced by as many bytes, nothing else moves.
CREATED = re.compile(rb"/CreationDate\(D:(\d{14})")
CREATED_AGAIN = re.compile(rb"<xmp:CreateDate>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")  # PDF/A says it twice
IDENTIFIERS = re.compile(rb"/ID\s*\[\s*<([0-9A-F]{32})>\s*<([0-9A-F]{32})>")
CHECKSUM = re.compile(rb"/DocChecksum\s*/([0-9A-F]{32})")


def settle(path: Path, dated: date) -> None:
    """Date a fresh PDF `dated`, midnight, and derive its identifiers from its content, in place.

    The same document made again by a fresh office is then the same file. An office that has made others before
    still numbers its Type 1 fonts on (`/UniqueID`), which changes no page's look. What a PDF of another maker does not
    hold in this form stays as it is.
    """
    content = bytearray(path.read_bytes())
    _put(content, CREATED, f"{dated:%Y%m%d}000000".encode())
    _put(content, CREATED_AGAIN, f"{dated:%Y-%m-%d}T00:00:00".encode())
    for pattern in (IDENTIFIERS, CHECKSUM):
        _put(content, pattern, b"0" * 32)
    identity = hashlib.sha256(content).hexdigest()[:32].upper().encode()
    for pattern in (IDENTIFIERS, CHECKSUM):
        _put(content, pattern, identity)
    path.write_bytes(content)


def _put(content: bytearray, pattern: re.Pattern[bytes], value: bytes) -> None:
    # The last one counts: a stream before it may hold the same bytes by chance.
    found = list(pattern.finditer(content))
    for group in range(1, pattern.groups + 1):
        for match in found[-1:]:
            content[slice(*match.span(group))] = value
