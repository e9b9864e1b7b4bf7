"""Read back the letter attached to an e-mail, from the very bytes that leave."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable
from email import message_from_bytes
from functools import lru_cache
from string import Formatter

from notices.errors import DataNeedsPerson
from notices.letters.proof import as_read, flaw_of
from notices.messages import Message, say
from notices.model import Letter
from notices.pdf import DamagedPdf, texts_of
from notices.settings import Settings

PDF = "application/pdf"
NEVER = re.compile("(?!)")


def refuse_wrong_attachment(content: bytes, letter: Letter, settings: Settings, password: str) -> None:
    """Raise DataNeedsPerson unless a message carries exactly this letter, which its password opens.

    Each page must bear the letter's number and the right page number, the letter its owners, unit and total, and
    nothing may look like another notice's number by the `settings` it was approved with.
    """
    if (reason := _flaw(content, letter, settings, password)) is not None:
        raise DataNeedsPerson(
            say(
                "{notice}: not e-mailed, because the letter attached to its message failed the check: {reason}.",
                notice=letter.number,
                reason=reason,
            ),
            say("Render the batch again; if that does not help, keep the files and report the problem."),
        )


def refuse_other_attachment(content: bytes, number: str, owners: Iterable[str], pages: int, password: str) -> None:
    """Raise DataNeedsPerson unless a message carries one PDF of so many pages, each with this number, to these owners.

    So it is for a letter of reply, which was compared with its checksum before: its other fields are not kept.
    """
    try:
        attached = _attached(content)
        read = [as_read(text) for each in attached for text in texts_of(each, password)]
    except (DamagedPdf, ValueError):
        attached, read = [], []
    named = all(as_read(owner) in "".join(read) for owner in owners)
    if len(attached) != 1 or len(read) != pages or not named or not all(as_read(number) in text for text in read):
        raise DataNeedsPerson(
            say("{number}: not e-mailed, because the letter attached to its message failed the check.", number=number),
            say("Make it again; if that does not help, keep the files and report the problem."),
        )


def _flaw(content: bytes, letter: Letter, settings: Settings, password: str) -> Message | None:
    try:
        attached = _attached(content)
        if len(attached) != 1:
            return say("it has {count} attached letters", count=len(attached))
        pages = texts_of(attached[0], password)
    except (DamagedPdf, ValueError):  # ValueError: not base64
        return say("it cannot be opened")
    forms = {(tier.number, it.code) for it in settings.estates for tier in settings.policy_of(it.name).tiers}
    return flaw_of(pages, letter, _numbers(frozenset(forms)))


def _attached(content: bytes) -> list[bytes]:
    """Return the attached PDFs of a message, as a mail program would.

    The message is split at its outer boundary here: the library's parser reads a message line by line, which takes
    longer than reading the letter's pages. Only the headers are left to it.
    """
    head, _, body = content.partition(b"\r\n\r\n")
    boundary = message_from_bytes(head).get_boundary("")
    found = []
    for part in body.split(f"--{boundary}".encode())[1:-1]:
        headers, _, payload = part.lstrip().partition(b"\r\n\r\n")
        told = message_from_bytes(headers)
        if told.get_content_type() == PDF:
            found.append(b64decode(payload) if told["Content-Transfer-Encoding"] == "base64" else payload)
    return found


@lru_cache(maxsize=16)
def _numbers(forms: Iterable[tuple[str, str]]) -> re.Pattern[str]:
    """Return a pattern for all numbers that these series (pattern and estate code) can give.

    A series of figures and punctuation only is left out: dates and sums would look like its numbers.
    """
    found = sorted(_number(*form) for form in forms if any(map(str.isalpha, re.sub(r"\{.*?\}", form[1], form[0]))))
    return re.compile("|".join(found)) if found else NEVER


def _number(pattern: str, code: str) -> str:
    """Return a regular expression for the numbers of a series, as they are read from a page."""
    kinds = {"code": re.escape(as_read(code)), "year": r"\d{4}", "seq": r"\d+"}
    return "".join(
        re.escape(as_read(literal)) + (kinds[field] if field is not None else "")
        for literal, field, _, _ in Formatter().parse(pattern)
    )
