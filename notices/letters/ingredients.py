"""Values that are more than text: formatted text, pictures and documents, made for the document they go into."""

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
class Formatted:
    """Text with formats of its own, for `{{r field }}`: each piece has `text`, the rest is docxtpl's RichText.add.

    A piece with `url` is a link.
    """

    pieces: tuple[Mapping[str, object], ...]

    def made(self, document: DocxTemplate) -> object:
        """The value as that document takes it."""
        text = RichText()
        for piece in self.pieces:
            formats = {name: value for name, value in piece.items() if name not in {"text", "url"}}
            if "url" in piece:
                formats["url_id"] = document.build_url_id(str(piece["url"]))
            text.add(str(piece.get("text", "")), **formats)
        return text


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a width in mm, its own width without one."""

    file: Path
    width: float | None = None

    def made(self, document: DocxTemplate) -> object:
        """The value as that document takes it; raises Unusable where the file is no picture."""
        try:
            document.docx.part.package.get_or_add_image_part(str(self.file))
        except (*BROKEN_IMAGE, OSError) as error:
            raise Unusable(
                say("The file {file} is no picture that a letter can hold.", file=self.file.name),
                say("Save it as .png, best with 300 dpi."),
            ) from error
        return InlineImage(document, str(self.file), width=Mm(self.width) if self.width else None)


@dataclass(frozen=True, slots=True)
class Part:
    """Another Word document that stands where the field is, for `{{p field }}`."""

    file: Path

    def made(self, document: DocxTemplate) -> object:
        """The value as that document takes it; raises Unusable where the file is no document."""
        try:
            return document.new_subdoc(str(self.file))
        except (OpcError, OSError, ValueError, KeyError) as error:
            raise Unusable(
                say("The document {file} cannot be put into a letter.", file=self.file.name),
                say("Open it in Word or WPS and save it as .docx."),
            ) from error


Ingredient = Formatted | Picture | Part


def made_for(document: DocxTemplate, value: object) -> object:
    """The value with every ingredient in it made for that document."""
    if isinstance(value, Formatted | Picture | Part):
        return value.made(document)
    if isinstance(value, Mapping):
        return {name: made_for(document, each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [made_for(document, each) for each in value]
    return value


def contains_part(value: object) -> bool:
    """Whether a document stands somewhere in a value; its notes and lists are not foreseeable."""
    if isinstance(value, Mapping):
        return any(map(contains_part, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return any(map(contains_part, value))
    return isinstance(value, Part)


def from_json(value: object, folder: Path) -> object:
    """What a JSON document says of a value; files are looked for in `folder`.

    {"rich_text": [{"text": …, "bold": true, "url": …}]}, {"image": FILE, "width_mm": 40}, {"document": FILE};
    everything else is itself.
    """
    if isinstance(value, list):
        return [from_json(each, folder) for each in value]
    if isinstance(value, dict):
        return _ingredient(value, folder) or {name: from_json(each, folder) for name, each in value.items()}
    return value


def _ingredient(value: Mapping[str, object], folder: Path) -> Ingredient | None:
    match value:
        case {"rich_text": [*pieces], **rest} if not rest:
            return Formatted(tuple(piece if isinstance(piece, dict) else {"text": piece} for piece in pieces))
        case {"image": str(file), "width_mm": int() | float() as width, **rest} if not rest:
            return Picture(folder / file, float(width))
        case {"image": str(file), **rest} if not rest:
            return Picture(folder / file)
        case {"document": str(file), **rest} if not rest:
            return Part(folder / file)
        case _:
            return None
