"""The proof that the merged file holds each letter where the manifest says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from notices.errors import Unusable
from notices.messages import Message, say
from notices.press.layout import Placed


def prove_order(pages: Sequence[str], placed: Sequence[Placed]) -> None:
    """Hold the text of every page against the layout: the letter's number on each of its pages, nothing on blank ones.

    Raises Unusable that names the first letter which is not where it should be.
    """
    if len(pages) != sum(letter.pages for letter in placed):
        raise _wrong(say("the merged file has {found} pages", found=len(pages)))
    for letter in placed:
        start = letter.first_page - 1
        own, back = pages[start : start + letter.item.count], pages[start + letter.item.count : start + letter.pages]
        number = _as_printed(letter.item.number)
        if not all(number.search(unicodedata.normalize("NFKC", page)) for page in own):
            where = letter.position
            raise _wrong(say("{notice} is not at position {position}", notice=letter.item.number, position=where))
        if any(page.strip() for page in back):
            raise _wrong(say("the back of {notice} is not blank", notice=letter.item.number))


def _as_printed(number: str) -> re.Pattern[str]:
    """The number as a whole, …0001 not inside …00012; a line may break anywhere in it."""
    characters = (re.escape(c) for c in unicodedata.normalize("NFKC", number) if not c.isspace())
    return re.compile(r"(?<![0-9A-Za-z])" + r"\s*".join(characters) + r"(?![0-9A-Za-z])")


def _wrong(fact: Message) -> Unusable:
    return Unusable(
        say("The print job is not what was asked for: {fact}. Nothing was printed.", fact=fact),
        say("Render the batch again and print it again; if that does not help, keep the files and report it."),
    )
