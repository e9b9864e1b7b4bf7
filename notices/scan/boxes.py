"""Ink in and around the boxes of a form, and what it says: marked, empty, or doubtful.

A box is laid over its own printed picture once more, with the words beside it, because paper bends. What the scan has
there and the printed page has not is ink. Nothing is guessed: whatever is neither clearly empty nor clearly a tick, a
cross, a filled or a circled box is doubtful.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from notices.scan.ink import Darkness, Mask, Window

# In sides of a box.
LABEL = 7.0  # words beside it, by which it is found
ABOVE = 0.55
LEFT = 1.3
REACH = 0.4  # how far a box may be from where the page as a whole puts it
LEAST_LIKE = 0.45  # correlation of a box and its words with their print
ROUND = 1.45  # radius within which a circle is drawn
SECTORS = 24
HIDDEN = 0.55  # share of a direction that print may hide
ROUND_VIEW = 2.3  # of the page above and below, so that marks in the next boxes are seen whole

BLIND = 5  # pixels around print that do not count as ink
LOUD = 0.38  # of the darkness of print: ink
FAINT_DARK = 0.09

MARKED = 0.07  # inside
WEAK = 0.42  # strength
MINE = 0.5  # strange
SPECK, FAINT, BESIDE, ARC = 0.02, 0.12, 0.16, 0.3
CIRCLED, CIRCLE_INK = 0.7, 0.2
FILLED, SPILT = 0.6, 0.3
STRUCK = 0.8


@dataclass(frozen=True, slots=True)
class BoxInk:
    """Measures of the ink of a box.

    `likeness`: correlation of the place with its print. `inside`: share of the box that is inked. `strength`: darkness
    of that ink beside the print's. `faint`: share that is inked at least faintly. `around`: ink outside of the box, in
    areas of a box. `turn`: share of the directions from the box in which there is ink. `left`, `right`: how far ink
    reaches beyond it, in sides. `strange`: share of its ink that belongs to a mark in another box.
    """

    likeness: float
    inside: float
    strength: float
    faint: float
    around: float
    turn: float
    left: float
    right: float
    strange: float


def measure(here: Darkness, there: Darkness, boxes: Sequence[Window]) -> list[BoxInk]:
    """Return the ink of each box of a page, given the darkness of the scan and of the printed page."""
    return [_measured(here, there, box, boxes) for box in boxes]


def judge(ink: BoxInk) -> str:
    """Return marked, empty or doubtful."""
    if ink.likeness < LEAST_LIKE:
        return "doubtful"
    if ink.inside >= MARKED:
        return "doubtful" if _is_corrected(ink) or ink.strength < WEAK or ink.strange > MINE else "marked"
    if ink.turn >= CIRCLED and ink.around >= CIRCLE_INK:
        return "marked"
    is_clean = (
        ink.inside < SPECK and ink.faint < FAINT and ink.around < BESIDE and ink.turn < ARC
    )
    return "empty" if is_clean else "doubtful"


def _is_corrected(ink: BoxInk) -> bool:
    """Return whether a mark looks taken back: blackened beyond the box, or struck through from side to side."""
    return (ink.inside >= FILLED and ink.around >= SPILT) or (ink.left >= STRUCK and ink.right >= STRUCK)


def _measured(here: Darkness, there: Darkness, box: Window, boxes: Sequence[Window]) -> BoxInk:
    side = box.bottom - box.top
    across, down, likeness = _moved(here, there, box, side)
    view = box.grown(LEFT * side, ROUND_VIEW * side, LABEL * side, ROUND_VIEW * side).within(here.shape)
    scan, printed = _shifted(here, view, across, down), view.of(there)
    inked, is_print = _inked(scan, printed)
    place = _seen_from(box, view)
    others = np.zeros_like(inked)
    for other in boxes:
        if other != box:
            seen = _seen_from(other, view).within(inked.shape)
            others[seen.top : seen.bottom, seen.left : seen.right] = True
    strange, own = _apart(inked, place, others)
    inside = np.zeros_like(inked)
    inside[place.top : place.bottom, place.left : place.right] = True
    inside &= ~is_print
    area = max(1, int(inside.sum()))
    level = _print_level(scan, printed)
    at = inked & inside
    return BoxInk(
        likeness=likeness,
        inside=float(at.sum()) / area,
        strength=float(scan[at].mean() / level) if at.any() else 0.0,
        faint=float((cv2.GaussianBlur(scan, (0, 0), 1.2)[inside] > FAINT_DARK).mean()) if inside.any() else 0.0,
        around=float(_ring(own, place, side).sum()) / (side * side),
        turn=_turn(own, is_print, place, side),
        left=_reach_left(own, place, side),
        right=_reach_right(own, place, side),
        strange=strange,
    )


def _moved(here: Darkness, there: Darkness, box: Window, side: int) -> tuple[int, int, float]:
    """Return how far a box and its words lie from their place, and how alike they are to their print."""
    reach = round(REACH * side)
    room = (here.shape[0] - reach, here.shape[1] - reach)
    window = box.grown(LEFT * side, ABOVE * side, LABEL * side, ABOVE * side).within(room)
    window = Window(max(window.left, reach), max(window.top, reach), window.right, window.bottom)
    around, wanted = window.grown(reach, reach, reach, reach).of(here), window.of(there)
    likeness = cv2.matchTemplate(np.ascontiguousarray(around), np.ascontiguousarray(wanted), cv2.TM_CCOEFF_NORMED)
    _, best, _, at = cv2.minMaxLoc(likeness)
    return at[0] - reach, at[1] - reach, float(best)


def _shifted(here: Darkness, view: Window, across: int, down: int) -> Darkness:
    """Return a view of the scan, moved; beyond the page there is paper."""
    moved = np.zeros((view.bottom - view.top, view.right - view.left), np.float32)
    part = Window(view.left + across, view.top + down, view.right + across, view.bottom + down)
    kept = part.within(here.shape)
    moved[kept.top - part.top : kept.bottom - part.top, kept.left - part.left : kept.right - part.left] = kept.of(here)
    return moved


def _seen_from(box: Window, view: Window) -> Window:
    return Window(box.left - view.left, box.top - view.top, box.right - view.left, box.bottom - view.top)


def _print_level(scan: Darkness, printed: Darkness) -> float:
    """Return how dark print is on this scan here, so that a pale or blurred one has the same measures."""
    core = printed > 0.75
    return max(0.3, float(np.quantile(scan[core], 0.7))) if core.sum() >= 20 else 0.8


def _inked(scan: Darkness, printed: Darkness) -> tuple[Mask, Mask]:
    """Return where there is ink that is not printed, and where print hides it."""
    is_print = cv2.dilate((printed > 0.2).astype(np.uint8), np.ones((BLIND, BLIND), np.uint8)) > 0
    threshold = max(0.2, LOUD * _print_level(scan, printed))
    return (scan > threshold) & ~is_print, is_print


def _apart(inked: Mask, place: Window, others: Mask) -> tuple[float, Mask]:
    """Return the share of a box's ink in marks that have more of it in another box, and the ink without such marks."""
    count, labels = cv2.connectedComponents(cv2.dilate(inked.astype(np.uint8), np.ones((3, 3), np.uint8)))
    mine = labels[place.top : place.bottom, place.left : place.right]
    ink = inked[place.top : place.bottom, place.left : place.right]
    here = np.bincount(mine[ink], minlength=count)
    there = np.bincount(labels[others & inked], minlength=count)
    theirs = (there > here * 0.5) & (there > 6)
    theirs[0] = False
    total = int(here[1:].sum())
    return (float(here[theirs].sum()) / total if total else 0.0), inked & ~theirs[labels]


