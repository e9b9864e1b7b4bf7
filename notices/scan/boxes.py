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

from notices.scan.ink import Darkness, Mask, PixelRect

# In sides of a box.
LABEL = 7.0  # words beside it, by which it is found
ABOVE = 0.55
LEFT = 1.3
REACH = 0.4  # how far a box may be from where the page as a whole puts it
WORDS = -1.25  # left of which the words begin, which a blackened box does not draw away
LEAST_LIKE = 0.45  # share of the print of a box and its words that is found
ROUND = 1.45  # radius within which a circle is drawn
SECTORS = 24
HIDDEN = 0.55  # share of a direction that print may hide
IN, IN_OF_MARK = 0.05, 0.15  # share of a box, and of a mark, from which on the mark is in the box
GAP = 0.4  # in a line that print hides
FAR = 1.7  # beyond it, print is too dense to tell a line from it
ROUND_VIEW = 2.3  # of the page above and below, so that marks in the next boxes are seen whole

BLIND = 5  # pixels around print that do not count as ink
LOUD = 0.38  # of the darkness of print: ink
FAINT_DARK = 0.09
FOLD_LEFT, FOLD_RIGHT, DARKEST_FOLD = 3.0, 14.0, 0.45

MARKED = 0.07  # inside
WEAK = 0.42  # strength
MINE = 0.5  # strange
SPECK, FAINT, BESIDE, ARC = 0.02, 0.12, 0.12, 0.5
CIRCLED, CIRCLE_INK = 0.7, 0.2
CIRCLE_SIDES, SIDES = 0.03, 0.03
FILLED, BLACKENED = 0.55, 0.5
STRUCK, STRUCK_FILLED, STRUCK_LEFT = 0.8, 0.52, 0.6


@dataclass(frozen=True, slots=True)
class BoxInk:
    """Measures of the ink of a box.

    `likeness`: share of the print that is found here. `inside`: share of the box that is inked. `strength`: darkness of
    that ink beside the print's. `faint`: share that is inked at least faintly. `around`: ink outside of the box, in
    areas of a box; `beside`: that in the rows of the box. `turn`: share of the directions from the box in which there
    is ink. `left`, `right`: how far ink reaches beyond it, in sides. `strange`: share of its ink that belongs to a mark
    in another box.
    """

    likeness: float
    inside: float
    strength: float
    faint: float
    around: float
    beside: float
    turn: float
    left: float
    right: float
    strange: float


def measure(here: Darkness, there: Darkness, boxes: Sequence[PixelRect]) -> list[BoxInk]:
    """Return the ink of each box of a page, given the darkness of the scan and of the printed page."""
    views = [_View.of(here, there, box, boxes) for box in boxes]
    inks = [view.ink() for view in views]
    circled = [at for at, ink in enumerate(inks) if _is_circled(ink)]
    # A circle passes between two boxes: what is near the one that it goes around is none of the other's.
    return [
        ink if at in circled or not circled else view.ink([view.places[other] for other in circled])
        for at, (view, ink) in enumerate(zip(views, inks, strict=True))
    ]


def judge(ink: BoxInk) -> str:
    """Return marked, empty or doubtful."""
    if ink.likeness < LEAST_LIKE:
        return "doubtful"
    if ink.inside >= MARKED:
        return "doubtful" if _is_corrected(ink) or ink.strength < WEAK or ink.strange > MINE else "marked"
    if _is_circled(ink):
        return "marked"
    # Marks above and below reach around a box, but not past its sides.
    is_arc = ink.turn >= CIRCLED or (ink.turn >= ARC and ink.beside >= SIDES)
    is_clean = ink.inside < SPECK and ink.faint < FAINT and ink.beside < BESIDE and not is_arc
    return "empty" if is_clean else "doubtful"


def _is_circled(ink: BoxInk) -> bool:
    return ink.inside < MARKED and ink.turn >= CIRCLED and ink.around >= CIRCLE_INK and ink.beside >= CIRCLE_SIDES


def _is_corrected(ink: BoxInk) -> bool:
    """Return whether a mark looks taken back: struck through from side to side, or blackened far beyond the box."""
    struck = STRUCK_FILLED if ink.inside >= FILLED else STRUCK
    is_struck = ink.inside >= FILLED and ink.left >= STRUCK_LEFT
    is_struck |= ink.left >= struck and ink.right >= struck and (ink.turn < CIRCLED or ink.inside >= FILLED)
    return is_struck or (ink.inside >= FILLED and ink.beside >= BLACKENED)


