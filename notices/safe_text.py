"""Texts made safe to show: what would steer a terminal, or reorder what is read, is escaped."""

from __future__ import annotations

import re

# Controls except line feed, marks and overrides of direction, line and paragraph separators, tags, lone surrogates.
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def safe(text: str) -> str:
    """Escape characters that would steer the terminal or reorder what it shows: controls, and bidirectional marks."""
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
