"""What happens to a page between the pen and the file: turned, photographed, shaded, blurred, folded, faxed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from pens import Picture, Random

KINDS = ("flatbed", "feeder", "telephone", "fax", "folded", "grey")


@dataclass(frozen=True)
class Sheet:
    """A scanned page, and the kind of device that made it."""

    image: Picture
    kind: str


def scanned(page: Picture, dpi: int, random: Random, kind: str) -> Sheet:
    """Return a page, drawn at `dpi`, as a device gives it back."""
    image = page
    if kind in {"folded", "telephone"} and random.random() < (1 if kind == "folded" else 0.3):
        image = folded(image, random)
    if kind in {"telephone", "folded"}:
        image = photographed(image, random)
    else:
        turn = {"flatbed": 12.0, "feeder": 2.5, "fax": 3.0, "grey": 12.0}[kind]
        image = turned(image, random.uniform(-turn, turn), random)
    if kind == "fax":
        image = faxed(image, random)
    else:
        image = blurred(image, random.uniform(0.3, 0.9) * dpi / 200)
        if kind != "feeder":
            image = shaded(image, random, strong=kind in {"telephone", "folded"})
        image = contrasted(image, random)
        image = noisy(image, random)
        image = compressed(image, int(random.integers(45, 92)))
    if random.random() < 0.3:
        image = np.ascontiguousarray(np.rot90(image, int(random.choice([1, 2, 2, 3]))))
    return Sheet(image, kind)


def turned(image: Picture, degrees: float, random: Random) -> Picture:
    height, width = image.shape
    pose = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, random.uniform(0.97, 1.0))
    grown = abs(np.sin(np.radians(degrees)))
    room = (int(width + height * grown * 0.8), int(height + width * grown * 0.8))
    pose[:, 2] += [(room[0] - width) / 2, (room[1] - height) / 2]
    back = int(random.choice([255, 255, 250, 60]))
    return np.asarray(cv2.warpAffine(image, pose, room, flags=cv2.INTER_LINEAR, borderValue=(back,)), np.uint8)


def photographed(image: Picture, random: Random) -> Picture:
    """Return a page as a telephone sees it: in perspective, turned, with the desk around it."""
    height, width = image.shape
    margin = 0.08
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    seen = corners + random.uniform(-0.055, 0.055, (4, 2)).astype(np.float32) * [width, height]
    angle = np.radians(random.uniform(-12, 12))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    seen = (seen - [width / 2, height / 2]) @ turn.T
    seen -= seen.min(axis=0) - [width * margin, height * margin]
    room = np.ceil(seen.max(axis=0) + np.array([width, height]) * margin).astype(int)
    pose = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    size = (int(room[0]), int(room[1]))
    page = cv2.warpPerspective(image, pose, size, flags=cv2.INTER_LINEAR)
    there = cv2.fillConvexPoly(np.zeros(page.shape, np.uint8), seen.round().astype(np.int32), 255)
    desk = cv2.resize(random.integers(60, 150, (size[1] // 40 + 1, size[0] // 40 + 1)).astype(np.uint8), size)
    return np.where(there > 128, page, desk).astype(np.uint8)


def folded(image: Picture, random: Random) -> Picture:
    """Return a page folded in three, as into an envelope: each part is tilted a little, and the folds are dark."""
    height, width = image.shape
    size = (width // 8, height // 8)
    at_x = np.linspace(0, width - 1, size[0], dtype=np.float32)
    at_y = np.linspace(0, height - 1, size[1], dtype=np.float32)[:, None]
    across, down = np.tile(at_x, (size[1], 1)), np.tile(at_y, (1, size[0]))
    light = np.ones(size[::-1], np.float32)
    for third in (1, 2):
        line = height * third / 3 + random.uniform(-0.01, 0.01) * height + random.uniform(-0.004, 0.004) * at_x
        below = np.maximum(0, at_y - line)
        across += below * random.uniform(-0.004, 0.004)
        down += below * random.uniform(-0.004, 0.004)
        light *= 1 - np.exp(-(((at_y - line) / (height / 300)) ** 2)) * random.uniform(0.05, 0.35)
    whole = [cv2.resize(part.astype(np.float32), (width, height)) for part in (across, down, light)]
    bent = cv2.remap(image, whole[0], whole[1], cv2.INTER_LINEAR, borderValue=(255,))
    return np.asarray(cv2.multiply(bent, whole[2], dtype=cv2.CV_8U), np.uint8)


def blurred(image: Picture, sigma: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def shaded(image: Picture, random: Random, *, strong: bool) -> Picture:
    height, width = image.shape
    low = 0.45 if strong else 0.8
    corners = random.uniform(low, 1.0, (3, 3)).astype(np.float32)
    light = cv2.resize(corners, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.multiply(image, np.clip(light, low * 0.9, 1.0), dtype=cv2.CV_8U), np.uint8)


def contrasted(image: Picture, random: Random) -> Picture:
    black, white = random.uniform(0, 50), random.uniform(215, 255)
    return np.asarray(cv2.convertScaleAbs(image, alpha=(white - black) / 255, beta=black), np.uint8)


def noisy(image: Picture, random: Random) -> Picture:
    cv2.setRNGSeed(int(random.integers(2**31)))
    noise = cv2.randn(np.zeros(image.shape, np.int16), 0, float(random.uniform(1, 7)))
    return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), np.uint8)


def faxed(image: Picture, random: Random) -> Picture:
    """Return a page in black and white only, with specks and a missing line or two."""
    rough = cv2.GaussianBlur(image, (0, 0), 0.6)
    black = (rough > int(random.integers(110, 190))).astype(np.uint8) * 255
    for level in (0, 255):
        count = black.size // 5000
        black[random.integers(0, black.shape[0], count), random.integers(0, black.shape[1], count)] = level
    for _ in range(int(random.integers(0, 3))):
        at = int(random.integers(0, black.shape[0] - 3))
        black[at] = black[at + 1]
    return black


def compressed(image: Picture, quality: int) -> Picture:
    made = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(made, cv2.IMREAD_GRAYSCALE), np.uint8)