@dataclass(frozen=True)
class _View:
    """A box and what is around it on the scan, laid over its print."""

    scan: Darkness
    printed: Darkness
    is_print: Mask
    level: float
    side: int
    places: tuple[PixelRect, ...]
    mine: int

    @classmethod
    def of(cls, here: Darkness, there: Darkness, box: PixelRect, boxes: Sequence[PixelRect]) -> _View:
        side = box.bottom - box.top
        view = box.grown(LEFT * side, ROUND_VIEW * side, LABEL * side, ROUND_VIEW * side).within(here.shape)
        printed, place = view.of(there), _seen_from(box, view)
        # Ink can draw the print away from its place: the position in which most of the print is found holds.
        shifted = [_shifted(here, view, across, down) for across, down in _moves(here, there, box, side)]
        alike = [_likeness(each, printed, _print_level(each, printed), place, side) for each in shifted]
        shade = _fold(here, there, view, side)[:, None]
        scan = np.asarray(np.clip(shifted[alike.index(max(alike))] - shade, 0.0, 1.0), np.float32)
        is_print = cv2.dilate((printed > 0.2).astype(np.uint8), np.ones((BLIND, BLIND), np.uint8)) > 0
        places = tuple(_seen_from(each, view) for each in boxes)
        return cls(scan, printed, is_print, _print_level(scan, printed), side, places, list(boxes).index(box))

    def ink(self, circled: Sequence[PixelRect] = ()) -> BoxInk:
        """Return the ink of the box, without that around boxes that are circled."""
        place, side = self.places[self.mine], self.side
        inked = (self.scan > max(0.2, LOUD * self.level)) & ~self.is_print
        own = inked & _belongs(inked, self.places, self.mine)
        inside = np.zeros_like(inked)
        inside[place.top : place.bottom, place.left : place.right] = True
        for other in circled:
            own &= inside | ~_near(other, own.shape, side)
        inside &= ~self.is_print
        area = max(1, int(inside.sum()))
        at = inked & inside
        dark = cv2.GaussianBlur(self.scan, (0, 0), 1.2)[inside] > FAINT_DARK
        return BoxInk(
            likeness=_likeness(self.scan, self.printed, self.level, place, side),
            inside=float(at.sum()) / area,
            strength=float(self.scan[at].mean() / self.level) if at.any() else 0.0,
            faint=float(dark.mean()) if dark.size else 0.0,
            around=float(_ring(own, place, side).sum()) / (side * side),
            beside=float(_ring(own, place, side)[place.top : place.bottom].sum()) / (side * side),
            turn=_turn(own, self.is_print, place, side),
            left=_reach_left(own, place, side),
            right=_reach_right(own, place, side),
            strange=1.0 - float((own & inside).sum()) / int(at.sum()) if at.any() else 0.0,
        )


def _moves(here: Darkness, there: Darkness, box: PixelRect, side: int) -> list[tuple[int, int]]:
    """Return how far a box may lie from its place: by the words beside it, by both, and not at all."""
    reach = round(REACH * side)
    room = (here.shape[0] - reach, here.shape[1] - reach)
    found: list[tuple[int, int]] = []
    for left in (WORDS, LEFT):
        window = box.grown(left * side, ABOVE * side, LABEL * side, ABOVE * side).within(room)
        window = PixelRect(max(window.left, reach), max(window.top, reach), window.right, window.bottom)
        around = window.grown(reach, reach, reach, reach).of(here)
        wanted = (window.of(there) > 0.5).astype(np.float32)
        level = _print_level(window.of(here), window.of(there))
        # Only where print should be, and no darker than print: ink elsewhere draws the place nowhere.
        dark = np.minimum(around, 0.7 * level)
        like = cv2.matchTemplate(np.ascontiguousarray(dark), wanted, cv2.TM_CCORR)
        at = cv2.minMaxLoc(like)[3]
        found.append((at[0] - reach, at[1] - reach))
    return [*found, (0, 0)]


def _likeness(scan: Darkness, printed: Darkness, level: float, place: PixelRect, side: int) -> float:
    """Return the share of the print of a box and its words that the scan shows in its place."""
    row = place.grown(0.1 * side, 0.1 * side, LABEL * side, 0.1 * side).within(scan.shape)
    core = row.of(printed) > 0.5
    return float((row.of(scan)[core] > 0.4 * level).mean()) if core.any() else 0.0


