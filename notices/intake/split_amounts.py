"""Amounts of a text file that their own comma has split: 1,200.00 without quotation marks is two cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from notices.intake.cleaning import shown
from notices.intake.headings import IGNORED, MONEY, Heading, is_irrelevant
from notices.messages import Message, say
from notices.tables import Cell

BEGUN = re.compile(r"[-+(（]?[¥￥]?[-+]?\d{1,3}")
INSIDE = re.compile(r"\d{3}")
ENDED = re.compile(r"\d{3}(?:\.\d{1,2})?[)）]?元?")
NUMBERS = MONEY | {"area", "rate"}  # meanings of columns in which a number of three digits may stand by itself
NO_NUMBERS = frozenset({"telephone", "email", "address", "owner-kind"})  # and of those in which none may


def split_amount(cells: Sequence[Cell], columns: Mapping[int, Heading], *, wider: bool) -> tuple[str, ...] | None:
    """Return the pieces of an amount that was split at its commas, or None if no cell looks like one.

    `wider` if the row has more cells than its header; values behind the last heading are a better proof of that.
    """
    texts = [shown(cell).strip() for cell in cells]
    behind = [text for text in texts[max(columns, default=-1) + 1 :] if text]
    for place, heading in sorted(columns.items()):
        if not (heading.meaning in MONEY or heading.period) or place >= len(texts) or not BEGUN.fullmatch(texts[place]):
            continue
        end = place + 1
        while end + 1 < len(texts) and INSIDE.fullmatch(texts[end]) and ENDED.fullmatch(texts[end + 1]):
            end += 1
        if end >= len(texts) or not ENDED.fullmatch(texts[end]):
            continue
        shifted = (wider or behind) and "." in texts[end]
        if shifted or (behind and ENDED.fullmatch(behind[-1])) or _is_strange(texts[end], columns.get(end)):
            return tuple(texts[place : end + 1])
    return None


def _is_strange(text: str, heading: Heading | None) -> bool:
    """Return whether the end of an amount cannot be a value of the column in which it stands."""
    if heading is None or heading.meaning == "remark" or heading.meaning in NO_NUMBERS:
        return True
    if heading.meaning in NUMBERS or heading.period or "." not in text:
        return False
    return heading.meaning != IGNORED or is_irrelevant(heading.text)


def split_problem(pieces: Sequence[str]) -> tuple[Message, Message]:
    """Return the problem of an amount in pieces, and its remedy."""
    return (
        say(
            "{pieces} side by side look like one amount, {amount}, that was split at its comma.",
            pieces=" | ".join(pieces),
            amount=",".join(pieces),
        ),
        say("Write amounts without commas, or put quotation marks around them."),
    )
