"""Pages of pictures as grey images: JPEG, PNG, TIFF with several pages, HEIC, BMP, GIF and WebP, within bounds."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from notices.errors import Unusable
from notices.messages import say

Gray = NDArray[np.uint8]

MOST_PIXELS = 80_000_000  # A4 at 600 dpi has 35 million, a telephone's largest photograph 50 million
LONG_SIDE = 3600  # pixels; A4 at 300 dpi has 3508, and more than that shows no mark better
KINDS = ("JPEG", "PNG", "TIFF", "HEIF", "BMP", "GIF", "WEBP")
PAPER = 255

Image.init()  # all kinds: `formats` names some that Pillow loads late
register_heif_opener()
cv2.setNumThreads(1)  # one process a page uses the cores better


def is_picture(path: Path) -> bool:
    """Return whether a file begins like a picture that can be read here."""
    try:
        with warnings.catch_warnings(), Image.open(path, formats=KINDS):
            return True
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return False


def picture_count(path: Path) -> int:
    """Return the number of pages of a picture; raise Unusable."""
    with _opened(path) as picture:
        return int(getattr(picture, "n_frames", 1)) if picture.format == "TIFF" else 1


def picture_page(path: Path, page: int) -> Gray:
    """Return a page (from 1) as a grey image, the right way up if the camera says so; raise Unusable."""
    with _opened(path) as picture:
        if picture.format == "TIFF":
            picture.seek(page - 1)
        if picture.width * picture.height > MOST_PIXELS:
            raise Unusable(
                say(
                    "Page {page} of {file} has more than {limit} million pixels.",
                    page=page,
                    file=path.name,
                    limit=MOST_PIXELS // 1_000_000,
                ),
                say("Scan it again at 300 dpi or less."),
            )
        squeezed = _squeezed(picture)
        if picture.format in {"JPEG", "MPO"}:
            picture.draft("L", (LONG_SIDE // 2, LONG_SIDE // 2))
        grey = ImageOps.exif_transpose(_on_paper(picture))
    image = np.asarray(grey, dtype=np.uint8)
    height, width = image.shape
    factor = min(1.0, LONG_SIDE / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor * squeezed)))
    return image if size == (width, height) else np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def from_bytes(width: int, height: int, stride: int, grey: bytes) -> Gray:
    """Return an image from the rows of a grey bitmap."""
    return np.frombuffer(grey, dtype=np.uint8).reshape(height, stride)[:, :width]


def save(path: Path, image: Gray) -> None:
    """Save an image unchanged in a new file that only this user can read."""
    content = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content.tobytes())


def load(path: Path) -> Gray:
    """Return an image that was saved."""
    return np.asarray(cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


def as_png(image: Gray) -> bytes:
    """Return an image as PNG."""
    return bytes(cv2.imencode(".png", image)[1])


def as_jpeg(image: Gray, quality: int = 80) -> bytes:
    """Return an image as JPEG."""
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def ink_share(image: Gray) -> float:
    """Return the share of a page that is darker than its paper, from 0 to 1."""
    small = cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    paper = np.maximum(cv2.medianBlur(cv2.dilate(small, np.ones((9, 9), np.uint8)), 21).astype(np.float32), 1)
    return float(np.mean(small / paper < 0.6))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture of a known kind; its own mistakes become Unusable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own bound on pixels is below Pillow's
            with Image.open(path, formats=KINDS) as picture:
                yield picture
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        TypeError,
        UnidentifiedImageError,
        Image.DecompressionBombError,
    ) as error:
        raise Unusable(
            say("{file} is not a complete picture, or cannot be read.", file=path.name),
            say("Scan or photograph the page again."),
        ) from error


def _on_paper(picture: Image.Image) -> Image.Image:
    """Return a picture in grey; what is transparent shows paper."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, (PAPER, PAPER, PAPER, PAPER))
        return Image.alpha_composite(paper, layer).convert("L")
    if picture.mode.startswith("I;16"):  # Pillow would cut the values off instead of scaling them
        return Image.fromarray((np.asarray(picture, dtype=np.uint16) >> 8).astype(np.uint8))
    return picture.convert("L")


def _squeezed(picture: Image.Image) -> float:
    """Return the factor by which a fax is stretched: its resolution across and down often differ."""
    across, down = picture.info.get("dpi", (1, 1))[:2]
    factor = float(across) / float(down) if across and down else 1.0
    return factor if 0.4 < factor < 2.6 else 1.0
