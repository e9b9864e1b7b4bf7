"""Pages cut out of a document of many letters, without what its other letters left in it.

The fonts of a shared document hold the characters of all its letters in the order of appearance, and one dictionary
names the pictures of all pages. A page that is cut out would carry both along, unseen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import pikepdf

from notices.pdf.binding import DocumentInfo, cut
from notices.pdf.faults import IN_MEMORY, pdf_errors
from notices.pdf.pictures import as_pictures, looks_same

Type1Reducer = Callable[[bytes, tuple[int, int], Collection[int]], tuple[bytes, tuple[int, int]]]


class TrueTypeReducer(Protocol):
    """Reduces a TrueType program to the glyphs of some codes."""

    def __call__(self, program: bytes, codes: Collection[int], *, by_character: bool) -> bytes:
        """Return the reduced program."""


SHOWING = {"Tj": 0, "TJ": 0, "'": 0, '"': 2}  # operators that show text, and the operand that is the text
CHARACTERS = (
    b"/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    b"/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n/CMapName/Adobe-Identity-UCS def\n"
    b"/CMapType 2 def\n1 begincodespacerange\n%s\nendcodespacerange\n%send\nCMapName currentdict /CMap defineresource"
    b" pop\nend\nend\n"
)
FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
# Entries of a page that tell of the whole document, or lead to places in it.
OF_THE_WHOLE = ("/Annots", "/StructParents", "/Tabs", "/Metadata", "/PieceInfo", "/Thumb", "/B")
MOST_IN_A_RANGE = 100  # lines between beginbfchar and endbfchar


class UnknownMap(Exception):  # noqa: N818 - not an error: the pages become pictures
    """A font is embedded in a form that cannot be reduced here."""


def own_pages(
    source: Path, first: int, count: int, info: DocumentInfo, *, type1: Type1Reducer, truetype: TrueTypeReducer
) -> bytes:
    """Return a PDF of `count` pages of `source` from page `first` on, with nothing in it that these do not show.

    `type1` and `truetype` reduce a font program to some glyphs. If a font cannot be reduced, or a page would look
    different without the other glyphs, the pages become pictures of themselves. Raises DamagedPdf.
    """
    whole = cut(source, first, count, info)
    with pdf_errors(source):
        try:
            reduced = _reduced(whole, type1, truetype)
        except (UnknownMap, ValueError, KeyError, AssertionError, pikepdf.PdfError):
            return as_pictures(whole, info)
    return reduced if looks_same(whole, reduced) else as_pictures(whole, info)


def _reduced(content: bytes, type1: Type1Reducer, truetype: TrueTypeReducer) -> bytes:
    with pdf_errors(IN_MEMORY), pikepdf.open(BytesIO(content)) as book:
        book.remove_unreferenced_resources()
        used: dict[tuple[int, int], set[int]] = defaultdict(set)
        fonts: dict[tuple[int, int], Any] = {}
        for page in book.pages:
            _drop(page.obj, *OF_THE_WHOLE)
            for font, codes in _shown(page.obj, page.obj.get("/Resources", pikepdf.Dictionary())):
                used[font.objgen] |= codes
                fonts[font.objgen] = font
        for key, font in fonts.items():
            _reduce_font(book, font, used[key], type1, truetype)
        made = BytesIO()
        book.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return made.getvalue()


def _shown(content: Any, resources: Any, depth: int = 0) -> Iterator[tuple[Any, set[int]]]:
    """Yield each font with the codes that a page, or a form on it, shows in it."""
    if depth > 8:
        raise UnknownMap
    font: Any = None
    for instruction in pikepdf.parse_content_stream(content):
        operands, name = instruction.operands, str(instruction.operator)
        if name == "Tf":
            font = resources.Font[str(operands[0])]
            if not font.is_indirect:
                raise UnknownMap
        elif name in SHOWING:
            text = operands[SHOWING[name]]
            strings = [each for each in text if isinstance(each, pikepdf.String)] if name == "TJ" else [text]
            yield font, {code for string in strings for code in _codes(font, bytes(string))}
        elif name == "Do":
            form = resources.XObject[str(operands[0])]
            if form.get("/Subtype") == "/Form":
                yield from _shown(form, form.get("/Resources", resources), depth + 1)


def _codes(font: Any, string: bytes) -> Iterator[int]:
    if font.get("/Subtype") != "/Type0":
        yield from string
        return
    if font.get("/Encoding") != "/Identity-H" or len(string) % 2:
        raise UnknownMap
    yield from (int.from_bytes(string[place : place + 2], "big") for place in range(0, len(string), 2))


def _reduce_font(book: pikepdf.Pdf, font: Any, codes: set[int], type1: Type1Reducer, truetype: TrueTypeReducer) -> None:
    wide = font.get("/Subtype") == "/Type0"
    if "/ToUnicode" in font:
        font.ToUnicode = book.make_stream(_characters(font.ToUnicode, codes, wide=wide))
    inner = font.DescendantFonts[0] if wide else font
    about = inner.get("/FontDescriptor", pikepdf.Dictionary())
    _drop(about, "/CIDSet", "/CharSet")
    if "/FontFile2" in about and inner.get("/CIDToGIDMap", "/Identity") == "/Identity":
        made = truetype(about.FontFile2.read_bytes(), codes, by_character=not wide)
        about.FontFile2 = book.make_stream(made, Length1=len(made))
    elif "/FontFile" in about and font.get("/Subtype") == "/Type1" and "/Encoding" not in font:
        lengths = int(about.FontFile.Length1), int(about.FontFile.Length2)
        made, (clear, secret) = type1(about.FontFile.read_bytes(), lengths, codes)
        about.FontFile = book.make_stream(made, Length1=clear, Length2=secret, Length3=len(made) - clear - secret)
    elif any(key in about for key in FONT_FILES):
        raise UnknownMap
    if wide:
        widths = [part for code, width in _wide_widths(inner) if code in codes for part in (code, [width])]
        inner.W = pikepdf.Array(widths)
    elif "/Widths" in font:
        first = int(font.get("/FirstChar", 0))
        font.Widths = pikepdf.Array([w if first + at in codes else 0 for at, w in enumerate(font.Widths)])


def _drop(entries: Any, *keys: str) -> None:
    for key in keys:
        if key in entries:
            del entries[key]


def _wide_widths(font: Any) -> Iterator[tuple[int, Any]]:
    """Yield code and width from the two forms of an array /W (ISO 32000-2, 9.7.4.3)."""
    parts = list(font.get("/W", []))
    while parts:
        first = int(parts.pop(0))
        following = parts.pop(0)
        if isinstance(following, pikepdf.Array):
            yield from ((first + at, width) for at, width in enumerate(following))
        else:
            width = parts.pop(0)
            yield from ((code, width) for code in range(first, int(following) + 1))


def _characters(stream: Any, codes: set[int], *, wide: bool) -> bytes:
    """Return a ToUnicode map with these codes only."""
    digits = 4 if wide else 2
    known = dict(mapped_characters(stream.read_bytes().decode("latin-1")))
    lines = [
        b"<%s> <%s>\n" % (f"{code:0{digits}X}".encode(), known[code].encode()) for code in sorted(codes & set(known))
    ]
    parts = [lines[start : start + MOST_IN_A_RANGE] for start in range(0, len(lines), MOST_IN_A_RANGE)]
    shown = b"".join(b"%d beginbfchar\n%sendbfchar\n" % (len(part), b"".join(part)) for part in parts)
    span = b"<%s> <%s>" % (b"0" * digits, b"F" * digits)
    return CHARACTERS % (span, shown + b"endcmap\n")


def mapped_characters(source: str) -> Iterator[tuple[int, str]]:
    """Yield code and characters (as hexadecimal digits) of a ToUnicode map; raises UnknownMap for ranges of lists."""
    for kind, block in _blocks(source):
        parts = block.replace("<", " ").replace(">", " ").split()
        if "[" in block:
            raise UnknownMap
        if kind == "bfchar":
            yield from ((int(code, 16), text) for code, text in zip(parts[::2], parts[1::2], strict=True))
            continue
        for low, high, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            for at, code in enumerate(range(int(low, 16), int(high, 16) + 1)):
                yield code, f"{int(text, 16) + at:0{len(text)}X}"


def _blocks(source: str) -> Iterator[tuple[str, str]]:
    for kind in ("bfchar", "bfrange"):
        for part in source.split(f"begin{kind}")[1:]:
            yield kind, part.split(f"end{kind}")[0]
