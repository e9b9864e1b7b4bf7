"""Marks as people draw them into boxes with a pen, and writing on lines; drawn, not scanned from real paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Random = np.random.Generator
Stroke = NDArray[np.float64]
SHIFT = 4  # bits of a fraction of a pixel


@dataclass(frozen=True)
class Pen:
    """A pen: how dark its ink is (0 black, 255 paper) and how wide its line, in millimetres."""

    grey: int
    width: float


def a_pen(random: Random) -> Pen:
    kind = random.choice(["ball", "ball", "blue", "gel", "marker", "pencil"])
    grey = {"ball": (15, 60), "blue": (50, 100), "gel": (0, 30), "marker": (0, 50), "pencil": (70, 115)}[str(kind)]
    width = {"ball": (0.35, 0.6), "blue": (0.35, 0.6), "gel": (0.5, 0.8), "marker": (0.9, 1.4), "pencil": (0.45, 0.7)}[
        str(kind)
    ]
    return Pen(int(random.integers(*grey)), float(random.uniform(*width)))


def draw(page: Picture, strokes: Sequence[Stroke], pen: Pen, dots_a_mm: float, random: Random) -> None:
    """Draw strokes (points in pixels) on a page; ink darkens, and a hand shakes a little."""
    low = np.floor(np.vstack(strokes).min(axis=0)).astype(int) - 30
    high = np.ceil(np.vstack(strokes).max(axis=0)).astype(int) + 30
    left, top = np.maximum(low, 0)
    right, bottom = np.minimum(high, [page.shape[1], page.shape[0]])
    ink = np.zeros((bottom - top, right - left), np.uint8)
    for stroke in strokes:
        line = curve(stroke, random, dots_a_mm * 0.06) - [left, top]
        widths = pen.width * dots_a_mm * random.uniform(0.85, 1.15)
        points = np.round(line * 2**SHIFT).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(ink, [points], False, 255, max(1, round(widths)), cv2.LINE_AA, SHIFT)
    part = page[top:bottom, left:right].astype(np.float32)
    cover = ink.astype(np.float32) / 255
    cover *= np.clip(random.normal(0.97, 0.03, cover.shape), 0, 1)
    page[top:bottom, left:right] = np.minimum(part, part * (1 - cover) + pen.grey * cover).astype(np.uint8)


def curve(points: Stroke, random: Random, shake: float) -> Stroke:
    """Return a smooth line through points, slightly shaken."""
    if len(points) == 2:
        points = np.vstack([points[0], points.mean(axis=0) + random.normal(0, shake * 2, 2), points[1]])
    at = np.linspace(0, len(points) - 1, 16 * len(points))
    # Catmull-Rom
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    index = np.minimum(at.astype(int), len(points) - 2)
    t = (at - index)[:, None]
    a, b, c, d = (padded[index + step] for step in range(4))
    line = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    wobble = (
        cv2.GaussianBlur(random.normal(0, shake, line.shape), (1, 0), sigmaX=0.01, sigmaY=4) if len(line) > 8 else 0
    )
    return np.asarray(line + wobble)


def _at(box: Stroke, *points: tuple[float, float]) -> Stroke:
    """Return points given in sides of a box (left, top, right, bottom)."""
    left, top, right, bottom = box
    return np.array([(left + x * (right - left), top + y * (bottom - top)) for x, y in points])


def _near(random: Random, *points: tuple[float, float], spread: float = 0.08) -> list[tuple[float, float]]:
    return [(x + random.normal(0, spread), y + random.normal(0, spread)) for x, y in points]


def tick(box: Stroke, random: Random) -> list[Stroke]:
    return [_at(box, *_near(random, (0.12, 0.5), (0.4, 0.85), (0.95, 0.05)))]


def large_tick(box: Stroke, random: Random) -> list[Stroke]:
    return [_at(box, *_near(random, (-0.05, 0.45), (0.4, 0.9), (1.35, -0.45), spread=0.1))]


def hooked_tick(box: Stroke, random: Random) -> list[Stroke]:
    return [_at(box, *_near(random, (0.15, 0.35), (0.3, 0.6), (0.42, 0.85), (0.6, 0.45), (1.05, -0.1)))]


def cross(box: Stroke, random: Random) -> list[Stroke]:
    return [
        _at(box, *_near(random, (0.1, 0.1), (0.9, 0.9))),
        _at(box, *_near(random, (0.9, 0.1), (0.1, 0.9))),
    ]


def large_cross(box: Stroke, random: Random) -> list[Stroke]:
    return [
        _at(box, *_near(random, (-0.2, -0.2), (1.2, 1.2))),
        _at(box, *_near(random, (1.2, -0.2), (-0.2, 1.2))),
    ]


def filled(box: Stroke, random: Random) -> list[Stroke]:
    rows = np.linspace(0.08, 0.92, 12)
    points = [(0.08 if at % 2 else 0.92, float(y)) for at, y in enumerate(np.repeat(rows, 2))]
    return [_at(box, *_near(random, *points, spread=0.03))]


def scribbled(box: Stroke, random: Random) -> list[Stroke]:
    points = [(0.1 + 0.8 * at / 8, 0.1 if at % 2 else 0.9) for at in range(9)]
    return [_at(box, *_near(random, *points, spread=0.05))]


def circled(box: Stroke, random: Random) -> list[Stroke]:
    wide, high = random.uniform(0.95, 1.15), random.uniform(0.9, 1.1)
    return [_ring(box, random, wide, high, random.uniform(1.0, 1.15))]


def loosely_circled(box: Stroke, random: Random) -> list[Stroke]:
    return [_ring(box, random, random.uniform(1.05, 1.3), random.uniform(0.85, 1.0), random.uniform(0.95, 1.1))]


def _ring(box: Stroke, random: Random, wide: float, high: float, turns: float) -> Stroke:
    angles = random.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi * turns, 14)
    middle = (0.5 + random.normal(0, 0.06), 0.5 + random.normal(0, 0.06))
    points = [(middle[0] + wide * np.cos(a), middle[1] + high * np.sin(a)) for a in angles]
    return _at(box, *_near(random, *points, spread=0.02))


def round_dot(box: Stroke, random: Random) -> list[Stroke]:
    angles = np.linspace(0, 6 * np.pi, 30)
    points = [(0.5 + 0.25 * a / 19 * np.cos(a), 0.5 + 0.25 * a / 19 * np.sin(a)) for a in angles]
    return [_at(box, *points)]


def slash(box: Stroke, random: Random) -> list[Stroke]:
    return [_at(box, *_near(random, (0.05, 1.0), (0.95, 0.0)))]


def double_tick(box: Stroke, random: Random) -> list[Stroke]:
    return [*tick(box, random), *tick(box, random)]


def ring_inside(box: Stroke, random: Random) -> list[Stroke]:
    return [_ring(box, random, 0.33, 0.33, 1.05)]


CLEAR: dict[str, Callable[[Stroke, Random], list[Stroke]]] = {
    each.__name__: each
    for each in (
        tick, large_tick, hooked_tick, cross, large_cross, filled, scribbled, circled, loosely_circled, round_dot,
        slash, double_tick, ring_inside,
    )
}  # fmt: skip


def blackened_and_struck(box: Stroke, random: Random) -> list[Stroke]:
    over = _at(
        box, *_near(random, *[(-0.15 if at % 2 else 1.15, -0.1 + 1.2 * at / 18) for at in range(19)], spread=0.04)
    )
    return [
        over,
        _at(box, *_near(random, (-0.7, 0.2), (1.7, 0.6))),
        _at(box, *_near(random, (-0.7, 0.8), (1.7, 0.4))),
    ]


def blackened_widely(box: Stroke, random: Random) -> list[Stroke]:
    points = [(-0.5 if at % 2 else 1.5, -0.45 + 1.9 * at / 28) for at in range(29)]
    return [_at(box, *_near(random, *points, spread=0.04))]


def struck_tick(box: Stroke, random: Random) -> list[Stroke]:
    return [
        *tick(box, random),
        _at(box, *_near(random, (-1.0, 0.5), (2.6, 0.45))),
        _at(box, *_near(random, (-1.0, 0.7), (2.6, 0.6))),
    ]


def tick_beside(box: Stroke, random: Random) -> list[Stroke]:
    return [_at(box, *_near(random, (-1.0, 0.45), (-0.75, 0.8), (-0.3, 0.1), spread=0.04))]


DOUBTFUL: dict[str, Callable[[Stroke, Random], list[Stroke]]] = {
    each.__name__: each for each in (blackened_and_struck, blackened_widely, struck_tick, tick_beside)
}
FAINT = Pen(205, 0.5)  # pencil, hardly pressed


def writing(rect: Stroke, random: Random, share: float = 0.7) -> list[Stroke]:
    """Return strokes like characters along a line."""
    left, top, right, bottom = rect
    high = bottom - top
    strokes = []
    x = left + high * 0.3
    while x < left + (right - left) * share:
        for _ in range(int(random.integers(3, 7))):
            points = random.uniform(0, 1, (int(random.integers(2, 4)), 2)) * [high * 0.8, high * 0.8] + [
                x,
                top + high * 0.05,
            ]
            strokes.append(points)
        x += high * random.uniform(0.9, 1.1)
    return strokes
