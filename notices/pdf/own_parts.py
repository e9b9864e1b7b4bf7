"""Prove that a PDF carries nothing of other pages: no glyph, character map, picture, link or bookmark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from io import BytesIO
from itertools import chain

import pikepdf

from notices.pdf.faults import IN_MEMORY, pdf_errors
from notices.pdf.reading import WORD_JOINER
from notices.pdf.reducing import CODE_AND_TEXT, is_outer_link

INVISIBLE = frozenset({WORD_JOINER, "\u200b", "\u00ad"})
# Entries of the document and of a page that may be there; anything else could carry what no page shows.
OF_DOCUMENT = frozenset({"/Type", "/Pages", "/Lang", "/Metadata", "/OutputIntents", "/Version", "/ViewerPreferences"})
OF_PAGE = frozenset(
    {"/Type", "/Parent", "/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/Group", "/Tabs", "/Annots"}
)
OF_FILE = frozenset({"/ObjStm", "/XRef"})  # how the file is stored, not what it holds
DRAWS = re.compile(rb"/([^\s/<>\[\]()]+)\s+Do\b")
CodesDrawn = Callable[[bytes], Set[int]]  # the codes of a font program whose glyphs draw something
Id = tuple[int, int]  # number and generation, by which objects of a PDF refer to each other


def foreign_parts(content: bytes, texts: Sequence[str], codes_drawn: CodesDrawn) -> list[str]:
    """Return what a PDF holds beyond its own pages, whose `texts` another library read from it; empty if nothing.

    A font may hold no glyph and no entry of its character map but those of characters in the texts. Raises DamagedPdf,
    and what `codes_drawn` raises for a font program.
    """
    with pdf_errors(IN_MEMORY), pikepdf.open(BytesIO(content)) as book:
        return list(_Proof(book, frozenset(chain.from_iterable(texts)), codes_drawn).findings())


class _Proof:
    """A document, and the objects in it that its pages use."""

    def __init__(self, book: pikepdf.Pdf, shown: frozenset[str], codes_drawn: CodesDrawn) -> None:
        self.book, self.shown, self.codes_drawn = book, shown, codes_drawn
        self.used: set[Id] = {page.obj.objgen for page in book.pages}

    def findings(self) -> Iterator[str]:
        yield from self._entries()
        self._use_streams_of_document()
        for page in self.book.pages:
            yield from self._of_page(page)
        for each in self.book.objects:
            if isinstance(each, pikepdf.Stream | pikepdf.Dictionary) and self._is_beyond(each):
                yield f"an object that no page uses ({each.get('/Subtype') or each.get('/Type') or 'a stream'})"

    def _is_beyond(self, each: pikepdf.Object) -> bool:
        kind = each.get("/Type")
        matters = isinstance(each, pikepdf.Stream) or kind in {"/Font", "/Page"}
        return matters and kind not in OF_FILE and each.objgen not in self.used

    def _entries(self) -> Iterator[str]:
        yield from (f"the document's {key}" for key in sorted(set(self.book.Root.keys()) - OF_DOCUMENT))
        for page in self.book.pages:
            yield from (f"a page's {key}" for key in sorted(set(page.obj.keys()) - OF_PAGE))
            if not all(map(is_outer_link, page.obj.get("/Annots", ()))):
                yield "a link into the document"

    def _use_streams_of_document(self) -> None:
        root = self.book.Root
        if "/Metadata" in root:
            self.used.add(root.Metadata.objgen)
        for intent in root.get("/OutputIntents", ()):
            if "/DestOutputProfile" in intent:
                self.used.add(intent.DestOutputProfile.objgen)

    def _of_page(self, page: pikepdf.Page) -> Iterator[str]:
        contents = page.obj.get("/Contents", pikepdf.Array())
        parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
        self.used.update(part.objgen for part in parts)
        drawn = {f"/{name.decode('latin-1')}" for part in parts for name in DRAWS.findall(part.read_bytes())}
        for name, picture in page.resources.get("/XObject", pikepdf.Dictionary()).items():
            if name not in drawn:
                yield "a picture that no page draws"
            colours = picture.get("/ColorSpace")
            of_picture = [picture, picture.get("/SMask"), picture.get("/Mask")]
            of_picture += list(colours) if isinstance(colours, pikepdf.Array) else []
            self.used.update(each.objgen for each in of_picture if isinstance(each, pikepdf.Stream))
        for font in page.resources.get("/Font", pikepdf.Dictionary()).values():
            if font.objgen not in self.used:
                yield from self._of_font(font)

    def _of_font(self, font: pikepdf.Object) -> Iterator[str]:
        name = str(font.get("/BaseFont", "a font"))
        self.used.add(font.objgen)
        told = b""
        if "/ToUnicode" in font:
            self.used.add(font.ToUnicode.objgen)
            told = font.ToUnicode.read_bytes()
        characters = {
            int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be", "replace")
            for code, text in CODE_AND_TEXT.findall(told.partition(b"endcodespacerange")[2])
        }
        if b"beginbfrange" in told or not all(
            set(text) <= self.shown or text.isspace() or text in INVISIBLE for text in characters.values()
        ):
            yield f"characters of {name}"
        descriptor = font.get("/FontDescriptor", pikepdf.Dictionary())
        if "/FontFile2" not in descriptor:
            yield f"a font that is not TrueType, {name}"
            return
        self.used.add(descriptor.FontFile2.objgen)
        if not self.codes_drawn(descriptor.FontFile2.read_bytes()) <= characters.keys():
            yield f"glyphs of {name}"
