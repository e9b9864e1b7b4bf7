"""Tokens and file names derived from a notice number, which may contain any character the settings allow."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

_PLAIN = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_FILE_NAME = re.compile(
    r"[\w()（）〔〕【】\[\]-]+"
)  # no dot: only tokens have one, so a number and a token never collide
MOST_READABLE = 24  # keeps a Message-ID with a usual domain on one line
MOST_BYTES = 200  # file names may have 255; the rest leaves room for a suffix and a temporary name


def digest(number: str, secret: str = "") -> str:
    """Return 20 hexadecimal digits unique to this number; with a `secret` they cannot be guessed (HMAC)."""
    content = number.encode("utf-8", "surrogatepass")
    if not secret:
        return hashlib.sha256(content).hexdigest()[:20]
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()[:20]


def token(number: str, secret: str = "") -> str:
    """Return an ASCII name for the number: letters, digits, hyphens and one dot, unique even ignoring letter case.

    A short ASCII number comes first in it, so that people can find it in a server's log.
    """
    readable = number if _PLAIN.fullmatch(number) and len(number) <= MOST_READABLE else "notice"
    return f"{readable}.{digest(number, secret)}"


def file_stem(number: str) -> str:
    """Return a file name without suffix: the number itself if every file system accepts it, else its `token`."""
    usable = (
        _FILE_NAME.fullmatch(number)
        and unicodedata.is_normalized("NFC", number)
        and len(number.encode("utf-8")) <= MOST_BYTES
    )
    return number if usable else token(number)


def attachment_name(text: str) -> str:
    """Return a file name that is valid on an owner's computer: no control characters, no path separators."""
    kept = "".join("_" if unicodedata.category(c) in {"Cc", "Cs"} or c in '/\\:*?"<>|' else c for c in text)
    return kept.strip(" .") or "notice.pdf"
