"""Parsers for the small parts of an .xlsx: where its sheets are, and its cell styles."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from notices.tables.archives import read_part
from notices.tables.cells import LostValue
from notices.tables.number_formats import WHITE_ON_WHITE, CellStyles, is_telling
from notices.tables.text_runs import MARKED, TextRun, marked_text

WHITE = "FFFFFF"


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
    shown = {
        str(index): telling[identity]
        for index, style in enumerate(formats)
        if (identity := style.get("numFmtId")) in telling
    }
    unseen = _styles_in_the_colour_of_the_paper(styles, formats)
    return CellStyles(
        frozenset(str(index) for index, style in enumerate(formats) if style.get("fontId") in struck),
        shown | dict.fromkeys(unseen, WHITE_ON_WHITE),
        texts,
    )


def _styles_in_the_colour_of_the_paper(styles: Element, formats: list[Element]) -> list[str]:
    """Return the numbers of the styles whose font has the colour of what is behind it, white on white above all."""
    fonts = [_colour(next(_named(font, "color"), None)) for font in next(_named(styles, "fonts"), Element("fonts"))]
    fills = [_behind(fill) for fill in next(_named(styles, "fills"), Element("fills"))]
    found = []
    for index, style in enumerate(formats):
        font, fill = int(style.get("fontId", "0")), int(style.get("fillId", "0"))
        colour = fonts[font] if font < len(fonts) else None
        if colour is not None and colour == (fills[fill] if fill < len(fills) else WHITE):
            found.append(str(index))
    return found


def _colour(element: Element | None) -> str | None:
    """Return a name for a colour, the same for all spellings of white; None for the usual colour of text."""
    if element is None or element.get("auto") in {"1", "true"}:
        return None
    if element.get("tint", "0").strip("0.") == "" and (
        element.get("theme") == "0" or element.get("indexed") in {"1", "9"}
    ):
        return WHITE
    rgb = element.get("rgb", "")[-6:].upper()
    if rgb:
        return rgb
    return ":".join(f"{name}={value}" for name, value in sorted(element.items()))


def _behind(fill: Element) -> str | None:
    """Return the colour that a fill gives to the cell; None if it has no single one."""
    pattern = next(_named(fill, "patternFill"), None)
    kind = "none" if pattern is None else pattern.get("patternType", "none")
    if pattern is None or kind == "none":
        return None if any(_named(fill, "gradientFill")) else WHITE
    return _colour(next(_named(pattern, "fgColor"), None)) if kind == "solid" else None


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
