"""What the compiled form serves; everything else goes the way of docxtpl."""

from __future__ import annotations

import re

from lxml import etree

from notices.letters.compiled.odf import Element, name_of
from notices.letters.ooxml import values
from notices.letters.template import Template

# docxtpl's own tags that work on runs, cells and columns, tags that swallow white space, comments, values as markup.
OWN_TAGS = re.compile(
    r"\{[{%]-|-[}%]\}|\{#|\{%\s*(?:r|tc|cellbg|colspan|hm|vm|set|macro|call|filter|raw|block|include|import|extends)\b"
    r"|\{\{(?:r|p|tr|tc)\s|\|\s*(?:safe|e|escape|forceescape|tojson|xmlattr|urlize|indent|wordwrap)\b"
)
PLAIN = frozenset(
    {
        "a", "bookmark", "bookmark-end", "bookmark-ref", "bookmark-start", "h", "line-break", "list", "list-header",
        "list-item", "p", "page-count", "page-number", "s", "section", "span", "tab",
    }
)  # fmt: skip
# Objects with documents or programs of their own.
FOREIGN = frozenset({"applet", "control", "floating-frame", "object", "object-ole", "plugin"})
WITH_TEXT = ("text", "table", "draw", "svg", "style", "loext")


class NotServed(Exception):  # noqa: N818 - it says what the compiled form does not do, which is no error of anybody's
    """The compiled form cannot say this; the way of docxtpl can. Stays inside this program."""


def refuse_template(template: Template) -> None:
    """Raise NotServed for a template whose letters cannot share a document, or with tags that ODF has no way for."""
    if not template.shareable:
        raise NotServed("its letters cannot share a document")
    for source in template.sources():
        refuse_tags(source)
    for part in (template.main, *(template.main.rels[rid].target_part for rid in template.stories)):
        if values(part.element, "boolean(.//*[local-name()='AlternateContent'])"):
            raise NotServed("text boxes")


def refuse_tags(source: str) -> None:
    """Raise NotServed for tags that only docxtpl understands."""
    found = OWN_TAGS.search(source)
    if found:
        raise NotServed(f"the tag {found[0]}")


def refuse_content(element: Element) -> None:
    """Raise NotServed for whatever counts through a document, or is not known to look the same when repeated."""
    for each in element.iter(etree.Element):
        prefix, name = name_of(each)
        known = prefix in WITH_TEXT and (name in PLAIN if prefix == "text" else name not in FOREIGN)
        if not known:
            raise NotServed(f"the element {prefix}:{name}")
        if any("{{" in str(content) or "{%" in str(content) for content in each.attrib.values()):
            raise NotServed("a tag where no text is")
