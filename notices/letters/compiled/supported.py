"""Limits of the compiled form; whatever it does not support is made with docxtpl."""

from __future__ import annotations

import re

from lxml import etree

from notices.letters.compiled.odf import Element, name_of
from notices.letters.ooxml import values
from notices.letters.template import Template

# docxtpl's own tags for runs, cells and columns, white-space control, comments, filters that output markup.
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
# Embedded objects, controls and plug-ins.
FOREIGN = frozenset({"applet", "control", "floating-frame", "object", "object-ole", "plugin"})
WITH_TEXT = ("text", "table", "draw", "svg", "style", "loext")


class Unsupported(Exception):  # noqa: N818 - a control-flow signal, not an error
    """The compiled form cannot reproduce this, docxtpl can; callers catch it and fall back to docxtpl."""


def refuse_template(template: Template) -> None:
    """Raise Unsupported if letters of the template cannot share a document or its tags have no form in ODF."""
    if not template.shareable:
        raise Unsupported("its letters cannot share a document")
    for source in template.sources():
        refuse_tags(source)
    for part in (template.main, *(template.main.rels[rid].target_part for rid in template.stories)):
        if values(part.element, "boolean(.//*[local-name()='AlternateContent'])"):
            raise Unsupported("text boxes")


def refuse_tags(source: str) -> None:
    """Raise Unsupported for tags that only docxtpl understands."""
    found = OWN_TAGS.search(source)
    if found:
        raise Unsupported(f"the tag {found[0]}")


def refuse_content(element: Element) -> None:
    """Raise Unsupported for elements numbered through a document, or not known to look the same when repeated."""
    for each in element.iter(etree.Element):
        prefix, name = name_of(each)
        known = prefix in WITH_TEXT and (name in PLAIN if prefix == "text" else name not in FOREIGN)
        if not known:
            raise Unsupported(f"the element {prefix}:{name}")
        if any("{{" in str(content) or "{%" in str(content) for content in each.attrib.values()):
            raise Unsupported("a tag where no text is")