def _shifted(here: Darkness, view: PixelRect, across: int, down: int) -> Darkness:
    """Return a view of the scan, moved; beyond the page there is paper."""
    moved = np.zeros((view.bottom - view.top, view.right - view.left), np.float32)
    part = PixelRect(view.left + across, view.top + down, view.right + across, view.bottom + down)
    kept = part.within(here.shape)
    moved[kept.top - part.top : kept.bottom - part.top, kept.left - part.left : kept.right - part.left] = kept.of(here)
    return moved


def _fold(here: Darkness, there: Darkness, view: PixelRect, side: int) -> Darkness:
    """Return the shade of a fold in each row of a view: it darkens the row far beyond the box, which no mark does."""
    wide = view.grown(FOLD_LEFT * side, 0, FOLD_RIGHT * side, 0).within(here.shape)
    scan = wide.of(here)
    free = cv2.dilate((wide.of(there) > 0.12).astype(np.uint8), np.ones((7, 7), np.uint8)) == 0
    rows = np.sort(np.where(free, scan, 2.0), axis=1)
    count = free.sum(axis=1)
    known = count > 0.15 * scan.shape[1]
    base = rows[np.arange(len(rows)), (count * 0.3).astype(int)]
    if not known.any():
        return np.zeros(len(rows), np.float32)
    every = np.arange(len(rows))
    return np.asarray(np.minimum(np.interp(every, every[known], base[known]), DARKEST_FOLD), np.float32)


def _seen_from(box: PixelRect, view: PixelRect) -> PixelRect:
    return PixelRect(box.left - view.left, box.top - view.top, box.right - view.left, box.bottom - view.top)


def _print_level(scan: Darkness, printed: Darkness) -> float:
    """Return how dark print is on this scan here, so that a pale or blurred one has the same measures."""
    core = printed > 0.75
    return max(0.3, float(np.quantile(scan[core], 0.7))) if core.sum() >= 20 else 0.8


def _near(box: PixelRect, shape: tuple[int, ...], side: int) -> Mask:
    """Return the disc around a box in which a circle is drawn."""
    down, across = np.ogrid[: shape[0], : shape[1]]
    away = np.hypot(across - (box.left + box.right - 1) / 2, down - (box.top + box.bottom - 1) / 2)
    return np.asarray(away < ROUND * side, np.bool_)


def _belongs(inked: Mask, places: Sequence[PixelRect], mine: int) -> Mask:
    """Return the ink without the marks that are in another box; what is in none may be anybody's."""
    joined = cv2.dilate(inked.astype(np.uint8), np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(joined)
    there = np.zeros((len(places), count), np.int64)
    for at, place in enumerate(places):
        seen = place.within(inked.shape)
        there[at] = np.bincount(seen.of(labels)[seen.of(inked)], minlength=count)
    whole = np.bincount(labels[inked], minlength=count)
    area = (places[mine].bottom - places[mine].top) ** 2
    # A circle that touches the next box is not in it.
    is_in = (there.max(axis=0) >= IN * area) & (there.max(axis=0) >= IN_OF_MARK * whole)
    owned = ~is_in | (there.argmax(axis=0) == mine)
    owned[0] = False
    return np.asarray(owned[labels], np.bool_)


def _ring(own: Mask, place: PixelRect, side: int) -> Mask:
    """Return the ink outside of a box, as near as a circle around it."""
    near = place.grown(
        ROUND * side - side / 2, ROUND * side - side / 2, ROUND * side - side / 2, ROUND * side - side / 2
    )
    near = near.within(own.shape)
    ring = np.zeros_like(own)
    ring[near.top : near.bottom, near.left : near.right] = own[near.top : near.bottom, near.left : near.right]
    ring[place.top : place.bottom, place.left : place.right] = False
    return ring


def _turn(own: Mask, is_print: Mask, place: PixelRect, side: int) -> float:
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
    hidden = np.bincount(sector[ring & printed], minlength=SECTORS) > HIDDEN * np.bincount(
        sector[ring], minlength=SECTORS
    )
    return float(inked.sum()) / max(1, int((inked | ~hidden).sum()))


def _reach_left(own: Mask, place: PixelRect, side: int) -> float:
    """Return how far ink goes on from the box; print may hide a short part of it, and what lies beyond is not of it."""
    columns = np.flatnonzero(own[place.top : place.bottom, : place.left].any(axis=0))[::-1]
    reach = place.left
    for column in columns:
        if reach - column > GAP * side:
            break
        reach = int(column)
    return float(place.left - reach) / side


def _reach_right(own: Mask, place: PixelRect, side: int) -> float:
    columns = np.flatnonzero(own[place.top : place.bottom, place.right : place.right + round(FAR * side)].any(axis=0))
    return float(columns.max() + 1) / side if columns.size else 0.0
