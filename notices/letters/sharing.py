"""Whether many letters of a template can share a document: only where LibreOffice counts nothing on through it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from docx.parts.story import StoryPart

from notices.letters.numbering import Numbering
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
TAG_ALONE = re.compile(r"\s*\{%p[^%]*%\}\s*")  # a paragraph that is gone once the template is filled
COUNTED_ON = (
    ".//w:footnoteReference | .//w:endnoteReference | .//w:lnNumType | .//w:altChunk | .//w:object"
    " | .//*[local-name()='chart' or local-name()='relIds' or local-name()='linkedTxbx']"
)


def can_share(main: StoryPart, stories: Iterable[StoryPart]) -> bool:
    """Whether each letter looks as it would in a document of its own."""
    body, stories = main.element, tuple(stories)
    return (
        not find(body, COUNTED_ON)
        and not _begins_with_a_running_head(body)
        and not _counts_lists_apart(main, stories)
        and _numbered_plainly(body)
        and keywords(body) <= OWN_IN_BODY | _if_single_section(body)
        and all(keywords(story.element) <= OWN | _if_single_section(body) for story in stories)
    )


def _begins_with_a_running_head(body: Xml) -> bool:
    """Whether a letter's first block is a table that repeats its header.

    Where such a table is longer than a page, LibreOffice 7.4 gives its section the footer of the letter before.
    """
    blocks = find(body, "./w:body/*")
    kept = (block for block in blocks if not TAG_ALONE.fullmatch("".join(values(block, ".//w:t/text()"))))
    return any(bool(find(block, ".//w:tblHeader")) for block in islice(kept, 1))


def _counts_lists_apart(main: StoryPart, stories: Iterable[StoryPart]) -> bool:
    """Whether there are lists in text boxes, headers or footers: LibreOffice counts them by rules of its own."""
    numbering = Numbering.of(main)
    if numbering is None:
        return False
    apart = [
        *find(main.element, ".//w:txbxContent//w:p"),
        *(p for story in stories for p in find(story.element, ".//w:p")),
    ]
    return any(numbering.holds(paragraph) for paragraph in apart)


def _if_single_section(body: Xml) -> frozenset[str]:
    return frozenset({"SECTIONPAGES"}) if len(find(body, ".//w:sectPr")) == 1 else frozenset()


def _numbered_plainly(body: Xml) -> bool:
    """Whether pages are counted 1, 2, 3 … through all sections of a letter: only then the last one is the count."""
    first, *later = find(body, ".//w:sectPr")
    formats = values(body, ".//w:pgNumType/@w:fmt")
    starts = [value(number, "w:start") for number in find(first, "./w:pgNumType")]
    restarted = [number for section in later for number in find(section, "./w:pgNumType[@w:start]")]
    return set(formats) <= {"decimal"} and set(starts) <= {"", "1"} and not restarted
