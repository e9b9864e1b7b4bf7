"""Proof of a merged file: every letter in its place, printable, and its address in the envelope window."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from notices.errors import Unusable
from notices.messages import Message, say
from notices.pdf import PageLook, StartWorkers, look, missing_fonts
from notices.press.fitness import page_problems, window_problem, window_rect
from notices.press.insertmarks import InsertMark, mark_problem
from notices.press.items import PrintFailure
from notices.press.layout import PlacedLetter
from notices.settings import Print


def prove(
    file: Path,
    placed: Sequence[PlacedLetter],
    marks: Sequence[tuple[PlacedLetter, InsertMark]],
    how: Print,
    start_workers: StartWorkers,
) -> tuple[PrintFailure, ...]:
    """Check every page of a file; return the letters that cannot be printed, each with the first reason.

    Raises Unusable if a letter is not where the layout says, or a font is not embedded.
    """
    areas = {
        letter.first_page: window_rect(letter.envelope.window)
        for letter in placed
        if letter.envelope and letter.envelope.window
    }
    pages = look(file, areas, start_workers)
    prove_order([page.text for page in pages], placed)
    if missing := missing_fonts(file):
        raise Unusable(
            say("Fonts not embedded in the letters: {fonts}. Nothing was printed.", fonts=", ".join(missing)),
            say("Render the batch again; `notices doctor` checks this machine's fonts."),
        )
    crowds = _crowds(pages, marks)
    return tuple(
        PrintFailure(letter.item.number, reasons[0])
        for letter in placed
        if letter.item.replaces is None and (reasons := [*_reasons(pages, letter, how), *crowds[letter.position]])
    )


def _reasons(pages: Sequence[PageLook], letter: PlacedLetter, how: Print) -> Iterator[Message]:
    start = letter.first_page - 1
    for page in pages[start : start + letter.pages]:
        yield from page_problems(page)
    if letter.envelope and letter.envelope.window:
        reason = window_problem(pages[start], letter.item, letter.envelope.window, how.clearance)
        if reason is not None:
            yield reason


def _crowds(
    pages: Sequence[PageLook], marks: Sequence[tuple[PlacedLetter, InsertMark]]
) -> Mapping[int, Sequence[Message]]:
    """Return, by letter position, the reasons why its insert marks cannot be read."""
    found = defaultdict[int, list[Message]](list)
    for letter, mark in marks:
        if reason := mark_problem(pages[mark.page - 1], mark):
            found[letter.position].append(reason)
    return found


def prove_order(pages: Sequence[str], placed: Sequence[PlacedLetter]) -> None:
    """Check every page's text against the layout: the notice number on each of a letter's pages, blank backs empty.

    For a reprinted letter, whose page range includes its enclosures, only the first page is checked.
    Raises Unusable naming the first misplaced letter.
    """
    if len(pages) != sum(letter.pages for letter in placed):
        raise _wrong(say("the merged file has {found} pages, which is not the right number", found=len(pages)))
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
    """Return a pattern for the whole number (…0001 does not match …00012) that allows line breaks inside it."""
    characters = (re.escape(c) for c in unicodedata.normalize("NFKC", number) if not c.isspace())
    return re.compile(r"(?<![0-9A-Za-z])" + r"\s*".join(characters) + r"(?![0-9A-Za-z])")


def _wrong(fact: Message) -> Unusable:
    return Unusable(
        say("The print job failed its check: {fact}. Nothing was printed.", fact=fact),
        say("Render and print the batch again; if that does not help, keep the files and report the problem."),
    )
