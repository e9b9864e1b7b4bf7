"""Pictures of a letter: QR codes as field values, and named placeholder pictures replaced by seals and codes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from docx.image.image import Image
from docx.oxml.ns import qn
from docx.parts.story import StoryPart
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage

from notices.errors import Unusable
from notices.letters.fields import PICTURES
from notices.letters.ooxml import Xml, find, parent
from notices.letters.rich_values import BROKEN_IMAGE, convert_for
from notices.messages import say
from notices.qr import qr_png

CODES = frozenset({"qr", "payment_qr"})
CODE_SIDE = 18  # mm


class QrField:
    """A QR code as a field value; templates can only print it or test whether it is set."""

    __slots__ = ("_document", "_text")

    def __init__(self, document: DocxTemplate, text: str) -> None:
        self._document = document
        self._text = text

    def __html__(self) -> str:
        picture = io.BytesIO(qr_png(self._text, side_mm=CODE_SIDE))
        return str(InlineImage(self._document, picture, width=Mm(CODE_SIDE)))

    __str__ = __html__


def with_pictures(fields: Mapping[str, object], document: DocxTemplate) -> dict[str, object]:
    """Return the fields with QR codes and other pictures as values that docxtpl can place."""
    drawn = {name: QrField(document, str(fields[name])) for name in sorted(CODES) if fields.get(name)}
    return {name: drawn.get(name) or convert_for(document, value) for name, value in fields.items()}


def replace_placeholders(story: Xml, part: StoryPart, fields: Mapping[str, object], folder: Path) -> None:
    """Replace each drawing named like a picture field by the letter's own picture, or remove it if there is none.

    The name is the drawing's alternative text or its name in Word's selection pane; place and width stay, the height
    follows the picture. Files are looked up in `folder`. Raises Unusable if a file is not a picture.
    """
    for properties in find(story, ".//wp:docPr"):
        name = next((properties.get(key) for key in ("descr", "name") if properties.get(key) in PICTURES), None)
        if name is None:
            continue
        drawing = parent(properties)
        picture = picture_for(name, str(fields.get(name) or ""), folder)
        if picture is None:
            _remove(drawing)
        else:
            _replace(drawing, part, picture)


def picture_for(name: str, value: str, folder: Path) -> Path | io.BytesIO | None:
    """Return a field's picture: its file in `folder`, a QR code as PNG, or None if empty; raise Unusable."""
    if not value:
        return None
    if name in CODES:
        return io.BytesIO(qr_png(value, side_mm=CODE_SIDE))
    file = (folder / value).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise Unusable(
            say("The picture {file} is not in the templates folder.", file=value),
            say("Put it there, or correct `seal` in the settings."),
        )
    return file


def picture_size(name: str, value: str, folder: Path) -> tuple[int, int] | None:
    """Return width and height of a field's picture in pixels; None if it has none. Raises Unusable."""
    picture = picture_for(name, value, folder)
    if picture is None:
        return None
    try:
        image = Image.from_file(str(picture) if isinstance(picture, Path) else picture)
    except BROKEN_IMAGE:
        return None
    return image.px_width, image.px_height


def _replace(drawing: Xml, part: StoryPart, picture: Path | io.BytesIO) -> None:
    try:
        rid, image = part.get_or_add_image(str(picture) if isinstance(picture, Path) else picture)
    except BROKEN_IMAGE as error:
        raise Unusable(
            say("The file {file} is not a picture that a letter can contain.", file=getattr(picture, "name", "")),
            say("Save the seal as .png, preferably at 300 dpi with a transparent background."),
        ) from error
    for blip in find(drawing, ".//a:blip"):
        blip.set(qn("r:embed"), rid)
    for extent in find(drawing, "./wp:extent | .//pic:spPr/a:xfrm/a:ext"):
        extent.set("cy", str(round(int(extent.get("cx") or 0) * image.px_height / image.px_width)))


def _remove(drawing: Xml) -> None:
    """Remove the drawing from its run, keeping text in the same run."""
    holder = parent(drawing)
    parent(holder).remove(holder)
