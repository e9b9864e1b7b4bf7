"""Scan of a worksheet's XML for what calamine does not report: extent, errors, uncached formulas, hidden rows.

calamine allocates the whole rectangle that a sheet claims, so a file of two cells can ask for 512 GiB: the extent is
checked first, and cells far outside the table are removed before calamine reads the sheet.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from notices.tables.cells import LostValue
from notices.tables.number_formats import CellStyles
from notices.tables.text_runs import TextRun, marked_text

ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})$")
GAP = 10_000  # a cell after more empty rows than this is not part of the table
ROOMY = 2_000_000  # cells that may be allocated whatever the table's size


@dataclass(slots=True)
class SheetScan:
    """Findings of the scan; rows from 1, columns from 0."""

    last_row: int = 0
    last_column: int = -1
    claimed_row: int = 0
    claimed_column: int = -1
    strays: int = 0
    broken: dict[int, dict[int, LostValue | str]] = field(default_factory=dict)  # what takes a cell's place
    hidden: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()
    since_1904: bool = False
    formats: dict[int, dict[int, str]] = field(default_factory=dict)  # number formats that say more than the value
    hidden_columns: frozenset[int] = frozenset()

    @property
    def sprawls(self) -> bool:
        """True if calamine would allocate far more than the table needs."""
        claimed = self.claimed_row * (self.claimed_column + 1)
        return claimed > ROOMY and (
            self.claimed_row > self.last_row + GAP or self.claimed_column > self.last_column + 50
        )


def scan_sheet(xml: bytes, styles: CellStyles, *, recalculates: bool, max_columns: int) -> SheetScan:
    """Scan one worksheet part; raises ValueError if it is not well-formed or declares a document type."""
    return _XlsxScanner(styles, recalculates=recalculates, max_columns=max_columns).run(xml)


def without_strays(xml: bytes, scan: SheetScan) -> bytes:
    """Return the worksheet part without the cells outside the table that the scan found."""
    target = io.BytesIO()
    writer = XMLGenerator(target, "utf-8")
    skipping = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal skipping
        if skipping or (_local(tag) == "c" and _outside(attributes.get("r", ""), scan)):
            skipping += 1
        elif _local(tag) != "dimension":
            writer.startElement(tag, AttributesImpl(attributes))

    def end(tag: str) -> None:
        nonlocal skipping
        if skipping:
            skipping -= 1
        elif _local(tag) != "dimension":
            writer.endElement(tag)

    def text(content: str) -> None:
        if not skipping:
            writer.characters(content)

    parser = safe_parser()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    writer.startDocument()
    parse_xml(parser, xml)
    writer.endDocument()
    return target.getvalue()


class _XlsxScanner:
    def __init__(self, styles: CellStyles, *, recalculates: bool, max_columns: int) -> None:
        self.scan = SheetScan()
        self.styles = styles
        self.recalculates = recalculates
        self.max_columns = max_columns
        self.row = 0
        self.column = -1
        self.kind = ""
        self.style = ""
        self.formula = False
        self.filled = False
        self.value: list[str] = []
        self.runs: list[TextRun] = []
        self.reading = False
        self.hidden: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.struck: set[int] = set()

    def run(self, xml: bytes) -> SheetScan:
        parser = safe_parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parse_xml(parser, xml)
        self.scan.hidden = frozenset(self.hidden)
        self.scan.hidden_columns = frozenset(self.hidden_columns)
        self.scan.struck = frozenset(self.struck)
        return self.scan

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "c":
            self._start_cell(attributes)
        elif name in {"v", "t"}:
            self.reading = True
        elif name == "r":
            self.runs.append(TextRun())
        elif name in {"strike", "vertAlign"} and self.runs:
            self.runs[-1].style(name, attributes.get("val"))
        elif name == "f":
            self.formula = True
        elif name == "col" and attributes.get("hidden") in {"1", "true"}:
            first, last = int(attributes.get("min", "1")), int(attributes.get("max", "0"))
            self.hidden_columns.update(range(first - 1, min(last, self.max_columns)))
        elif name == "row":
            self.row = int(attributes["r"]) if "r" in attributes else self.row + 1
            self.column = -1
            if attributes.get("hidden") in {"1", "true"}:
                self.hidden.add(self.row)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        if address is None:
            self.column += 1
        else:
            self.row, self.column = _position(address)
        self.kind, self.style = attributes.get("t", ""), attributes.get("s", "")
        self.formula = False
        self.value.clear()
        self.runs.clear()

    def _text(self, content: str) -> None:
        if self.reading:
            self.value.append(content)
            if self.runs:
                self.runs[-1].text += content

    def _end(self, tag: str) -> None:
        name = _local(tag)
        if name in {"v", "t"}:
            self.reading = False
        elif name == "c":
            self._end_cell()

    def _end_cell(self) -> None:
        scan, value = self.scan, "".join(self.value)
        scan.claimed_row = max(scan.claimed_row, self.row)
        scan.claimed_column = max(scan.claimed_column, self.column)
        broken = self._broken(value)
        if not value and broken is None:
            return
        if self.column >= self.max_columns or (scan.last_row and self.row > scan.last_row + GAP):
            scan.strays += 1
            return
        scan.last_row = max(scan.last_row, self.row)
        scan.last_column = max(scan.last_column, self.column)
        if broken is not None:
            scan.broken.setdefault(self.row, {})[self.column] = broken
        if self.style in self.styles.struck:
            self.struck.add(self.row)
        if broken is None and self.style in self.styles.telling:
            scan.formats.setdefault(self.row, {})[self.column] = self.styles.telling[self.style]

    def _broken(self, value: str) -> LostValue | str | None:
        if self.kind == "s" and value in self.styles.texts:
            return self.styles.texts[value]
        if self.runs and (text := marked_text(self.runs)) is not None:
            return text
        if self.kind == "e":
            return LostValue(value or "#N/A")
        # XlsxWriter writes 0 for uncalculated formulas and asks for recalculation of the workbook.
        if self.formula and self.kind != "str" and (not value or (value == "0" and self.recalculates)):
            return LostValue("", uncached=True)
        return None


def safe_parser() -> expat.XMLParserType:
    """Create an expat parser that refuses document types, and so all entity attacks."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise ValueError("document type declared")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def parse_xml(parser: expat.XMLParserType, xml: bytes) -> None:
    """Parse a whole part; raises ValueError if it is not well-formed."""
    try:
        parser.ParseFile(io.BytesIO(xml))
    except (expat.ExpatError, LookupError) as error:  # LookupError: unknown encoding
        raise ValueError(str(error)) from error


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _position(address: str) -> tuple[int, int]:
    match = ADDRESS.match(address)
    if match is None:
        raise ValueError(address)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column - 1


def _outside(address: str, scan: SheetScan) -> bool:
    if not address:
        return False
    row, column = _position(address)
    return row > scan.last_row or column > scan.last_column
