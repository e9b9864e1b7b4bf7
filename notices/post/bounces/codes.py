"""The codes in what a server said: RFC 3463's enhanced status and RFC 5321's reply."""

from __future__ import annotations

import re

from notices.post.bounces.parts import printable

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
REPLY = re.compile(r"(?<![\d.])([245][0-5]\d)(?=[ \-,;:#)\]>'\"]|$)(?![\d.]*\d\.\d)")
MOST_DIAGNOSTIC = 500


def status_in(text: str) -> str | None:
    """The first enhanced status code in a text."""
    found = STATUS.search(text)
    return found[1] if found else None


def failure_in(text: str) -> str | None:
    """The first code in running text that defers or refuses: a 2.x.y there is some program's version."""
    return next((found[1] for found in STATUS.finditer(text) if found[1][0] in "45"), None)


def reply_in(text: str) -> str | None:
    """The first reply code in a text, of the kind that refuses or defers."""
    return next((found[1] for found in REPLY.finditer(text) if found[1][0] in "45"), None)


def better_status(stated: str | None, diagnostic: str) -> str | None:
    """The status that says most: the server's own words may tell more than an unspecific x.0.0."""
    if stated is not None and not stated.endswith(".0.0"):
        return stated
    told = status_in(diagnostic)
    return told if told and (stated is None or told[0] == stated[0]) else stated


def one_line(text: str) -> str:
    """What a server said, on one line and not too long."""
    return " ".join(printable(text[: MOST_DIAGNOSTIC * 4]).split())[:MOST_DIAGNOSTIC]
