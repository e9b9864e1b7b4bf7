"""Insert marks: marks in the page margin from which the inserter knows which sheets share an envelope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notices.messages import Message, say
from notices.pdf import Box, PageLook, Rect
from notices.press.fitness import A4, MM
from notices.press.layout import PlacedLetter
from notices.qr import qr_modules
from notices.settings import Print

BAR = (8.0, 0.5)  # mm
STEP = 4.0  # mm, from the top of one bar to the next
MODULE = 0.4  # mm
QUIET = 1.6  # mm, white margin around either kind of mark


@dataclass(frozen=True, slots=True)
class InsertMark:
    """A mark on a page (from 1) of a file: its black boxes, and the area that must contain nothing else."""

    page: int
    boxes: tuple[Box, ...]
    margin: Rect


def insert_marks(job: str, placed: Sequence[PlacedLetter], how: Print) -> Iterator[tuple[PlacedLetter, InsertMark]]:
    """Yield the mark for each sheet's front page, letter by letter; none if marks are off."""
    if how.marks == "none":
        return
    step = 2 if how.duplex else 1
    for letter in placed:
        for sheet in range(1, letter.sheets + 1):
            boxes = (
                list(_code(sheet_code(job, letter.position, sheet, letter.sheets), how))
                if how.marks == "code"
                else list(_bars(sheet, letter.sheets, letter.position, how))
            )
            yield letter, InsertMark(letter.first_page + step * (sheet - 1), tuple(boxes), _around(boxes))


def sheet_code(job: str, position: int, sheet: int, sheets: int) -> str:
    """Return the content of a sheet's QR code: job/position/sheet-sheets."""
    return f"{job}/{position}/{sheet}-{sheets}"


def mark_problem(page: PageLook, mark: InsertMark) -> Message | None:
    """Return why a mark cannot be read, namely text in its margin; None if it can."""
    left, bottom, right, top = mark.margin
    if any(text[0] < right and left < text[2] and text[1] < top and bottom < text[3] for text in page.texts):
        return say("text is printed where the insert mark belongs")
    return None


def _bars(sheet: int, sheets: int, position: int, how: Print) -> Iterator[Box]:
    """Yield the bars, from the top: start; last sheet; position modulo 8 in three bits (4, 2, 1); even parity."""
    bits = [True, sheet == sheets, *(bool(position % 8 & bit) for bit in (4, 2, 1))]
    bits.append(sum(bits) % 2 == 1)
    for row, drawn in enumerate(bits):
        if drawn:
            yield _box(how.marks_left, how.marks_top + row * STEP, *BAR)


def _code(text: str, how: Print) -> Iterator[Box]:
    """Yield the dark modules of a QR code, each horizontal run as one box."""
    for row, modules in enumerate(qr_modules(text)):
        start: int | None = None
        for column, dark in enumerate((*modules, False)):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                where = how.marks_left + start * MODULE, how.marks_top + row * MODULE
                yield _box(*where, (column - start) * MODULE, MODULE)
                start = None


def _box(left: float, top: float, width: float, height: float) -> Box:
    return left * MM, (A4[1] - top - height) * MM, width * MM, height * MM


def _around(boxes: Sequence[Box]) -> Rect:
    quiet = QUIET * MM
    return (
        min(left for left, _, _, _ in boxes) - quiet,
        min(bottom for _, bottom, _, _ in boxes) - quiet,
        max(left + width for left, _, width, _ in boxes) + quiet,
        max(bottom + height for _, bottom, _, height in boxes) + quiet,
    )
