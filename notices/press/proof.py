"""The proof of a finished file of letters: every letter in its place, fit for print, its address in the window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from notices.errors import Unusable
from notices.messages import Message, say
from notices.pdf import PageLook, look, missing_fonts
from notices.press.fitness import area_of, misplaced, unfit
from notices.press.insertmarks import Marked, crowded
from notices.press.items import PrintFailure
from notices.press.layout import Placed
from notices.press.readback import prove_order
from notices.settings import Print


def prove(
    file: Path, placed: Sequence[Placed], marks: Sequence[tuple[Placed, Marked]], how: Print
) -> tuple[PrintFailure, ...]:
    """Look at every page of a file; gives the letters that cannot be printed like this, each with the first reason.

    Raises Unusable where a letter is not where the layout says, or a font is not in the file.
    """
    areas = {
        letter.first_page: area_of(letter.envelope.window)
        for letter in placed
        if letter.envelope and letter.envelope.window
    }
    pages = look(file, areas)
    prove_order([page.text for page in pages], placed)
    if missing := missing_fonts(file):
        raise Unusable(
            say("The letters do not carry all their fonts: {fonts}. Nothing was printed.", fonts=", ".join(missing)),
            say("Render the batch again; `notices doctor` looks at the fonts of this machine."),
        )
    crowds = _crowds(pages, marks)
    return tuple(
        PrintFailure(letter.item.number, reasons[0])
        for letter in placed
        if letter.item.replaces is None and (reasons := [*_reasons(pages, letter, how), *crowds[letter.position]])
    )


def _reasons(pages: Sequence[PageLook], letter: Placed, how: Print) -> Iterator[Message]:
    start = letter.first_page - 1
    for page in pages[start : start + letter.pages]:
        yield from unfit(page)
    if letter.envelope and letter.envelope.window:
        reason = misplaced(pages[start], letter.item, letter.envelope.window, how.clearance)
        if reason is not None:
            yield reason


def _crowds(pages: Sequence[PageLook], marks: Sequence[tuple[Placed, Marked]]) -> Mapping[int, Sequence[Message]]:
    """By the letter's position what keeps its marks from being read."""
    found = defaultdict[int, list[Message]](list)
    for letter, mark in marks:
        if reason := crowded(pages[mark.page - 1], mark):
            found[letter.position].append(reason)
    return found