def _ring(own: Mask, place: Window, side: int) -> Mask:
    """Return the ink outside of a box, as near as a circle around it."""
    near = place.grown(ROUND * side - side / 2, ROUND * side - side / 2, ROUND * side - side / 2, ROUND * side - side / 2)
    near = near.within(own.shape)
    ring = np.zeros_like(own)
    ring[near.top : near.bottom, near.left : near.right] = own[near.top : near.bottom, near.left : near.right]
    ring[place.top : place.bottom, place.left : place.right] = False
    return ring


def _turn(own: Mask, is_print: Mask, place: Window, side: int) -> float:
    """Return the share of the directions from a box in which there is ink; those that print hides do not count."""
    reach = round(ROUND * side) + 1
    near = place.grown(reach, reach, reach, reach).within(own.shape)
    down, across = np.ogrid[near.top : near.bottom, near.left : near.right]
    x, y = across - (place.left + place.right - 1) / 2, down - (place.top + place.bottom - 1) / 2
    away = np.hypot(x, y)
    ring = (away > 0.62 * side) & (away < ROUND * side)
    sector = ((np.arctan2(y, x) / (2 * np.pi) + 0.5) * SECTORS).astype(int) % SECTORS
    ink, printed = near.of(own), near.of(is_print)
    inked = np.bincount(sector[ring & ink], minlength=SECTORS) >= 2
    hidden = np.bincount(sector[ring & printed], minlength=SECTORS) > HIDDEN * np.bincount(sector[ring], minlength=SECTORS)
    return float(inked.sum()) / max(1, int((inked | ~hidden).sum()))


def _reach_left(own: Mask, place: Window, side: int) -> float:
    columns = np.flatnonzero(own[place.top : place.bottom, : place.left].any(axis=0))
    return float(place.left - columns.min()) / side if columns.size else 0.0


def _reach_right(own: Mask, place: Window, side: int) -> float:
    columns = np.flatnonzero(own[place.top : place.bottom, place.right :].any(axis=0))
    return float(columns.max() + 1) / side if columns.size else 0.0
