"""Status codes in a server's text: enhanced status (RFC 3463) and reply codes (RFC 5321)."""

from __future__ import annotations

import re

from notices.post.bounces.parts import printable

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
REPLY = re.compile(r"(?<![\d.])([245][0-5]\d)(?=[ \-,;:#)\]>'\"]|$)(?![\d.]*\d\.\d)")
MOST_DIAGNOSTIC = 500


def status_in(text: str) -> str | None:
    """Return the first enhanced status code in a text."""
    found = STATUS.search(text)
    return found[1] if found else None


def failure_in(text: str) -> str | None:
    """Return the first 4.x.y or 5.x.y code in prose, where 2.x.y is likely to be a version number."""
    return next((found[1] for found in STATUS.finditer(text) if found[1][0] in "45"), None)


def reply_in(text: str) -> str | None:
    """Return the first 4xx or 5xx reply code in a text."""
    return next((found[1] for found in REPLY.finditer(text) if found[1][0] in "45"), None)


def more_specific_status(stated: str | None, diagnostic: str) -> str | None:
    """Return the more specific status: the diagnostic text may have one if the stated code is x.0.0."""
    if stated is not None and not stated.endswith(".0.0"):
        return stated
    told = status_in(diagnostic)
    return told if told and (stated is None or told[0] == stated[0]) else stated


def one_line(text: str) -> str:
    """Return a server's text on one line, at most MOST_DIAGNOSTIC characters."""
    return " ".join(printable(text[: MOST_DIAGNOSTIC * 4]).split())[:MOST_DIAGNOSTIC]
