"""Word templates: opened safely, their fields known before anything is rendered."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path

from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.parts.story import StoryPart
from docxtpl import DocxTemplate
from jinja2 import TemplateSyntaxError, nodes
from lxml import etree

from notices.errors import DataNeedsPerson, Unusable
from notices.files import is_marker_of_open_file
from notices.letters.fields import NAMES, PICTURES, ROWS
from notices.letters.ooxml import find
from notices.letters.shareable import can_share
from notices.messages import Message, say
from notices.template_bounds import reason_of
from notices.text_templates import Sandbox, field_remedy, fields_used, unknown_field

MAX_FILE = 50_000_000  # bytes; a letter with two pictures has 200 kB
MAX_UNPACKED = 200_000_000
NAMING = ("descr", "name")  # attributes of a drawing that can hold the name of its field
STORIES = (RELATIONSHIP_TYPE.HEADER, RELATIONSHIP_TYPE.FOOTER)
NOT_SHOWN = frozenset(  # kinds of links to outside that show nothing of it
    {"hyperlink", "attachedTemplate", "mailMergeSource", "mailMergeHeaderSource", "frame", "transform"}
)
STARTS: Mapping[bytes, Message] = {
    b"%PDF": say("it is a PDF"),
    b"\xd0\xcf\x11\xe0": say("it is an old .doc file, or protected by a password"),
    b"{\\rt": say("it is an RTF file"),
}


def characters_of(template: Path) -> frozenset[str]:
    """Return every character of a template's parts, its lists' formats included; raise OSError, BadZipFile."""
    with zipfile.ZipFile(template) as package:
        parts = [package.read(name) for name in package.namelist() if name.endswith(".xml")]
    return frozenset(b"".join(parts).decode("utf-8", "ignore"))


@dataclass
class Template:
    """An opened template: docxtpl's document, and the Jinja source of its body and of each header and footer."""

    path: Path
    document: DocxTemplate
    body: str
    stories: dict[str, str]
    environment: Sandbox = field(default_factory=lambda: Sandbox(escape=True))

    @property
    def main(self) -> StoryPart:
        """The document part that holds the body."""
        part: StoryPart = self.document.docx.part
        return part

    @cached_property
    def shareable(self) -> bool:
        """True if many letters made of it can share one document."""
        return can_share(self.main, [self.main.rels[rid].target_part for rid in self.stories])

    def sources(self) -> Iterator[str]:
        """Yield the Jinja source of the body and of each header and footer."""
        yield self.body
        yield from self.stories.values()


def open_template(path: Path) -> Template:
    """Open a template; raise Unusable, naming the file and the reason, if it cannot be used."""
    with _faults_named(path):
        _check_file(path)
        return _read(path, path)


def _read(path: Path, content: Path | BytesIO) -> Template:
    document = DocxTemplate(content)
    document.render_init()
    _refuse_linked(path, document)
    main = document.docx.part
    stories = {
        rid: _patched(document.get_part_xml(relation.target_part))
        for rid, relation in main.rels.items()
        if relation.reltype in STORIES
    }
    return Template(path, document, _patched(document.get_xml()), stories)


@contextmanager
def _faults_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (OpcError, zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, ValueError) as error:
        raise _not_usable(path, say("it is damaged")) from error
    except OSError as error:
        raise _not_usable(path, say("{why}", why=error.strerror or error)) from error


@lru_cache(maxsize=32)  # the bodies, headers and footers of a workspace; an approval opens each template three times
def _patched(source: str) -> str:
    """Return XML as docxtpl prepares it for Jinja, which depends on nothing else."""
    prepared: str = DocxTemplate(None).patch_xml(source)
    return prepared


def check_template(path: Path) -> tuple[Message, ...]:
    """Return every mistake of a template, each with its file and place; empty if it can be used."""
    try:
        with _faults_named(path):
            _check_file(path)
            return _mistakes(path.name, path.read_bytes())
    except Unusable as error:
        return (error.fact,)


@lru_cache(maxsize=32)  # the templates of a workspace; each release and each page that lists them checks them again
def _mistakes(name: str, content: bytes) -> tuple[Message, ...]:
    template = _read(Path(name), BytesIO(content))
    broken = _broken_tags(template)
    if broken:
        return broken
    names = (*_unknown(template, NAMES), *_unknown_in_rows(template))
    return tuple(unknown_field(name, unknown) for unknown in names)


def require_fields(template: Template, known: Iterable[str]) -> None:
    """Raise Unusable, naming template and field, if the template uses a field that the letters lack.

    A field that the template gives a default may be lacking: `check_template` has refused it for letters to owners.
    """
    broken = _broken_tags(template)
    lacking = _unknown(template, (*known, *_with_default(template)))
    facts = broken or tuple(unknown_field(template.path.name, name) for name in lacking)
    if facts:
        raise Unusable(facts[0], field_remedy(), facts[1:])


def missing_fields(template: Template, known: Iterable[str]) -> tuple[str, ...]:
    """Return the fields that the template uses and `known` does not hold."""
    return () if _broken_tags(template) else _unknown(template, known)


def fields_of(template: Template) -> frozenset[str]:
    """Return the fields shown by the template: those used in its text, and pictures named like a field."""
    parts = (template.main, *(template.main.rels[rid].target_part for rid in template.stories))
    named = {
        properties.get(key) for part in parts for properties in find(part.element, ".//wp:docPr") for key in NAMING
    }
    return frozenset(missing_fields(template, ())) | (PICTURES & named)


