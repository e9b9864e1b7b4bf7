"""Fillable forms: put AcroForm fields over a printed form's boxes and lines, and read them back."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from pypdf import PdfReader

from notices.pdf.faults import IN_MEMORY, pdf_errors
from notices.pdf.field_positions import TextPlace

FONT = "/Typed"
SIZE = 10  # points
PRINTED = 4  # annotation flag: visible in print
ON, OFF = "/Yes", "/Off"
CODES_A_BLOCK = 100  # maximum number of entries in a bfchar block of a CMap


@dataclass(frozen=True)
class FormFont:
    """The font for typed text; same fields as `notices.fonts.typeface.Typeface`."""

    name: str
    program: bytes
    is_cff: bool
    codes: Mapping[str, int]
    widths: Mapping[int, int]
    box: tuple[int, int, int, int]
    ascent: int
    descent: int

    @cached_property
    def to_unicode(self) -> bytes:
        """The CMap from codes to characters, which readers also use to encode typed text."""
        pairs = sorted({code: character for character, code in self.codes.items()}.items())
        blocks = [pairs[at : at + CODES_A_BLOCK] for at in range(0, len(pairs), CODES_A_BLOCK)]
        return "\n".join(
            (
                "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
                "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
                "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
                "1 begincodespacerange <0000> <FFFF> endcodespacerange",
                *map(_block, blocks),
                "endcmap CMapName currentdict /CMap defineresource pop end end",
            )
        ).encode("ascii")


def add_fields(content: bytes, places: Sequence[TextPlace], font: FormFont, prefix: str) -> bytes:
    """Return the PDF with a form field over every place, named `prefix/name`, its printed label as tooltip.

    Raises DamagedPdf.
    """
    with pdf_errors(IN_MEMORY), pikepdf.open(BytesIO(content)) as book:
        typed = book.make_indirect(_font(book, font))
        fields = [_field(book, place, f"{prefix}/{place.name}", typed) for place in places]
        book.Root.AcroForm = book.make_indirect(
            Dictionary(Fields=Array(fields), DR=_resources(typed), DA=String(_appearance()))
        )
        made = BytesIO()
        book.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return made.getvalue()


def field_values(path: Path) -> Mapping[str, str | bool]:
    """Return the values of a form's fields by name: text, or True for a ticked box; raise DamagedPdf."""
    with pdf_errors(path):
        fields = PdfReader(path).get_fields() or {}
    return {
        name: str(field.get("/V", OFF)) == ON if field.get("/FT") == "/Btn" else str(field.get("/V") or "")
        for name, field in fields.items()
        if field.get("/FT") != "/Sig"
    }


def _field(book: pikepdf.Pdf, place: TextPlace, name: str, typed: pikepdf.Object) -> pikepdf.Object:
    page = book.pages[place.page - 1]
    left, bottom, right, top = place.rect
    looks = _tick if place.kind == "tick" else _line
    widget = book.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            T=String(name),
            TU=String(place.label),
            Rect=Array(round(side, 2) for side in place.rect),
            F=PRINTED,
            P=page.obj,
            DA=String(_appearance()),
            MK=Dictionary(),
        )
    )
    for key, value in looks(book, right - left, top - bottom, typed).items():
        widget[key] = value
    page.obj.Annots = Array([*page.obj.get("/Annots", Array()), widget])
    return widget


def _tick(book: pikepdf.Pdf, width: float, height: float, _: pikepdf.Object) -> dict[str, pikepdf.Object]:
    corners = ((0.18, 0.5), (0.42, 0.22), (0.84, 0.82))
    down, turn, up = (f"{x * width:.2f} {y * height:.2f}" for x, y in corners)
    mark = f"q 0 G 1.2 w 1 J {down} m {turn} l {up} l S Q"
    looks = Dictionary()
    looks[ON] = _look(book, width, height, mark, Dictionary())
    looks[OFF] = _look(book, width, height, "", Dictionary())
    return {"/FT": Name.Btn, "/V": Name(OFF), "/AS": Name(OFF), "/AP": Dictionary(N=looks)}


def _line(book: pikepdf.Pdf, width: float, height: float, typed: pikepdf.Object) -> dict[str, pikepdf.Object]:
    empty = _look(book, width, height, "/Tx BMC EMC", _resources(typed))
    return {"/FT": Name.Tx, "/V": String(""), "/AP": Dictionary(N=empty)}


def _look(book: pikepdf.Pdf, width: float, height: float, content: str, resources: Dictionary) -> pikepdf.Object:
    return pikepdf.Stream(
        book,
        content.encode("ascii"),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, width, height]),
        Resources=resources,
    )


def _appearance() -> str:
    return f"{FONT} {SIZE} Tf 0 g"


def _resources(typed: pikepdf.Object) -> Dictionary:
    fonts = Dictionary()
    fonts[FONT] = typed
    return Dictionary(Font=fonts)


def _font(book: pikepdf.Pdf, font: FormFont) -> Dictionary:
    """Build a composite font with glyph numbers as codes and a ToUnicode map."""
    name = Name(f"/{font.name}")
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=name,
        Flags=4,
        FontBBox=Array(font.box),
        ItalicAngle=0,
        Ascent=font.ascent,
        Descent=font.descent,
        CapHeight=font.ascent,
        StemV=80,
    )
    if font.is_cff:
        descriptor.FontFile3 = _packed(book, font.program, Subtype=Name.CIDFontType0C)
    else:
        descriptor.FontFile2 = _packed(book, font.program, Length1=len(font.program))
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType0 if font.is_cff else Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        FontDescriptor=book.make_indirect(descriptor),
        DW=1000,
        W=_widths(font.widths),
    )
    if not font.is_cff:
        descendant.CIDToGIDMap = Name.Identity
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=name,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([book.make_indirect(descendant)]),
        ToUnicode=_packed(book, font.to_unicode),
    )


def _packed(book: pikepdf.Pdf, data: bytes, **entries: object) -> pikepdf.Stream:
    return pikepdf.Stream(book, _compressed(data), Filter=Name.FlateDecode, **entries)


@lru_cache(maxsize=4)  # the same font goes into every letter
def _compressed(data: bytes) -> bytes:
    return zlib.compress(data, 9)


def _widths(widths: Mapping[int, int]) -> Array:
    narrow = sorted((code, width) for code, width in widths.items() if width != 1000)
    return Array(each for code, width in narrow for each in (code, Array([width])))


def _block(pairs: Iterable[tuple[int, str]]) -> str:
    lines = [f"<{code:04X}> <{character.encode('utf-16-be').hex().upper()}>" for code, character in pairs]
    return "\n".join((f"{len(lines)} beginbfchar", *lines, "endbfchar"))
