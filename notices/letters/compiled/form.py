"""Compile a template: turn LibreOffice's OpenDocument version of it into a Form that is filled letter by letter."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from copy import deepcopy

from jinja2 import TemplateSyntaxError
from lxml import etree

from notices.letters.compiled.filling import LETTER, Form, Frame, XmlParts
from notices.letters.compiled.odf import Element, find, name_of, new, parse, q, replace_by_text
from notices.letters.compiled.speedups import substitute_missing_fonts, without_template_name
from notices.letters.compiled.supported import Unsupported, refuse_content, refuse_tags, refuse_template
from notices.letters.compiled.tags import join_split_tags, lift_block_tags, tags_in, to_jinja
from notices.letters.fields import PICTURES
from notices.letters.template import Template

CUT = "letters"  # processing instruction that separates what all letters share from what each has of its own
SHARED_NAMES = re.compile(r' xmlns:\w+="[^"]*"')
OWN_NAMES = ("table:name", "draw:name", "xml:id", "text:continue-list", "text:ref-name")
NAMED = {q("text:bookmark"), q("text:bookmark-start"), q("text:bookmark-end"), q("text:section")}
OF_LETTER = f"_{{{{ {LETTER} }}}}"
LEFT_OUT = ("Thumbnails/", "Configurations2/")
DECLARATIONS = frozenset({"sequence-decls", "forms", "variable-decls", "user-field-decls"})
EMPTY = ("office:forms", "text:sequence-decls", "text:soft-page-break")
META = "meta.xml"
HAIRLINE = 0.0014  # inches
LOOPS = re.compile(r"\{%\s*(for|endfor)\b|(<text:list)\b")
WORDS_DISTANCE = "0.1256in"  # LibreOffice's margin beside an inline picture where the Word file gives none
INCH = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72}


def compile_form(template: Template, document: bytes) -> Form:
    """Compile a template; `document` is LibreOffice's .odt of the unfilled template, including its tags.

    Raises Unsupported if its letters could look different from docxtpl's.
    """
    refuse_template(template)
    try:
        with zipfile.ZipFile(io.BytesIO(document)) as package:
            members = {
                name: package.read(name)
                for name in package.namelist()
                if not name.startswith(LEFT_OUT) and not name.endswith("/")
            }
        content = parse(_source(members.pop("content.xml")))
        styles = parse(_source(members.pop("styles.xml")))
        members[META] = without_template_name(members[META])
        return _Compiler(template, content, styles).form(members)
    except (etree.XMLSyntaxError, TemplateSyntaxError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Unsupported(str(error)) from error


def _source(xml: bytes) -> str:
    text = join_split_tags(xml.decode())
    refuse_tags(text)
    return re.sub(r"^<\?xml[^>]*\?>", "", text)


class _Compiler:
    """The document's two XML trees, split into what letters share and what each has of its own."""

    def __init__(self, template: Template, content: Element, styles: Element) -> None:
        self.template = template
        self.content, self.styles = content, styles
        self.text = find(content, "./office:body/office:text")[0]
        self.masters = find(styles, "./office:master-styles")[0]
        self.automatic = find(content, "./office:automatic-styles")[0]
        self.frames: list[Frame] = []

    def form(self, members: Mapping[str, bytes]) -> Form:
        self._remove_declarations()
        for part in (self.text, self.masters):
            refuse_content_of(part)
            lift_block_tags(part)
        blocks = self._blocks()
        self._bind_picture_fields()
        self._start_on_page_1(blocks[0])
        self._count_own_pages()
        self._make_names_unique()
        self._make_page_styles_unique()
        for tree in (self.content, self.styles):
            _add_code_style(tree)
        substitute_missing_fonts((self.content, self.styles))
        blocks = self._blocks()
        blocks[0].addprevious(etree.ProcessingInstruction(CUT))
        last = etree.ProcessingInstruction(CUT)
        last.tail, blocks[-1].tail = None, blocks[-1].tail
        self.text.append(last)
        self.masters.insert(0, etree.ProcessingInstruction(CUT))
        self.masters.append(etree.ProcessingInstruction(CUT))
        before, own, between, body, after = _cut(self.content)
        first, masters, rest = _cut(self.styles)
        self._check_tags(body, masters)
        return Form(
            self.template, members, XmlParts(before, own, between, body, after, first, masters, rest), self.frames
        )

    def _remove_declarations(self) -> None:
        for name in EMPTY:
            for each in find(self.text, f".//{name}"):
                if name == "office:forms" and len(each):
                    raise Unsupported("form fields")
                replace_by_text(each, "")

    def _blocks(self) -> list[Element]:
        blocks = [each for each in self.text if isinstance(each.tag, str) and name_of(each)[1] not in DECLARATIONS]
        before = "".join(
            (self.text.text or "", *((each.tail or "") for each in blocks[0].itersiblings(preceding=True)))
        )
        if not blocks or before.strip():
            raise Unsupported("a letter that may begin with one thing or another")
        return blocks

    def _bind_picture_fields(self) -> None:
        """Make pictures named like a picture field show the letter's own, or nothing."""
        for part in (self.text, self.masters):
            for frame in find(part, ".//draw:frame"):
                described = "".join(found.text or "" for found in find(frame, "./svg:desc"))
                field = next((name for name in (described, frame.get(q("draw:name")) or "") if name in PICTURES), None)
                if field is not None:
                    self._bind_picture(frame, field)

    def _bind_picture(self, frame: Element, field: str) -> None:
        images = find(frame, "./draw:image")
        if not images:
            raise Unsupported("a shape that is called like a picture")
        for other in images[1:]:
            frame.remove(other)
        place = len(self.frames)
        self.frames.append(Frame(field, _inches(frame.get(q("svg:width")) or "")))
        images[0].set(q("xlink:href"), f"{{{{ {LETTER}_pictures[{place}].href }}}}")
        for typed in ("draw:mime-type", "loext:mime-type"):
            images[0].attrib.pop(q(typed), "")
        frame.set(q("svg:height"), f"{{{{ {LETTER}_pictures[{place}].height }}}}")
        parent = frame.getparent()
        assert parent is not None  # noqa: S101 - a frame stands in a paragraph
        if name_of(parent) not in {("text", "p"), ("text", "h"), ("text", "span")}:
            raise Unsupported("a picture outside of the text")
        tail, frame.tail = frame.tail, None
        frame.addprevious(etree.ProcessingInstruction("if", f"{LETTER}_pictures[{place}]"))
        frame.addnext(etree.ProcessingInstruction("endif"))
        frame.getnext().tail = tail  # type: ignore[union-attr]  # it was just put there

    def _start_on_page_1(self, first: Element) -> None:
        """Start the first paragraph or table on a page numbered 1, with a page style of the letter's own."""
        begins = next(first.iter(q("text:p"), q("text:h")), None)
        if begins is None:
            raise Unsupported("a letter that does not begin with text")
        style, master = self._style_of(begins, "text"), ""
        if first.tag == q("table:table"):
            table = self._style_of(first, "table")
            master = str(table.attrib.pop(q("style:master-page-name"), ""))
            self._apply_style(first, "table", table, "LetterTable")
            self._make_room(first)
            begins, style = _hairline()
            first.addprevious(begins)
        if not style.get(q("style:master-page-name")):
            usual = find(self.masters, "./style:master-page")[0].get(q("style:name")) or ""
            style.set(q("style:master-page-name"), master or usual)
        properties = find(style, "./style:paragraph-properties")
        if not properties:
            properties = [new("style:paragraph-properties")]
            style.insert(0, properties[0])
        properties[0].set(q("style:page-number"), "1")
        properties[0].attrib.pop(q("fo:break-before"), "")
        self._apply_style(begins, "text", style, "LetterStart")

    def _make_room(self, table: Element) -> None:
        """Reduce the first row's height by the hairline's, so that nothing on the page moves."""
        row = next(table.iter(q("table:table-row")))
        found = find(self.automatic, f"./style:style[@style:name='{row.get(q('table:style-name'), '')}']")
        for properties in find(found[0], "./style:table-row-properties[@style:min-row-height]") if found else ():
            style = deepcopy(found[0])
            height = _inches(properties.get(q("style:min-row-height")) or "")
            find(style, "./style:table-row-properties")[0].set(
                q("style:min-row-height"), f"{max(0.0, height - HAIRLINE):.4f}in"
            )
            self._apply_style(row, "table", style, "LetterFirstRow")

    def _style_of(self, element: Element, kind: str) -> Element:
        """Return a copy of an element's style, to be changed; `kind` is `text` or `table`."""
        family = "paragraph" if kind == "text" else "table"
        named = element.get(q(f"{kind}:style-name"), "")
        found = find(self.automatic, f"./style:style[@style:family='{family}'][@style:name='{named}']")
        if found:
            return deepcopy(found[0])
        style = new("style:style", style__family=family)
        if named:
            style.set(q("style:parent-style-name"), named)
        return style

    def _apply_style(self, element: Element, kind: str, style: Element, name: str) -> None:
        style.set(q("style:name"), name)
        self.automatic.append(style)
        element.set(q(f"{kind}:style-name"), name)

    def _count_own_pages(self) -> None:
        """Replace page counts by the number of the letter's last page, as pages restart at 1 with each letter."""
        for part in (self.text, self.masters):
            for count in find(part, ".//text:page-count"):
                count.tag = q("text:bookmark-ref")
                count.attrib.clear()
                count.set(q("text:reference-format"), "page")
                count.set(q("text:ref-name"), "LetterEnd")
                count.text = "1"

    def _make_names_unique(self) -> None:
        for part in (self.text, self.masters):
            for each in part.iter(etree.Element):
                for name in OWN_NAMES:
                    if each.get(q(name)):
                        each.set(q(name), each.get(q(name), "") + OF_LETTER)
                if each.tag in NAMED:
                    each.set(q("text:name"), each.get(q("text:name"), "") + OF_LETTER)

    def _make_page_styles_unique(self) -> None:
        """Make page styles, and the paragraph styles that start a page, unique to each letter."""
        if find(self.styles, "./office:styles/style:style[string(@style:master-page-name)]"):
            raise Unsupported("a paragraph style that begins a page")
        for master in find(self.masters, "./style:master-page"):
            for name in ("style:name", "style:display-name", "style:next-style-name"):
                if master.get(q(name)):
                    master.set(q(name), master.get(q(name), "") + OF_LETTER)
        own = find(self.automatic, "./style:style[string(@style:master-page-name)]")
        for style in own:
            self._make_style_unique(style)
        begin = etree.ProcessingInstruction(CUT)
        self.automatic.append(begin)
        for style in own:
            self.automatic.append(style)
        self.automatic.append(etree.ProcessingInstruction(CUT))

    def _make_style_unique(self, style: Element) -> None:
        name, family = style.get(q("style:name"), ""), style.get(q("style:family"), "")
        style.set(q("style:name"), name + OF_LETTER)
        style.set(q("style:master-page-name"), style.get(q("style:master-page-name"), "") + OF_LETTER)
        attribute = "table:style-name" if family == "table" else "text:style-name"
        tags = {"table": {q("table:table")}, "paragraph": {q("text:p"), q("text:h")}}.get(family, set())
        for each in self.text.iter(etree.Element):
            if each.tag in tags and each.get(q(attribute)) == name:
                each.set(q(attribute), name + OF_LETTER)

    def _check_tags(self, body: str, masters: str) -> None:
        _refuse_lists_in_loops(body)
        # LibreOffice drops what it does not understand: the body must keep all its tags, a header gain none.
        stories = frozenset[str]().union(*map(tags_in, self.template.stories.values()))
        ours = {tag for tag in tags_in(body) if LETTER not in tag}
        if ours != tags_in(self.template.body) or not {t for t in tags_in(masters) if LETTER not in t} <= stories:
            raise Unsupported("a tag that LibreOffice dropped")


