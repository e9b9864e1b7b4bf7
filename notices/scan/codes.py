"""QR codes on a page, tried again turned, sharper and larger until one is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp

from notices.scan.pictures import Gray

LONGEST = 300  # characters of a code that can be a number or a link
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code: its text, and its corners from its own top left clockwise, in pixels."""

    text: str
    corners: Corners


def codes_on(image: Gray) -> tuple[QrCode, ...]:
    """Return the QR codes on a page, each text once; the first attempt that finds any counts."""
    for attempt, factor in _attempts(image):
        found = zxingcpp.read_barcodes(attempt, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
        codes = {code.text: code for barcode in found if (code := _code(barcode, factor))}
        if codes:
            return tuple(codes.values())
    return ()


def _attempts(image: Gray) -> Iterator[tuple[Gray, float]]:
    """Yield the page and the ways in which a code may be read better, each with its scale."""
    yield image, 1.0
    smooth = cv2.GaussianBlur(image, (0, 0), 1.5)
    yield np.asarray(smooth, np.uint8), 1.0
    yield np.asarray(cv2.addWeighted(image, 2.5, cv2.GaussianBlur(image, (0, 0), 3), -1.5, 0), np.uint8), 1.0
    twice = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    yield np.asarray(twice, np.uint8), 2.0
    yield np.asarray(cv2.createCLAHE(4.0, (8, 8)).apply(image), np.uint8), 1.0
    local = cv2.adaptiveThreshold(twice, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, 75, 8)
    yield np.asarray(cv2.GaussianBlur(local, (0, 0), 1), np.uint8), 2.0
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    yield np.asarray(half, np.uint8), 0.5


def _code(found: zxingcpp.Barcode, factor: float) -> QrCode | None:
    text = found.text
    if not text or len(text) > LONGEST:
        return None
    at = found.position
    corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
    return QrCode(text, tuple((corner.x / factor, corner.y / factor) for corner in corners))
