"""Read a printed form from its scan: which boxes are marked, which are doubtful, and what is written elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from notices.scan.boxes import LEAST_LIKE, BoxInk, judge, measure
from notices.scan.codes import Corners
from notices.scan.ink import PixelRect, darkness_of
from notices.scan.pictures import Gray
from notices.scan.register import Points, PrintedPage, laid_over, register, shows
from notices.scan.rooms import written_share

MARGIN = 1.6  # of a box's side: what a cut-out shows around it
CUT_OUT = (8, 20, 8, 14)  # pixels around a room
LABEL = 9.0  # of a box's side: what a cut-out shows of the words beside it


class BoxVerdict(StrEnum):
    """Verdict on a box: marked, empty, or doubtful."""

    MARKED = "marked"
    EMPTY = "empty"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Area:
    """A box to tick or a room to write in: its name and its rectangle in pixels of the printed page."""

    name: str
    window: PixelRect


@dataclass(frozen=True)
class FormImage:
    """A printed form without marks, with its boxes and rooms."""

    printed: PrintedPage
    boxes: tuple[Area, ...]
    rooms: tuple[Area, ...]


@dataclass(frozen=True)
class MarkedBox:
    """A box as read: the verdict, the share of it that is inked, and a picture of it with the words beside it."""

    name: str
    verdict: BoxVerdict
    ink: float
    picture: Gray


@dataclass(frozen=True)
class FormMarks:
    """A form as read: its boxes, the share of ink in each room, and the page laid straight.

    `cut_off` are the boxes and rooms that the scan does not show.
    """

    boxes: tuple[MarkedBox, ...]
    rooms: Mapping[str, float]
    page: Gray
    cut_off: tuple[str, ...]


def read_form(scan: Gray, corners: Corners | None, form: FormImage) -> FormMarks | None:
    """Return what is marked and written on a scan of a form; None if the form is not in the scan."""
    pose = register(scan, corners, form.printed)
    if pose is None:
        return None
    cut_off = tuple(area.name for area in (*form.boxes, *form.rooms) if not shows(scan, pose, _corners(area.window)))
    page = laid_over(scan, pose, form.printed)
    here, there = darkness_of(page), form.printed.darkness
    inks = measure(here, there, [area.window for area in form.boxes if area.name not in cut_off])
    if inks and np.median([ink.likeness for ink in inks]) < LEAST_LIKE:  # another page with the same head and foot
        return None
    boxes = [area for area in form.boxes if area.name not in cut_off]
    return FormMarks(
        tuple(_marked(area, ink, page) for area, ink in zip(boxes, inks, strict=True)),
        {area.name: written_share(here, there, area.window) for area in form.rooms if area.name not in cut_off},
        page,
        cut_off,
    )


def _marked(area: Area, ink: BoxInk, page: Gray) -> MarkedBox:
    side = area.window.bottom - area.window.top
    shown = area.window.grown(MARGIN * side, MARGIN * side * 0.6, LABEL * side, MARGIN * side * 0.6).within(page.shape)
    return MarkedBox(area.name, BoxVerdict(judge(ink)), round(ink.inside, 3), shown.of(page))


def cut_out(page: Gray, windows: Sequence[PixelRect]) -> Gray:
    """Return the part of a page, laid straight, that shows these windows with a little around them."""
    whole = PixelRect(
        min(each.left for each in windows),
        min(each.top for each in windows),
        max(each.right for each in windows),
        max(each.bottom for each in windows),
    )
    return whole.grown(*CUT_OUT).within(page.shape).of(page)


def _corners(window: PixelRect) -> Points:
    across, down = (window.left, window.right), (window.top, window.bottom)
    return np.array([(x, y) for x in across for y in down], np.float32)
