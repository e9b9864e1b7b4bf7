"""Compiled templates of a worker, used for letters only after one of the same shape was compared with docxtpl's.

docxtpl is the reference. The first letter of each shape (which conditions hold, how many rows, how many pages) is made
both ways; if any page differs, all letters of the template are made with docxtpl.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from notices.errors import DataNeedsPerson
from notices.letters.assemble import assemble
from notices.letters.compiled import Form, Unsupported, compile_form
from notices.letters.proof import PageRange, prove
from notices.letters.shards.cache import Shape, TemplateCache, key_of
from notices.letters.template import open_template
from notices.model import Letter
from notices.office import WarmOffice
from notices.pdf import layouts, page_texts, same_layout

MOST_SHAPES = 200  # beyond this, comparing costs more than the compiled form saves
MANY_PAGES = 4
LIMIT_SECONDS = 120.0


@dataclass
class ComparedTemplate:
    """A template's form, or None if it has none, and the shapes of letters that were equal both ways.

    `key` is that of the cache entry, `document` the .odt from which the form was compiled.
    """

    form: Form | None
    shapes: set[Shape] = field(default_factory=set)
    key: str = ""
    document: bytes = b""


class ComparedTemplates:
    """The compiled templates of one process and its LibreOffice, by file; `cache` is the one on disk."""

    def __init__(self, cache: TemplateCache) -> None:
        self.cache = cache
        self.templates: dict[Path, ComparedTemplate] = {}

    def prepare(self, template: Path, office: WarmOffice) -> ComparedTemplate:
        """Return the template's form: already loaded, from the cache, or compiled now."""
        if template not in self.templates:
            try:
                self.templates[template] = self._compiled(template, office)
            except (Unsupported, DataNeedsPerson, OSError):
                self.templates[template] = ComparedTemplate(None)
        return self.templates[template]

    def fill(self, template: Path, letters: Sequence[Letter], office: WarmOffice, out: Path) -> bool:
        """Write the letters to `out`, an .odt; return False if they have to be made with docxtpl."""
        form = self.prepare(template, office).form
        if form is None:
            return False
        try:
            out.write_bytes(form.filled(letters))
        except Unsupported:
            return False
        return True

    def agrees_with_docxtpl(
        self, template: Path, letters: Sequence[Letter], pdf: Path, proved: Sequence[object], office: WarmOffice
    ) -> bool:
        """Return whether these letters, filled by `fill` and converted to `pdf`, look like docxtpl's.

        `proved` are the results of their proof, in order. Letters of a new shape are made both ways and compared.
        """
        compared = self.templates[template]
        ranges = [each for each in proved if isinstance(each, PageRange)]
        if compared.form is None or len(ranges) < len(letters):
            return False
        fresh: dict[Shape, tuple[Letter, PageRange]] = {}
        for letter, pages in zip(letters, ranges, strict=True):
            shape = (*compared.form.shape_of(letter), min(pages.count, MANY_PAGES))
            if shape not in compared.shapes:
                fresh.setdefault(shape, (letter, pages))
        if fresh and not _same_both_ways(template, list(fresh.values()), pdf, office):
            compared.form = None
            self.cache.forget(compared.key)
            return False
        compared.shapes |= fresh.keys()
        if len(compared.shapes) > MOST_SHAPES:
            compared.form = None
        elif fresh:
            self.cache.add(compared.key, compared.document, fresh)
        return True

    def _compiled(self, template: Path, office: WarmOffice) -> ComparedTemplate:
        opened = open_template(template)
        if not opened.shareable:
            return ComparedTemplate(None)

        def document(scratch: Path) -> bytes:
            office.convert(template, scratch, limit=LIMIT_SECONDS)
            return scratch.read_bytes()

        key = key_of(template, office.engine)
        cached = self.cache.get_or_make(key, document)
        return ComparedTemplate(compile_form(opened, cached.document), set(cached.shapes), key, cached.document)


def _same_both_ways(template: Path, chosen: Sequence[tuple[Letter, PageRange]], pdf: Path, office: WarmOffice) -> bool:
    letters = [letter for letter, _ in chosen]
    document, made = pdf.with_name("compared.docx"), pdf.with_name("compared.pdf")
    try:
        assemble(template, letters, document)
        office.convert(document, made, limit=LIMIT_SECONDS)
    except DataNeedsPerson:
        return False
    measure = prove(page_texts(made), letters)
    return all(
        isinstance(theirs, PageRange)
        and theirs.count == ours.count
        and all(map(same_layout, _pages(pdf, ours), _pages(made, theirs)))
        for theirs, (_, ours) in zip(measure, chosen, strict=True)
    )


def _pages(pdf: Path, pages: PageRange) -> list[list[tuple[str, tuple[float, ...]]]]:
    return layouts(pdf, range(pages.first + 1, pages.first + pages.count + 1))