def _hairline() -> tuple[Element, Element]:
    """Return a paragraph of minimal height and its style, to precede a letter that begins with a table."""
    style = new("style:style", style__family="paragraph", style__parent_style_name="Standard")
    properties = new("style:paragraph-properties", style__snap_to_layout_grid="false")
    for name in ("margin-top", "margin-bottom"):
        properties.set(q(f"fo:{name}"), "0in")
    properties.set(q("fo:line-height"), f"{HAIRLINE}in")
    style.append(properties)
    text = new("style:text-properties")
    for name in ("fo:font-size", "style:font-size-asian", "style:font-size-complex"):
        text.set(q(name), "1pt")
    style.append(text)
    return new("text:p"), style


def refuse_content_of(part: Element) -> None:
    """Raise Unsupported if a child of `part` cannot be repeated for many letters."""
    for child in part:
        if isinstance(child.tag, str) and name_of(child)[1] not in DECLARATIONS:
            refuse_content(child)
            if name_of(child)[0] == "draw":
                raise Unsupported("a drawing on the page")


def _refuse_lists_in_loops(source: str) -> None:
    """Raise Unsupported for a list in a loop: it would restart with each repetition, but Word's continues."""
    depth = 0
    for found in LOOPS.finditer(source):
        depth += {"for": 1, "endfor": -1}.get(found[1] or "", 0)
        if depth and found[2]:
            raise Unsupported("a list in a loop")


