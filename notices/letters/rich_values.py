"""Field values other than plain text: formatted text, pictures, and embedded Word documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
from docx.opc.exceptions import OpcError
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage, RichText

from notices.errors import Unusable
from notices.messages import say

BROKEN_IMAGE = (InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError)


@dataclass(frozen=True, slots=True)
class RichTextValue:
    """Formatted text, for `{{r field }}`: `text` of each piece is printed, its other keys go to RichText.add.

    A piece with `url` becomes a link.
    """

    pieces: tuple[Mapping[str, object], ...]

    def made(self, document: DocxTemplate) -> object:
        """Return the docxtpl value for that document."""
        text = RichText()
        for piece in self.pieces:
            formats = {name: value for name, value in piece.items() if name not in {"text", "url"}}
            if "url" in piece:
                formats["url_id"] = document.build_url_id(str(piece["url"]))
            text.add(str(piece.get("text", "")), **formats)
        return text


@dataclass(frozen=True, slots=True)
class PictureValue:
    """A picture, `width` mm wide; in its own size if `width` is None."""

    file: Path
    width: float | None = None

    def made(self, document: DocxTemplate) -> object:
        """Return the docxtpl value for that document; raise Unusable if the file is not a picture."""
        try:
            document.docx.part.package.get_or_add_image_part(str(self.file))
        except (*BROKEN_IMAGE, OSError) as error:
            raise Unusable(
                say("The file {file} is not a picture that a letter can contain.", file=self.file.name),
                say("Save it as .png, preferably at 300 dpi."),
            ) from error
        return InlineImage(document, str(self.file), width=Mm(self.width) if self.width else None)


@dataclass(frozen=True, slots=True)
class SubDocument:
    """Another Word document, inserted in place of `{{p field }}`."""

    file: Path

    def made(self, document: DocxTemplate) -> object:
        """Return the docxtpl value for that document; raise Unusable if the file is not a Word document."""
        try:
            return document.new_subdoc(str(self.file))
        except (OpcError, OSError, ValueError, KeyError) as error:
            raise Unusable(
                say("The document {file} cannot be inserted into a letter.", file=self.file.name),
                say("Open it in Word or WPS and save it as .docx."),
            ) from error


RichValue = RichTextValue | PictureValue | SubDocument


def convert_for(document: DocxTemplate, value: object) -> object:
    """Return the value with every Formatted, Picture and Part in it converted for that document."""
    if isinstance(value, RichTextValue | PictureValue | SubDocument):
        return value.made(document)
    if isinstance(value, Mapping):
        return {name: convert_for(document, each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [convert_for(document, each) for each in value]
    return value


def contains_part(value: object) -> bool:
    """Return whether the value contains a Part, whose footnotes and lists cannot be known in advance."""
    if isinstance(value, Mapping):
        return any(map(contains_part, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return any(map(contains_part, value))
    return isinstance(value, SubDocument)


def from_json(value: object, folder: Path) -> object:
    """Convert a value from JSON; files are looked up in `folder`.

    {"rich_text": [{"text": …, "bold": true, "url": …}]}, {"image": FILE, "width_mm": 40} and {"document": FILE} become
    a Formatted, Picture or Part; everything else is returned as it is.
    """
    if isinstance(value, list):
        return [from_json(each, folder) for each in value]
    if isinstance(value, dict):
        return _ingredient(value, folder) or {name: from_json(each, folder) for name, each in value.items()}
    return value


def _ingredient(value: Mapping[str, object], folder: Path) -> RichValue | None:
    match value:
        case {"rich_text": [*pieces], **rest} if not rest:
            return RichTextValue(tuple(piece if isinstance(piece, dict) else {"text": piece} for piece in pieces))
        case {"image": str(file), "width_mm": int() | float() as width, **rest} if not rest:
            return PictureValue(folder / file, float(width))
        case {"image": str(file), **rest} if not rest:
            return PictureValue(folder / file)
        case {"document": str(file), **rest} if not rest:
            return SubDocument(folder / file)
        case _:
            return None
