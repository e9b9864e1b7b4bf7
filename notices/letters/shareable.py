"""Check whether letters of a template can share a document: nothing in it may be numbered through the document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from docx.parts.story import StoryPart

from notices.letters.bookmarks import keywords
from notices.letters.numbered_lists import Numbering
from notices.letters.ooxml import Xml, find, value, values

# Fields whose values do not depend on the letters before, or are rewritten to depend on their own letter only.
OWN = frozenset(
    {"DATE", "FORMCHECKBOX", "FORMDROPDOWN", "FORMTEXT", "HYPERLINK", "NUMPAGES", "PAGE", "QUOTE", "SYMBOL", "TIME"}
)
OWN_IN_BODY = OWN | {
    "PAGEREF",
    "REF",
}  # in the body their bookmarks are renamed per letter
TAG_ALONE = re.compile(r"\s*\{%p[^%]*%\}\s*")  # a paragraph that filling the template removes
COUNTED_ON = (
    ".//w:footnoteReference | .//w:endnoteReference | .//w:lnNumType | .//w:altChunk | .//w:object"
    " | .//*[local-name()='chart' or local-name()='relIds' or local-name()='linkedTxbx']"
)


def can_share(main: StoryPart, stories: Iterable[StoryPart]) -> bool:
    """Return whether each letter looks as it would in a document of its own."""
    body, stories = main.element, tuple(stories)
    return (
        not find(body, COUNTED_ON)
        and not _begins_with_header_row(body)
        and not _has_lists_outside_body(main, stories)
        and _pages_run_from_1(body)
        and keywords(body) <= OWN_IN_BODY | _if_single_section(body)
        and all(keywords(story.element) <= OWN | _if_single_section(body) for story in stories)
    )


def _begins_with_header_row(body: Xml) -> bool:
    """Return whether a letter begins with a table that repeats its header row.

    If such a table is longer than a page, LibreOffice 7.4 gives its section the footer of the letter before.
    """
    blocks = find(body, "./w:body/*")
    kept = (block for block in blocks if not TAG_ALONE.fullmatch("".join(values(block, ".//w:t/text()"))))
    return any(bool(find(block, ".//w:tblHeader")) for block in islice(kept, 1))


def _has_lists_outside_body(main: StoryPart, stories: Iterable[StoryPart]) -> bool:
    """Return whether text boxes, headers or footers contain lists: LibreOffice numbers them by its own rules."""
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


def _pages_run_from_1(body: Xml) -> bool:
    """Return whether pages are numbered 1, 2, 3 … through all sections, so that the last number is the count."""
    first, *later = find(body, ".//w:sectPr")
    formats = values(body, ".//w:pgNumType/@w:fmt")
    starts = [value(number, "w:start") for number in find(first, "./w:pgNumType")]
    restarted = [number for section in later for number in find(section, "./w:pgNumType[@w:start]")]
    return set(formats) <= {"decimal"} and set(starts) <= {"", "1"} and not restarted
