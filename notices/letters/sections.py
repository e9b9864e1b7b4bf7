"""Sections: each letter starts on a new page 1, with its own headers and footers."""

from __future__ import annotations

from collections.abc import Callable

from docx.oxml.ns import qn

from notices.letters.ooxml import Xml, find, new, value

# The schema prescribes the order of elements in section properties.
AFTER_TYPE = ("w:pgSz", "w:pgMar", "w:paperSrc", "w:pgBorders", "w:lnNumType", "w:pgNumType")
AFTER_PAGE_NUMBER = (
    "w:cols",
    "w:formProt",
    "w:vAlign",
    "w:noEndnote",
    "w:titlePg",
    "w:textDirection",
    "w:bidi",
    "w:rtlGutter",
    "w:docGrid",
    "w:printerSettings",
    "w:sectPrChange",
)
HAIRLINE_TWIPS = 2
SECTIONS = "./w:p/w:pPr/w:sectPr | ./w:sdt//w:p/w:pPr/w:sectPr | ./w:sectPr"


def restart_at_page_1(body: Xml) -> None:
    """Start the letter on a new page numbered 1."""
    if find(body, "./*[1][self::w:tbl]"):
        body.insert(0, _hairline())
        for height in find(body, "./w:tbl[1]/w:tr[1]/w:trPr/w:trHeight"):
            height.set(qn("w:val"), str(max(0, int(value(height, "w:val") or 0) - HAIRLINE_TWIPS)))
    first = find(body, SECTIONS)[0]
    _only(first, "type", (*AFTER_TYPE, *AFTER_PAGE_NUMBER)).set(qn("w:val"), "nextPage")
    _only(first, "pgNumType", AFTER_PAGE_NUMBER).set(qn("w:start"), "1")


def _hairline() -> Xml:
    """Return a paragraph of minimal height: LibreOffice 25.2 restarts page numbers at a paragraph, not at a table."""
    paragraph, properties, size = new("p"), new("pPr"), new("rPr")
    properties.append(new("snapToGrid", val="0"))
    properties.append(
        new("spacing", before="0", beforeAutospacing="0", after="0", line=str(HAIRLINE_TWIPS), lineRule="exact")
    )
    properties.append(size)
    size.append(new("sz", val="2"))
    paragraph.append(properties)
    return paragraph


def last_paragraph(body: Xml) -> Xml:
    """Return the letter's last paragraph, adding one if it ends in something else."""
    final = _final(body)
    before = find(final, "./preceding-sibling::*[1][self::w:p][not(w:pPr/w:sectPr)]")
    if before:
        return before[0]
    added = new("p")
    final.addprevious(added)
    return added


def end_mark_paragraph(body: Xml) -> Xml:
    """Return the paragraph that can hold the bookmark of the letter's end.

    That is the last paragraph, or the last one inside a table if only an empty paragraph follows the table: LibreOffice
    7.4 drops a bookmark from an empty paragraph after a table at the end of a document.
    """
    final = last_paragraph(body)
    table = find(final, "./preceding-sibling::*[1][self::w:tbl]")
    if not table or find(final, "./w:r"):
        return final
    return find(table[0], ".//w:p[not(ancestor::w:txbxContent)]")[-1]


def end_section(body: Xml) -> None:
    """Move the letter's final section properties into its last paragraph, so that another letter can follow."""
    properties = find(last_paragraph(body), "./w:pPr")
    if not properties:
        properties = [new("pPr")]
        last_paragraph(body).insert(0, properties[0])
    properties[0].insert_element_before(_final(body), "w:pPrChange")


def reference_stories(body: Xml, own: Callable[[str], str], blank: Callable[[str], str]) -> None:
    """Point the letter's sections to its own headers and footers.

    `own` maps the template's relationship id to the letter's. If a kind of header appears only in a later section, the
    first section gets a `blank` one; otherwise it would inherit that of the letter before.
    """
    first, *later = find(body, SECTIONS)
    present = {_kind(reference) for reference in _references(first)}
    blanks: dict[tuple[str, str], str] = {}
    for reference in (reference for section in later for reference in _references(section)):
        if _kind(reference) not in present:
            blanks.setdefault(_kind(reference), blank(value(reference, "r:id")))
    for reference in (reference for section in (first, *later) for reference in _references(section)):
        reference.set(qn("r:id"), own(value(reference, "r:id")))
    for (tag, kind), identity in blanks.items():
        added = new(tag, type=kind)
        added.set(qn("r:id"), identity)
        first.insert(0, added)


def _final(body: Xml) -> Xml:
    return find(body, "./w:sectPr")[-1]


def _references(section: Xml) -> list[Xml]:
    return find(section, "./w:headerReference | ./w:footerReference")


def _kind(reference: Xml) -> tuple[str, str]:
    name = "headerReference" if reference.tag == qn("w:headerReference") else "footerReference"
    return name, value(reference, "w:type") or "default"


def _only(section: Xml, tag: str, successors: tuple[str, ...]) -> Xml:
    found = find(section, f"./w:{tag}")
    if found:
        return found[0]
    added = new(tag)
    section.insert_element_before(added, *successors)
    return added