def _check_file(path: Path) -> None:
    if is_marker_of_open_file(path):
        raise Unusable(
            say(
                "{template} is not a template but a marker that Word keeps while the template is open.",
                template=path.name,
            ),
            say("Name the template itself, and close it in Word first."),
        )
    if path.stat().st_size > MAX_FILE:
        raise _not_usable(path, say("it is larger than {limit} MB", limit=MAX_FILE // 1_000_000))
    with path.open("rb") as file:
        start = file.read(4)
    if not start.startswith(b"PK"):
        raise _not_usable(path, STARTS.get(start, say("it is not a Word document")))
    with zipfile.ZipFile(path) as package:
        if sum(entry.file_size for entry in package.infolist()) > MAX_UNPACKED:
            raise _not_usable(path, say("its unpacked size exceeds {limit} MB", limit=MAX_UNPACKED // 1_000_000))
        content_types = package.read("[Content_Types].xml").decode("utf-8", "replace")
    if "macroEnabled" in content_types or "vbaProject" in content_types:
        raise _not_usable(path, say("it contains macros"))
    if CONTENT_TYPE.WML_DOCUMENT_MAIN not in content_types:
        raise _not_usable(path, say("it is not a Word document"))


def _refuse_linked(path: Path, document: DocxTemplate) -> None:
    """Raise Unusable if something that a letter shows lies outside the template, in another file or on the web."""
    for part in document.docx.part.package.iter_parts():
        for relation in part.rels.values():
            if relation.is_external and relation.reltype.rpartition("/")[2] not in NOT_SHOWN:
                raise Unusable(
                    say(
                        "The template {template} shows {target}, which is not stored in it but linked.",
                        template=path.name,
                        target=relation.target_ref,
                    ),
                    say("Delete it in Word or WPS and insert it again, without a link to the file."),
                )


def _not_usable(path: Path, why: Message) -> Unusable:
    return Unusable(
        say("The template {template} cannot be used: {why}.", template=path.name, why=why),
        say("Open it in Word or WPS and save it as .docx without macros and without a password."),
    )


def _broken_tags(template: Template) -> tuple[Message, ...]:
    broken = []
    for source in template.sources():
        by_paragraph = split_paragraphs(source)
        try:
            template.environment.parse(by_paragraph)
        except TemplateSyntaxError as error:
            broken.append(_broken(template.path.name, by_paragraph, error))
    return tuple(broken)


def _broken(template: str, source: str, error: TemplateSyntaxError) -> Message:
    return say(
        "The template {template} cannot be read near “{paragraph}”: {why}.",
        template=template,
        paragraph=paragraph_at(source, error.lineno),
        why=error.message,
    )


def split_paragraphs(source: str) -> str:
    """Return the source as docxtpl compiles it, one paragraph a line, so that line numbers identify paragraphs."""
    return re.sub(r"<w:p([ >])", r"\n<w:p\1", source)


def paragraph_at(source: str, line: int) -> str:
    """Return the text of the paragraph at that line, or of the nearest one before it that is not empty."""
    for candidate in reversed(source.split("\n")[:line]):
        text = re.sub(r"<[^>]+>", "", candidate).strip()
        if text:
            return text[:80]
    return ""


def _unknown(template: Template, known: Iterable[str]) -> tuple[str, ...]:
    asked: set[str] = set()
    for source in template.sources():
        asked |= fields_used(source)
    return tuple(sorted(asked - frozenset(known)))


def _with_default(template: Template) -> frozenset[str]:
    """Return the names that the template never uses without a default, or that it asks about with `is defined`."""
    bare: set[str] = set()
    cared_for: set[str] = set()
    for source in () if _broken_tags(template) else template.sources():
        tree = template.environment.parse(source)
        kept = {id(use.node) for use in tree.find_all(nodes.Filter) if use.name in {"default", "d"}}
        asked = {id(use.node) for use in tree.find_all(nodes.Test) if use.name in {"defined", "undefined"}}
        for name in tree.find_all(nodes.Name):
            (cared_for if id(name) in kept | asked else bare).add(name.name)
            if id(name) in asked:
                cared_for.add(f"?{name.name}")
    return frozenset(name for name in cared_for if name not in bare or f"?{name}" in cared_for)


def _unknown_in_rows(template: Template) -> tuple[str, ...]:
    """Return row fields, such as `c.balance` in `{% for c in charges %}`, that no row of that list has."""
    wrong: set[str] = set()
    for source in template.sources():
        for loop in template.environment.parse(source).find_all(nodes.For):
            if isinstance(loop.iter, nodes.Name) and loop.iter.name in ROWS:
                row = getattr(loop.target, "name", "")
                used = {use.attr for use in loop.find_all(nodes.Getattr) if getattr(use.node, "name", "") == row}
                wrong |= {f"{row}.{name}" for name in used - ROWS[loop.iter.name]}
    return tuple(sorted(wrong))


def fill_error(template: Path, number: str, error: Exception) -> DataNeedsPerson:
    """Return the error for a letter whose template cannot be filled."""
    return DataNeedsPerson(
        say(
            "The template {template} cannot be filled for notice {number}: {why}.",
            template=template.name,
            number=number,
            why=reason_of(error),
        ),
        field_remedy(),
    )
