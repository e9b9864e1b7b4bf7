"""Fast scan of a plain worksheet part by a few searches instead of a walk over its cells.

Nearly every list is plain: `<c r="B7" s="1" t="s"><v>12</v></c>`, with nothing hidden or struck through, no formulas
or errors, and no cell far from the others. It need not be walked, which takes longer than reading it.
"""

from __future__ import annotations

import re

from notices.tables.text_runs import MARKED
from notices.tables.xlsxscan import GAP, SheetScan, parse_xml, safe_parser

MARKS = (b'"e"', b"'e'", b"hidden", b"<!", b"&#")  # an error value, something hidden, a comment or CDATA, an entity
FORMULA = re.compile(rb"<f[\s/>]")
UNADDRESSED = re.compile(rb"<c[^ \w]")
MANY_COLUMNS = re.compile(rb'<c r="[B-Z][A-Z]|<c r="[A-Z]{3}')
COLUMNS = 52  # A to AZ


def plain_scan(xml: bytes) -> SheetScan | None:
    """Return what a walk over a plain part would find (column count rounded up), or None if it must be walked.

    Raises ValueError if the part is not well-formed.
    """
    rows, values = xml.count(b"<row "), xml.count(b"<v>") + xml.count(b"<is>")
    addressed = xml.count(b'<c r="') == xml.count(b"<c ") and not UNADDRESSED.search(xml)
    if b"<sheetData" not in xml or not addressed or any(mark in xml for mark in MARKS) or FORMULA.search(xml):
        return None
    if (
        MARKED.search(xml)
        or rows > values + GAP
        or MANY_COLUMNS.search(xml)
        or re.search(_in_a_row_above(rows + GAP), xml)
    ):
        return None
    parse_xml(safe_parser(), xml)
    last = max((int(row) for row in re.findall(rb'<row [^>]*?\br="([0-9]+)"', xml)), default=0)
    return SheetScan(last_row=last, last_column=COLUMNS - 1, claimed_row=last, claimed_column=COLUMNS - 1)


def _in_a_row_above(limit: int) -> bytes:
    """Build a pattern for a cell in a row whose number is greater than the limit."""
    digits = str(limit)
    higher = [
        f"{digits[:place]}[{int(digit) + 1}-9][0-9]{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        if digit != "9"
    ]
    longer = f"[0-9]{{{len(digits) + 1},}}"
    return f'<c r="[A-Z]+(?:{"|".join([*higher, longer])})"'.encode()
