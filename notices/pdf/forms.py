"""Fillable forms: put AcroForm fields over a printed form's boxes and lines, and read them back."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    EncodedStreamObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    TextStringObject,
)

from notices.pdf.faults import IN_MEMORY, pdf_errors
from notices.pdf.field_positions import TextPlace

FONT = "/Typed"
SIZE = 10  # points
PRINTED = 4  # annotation flag: visible in print
ON, OFF = "/Yes", "/Off"
CODES_A_BLOCK = 100  # maximum number of entries in a bfchar block of a CMap


@dataclass(frozen=True, slots=True)
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


def add_fields(content: bytes, places: Sequence[TextPlace], font: FormFont, prefix: str) -> bytes:
    """Return the PDF with a form field over every place, named `prefix/name`, its printed label as tooltip.

    Raises DamagedPdf.
    """
    with pdf_errors(IN_MEMORY):
        reader = PdfReader(BytesIO(content))
        writer = PdfWriter(clone_from=reader)
        identity = reader.trailer.get("/ID")
    typed = writer._add_object(_font(writer, font))
    fields = [_field(writer, place, f"{prefix}/{place.name}", typed) for place in places]
    writer.root_object[NameObject("/AcroForm")] = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Fields"): ArrayObject(fields),
                NameObject("/DR"): _resources(typed),
                NameObject("/DA"): TextStringObject(_appearance()),
            }
        )
    )
    if identity is not None:
        writer._ID = ArrayObject(identity)
    made = BytesIO()
    writer.write(made)
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


def _field(writer: PdfWriter, place: TextPlace, name: str, typed: IndirectObject) -> IndirectObject:
    page = writer.pages[place.page - 1]
    left, bottom, right, top = place.rect
    widget = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/T"): TextStringObject(name),
            NameObject("/TU"): TextStringObject(place.label),
            NameObject("/Rect"): ArrayObject(FloatObject(round(side, 2)) for side in place.rect),
            NameObject("/F"): NumberObject(PRINTED),
            NameObject("/P"): page.indirect_reference or DictionaryObject(),
            NameObject("/DA"): TextStringObject(_appearance()),
            NameObject("/MK"): DictionaryObject(),
        }
    )
    widget.update(
        _tick(writer, right - left, top - bottom)
        if place.kind == "tick"
        else _line(writer, right - left, top - bottom, typed)
    )
    reference = writer._add_object(widget)
    annotations = page.get("/Annots", ArrayObject()).get_object()
    page[NameObject("/Annots")] = ArrayObject([*annotations, reference])
    return reference


def _tick(writer: PdfWriter, width: float, height: float) -> dict[NameObject, PdfObject]:
    corners = ((0.18, 0.5), (0.42, 0.22), (0.84, 0.82))
    down, turn, up = (f"{x * width:.2f} {y * height:.2f}" for x, y in corners)
    mark = f"q 0 G 1.2 w 1 J {down} m {turn} l {up} l S Q"
    looks = {
        NameObject(ON): _look(writer, width, height, mark, DictionaryObject()),
        NameObject(OFF): _look(writer, width, height, "", DictionaryObject()),
    }
    return {
        NameObject("/FT"): NameObject("/Btn"),
        NameObject("/V"): NameObject(OFF),
        NameObject("/AS"): NameObject(OFF),
        NameObject("/AP"): DictionaryObject({NameObject("/N"): DictionaryObject(looks)}),
    }


def _line(writer: PdfWriter, width: float, height: float, typed: IndirectObject) -> dict[NameObject, PdfObject]:
    empty = _look(writer, width, height, "/Tx BMC EMC", _resources(typed))
    return {
        NameObject("/FT"): NameObject("/Tx"),
        NameObject("/V"): TextStringObject(""),
        NameObject("/AP"): DictionaryObject({NameObject("/N"): empty}),
    }


def _look(writer: PdfWriter, width: float, height: float, content: str, resources: DictionaryObject) -> IndirectObject:
    look = DecodedStreamObject()
    look.set_data(content.encode("ascii"))
    look[NameObject("/Type")] = NameObject("/XObject")
    look[NameObject("/Subtype")] = NameObject("/Form")
    look[NameObject("/BBox")] = ArrayObject([FloatObject(0), FloatObject(0), FloatObject(width), FloatObject(height)])
    look[NameObject("/Resources")] = resources
    return writer._add_object(look)


def _appearance() -> str:
    return f"{FONT} {SIZE} Tf 0 g"


def _resources(typed: IndirectObject) -> DictionaryObject:
    return DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject(FONT): typed})})


def _font(writer: PdfWriter, font: FormFont) -> DictionaryObject:
    """Build a composite font with glyph numbers as codes and a ToUnicode map."""
    name = NameObject(f"/{font.name}")
    program = _packed(font.program)
    program[NameObject("/Subtype" if font.is_cff else "/Length1")] = (
        NameObject("/CIDFontType0C") if font.is_cff else NumberObject(len(font.program))
    )
    descriptor = {
        "/Type": NameObject("/FontDescriptor"),
        "/FontName": name,
        "/Flags": NumberObject(4),
        "/FontBBox": ArrayObject(map(NumberObject, font.box)),
        "/ItalicAngle": NumberObject(0),
        "/Ascent": NumberObject(font.ascent),
        "/Descent": NumberObject(font.descent),
        "/CapHeight": NumberObject(font.ascent),
        "/StemV": NumberObject(80),
        "/FontFile3" if font.is_cff else "/FontFile2": writer._add_object(program),
    }
    system = {
        "/Registry": TextStringObject("Adobe"),
        "/Ordering": TextStringObject("Identity"),
        "/Supplement": NumberObject(0),
    }
    descendant = {
        "/Type": NameObject("/Font"),
        "/Subtype": NameObject("/CIDFontType0" if font.is_cff else "/CIDFontType2"),
        "/BaseFont": name,
        "/CIDSystemInfo": _dictionary(system),
        "/FontDescriptor": writer._add_object(_dictionary(descriptor)),
        "/DW": NumberObject(1000),
        "/W": _widths(font.widths),
        **({} if font.is_cff else {"/CIDToGIDMap": NameObject("/Identity")}),
    }
    return _dictionary(
        {
            "/Type": NameObject("/Font"),
            "/Subtype": NameObject("/Type0"),
            "/BaseFont": name,
            "/Encoding": NameObject("/Identity-H"),
            "/DescendantFonts": ArrayObject([writer._add_object(_dictionary(descendant))]),
            "/ToUnicode": writer._add_object(_packed(_meanings(font.codes))),
        }
    )


def _dictionary(entries: Mapping[str, PdfObject]) -> DictionaryObject:
    return DictionaryObject({NameObject(key): value for key, value in entries.items()})


def _packed(data: bytes) -> EncodedStreamObject:
    stream = EncodedStreamObject()
    stream._data = _compressed(data)
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    return stream


@lru_cache(maxsize=4)  # the same font goes into every letter
def _compressed(data: bytes) -> bytes:
    return zlib.compress(data, 9)


def _widths(widths: Mapping[int, int]) -> ArrayObject:
    narrow = sorted((code, width) for code, width in widths.items() if width != 1000)
    return ArrayObject(
        each for code, width in narrow for each in (NumberObject(code), ArrayObject([NumberObject(width)]))
    )


def _meanings(codes: Mapping[str, int]) -> bytes:
    """Build the CMap from codes to characters, which readers also use to encode typed text."""
    pairs = sorted({code: character for character, code in codes.items()}.items())
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


def _block(pairs: Iterable[tuple[int, str]]) -> str:
    lines = [f"<{code:04X}> <{character.encode('utf-16-be').hex().upper()}>" for code, character in pairs]
    return "\n".join((f"{len(lines)} beginbfchar", *lines, "endbfchar"))
