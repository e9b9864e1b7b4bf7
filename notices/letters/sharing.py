"""Whether many letters of a template can share a document: only where LibreOffice counts nothing on through it."""

from __future__ import annotations

from collections.abc import Iterable

from docx.parts.story import StoryPart

from notices.letters.ooxml import Xml, find, value, values
from notices.letters.references import keywords

# What these fields show does not depend on the letters before, or is made to depend on their own letter alone.
OWN = frozenset(
    {"DATE", "FORMCHECKBOX", "FORMDROPDOWN", "FORMTEXT", "HYPERLINK", "NUMPAGES", "PAGE", "QUOTE", "SYMBOL", "TIME"}
)
OWN_IN_BODY = OWN | {
    "PAGEREF",
    "REF",
}  # their bookmarks get names of their own, where body and bookmark are one letter's
COUNTED_ON = (
    ".//w:footnoteReference | .//w:endnoteReference | .//w:lnNumType | .//w:altChunk | .//w:object"
    " | .//*[local-name()='chart' or local-name()='relIds' or local-name()='linkedTxbx']"
)


def can_share(main: StoryPart, stories: Iterable[StoryPart]) -> bool:
    """Whether each letter looks as it would in a document of its own."""
    body = main.element
    return (
        not find(body, COUNTED_ON)
        and _numbered_plainly(body)
        and keywords(body) <= OWN_IN_BODY | _if_single_section(body)
        and all(keywords(story.element) <= OWN | _if_single_section(body) for story in stories)
    )


def _if_single_section(body: Xml) -> frozenset[str]:
    return frozenset({"SECTIONPAGES"}) if len(find(body, ".//w:sectPr")) == 1 else frozenset()


def _numbered_plainly(body: Xml) -> bool:
    """Whether pages are counted 1, 2, 3 … through all sections of a letter: only then the last one is the count."""
    first, *later = find(body, ".//w:sectPr")
    formats = values(body, ".//w:pgNumType/@w:fmt")
    starts = [value(number, "w:start") for number in find(first, "./w:pgNumType")]
    restarted = [number for section in later for number in find(section, "./w:pgNumType[@w:start]")]
    return set(formats) <= {"decimal"} and set(starts) <= {"", "1"} and not restarted
