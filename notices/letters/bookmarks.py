"""Fields and bookmarks of letters sharing a document: pages counted per letter, bookmark names unique."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from docx.oxml.ns import qn

from notices.letters.ooxml import Xml, find, new, value

PAGE_COUNT = re.compile(r"^\s*(?:NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
REFERENCE = re.compile(r'^(\s*(?:REF|PAGEREF|NOTEREF)\s+"?)([^\s"\\]+)', re.IGNORECASE)


def use_letter_page_count(story: Xml, end: str) -> None:
    """Make every page count show the page of the bookmark `end`, set at the letter's end.

    In a document of many letters NUMPAGES would count all pages. Pages restart at 1 with each letter, so the number of
    its last page is its page count.
    """
    for simple in find(story, ".//w:fldSimple"):
        if PAGE_COUNT.match(value(simple, "w:instr")):
            simple.set(qn("w:instr"), f" PAGEREF {end} ")
    for instruction in _instructions(story):
        if PAGE_COUNT.match("".join(part.text or "" for part in instruction)):
            _write(instruction, f" PAGEREF {end} ")


def keywords(story: Xml) -> frozenset[str]:
    """Return the kinds of fields that a story holds, such as PAGE or REF."""
    simple = [value(field, "w:instr") for field in find(story, ".//w:fldSimple")]
    spread = ["".join(part.text or "" for part in instruction) for instruction in _instructions(story)]
    return frozenset(instruction.split()[0].upper() for instruction in (*simple, *spread) if instruction.split())


def mark_end(paragraph: Xml, name: str, identity: int) -> None:
    """Set the bookmark `name` at the end of a paragraph."""
    paragraph.append(new("bookmarkStart", id=str(identity), name=name))
    paragraph.append(new("bookmarkEnd", id=str(identity)))


def make_bookmarks_unique(story: Xml, prefix: str, first: int) -> int:
    """Make the letter's bookmark names and ids unique, update references to them, and return the next free id."""
    names: dict[str, str] = {}
    identities: dict[str, str] = {}
    for start in find(story, ".//w:bookmarkStart"):
        identity, name = value(start, "w:id"), value(start, "w:name")
        identities[identity] = str(first + len(identities))
        names[name] = f"{prefix}_{len(names)}"
        start.set(qn("w:id"), identities[identity])
        start.set(qn("w:name"), names[name])
    for close in find(story, ".//w:bookmarkEnd"):
        close.set(qn("w:id"), identities.get(value(close, "w:id"), value(close, "w:id")))
    _follow(story, names)
    return first + len(identities)


def _follow(story: Xml, names: Mapping[str, str]) -> None:
    for link in find(story, ".//w:hyperlink[@w:anchor]"):
        link.set(qn("w:anchor"), names.get(value(link, "w:anchor"), value(link, "w:anchor")))
    for simple in find(story, ".//w:fldSimple"):
        simple.set(qn("w:instr"), _renamed(value(simple, "w:instr"), names))
    for instruction in _instructions(story):
        text = "".join(part.text or "" for part in instruction)
        if REFERENCE.match(text):
            _write(instruction, _renamed(text, names))


def _renamed(instruction: str, names: Mapping[str, str]) -> str:
    return REFERENCE.sub(lambda match: match[1] + names.get(match[2], match[2]), instruction)


def _instructions(story: Xml) -> Iterator[list[Xml]]:
    """Yield the pieces of each field's instruction, which Word may spread over several runs."""
    open_fields: list[list[Xml]] = []
    for element in find(story, ".//w:fldChar | .//w:instrText"):
        if element.tag == qn("w:instrText"):
            if open_fields:
                open_fields[-1].append(element)
        elif value(element, "w:fldCharType") == "begin":
            open_fields.append([])
        elif value(element, "w:fldCharType") == "end" and open_fields:
            yield open_fields.pop()


def _write(instruction: list[Xml], text: str) -> None:
    for part in instruction:
        part.text = ""
    instruction[0].text = text
