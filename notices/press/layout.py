"""Layout of a print job: file, pages, sheets and envelope of each letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from notices.press.items import PrintItem
from notices.press.order import group_key
from notices.settings import Envelope, Print

A4_SHEETS_PER_SQUARE_METRE = 16


@dataclass(frozen=True, slots=True)
class LetterPart:
    """A range of pages of a letter or an enclosure, from page `first` of `source`; a blank page has no source."""

    pages: int
    source: Path | None = None
    first: int = 1
    own: bool = False


BLANK = LetterPart(1)


@dataclass(frozen=True, slots=True)
class PlacedLetter:
    """A letter with its place; all numbers from 1, `first_page` within its file, `first_sheet` within the job."""

    item: PrintItem
    position: int
    file: int
    first_page: int
    first_sheet: int
    sheets: int
    parts: tuple[LetterPart, ...]
    envelope: Envelope | None
    grams: float

    @property
    def pages(self) -> int:
        """Number of pages in the file, including blank backs and enclosures."""
        return sum(part.pages for part in self.parts)

    @property
    def blank_backs(self) -> int:
        """Number of blank pages among them."""
        return self.parts.count(BLANK)


def file_name(number: int) -> str:
    """Return the name of the job's letter file with that number."""
    return f"letters-{number:02d}.pdf"


def lay_out(items: Iterable[PrintItem], how: Print) -> tuple[PlacedLetter, ...]:
    """Lay out the letters in the configured order; in duplex, letters, slips and enclosures start on a front page.

    A letter that would take a file past its maximum number of sheets starts the next file. Letters in a supplement
    keep their original position and sheets.
    """
    bound = [(item, parts := _parts(item, duplex=how.duplex), _sheets(item, parts, how)) for item in items]
    bound.sort(key=lambda each: group_key(each[0], each[2], how.group))
    placed: list[PlacedLetter] = []
    file, page, in_file, sheet = 1, 1, 0, 1
    for position, (item, parts, sheets) in enumerate(bound, start=1):
        if how.sheets_per_file and in_file and in_file + sheets > how.sheets_per_file:
            file, page, in_file = file + 1, 1, 0
        again = item.replaces
        place = (again.position, again.first_sheet) if again else (position, sheet)
        envelope = envelope_for(sheets, how)
        placed.append(
            PlacedLetter(item, place[0], file, page, place[1], sheets, parts, envelope, _grams(sheets, envelope, how))
        )
        page += placed[-1].pages
        in_file += sheets
        sheet += sheets
    return tuple(placed)


def envelope_for(sheets: int, how: Print) -> Envelope | None:
    """Return the first envelope that holds this number of sheets, or None."""
    return next((envelope for envelope in how.envelopes if envelope.sheets >= sheets), None)


def _parts(item: PrintItem, *, duplex: bool) -> tuple[LetterPart, ...]:
    behind = [LetterPart(each.pages, each.file) for each in item.enclosures]
    if duplex and item.replaces is None:
        return tuple(_on_fronts([*_own(item), *behind]))
    return (LetterPart(item.count, item.source, item.first, own=True), *behind)


def _own(item: PrintItem) -> Iterator[LetterPart]:
    """Split the letter's own pages before the slip, which is torn off and so must start on a front page."""
    before = max(item.slip_page - 1, 0)
    if before:
        yield LetterPart(before, item.source, item.first, own=True)
    yield LetterPart(item.count - before, item.source, item.first + before, own=True)


def _on_fronts(parts: Iterable[LetterPart]) -> Iterator[LetterPart]:
    for part in parts:
        yield part
        if part.pages % 2:
            yield BLANK


def _sheets(item: PrintItem, parts: Iterable[LetterPart], how: Print) -> int:
    if item.replaces:
        return item.replaces.sheets
    pages = sum(part.pages for part in parts)
    return pages // 2 if how.duplex else pages


def _grams(sheets: int, envelope: Envelope | None, how: Print) -> float:
    paper = sheets * how.grams_per_square_metre / A4_SHEETS_PER_SQUARE_METRE
    return round(paper + (envelope.grams if envelope else 0), 1)