def _cut(tree: Element) -> list[str]:
    whole = etree.tostring(tree, encoding="unicode")
    start = whole.index(">") + 1
    whole = whole[:start] + SHARED_NAMES.sub("", whole[start:])
    whole = (
        re.sub(r"<\?if ([^?]*)\?>", r"{% if \1 %}", whole)
        .replace("<?endif?>", "{% endif %}")
        .replace("<?endif ?>", "{% endif %}")
    )
    return [to_jinja(part) for part in re.split(rf"<\?{CUT} ?\?>", whole)]


def _add_code_style(tree: Element) -> None:
    style = new("style:style", style__name="LetterCode", style__family="graphic", style__parent_style_name="Graphics")
    properties = new("style:graphic-properties", style__vertical_pos="top", style__vertical_rel="baseline")
    for side, width in {"left": WORDS_DISTANCE, "right": WORDS_DISTANCE, "top": "0in", "bottom": "0in"}.items():
        properties.set(q(f"fo:margin-{side}"), width)
    style.append(properties)
    find(tree, "./office:automatic-styles")[0].insert(0, style)


def _inches(length: str) -> float:
    found = re.fullmatch(r"([\d.]+)(in|cm|mm|pt)", length)
    if not found:
        raise Unsupported("a length in another unit")
    return float(found[1]) * INCH[found[2]]
