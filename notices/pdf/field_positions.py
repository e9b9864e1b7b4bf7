"""Find the places to tick or write on printed pages, from the words beside them and the lines around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import pypdfium2
from pypdfium2 import raw

from notices.pdf.faults import IN_MEMORY, pdf_errors

BOX = "□"
BLANK = "_"
HAIRLINE = 2.0  # points; a thinner path is a ruled line
LINE_HEIGHT = 15.0  # points; maximum height of the writing space above a ruled line
NEAR = 40.0  # points; maximum distance from a word to the border of the next cell

Rect = tuple[float, float, float, float]  # left, bottom, right, top, in points


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Space for one answer: its name, page (from 1) and rectangle, and the printed words it belongs to."""

    name: str
    page: int
    rect: Rect
    kind: Literal["tick", "text"]
    label: str


def find_places(
    content: bytes, boxes: Mapping[str, str], rooms: Mapping[str, str], *, pages: range | None = None
) -> tuple[TextPlace, ...]:
    """Find the places in a PDF: `boxes` by the words after each □, `rooms` by the words before; both map name to words.

    A room is a run of underscores (each run its own place), the lines below the words, or the table cell to their
    right; several are numbered -1, -2 … Labels that are not printed are skipped; the words of a box are not found at
    the beginning of another's longer ones. `pages` (from 1) limits the search.
    Raises DamagedPdf.
    """
    with pdf_errors(IN_MEMORY):
        document = pypdfium2.PdfDocument(content)
        try:
            return tuple(
                place
                for number in range(1, len(document) + 1)
                if pages is None or number in pages
                for place in _places(document[number - 1], number, boxes, rooms)
            )
        finally:
            document.close()


def _places(
    page: pypdfium2.PdfPage, number: int, boxes: Mapping[str, str], rooms: Mapping[str, str]
) -> Iterator[TextPlace]:
    """Yield the places of a page; most pages of a letter have none, and where each character stands is slow to read."""
    text_page = page.get_textpage()
    try:
        if BOX in text_page.get_text_range():
            yield from _Page(page, text_page, number).places(boxes, rooms)
    finally:
        text_page.close()


class _Page:
    """A page's ruled lines, and its characters without white space, each with its rectangle."""

    def __init__(self, page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, number: int) -> None:
        self.number = number
        read = [(chr(raw.FPDFText_GetUnicode(text_page, at)), at) for at in range(text_page.count_chars())]
        printed = [(character, text_page.get_charbox(at)) for character, at in read if not character.isspace()]
        self.text = "".join(character for character, _ in printed)
        self.rects: list[Rect] = [rect for _, rect in printed]
        bounds = [drawn.get_bounds() for drawn in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH])]
        self.across: list[Rect] = sorted(
            (b for b in bounds if b[3] - b[1] < HAIRLINE < b[2] - b[0]), key=lambda b: -b[1]
        )
        self.down: list[Rect] = sorted(b for b in bounds if b[2] - b[0] < HAIRLINE < b[3] - b[1])

    def places(self, boxes: Mapping[str, str], rooms: Mapping[str, str]) -> Iterator[TextPlace]:
        plain = {BOX + _without_spaces(label) for label in boxes.values()}
        for name, label in boxes.items():
            words = BOX + _without_spaces(label)
            at = self._at(words, [longer for longer in plain if longer != words and longer.startswith(words)])
            if at >= 0:
                yield TextPlace(name, self.number, self.rects[at], "tick", label)
        for name, label in rooms.items():
            at = self.text.find(_without_spaces(label))
            if at >= 0:
                found = self._room(at, at + len(_without_spaces(label)))
                for order, rect in enumerate(found, start=1):
                    numbered = name if len(found) == 1 else f"{name}-{order}"
                    yield TextPlace(numbered, self.number, rect, "text", label)

    def _at(self, words: str, longer: Sequence[str]) -> int:
        """Return where these words are and none of the longer ones, -1 if nowhere."""
        at = self.text.find(words)
        while at >= 0 and any(self.text.startswith(other, at) for other in longer):
            at = self.text.find(words, at + 1)
        return at

    def _room(self, start: int, end: int) -> list[Rect]:
        return self._blanks(end) or self._cell(start, end) or self._lines(end)

    def _blanks(self, at: int) -> list[Rect]:
        """Return the runs of underscores after the words on the same line; single characters may separate them."""
        line = [
            (character == BLANK, rect)
            for character, rect in zip(self.text[at:], self.rects[at:], strict=True)
            if abs(rect[1] - self.rects[at - 1][1]) < LINE_HEIGHT
        ]
        runs: list[list[Rect]] = []
        for blank, run in groupby(line, lambda each: each[0]):
            rects = [rect for _, rect in run]
            if blank:
                runs.append(rects)
            elif len(rects) > 1:  # longer than a separator such as 年: other words begin here
                break
        return [(run[0][0], run[0][1], run[-1][2], run[0][1] + LINE_HEIGHT) for run in runs]

    def _cell(self, start: int, end: int) -> list[Rect]:
        """Return the table cell to the right of the words, inside its borders."""
        left, bottom, right, top = (
            self.rects[start][0],
            self.rects[start][1],
            self.rects[end - 1][2],
            self.rects[start][3],
        )
        sides = [rule for rule in self.down if rule[1] < bottom and top < rule[3] and rule[0] > right]
        above = [rule[1] for rule in self.across if rule[1] > top and rule[0] <= left]
        below = [rule[3] for rule in self.across if rule[3] < bottom and rule[0] <= left]
        if len(sides) < 2 or sides[0][0] - right > NEAR or not above or not below:
            return []
        return [(sides[0][2] + 1, max(below) + 1, sides[1][0] - 1, min(above) - 1)]

    def _lines(self, at: int) -> list[Rect]:
        """Return the ruled lines between the words and the next words below."""
        beneath = self.rects[at - 1][1]
        following = max((rect[3] for rect in self.rects[at:] if rect[3] < beneath), default=0.0)
        rules = [rule for rule in self.across if following < rule[1] < beneath]
        tops = [beneath, *(rule[1] for rule in rules)]
        return [
            (rule[0] + 1, rule[3], rule[2] - 1, min(top - 1, rule[3] + LINE_HEIGHT))
            for rule, top in zip(rules, tops, strict=False)
        ]


def _without_spaces(text: str) -> str:
    return "".join(text.split())
