"""Put many letters into one document: the template is compiled once, and each letter numbers its own pages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from docx.oxml import parse_xml
from docx.parts.story import StoryPart
from lxml import etree

from notices.errors import DataNeedsPerson
from notices.files import write_whole
from notices.fonts.installed import rare_families
from notices.letters.bookmarks import make_bookmarks_unique, mark_end, use_letter_page_count
from notices.letters.headers_footers import HeadersFooters
from notices.letters.languages import templates_root
from notices.letters.numbered_lists import Numbering
from notices.letters.ooxml import Xml, find, values
from notices.letters.pictures import replace_placeholders, with_pictures
from notices.letters.rare_characters import set_rare_fonts
from notices.letters.sections import end_mark_paragraph, end_section, reference_stories, restart_at_page_1
from notices.letters.template import Template, fill_error, open_template, require_fields
from notices.messages import say
from notices.model import Letter
from notices.text_templates import FAULTS

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip entry can have; fixed, so that equal input gives equal bytes


def assemble(template: Path, letters: Sequence[Letter], out: Path) -> None:
    """Write one document with all the letters, in order; each begins on a new page 1.

    Raises Unusable, naming the template and what is wrong with it, before anything is rendered. Raises DataNeedsPerson,
    naming the notice, if a letter cannot be filled, and if there are several letters but the template is not shareable.
    A single letter is rendered just as docxtpl does.
    """
    opened = open_template(template)
    if len(letters) > 1 and not opened.shareable:
        raise DataNeedsPerson(
            say(
                "Letters of {template} cannot share a document: footnotes or other numbering would run across letters.",
                template=template.name,
            ),
            say("Make its letters one by one."),
        )
    require_fields(opened, frozenset.intersection(*(frozenset(letter.fields) for letter in letters)))
    document = _Document(opened)
    for letter in letters:
        document.add(letter)
    write_whole(out, document.finished())


@dataclass(slots=True)
class _Document:
    """The document under construction: the letters' bodies in sequence, and the parts that they share."""

    template: Template
    bodies: list[Xml] = field(default_factory=list)
    next_bookmark: int = 1
    stories: HeadersFooters = field(init=False)
    numbering: Numbering | None = field(init=False)

    def __post_init__(self) -> None:
        self.stories = HeadersFooters(self.template)
        self.numbering = Numbering.of(self.template.main)

    def add(self, letter: Letter) -> None:
        """Render a letter and make it independent of the others."""
        index = len(self.bodies) + 1
        end = f"letter_{index}_end"
        fields = with_pictures(letter.fields, self.template.document)
        fill = partial(self._fill, letter=letter, fields=fields, end=end)
        body = fill(self.template.body, self.template.main)
        own = {rid: self.stories.own(rid, fill) for rid in self.template.stories}
        reference_stories(body, own.__getitem__, self.stories.blank)
        if self.template.shareable:
            self._separate(body, index, end)
        else:
            self._fill_notes(letter, fields)
        self.bodies.append(body)

    def _separate(self, body: Xml, index: int, end: str) -> None:
        """Give a letter its own page numbers, bookmarks and lists."""
        restart_at_page_1(body)
        self.next_bookmark = make_bookmarks_unique(body, f"letter_{index}", self.next_bookmark)
        mark_end(end_mark_paragraph(body), end, self.next_bookmark)
        self.next_bookmark += 1
        if self.numbering and self.bodies:
            self.numbering.restart(body)
        if self.bodies:
            end_section(self.bodies[-1])

    def finished(self) -> bytes:
        """Return the document as the bytes of a .docx."""
        whole = self.bodies[0]
        for body in self.bodies[1:]:
            whole.extend(list(body))
        for identity, drawing in enumerate(find(whole, ".//wp:docPr"), start=1):
            drawing.set("id", str(identity))
        self.template.document.map_tree(whole)
        self.stories.drop_originals()
        raw = io.BytesIO()
        self.template.document.docx.save(raw)
        return _without_times(raw.getvalue())

    def _fill(self, source: str, part: StoryPart, *, letter: Letter, fields: Mapping[str, object], end: str) -> Xml:
        document, path = self.template.document, self.template.path
        try:
            xml = document.render_xml_part(source, part, fields, self.template.environment)
            story = parse_xml(etree.tostring(document.fix_tables(_well_formed(xml))))
        except (*FAULTS, etree.XMLSyntaxError) as error:
            raise fill_error(path, letter.number, error) from error
        replace_placeholders(story, part, letter.fields, templates_root(path))
        if self.template.shareable:
            use_letter_page_count(story, end)
        set_rare_fonts(story, rare_families("".join(values(story, ".//w:t/text()"))))
        return story

    def _fill_notes(self, letter: Letter, fields: Mapping[str, object]) -> None:
        try:
            self.template.document.render_footnotes(fields, self.template.environment)
        except FAULTS as error:
            raise fill_error(self.template.path, letter.number, error) from error


def _well_formed(xml: str) -> str:
    """Return `xml` unchanged; raise XMLSyntaxError where docxtpl's lenient parser would silently drop content."""
    etree.fromstring(xml, etree.XMLParser(resolve_entities=False, huge_tree=True))
    return xml


def _without_times(package: bytes) -> bytes:
    """Return the package with one constant time for all entries, so that equal letters give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(out, "w", compresslevel=1) as target:
        for entry in source.infolist():
            target.writestr(zipfile.ZipInfo(entry.filename, LONG_AGO), source.read(entry), zipfile.ZIP_DEFLATED)
    return out.getvalue()
