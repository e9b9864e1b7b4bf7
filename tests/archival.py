"""Partial PDF/A-2b validator: the clauses of ISO 19005-2 that the program's own files could breach.

Content streams are checked for colours and fonts only, font programs not at all. No complete validator (such as
veraPDF) can be installed from the registries that the tests may use.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from pypdf import PdfReader
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, IndirectObject, StreamObject

FORBIDDEN_ACTIONS = {
    "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState", "/Rendition", "/Trans",
    "/GoTo3DView", "/JavaScript",
}  # fmt: skip
FORBIDDEN_ANNOTATIONS = {"/3D", "/Sound", "/Screen", "/Movie"}
CMYK_OPERATORS = {b"k", b"K"}
PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
INVISIBLE, HIDDEN, PRINTED, NO_VIEW, TOGGLE = 1, 2, 4, 32, 256


def breaches(path: Path) -> list[str]:
    """Return the clauses that a file breaches, each with the offending object."""
    content = path.read_bytes()
    reader = PdfReader(io.BytesIO(content))
    return [
        *_file(content, reader),
        *_catalogue(reader),
        *_metadata(reader),
        *(found for each in _objects(reader) for found in _object(each)),
        *(found for page in reader.pages for found in (*_annotations(page), *_colours(page, reader))),
    ]


def _file(content: bytes, reader: PdfReader) -> Iterator[str]:
    header = content.split(b"\n", 2)
    if not re.fullmatch(rb"%PDF-1\.[0-7]\r?", header[0]):
        yield "6.1.2 header"
    if not header[1].startswith(b"%") or sum(byte > 127 for byte in header[1][1:5]) < 4:
        yield "6.1.2 no comment of four bytes above 127 after the header"
    if "/ID" not in reader.trailer:
        yield "6.1.3 no ID"
    if "/Encrypt" in reader.trailer:
        yield "6.1.3 encrypted"
    if not re.fullmatch(rb"%%EOF\r?\n?", content[content.rindex(b"%%EOF") :]):
        yield "6.1.3 something after the end"


def _catalogue(reader: PdfReader) -> Iterator[str]:
    root = reader.root_object
    intents = [each.get_object() for each in root.get("/OutputIntents", ArrayObject()).get_object()]
    if not any(each.get("/S") == "/GTS_PDFA1" and "/DestOutputProfile" in each for each in intents):
        yield "6.2.3 no output intent"
    for each in intents:
        profile = each["/DestOutputProfile"].get_object()
        data = profile.get_data()
        if data[36:40] != b"acsp" or data[16:20] != b"RGB " or profile.get("/N") != 3 or data[8] > 4:
            yield "6.2.3 the profile is no ICC profile of RGB"
    for key in ("/AA", "/Requirements"):
        if key in root:
            yield f"6.5.2 {key}"
    names = root.get("/Names", DictionaryObject()).get_object()
    for key in ("/JavaScript", "/EmbeddedFiles", "/AlternatePresentations"):
        if key in names:
            yield f"6.5, 6.8 {key}"
    form = root.get("/AcroForm", DictionaryObject()).get_object()
    if form.get("/NeedAppearances") or "/XFA" in form:
        yield "6.4 the form asks the reader to draw it"


def _metadata(reader: PdfReader) -> Iterator[str]:
    stream = reader.root_object.get("/Metadata")
    if stream is None:
        yield "6.6.2 no metadata"
        return
    tree = ElementTree.fromstring(stream.get_object().get_data())
    said = {element.tag: element.text for element in tree.iter()}
    said |= {key: value for element in tree.iter() for key, value in element.attrib.items()}
    if (said.get(f"{PDFA}part"), said.get(f"{PDFA}conformance")) != ("2", "B"):
        yield "6.6.4 it does not say that it is PDF/A-2b"


def _objects(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Yield every dictionary and stream reachable from the trailer, each once."""
    seen: set[int] = set()
    waiting: list[object] = [reader.trailer["/Root"]]
    while waiting:
        each = waiting.pop()
        if isinstance(each, IndirectObject):
            if each.idnum in seen:
                continue
            seen.add(each.idnum)
            each = each.get_object()
        if isinstance(each, DictionaryObject):
            yield each
            waiting += [each.raw_get(key) for key in each]
        elif isinstance(each, ArrayObject):
            waiting += list(each)


def _object(each: DictionaryObject) -> Iterator[str]:
    if isinstance(each, StreamObject):
        filters = each.get("/Filter", [])
        if "/LZWDecode" in (filters if isinstance(filters, list) else [filters]):
            yield "6.1.7 LZW"
        if each.keys() & {"/F", "/FFilter", "/FDecodeParms"}:
            yield "6.1.7 content in another file"
    if each.get("/S") in FORBIDDEN_ACTIONS:
        yield f"6.5.1 action {each['/S']}"
    if each.get("/Subtype") == "/Image" and (each.get("/Interpolate") or "/Alternates" in each or "/OPI" in each):
        yield "6.2.8 an image asks for more than its pixels"
    if each.get("/Subtype") == "/PS" or "/PS" in each:
        yield "6.2.9 PostScript"
    if each.get("/Type") == "/ExtGState" and ("/TR" in each or "/HTP" in each):
        yield "6.2.5 transfer function"
    if each.get("/Type") == "/Font":
        yield from _font(each)


def _font(font: DictionaryObject) -> Iterator[str]:
    name = str(font.get("/BaseFont", "?"))
    descriptor = font.get("/FontDescriptor", DictionaryObject()).get_object()
    composite, three = font.get("/Subtype") == "/Type0", font.get("/Subtype") == "/Type3"
    if not composite and not three and not descriptor.keys() & {"/FontFile", "/FontFile2", "/FontFile3"}:
        yield f"6.2.11.4 {name} is not embedded"
    if font.get("/Subtype") == "/CIDFontType2" and "/CIDToGIDMap" not in font:
        yield f"6.2.11.3.2 {name} has no CIDToGIDMap"
    if composite and font.get("/Encoding") not in {"/Identity-H", "/Identity-V"}:
        yield f"6.2.11.3.3 {name}: its CMap is not embedded"


def _annotations(page: DictionaryObject) -> Iterator[str]:
    for reference in page.get("/Annots", ArrayObject()).get_object():
        each = reference.get_object()
        kind, flags = str(each.get("/Subtype")), int(each.get("/F", 0))
        if kind in FORBIDDEN_ANNOTATIONS:
            yield f"6.3.1 annotation {kind}"
        if kind != "/Popup" and (not flags & PRINTED or flags & (INVISIBLE | HIDDEN | NO_VIEW | TOGGLE)):
            yield f"6.3.2 annotation {kind} with flags {flags}"
        left, bottom, right, top = (float(side) for side in each.get("/Rect", (0, 0, 1, 1)))
        shows = (left, bottom) != (right, top)  # one without size needs no appearance
        if shows and kind not in {"/Popup", "/Link"} and "/N" not in each.get("/AP", DictionaryObject()).get_object():
            yield f"6.3.3 annotation {kind} without an appearance"
        if kind == "/Widget" and each.keys() & {"/A", "/AA"}:
            yield "6.4.1 a field with an action"


def _colours(page: DictionaryObject, reader: PdfReader) -> Iterator[str]:
    contents = page.get("/Contents")
    if contents is not None:
        stream = ContentStream(contents.get_object(), reader)
        if any(operator in CMYK_OPERATORS for _, operator in stream.operations):
            yield "6.2.4.3 CMYK without an output intent for it"
