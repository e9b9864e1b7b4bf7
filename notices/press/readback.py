"""The proof that the merged file holds each letter where the manifest says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from notices.errors import Unusable
from notices.messages import Message, say
from notices.press.layout import Placed


def prove_order(pages: Sequence[str], placed: Sequence[Placed]) -> None:
    """Hold the text of every page of a file against the layout: the number on each of a letter's pages, blank backs.

    Of a letter that is printed again as it was, with what was behind it, the first page tells.
    Raises Unusable that names the first letter which is not where it should be.
    """
    if len(pages) != sum(letter.pages for letter in placed):
        raise _wrong(say("the merged file has {found} pages", found=len(pages)))
    for letter in placed:
        number = _as_printed(letter.item.number)
        at = letter.first_page - 1
        for part in letter.parts:
            shown = pages[at : at + part.pages]
            at += part.pages
            proving = shown[:1] if letter.item.replaces else shown
            if part.own and not all(number.search(unicodedata.normalize("NFKC", page)) for page in proving):
                where = letter.position
                raise _wrong(say("{notice} is not at position {position}", notice=letter.item.number, position=where))
            if part.source is None and any(page.strip() for page in shown):
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
