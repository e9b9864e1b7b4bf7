"""Ink on a scan: how dark each pixel is beside its own paper, and what of it the printed page has not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from notices.scan.pictures import Gray

Darkness = NDArray[np.float32]  # 0 is paper, 1 is black
Mask = NDArray[np.bool_]
Kind = TypeVar("Kind", bound=np.generic)

COARSE = 8  # the paper's brightness changes slowly, so it is measured on a smaller picture
PAPER_REACH = 11  # pixels of that picture: wider than any stroke or filled box
PRINT = 0.35  # darkness of the printed page from which on a pixel is printed


def darkness_of(image: Gray) -> Darkness:
    """Return how dark each pixel is beside the paper around it: shade and the colour of the paper do not count."""
    height, width = image.shape
    small = cv2.resize(image, (max(1, width // COARSE), max(1, height // COARSE)), interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((PAPER_REACH, PAPER_REACH), np.uint8))
    paper = cv2.GaussianBlur(cv2.medianBlur(paper, 5), (0, 0), 3)
    level = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return np.asarray(np.clip(1.0 - image.astype(np.float32) / np.maximum(level, 16.0), 0.0, 1.0), np.float32)


@dataclass(frozen=True)
class PixelRect:
    """A rectangle of the printed page in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def grown(self, left: float, top: float, right: float, bottom: float) -> PixelRect:
        """Return the rectangle with more on each side."""
        return PixelRect(
            round(self.left - left), round(self.top - top), round(self.right + right), round(self.bottom + bottom)
        )

    def within(self, shape: tuple[int, ...]) -> PixelRect:
        """Return the part of the rectangle that lies on a page of that height and width."""
        left, top = min(max(0, self.left), shape[1]), min(max(0, self.top), shape[0])
        return PixelRect(left, top, max(left, min(shape[1], self.right)), max(top, min(shape[0], self.bottom)))

    def of(self, image: NDArray[Kind]) -> NDArray[Kind]:
        """Return this part of an image; the rectangle must lie on it."""
        return image[self.top : self.bottom, self.left : self.right]
