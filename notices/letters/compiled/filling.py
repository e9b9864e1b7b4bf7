"""Compiled templates and how they are filled: many letters in one .odt, each numbering its own pages."""

from __future__ import annotations

import io
import mimetypes
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import cast

from docx.image.image import Image
from jinja2 import Template as Source
from jinja2 import meta, nodes
from lxml import etree

from notices import text_templates
from notices.errors import NoticesError
from notices.letters.compiled.odf import parse
from notices.letters.compiled.supported import Unsupported
from notices.letters.compiled.values import Code, ValueWriter
from notices.letters.languages import templates_root
from notices.letters.pictures import CODE_SIDE, CODES, picture_for
from notices.letters.rich_values import BROKEN_IMAGE
from notices.letters.template import Template
from notices.model import Letter
from notices.qr import qr_png
from notices.text_templates import Sandbox

LETTER = "_letter"  # the letter's place in its document, part of every name that must be unique to it
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip entry can have; fixed, so that equal input gives equal bytes
MIMETYPE = "mimetype"
MANIFEST = "META-INF/manifest.xml"
FAULTS = (*text_templates.FAULTS, AttributeError, NoticesError)


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture frame of the template that shows a picture field; its width in inches."""

    field: str
    width: float


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """The picture shown in such a frame in one letter."""

    href: str
    height: str


@dataclass(frozen=True, slots=True)
class XmlParts:
    """The document's XML in pieces, in order: five of content.xml, three of styles.xml.

    `own_styles`, `body` and `masters` are Jinja sources rendered once a letter; the others are written once a document.
    """

    content: str
    own_styles: str
    to_body: str
    body: str
    end: str
    styles: str
    masters: str
    styles_end: str


@dataclass
class Form:
    """A template compiled by LibreOffice; used by one thread."""

    template: Template
    members: Mapping[str, bytes]
    sources: XmlParts
    frames: Sequence[Frame]
    printer: ValueWriter = field(default_factory=ValueWriter)
    environment: Sandbox = field(init=False)

    def __post_init__(self) -> None:
        self.environment = Sandbox(escape=True)
        self.environment.finalize = self.printer

    @cached_property
    def _compiled(self) -> tuple[Source, Source, Source]:
        wanted = (self.sources.own_styles, self.sources.body, self.sources.masters)
        return cast("tuple[Source, Source, Source]", tuple(map(self.environment.from_string, wanted)))

    @cached_property
    def codes(self) -> frozenset[str]:
        """The QR codes that the template shows; drawing one takes as long as the rest of filling a letter."""
        parts = (self.sources.own_styles, self.sources.body, self.sources.masters)
        named = [meta.find_undeclared_variables(self.environment.parse(part)) for part in parts]
        return CODES.intersection(set().union(*named))

    @cached_property
    def asked(self) -> tuple[frozenset[str], frozenset[str]]:
        """The fields tested by conditions, and the fields that loops iterate over."""
        trees = [self.environment.parse(source) for source in (self.sources.body, self.sources.masters)]
        conditions = [each.test for tree in trees for each in tree.find_all(nodes.If)]
        conditions += [each.test for tree in trees for each in tree.find_all(nodes.CondExpr)]
        loops = [loop.iter for tree in trees for loop in tree.find_all(nodes.For)]
        return _names(conditions), _names(loops)

    def shape_of(self, letter: Letter) -> tuple[object, ...]:
        """Return roughly which branches a letter takes through the template; letters of one shape look alike."""
        conditions, loops = self.asked
        return (
            *(_answer(letter.fields.get(name)) for name in sorted(conditions)),
            *(min(_length(letter.fields.get(name)), 2) for name in sorted(loops)),
            *(bool(letter.fields.get(frame.field)) for frame in self.frames),
        )

    def filled(self, letters: Sequence[Letter]) -> bytes:
        """Return the letters as one .odt, in order; raise Unsupported if one of them cannot be made in this form."""
        self.printer.families.clear()
        self.printer.known.clear()
        pictures: dict[str, bytes] = {}
        try:
            made = [self._letter(letter, place, pictures) for place, letter in enumerate(letters, start=1)]
        except FAULTS as error:
            raise Unsupported(str(error)) from error
        styles, bodies, masters = ("".join(part) for part in zip(*made, strict=True))
        source = self.sources
        rare = "".join(_rare_style(name, family) for family, name in self.printer.families.items())
        content = f"{source.content}{rare}{styles}{source.to_body}{bodies}{source.end}"
        # The styles of rare characters are defined in content.xml, where headers cannot use them.
        if rare and "LetterRare" in masters:
            raise Unsupported("a rare character in a header")
        return self._package(content, f"{source.styles}{masters}{source.styles_end}", pictures)

    def _letter(self, letter: Letter, place: int, pictures: dict[str, bytes]) -> tuple[str, str, str]:
        fields = dict(letter.fields)
        for name in self.codes & fields.keys():
            if fields[name]:
                href = f"Pictures/letter-{place}-{name}.png"
                pictures[href] = qr_png(str(fields[name]), side_mm=CODE_SIDE)
                fields[name] = Code(href, CODE_SIDE)
        fields[LETTER] = place
        fields[f"{LETTER}_pictures"] = [self._shown(frame, letter, pictures) for frame in self.frames]
        own, body, masters = (source.render(fields) for source in self._compiled)
        return own, _with_end(body, place), masters

    def _shown(self, frame: Frame, letter: Letter, pictures: dict[str, bytes]) -> ShownPicture | None:
        picture = picture_for(
            frame.field, str(letter.fields.get(frame.field) or ""), templates_root(self.template.path)
        )
        if picture is None:
            return None
        content, suffix = (
            (picture.read_bytes(), picture.suffix) if isinstance(picture, Path) else (picture.getvalue(), ".png")
        )
        try:
            image = Image.from_blob(content)
        except BROKEN_IMAGE as error:
            raise Unsupported("a picture that is none") from error
        href = f"Pictures/{sha256(content).hexdigest()[:32]}{suffix.lower()}"
        pictures[href] = content
        return ShownPicture(href, f"{frame.width * image.px_height / image.px_width:.4f}in")

    def _package(self, content: str, styles: str, pictures: Mapping[str, bytes]) -> bytes:
        try:
            parse(content)
            parse(styles)
        except etree.XMLSyntaxError as error:
            raise Unsupported("conditions across the borders of formats") from error
        entries = "".join(
            f'<manifest:file-entry manifest:full-path="{href}" manifest:media-type="{_media_type(href)}"/>'
            for href in pictures
        )
        end = "</manifest:manifest>"
        manifest = self.members[MANIFEST].decode().replace(end, entries + end).encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as package:  # not compressed: it is read once and deleted
            package.writestr(zipfile.ZipInfo(MIMETYPE, LONG_AGO), self.members[MIMETYPE], zipfile.ZIP_STORED)
            for name, member in {**self.members, MANIFEST: manifest}.items():
                if name != MIMETYPE:
                    package.writestr(zipfile.ZipInfo(name, LONG_AGO), member, zipfile.ZIP_STORED)
            for name, text in (("content.xml", content), ("styles.xml", styles)):
                package.writestr(zipfile.ZipInfo(name, LONG_AGO), text.encode(), zipfile.ZIP_STORED)
            for href, picture in pictures.items():
                package.writestr(zipfile.ZipInfo(href, LONG_AGO), picture, zipfile.ZIP_STORED)
        return out.getvalue()


def _with_end(body: str, place: int) -> str:
    """Add a bookmark to the letter's last paragraph, whose page number is the letter's page count."""
    at = max(body.rfind("</text:p>"), body.rfind("</text:h>"))
    if at < 0:
        raise Unsupported("a letter that may end in an empty paragraph")
    return f'{body[:at]}<text:bookmark text:name="LetterEnd_{place}"/>{body[at:]}'


def _rare_style(name: str, family: str) -> str:
    quoted = family.replace("&", "&amp;").replace('"', "&quot;")
    fonts = " ".join(
        f'{which}="{quoted}"' for which in ("fo:font-family", "style:font-family-asian", "style:font-family-complex")
    )
    return f'<style:style style:name="{name}" style:family="text"><style:text-properties {fonts}/></style:style>'


def _media_type(href: str) -> str:
    return mimetypes.guess_type(href)[0] or ""


def _names(expressions: Sequence[nodes.Node]) -> frozenset[str]:
    """Return the names of the fields used in expressions."""
    return frozenset(
        each.name
        for expression in expressions
        for each in ([expression] if isinstance(expression, nodes.Name) else expression.find_all(nodes.Name))
        if isinstance(each, nodes.Name) and not each.name.startswith(LETTER)
    )


def _answer(value: object) -> object:
    return value if isinstance(value, bool | int) else bool(value)


def _length(value: object) -> int:
    return len(value) if isinstance(value, Sequence | Mapping) else 0
