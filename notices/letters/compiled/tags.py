"""Jinja tags in LibreOffice's XML: joined where they are split, and moved to where docxtpl expects them."""

from __future__ import annotations

import html
import re

from notices.letters.compiled.odf import Element, find, q, replace_by_text
from notices.letters.compiled.supported import Unsupported
from notices.letters.compiled.values import blanks

SPLIT_BRACES = re.compile(r"(?<=\{)(?:<[^>]*>)+(?=[{%])|(?<=[%}])(?:<[^>]*>)+(?=\})")
TAG = re.compile(r"\{%(?:(?!%\}).)*%\}|\{\{(?:(?!\}\}).)*\}\}", re.DOTALL)
XML_TAG = re.compile(r"<(/?)[^>]*?(/?)>")
ABOUT = re.compile(r"\{%\s?(p|tr)\s([^}%]*)%\}")
SPAN = re.compile(r"(<text:span [^>]*>)((?:(?!</?text:span).)*)</text:span>", re.DOTALL)
EMPTY_SPAN = re.compile(r"<text:span [^>]*></text:span>")
CONTROL = re.compile(r"\{%.*?%\}", re.DOTALL)
BESIDE_A_TAG = re.compile(r" +(?=\{[{%])|(?<=[}%]\}) +")
QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})


def join_split_tags(xml: str) -> str:
    """Join every tag that Word's formatting has split."""
    return TAG.sub(_in_one_piece, SPLIT_BRACES.sub("", xml))


def _in_one_piece(tag: re.Match[str]) -> str:
    opened: list[str] = []
    closed: list[str] = []
    for found in XML_TAG.finditer(tag[0]):
        if found[2]:
            continue
        if not found[1]:
            opened.append(found[0])
        elif opened:
            opened.pop()
        else:
            closed.append(found[0])
    both = min(len(opened), len(closed))
    return "".join(opened[: len(opened) - both]) + XML_TAG.sub(_blank, tag[0]) + "".join(closed[both:])


def _blank(found: re.Match[str]) -> str:
    return " " if found[0].startswith(("<text:s ", "<text:s/", "<text:tab", "<text:line-break")) else ""


def lift_block_tags(body: Element) -> None:
    """Move each `{%tr … %}` and `{%p … %}` into the place of its whole row or paragraph."""
    for kind, elements in (("tr", ("table:table-row",)), ("p", ("text:p", "text:h"))):
        names = {q(name) for name in elements}
        for paragraph in find(body, ".//text:p | .//text:h"):
            text = "".join(map(str, paragraph.itertext()))
            about = [found for found in ABOUT.finditer(text) if found[1] == kind]
            if not about:
                continue
            whole = next((each for each in (paragraph, *paragraph.iterancestors()) if each.tag in names), None)
            if whole is None or len(about) > 1 or _is_alone_in_its_header(whole):
                raise Unsupported(f"a tag for a whole {kind} that is not in one")
            replace_by_text(whole, f"{{% {about[0][2]}%}}")


def _is_alone_in_its_header(row: Element) -> bool:
    parent = row.getparent()
    return parent is None or (parent.tag == q("table:table-header-rows") and len(parent) == 1)


def to_jinja(xml: str) -> str:
    """Turn the XML into Jinja source: spaces beside tags kept, `{% … %}` outside of spans, entities unescaped."""
    xml = BESIDE_A_TAG.sub(lambda found: blanks(len(found[0])), xml)
    xml = SPAN.sub(_with_control_outside, xml)
    return TAG.sub(lambda tag: html.unescape(tag[0]).translate(QUOTES), EMPTY_SPAN.sub("", xml))


def _with_control_outside(span: re.Match[str]) -> str:
    return span[1] + CONTROL.sub(lambda tag: f"</text:span>{tag[0]}{span[1]}", span[2]) + "</text:span>"


def tags_in(source: str) -> frozenset[str]:
    """Return the set of tags in a source, ignoring white space and the `p` and `tr` prefixes."""
    return frozenset(
        "".join(TAG_OF.sub(r"\1", html.unescape(tag).translate(QUOTES)).split()) for tag in TAG.findall(source)
    )


TAG_OF = re.compile(r"^(\{[{%])\s?(?:p|tr)\s")
