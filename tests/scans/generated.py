"""Generated slips: a printed slip, marked with drawn pens, as a device scans it, and what a person sees on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from paper import KINDS, scanned
from pens import CLEAR, DOUBTFUL, FAINT, Picture, Random, Stroke, a_pen, draw, tick, writing

RESOLUTIONS = (150, 200, 240, 300)  # dpi
MILLIMETRES = 25.4
Rect = tuple[float, float, float, float]  # left, top, right, bottom in points from the page's top left


@dataclass(frozen=True)
class Blank:
    """A printed slip at each of RESOLUTIONS, with its boxes and rooms in points."""

    images: Mapping[int, Picture]
    boxes: Mapping[str, Rect]
    rooms: Mapping[str, Rect]


@dataclass(frozen=True)
class Generated:
    """A scanned slip: marks that are clear, by kind; marks of which a person could not be sure; the signature."""

    image: Picture
    device: str
    clear: Mapping[str, str]
    doubtful: Mapping[str, str]
    signed: bool
    written: bool
    seed: int = 0
    pen: str = ""
    extra: dict[str, object] = field(default_factory=dict)


def generated(blank: Blank, seed: int, *, only_clear: bool | None = None, device: str | None = None) -> Generated:
    """Return the slip of a seed; the same seed gives the same slip."""
    random = np.random.default_rng(seed)
    device = device or str(random.choice(KINDS))
    dpi = 200 if device == "fax" else int(random.choice(RESOLUTIONS))
    page = blank.images[dpi].copy()
    pen = a_pen(random)
    dots = dpi / MILLIMETRES
    count = int(random.choice([0, 1, 1, 2, 2, 3, 4, 5]))
    chosen = [str(name) for name in random.choice(list(blank.boxes), count, replace=False)]
    style = list(random.choice(list(CLEAR), 2))  # a person has a habit
    clear = {name: str(random.choice(style)) for name in chosen}
    for name, kind in clear.items():
        draw(page, CLEAR[kind](_pixels(blank.boxes[name], dpi), random), pen, dots, random)
    doubtful: dict[str, str] = {}
    if not only_clear and (only_clear is False or random.random() < 0.15):
        left = [name for name in blank.boxes if name not in clear]
        for name in random.choice(left, int(random.integers(1, 3)), replace=False):
            doubtful[str(name)] = _doubt(page, _pixels(blank.boxes[str(name)], dpi), dots, random)
    signed = bool(random.random() < 0.8)
    written = bool(random.random() < 0.5)
    if signed and "signature" in blank.rooms:
        draw(page, writing(_pixels(blank.rooms["signature"], dpi), random, 0.6), pen, dots, random)
    if written and "problems-1" in blank.rooms:
        draw(page, writing(_pixels(blank.rooms["problems-1"], dpi), random, 0.8), pen, dots, random)
    sheet = scanned(page, dpi, random, device)
    return Generated(sheet.image, sheet.kind, clear, doubtful, signed, written, seed, str(pen))


def _doubt(page: Picture, box: Stroke, dots: float, random: Random) -> str:
    kind = str(random.choice([*DOUBTFUL, "faint"]))
    if kind == "faint":
        draw(page, tick(box, random), FAINT, dots, random)
    else:
        draw(page, DOUBTFUL[kind](box, random), a_pen(random), dots, random)
    return kind


def _pixels(rect: Rect, dpi: int) -> Stroke:
    return np.array(rect, float) * dpi / 72
