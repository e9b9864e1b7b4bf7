"""Parsers for the small parts of an .xlsx: where its sheets are, and its cell styles."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from notices.tables.archives import read_part
from notices.tables.cells import LostValue
from notices.tables.number_formats import CellStyles, is_telling
from notices.tables.text_runs import MARKED, TextRun, marked_text


def sheet_parts(data: bytes) -> dict[str, str]:
    """Map sheet names to their parts in the archive; raises ValueError if a part is missing or malformed."""
    targets = {relation.get("Id"): relation.get("Target", "") for relation in _tree(data, "xl/_rels/workbook.xml.rels")}
    found: dict[str, str] = {}
    for sheet in _named(_tree(data, "xl/workbook.xml"), "sheet"):
        identity = next((value for key, value in sheet.items() if key.endswith("}id")), None)
        target = targets.get(identity)
        if target:
            found[sheet.get("name", "")] = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
    return found


def recalculates(data: bytes) -> bool:
    """Return whether the workbook asks for recalculation, i.e. its writer never calculated the formulas."""
    settings = _named(_tree(data, "xl/workbook.xml"), "calcPr")
    return any(setting.get("fullCalcOnLoad") in {"1", "true"} for setting in settings)


def since_1904(data: bytes) -> bool:
    """Return whether the workbook counts days from 1904 instead of 1900."""
    settings = _named(_tree(data, "xl/workbook.xml"), "workbookPr")
    return any(setting.get("date1904") in {"1", "true"} for setting in settings)


def cell_styles(data: bytes) -> CellStyles:
    """Return the cell styles, by number, that matter for the meaning of a cell."""
    texts = _marked_texts(data)
    if read_part(data, "xl/styles.xml") is None:
        return CellStyles(texts=texts)
    styles = _tree(data, "xl/styles.xml")
    fonts = next(_named(styles, "fonts"), Element("fonts"))
    struck = {str(index) for index, font in enumerate(fonts) if _is_struck(font)}
    codes: dict[str | None, str] = {
        "9": "0%",
        "10": "0.00%",
    }  # built in; others of these depend on the reader's language
    codes |= {each.get("numFmtId"): each.get("formatCode", "") for each in _named(styles, "numFmt")}
    telling = {identity: code for identity, code in codes.items() if is_telling(code)}
    formats = list(next(_named(styles, "cellXfs"), Element("cellXfs")))
    return CellStyles(
        frozenset(str(index) for index, style in enumerate(formats) if style.get("fontId") in struck),
        {
            str(index): telling[identity]
            for index, style in enumerate(formats)
            if (identity := style.get("numFmtId")) in telling
        },
        texts,
    )


def _marked_texts(data: bytes) -> dict[str, LostValue | str]:
    """Return the shared texts, by number, of which a part is struck through or raised, as they are to be read."""
    content = read_part(data, "xl/sharedStrings.xml") or b""
    if not MARKED.search(content):
        return {}
    found: dict[str, LostValue | str] = {}
    for number, item in enumerate(_named(_tree(data, "xl/sharedStrings.xml"), "si")):
        runs = [TextRun.of(run) for run in item if run.tag.rpartition("}")[2] == "r"]
        if (text := marked_text(runs)) is not None:
            found[str(number)] = text
    return found


def _is_struck(font: Element) -> bool:
    return any(mark.get("val", "1") not in {"0", "false"} for mark in _named(font, "strike"))


def _named(tree: Element, name: str) -> Iterator[Element]:
    return (element for element in tree.iter() if element.tag.rpartition("}")[2] == name)


def _tree(data: bytes, name: str) -> Element:
    content = read_part(data, name)
    if content is None:
        raise ValueError(name)
    try:
        tree: Element = fromstring(content)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError(name) from error
    return tree
