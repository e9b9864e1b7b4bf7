"""ASCII and file names made from a notice number, which may hold anything a settings file can say."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

_PLAIN = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_FILE_NAME = re.compile(r"[\w()（）〔〕【】\[\]-]+")  # no dot: only a token has one, so the two never meet
MOST_READABLE = 24  # keeps a Message-ID with a usual domain on one line
MOST_BYTES = 200  # a file name may have 255; the rest is for its ending and for a temporary name


def digest(number: str, secret: str = "") -> str:
    """20 hexadecimal digits that stand for this number and no other; without the `secret` nobody can work them out."""
    content = number.encode("utf-8", "surrogatepass")
    if not secret:
        return hashlib.sha256(content).hexdigest()[:20]
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()[:20]


def token(number: str, secret: str = "") -> str:
    """The number as ASCII letters, digits, hyphens and one dot, unique even where letter case is ignored.

    A number that is readable in ASCII leads, so that a person finds it in a server's log.
    """
    readable = number if _PLAIN.fullmatch(number) and len(number) <= MOST_READABLE else "notice"
    return f"{readable}.{digest(number, secret)}"


def file_stem(number: str) -> str:
    """A file name without its ending: the number itself where every file system takes it, else its `token`."""
    usable = (
        _FILE_NAME.fullmatch(number)
        and unicodedata.is_normalized("NFC", number)
        and len(number.encode("utf-8")) <= MOST_BYTES
    )
    return number if usable else token(number)


def attachment_name(text: str) -> str:
    """A file name that an owner's computer takes: no control characters and nothing that means a path there."""
    kept = "".join("_" if unicodedata.category(c) in {"Cc", "Cs"} or c in '/\\:*?"<>|' else c for c in text)
    return kept.strip(" .") or "notice.pdf"
