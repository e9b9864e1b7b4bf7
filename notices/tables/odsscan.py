"""Scan of an .ods for the extent of each sheet (repeated cells included), error cells and hidden rows."""

from __future__ import annotations

import re
from decimal import Decimal

from notices.tables.cells import LostValue
from notices.tables.text_runs import TextRun, marked_text
from notices.tables.xlsxscan import SheetScan, parse_xml, safe_parser

WHITE, BACKGROUND = "#ffffff", "fo:background-color"
PAPER = frozenset({WHITE, "transparent"})
YEAR_ALONE = re.compile(r"^(?:19|20)\d{2}(?:年度?)?$")
TELLING = re.compile(r"[^\W\d_]|\d-\d")
FOREIGN_MONEY = re.compile(r"[$€£₩]|USD|HKD|EUR", re.IGNORECASE)
SHOWN_NUMBER = re.compile(r"(?P<minus>[-−(]?)[¥￥]?(?P<sign>[-−]?)(?P<number>[\d,]*\d(?:\.\d*)?)\)?")
ERROR = re.compile(r"^(#[A-Z0-9/!?]+|(Err|错误):\d+)$")


def scan_ods(xml: bytes) -> dict[str, SheetScan]:
    """Scan content.xml; return sheet name → findings. Raises ValueError if the XML is not well-formed."""
    return _OdsScanner().run(xml)


class _OdsScanner:
    def __init__(self) -> None:
        self.scans: dict[str, SheetScan] = {}
        self.scan = SheetScan()
        self.row = self.rows = self.column = self.cells = 0
        self.hidden: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.next_column = 0
        self.written = False
        self.filled = self.failed = self.formula = False
        self.text: list[str] = []
        self.kind = self.value = ""
        self.since_1904 = self.noting = False
        self.style = ""
        self.struck: set[str] = set()  # styles of text that are struck through, and raised
        self.raised: set[str] = set()
        self.white: set[str] = set()  # styles of cells whose text is white, and that have a colour behind it
        self.backed: set[str] = set()
        self.cell_style = ""
        self.spans: list[str] = []  # styles of the spans around the text
        self.runs: list[TextRun] = []

    def run(self, xml: bytes) -> dict[str, SheetScan]:
        parser = safe_parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parse_xml(parser, xml)
        return self.scans

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self.scan = self.scans.setdefault(attributes.get("table:name", ""), SheetScan())
            self.row = self.rows = 0
            self.hidden = set()
            self.hidden_columns, self.next_column = set(), 0
        elif tag == "table:table-row":
            self.row += self.rows
            self.rows = int(attributes.get("table:number-rows-repeated", "1"))
            self.column = self.cells = 0
            if attributes.get("table:visibility", "visible") != "visible" and self.rows < 10_000:
                self.hidden.update(range(self.row + 1, self.row + self.rows + 1))
        elif tag == "table:table-column":
            self._start_column(attributes)
        elif tag == "office:annotation":
            self.noting = True
        elif tag.startswith("text:"):
            self._start_text(tag, attributes)
        elif tag.startswith("style:"):
            self._start_style(tag, attributes)
        elif tag == "table:null-date":
            self.since_1904 = attributes.get("table:date-value", "").startswith("1904")
        elif tag in {"table:table-cell", "table:covered-table-cell"}:
            self._start_cell(attributes)

    def _start_text(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "text:p":
            self.written = not self.noting or self.written
        elif tag == "text:span":
            self.spans.append(attributes.get("text:style-name", ""))

    def _start_column(self, attributes: dict[str, str]) -> None:
        repeated = int(attributes.get("table:number-columns-repeated", "1"))
        if attributes.get("table:visibility", "visible") != "visible" and repeated < 10_000:
            self.hidden_columns.update(range(self.next_column, self.next_column + repeated))
        self.next_column += repeated

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.column += self.cells
        self.cells = int(attributes.get("table:number-columns-repeated", "1"))
        self.written = False
        self.cell_style = attributes.get("table:style-name", "")
        self.filled = "office:value-type" in attributes
        self.failed = attributes.get("calcext:value-type") == "error"
        self.formula = "table:formula" in attributes
        self.kind = attributes.get("office:value-type", "")
        self.value = attributes.get("office:value", "") or attributes.get("office:date-value", "")
        self.text.clear()
        self.runs.clear()

    def _start_style(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in {"style:style", "style:default-style"}:
            self.style = attributes.get("style:name", "")
        elif tag == "style:text-properties":
            if attributes.get("style:text-line-through-style", "none") != "none":
                self.struck.add(self.style)
            if attributes.get("fo:color", "").lower() == WHITE:
                self.white.add(self.style)
            if attributes.get("style:text-position", "").startswith("super"):
                self.raised.add(self.style)

        elif tag == "style:table-cell-properties" and attributes.get(BACKGROUND, WHITE).lower() not in PAPER:
            self.backed.add(self.style)

    def _text(self, content: str) -> None:
        if not self.noting:  # a comment on the cell is not what the cell shows
            self.text.append(content)
            spans = set(self.spans)
            self.runs.append(TextRun(content, bool(spans & self.struck), bool(spans & self.raised)))

    def _end(self, tag: str) -> None:
        if tag == "office:annotation":
            self.noting = False
        elif tag == "text:span":
            self.spans.pop()
        elif tag == "table:table":
            self.scan.hidden = frozenset(self.hidden)
            self.scan.hidden_columns = frozenset(self.hidden_columns)
            self.scan.since_1904 = self.since_1904
        elif tag in {"table:table-cell", "table:covered-table-cell"}:
            self._end_cell("".join(self.text).strip())

    def _end_cell(self, text: str) -> None:
        uncached = self.formula and not (self.filled or text)
        if not (self.filled or text or self.failed or uncached):
            return
        last_row, last_column = self.row + self.rows, self.column + self.cells - 1
        self.scan.last_row = max(self.scan.last_row, last_row)
        self.scan.last_column = max(self.scan.last_column, last_column)
        seen = self._as_seen(text, uncached=uncached)
        if seen is not None and self.rows * self.cells < 10_000:
            for row in range(self.row + 1, last_row + 1):
                for column in range(self.column, last_column + 1):
                    self.scan.broken.setdefault(row, {})[column] = seen

    def _is_unseen(self, text: str) -> bool:
        """Return whether nothing of a number is seen, because its format shows nothing or its text is white."""
        if self.kind not in {"float", "currency", "percentage"} or not self.value.strip("-0."):
            return False
        return (self.written and not text) or self.cell_style in self.white - self.backed

    def _as_seen(self, text: str, *, uncached: bool) -> LostValue | str | None:
        """Return what takes the cell's place: an error, or what it shows; None if its value is what it shows."""
        if uncached:
            return LostValue("", uncached=True)
        if self.failed or ERROR.match(text):
            return LostValue(text or "#N/A")
        if self._is_unseen(text):
            return LostValue(self.value, unseen=True)
        if (marked := marked_text(self.runs)) is not None:
            return marked
        return text if _says_more(self.kind, self.value, text) else None


def _says_more(kind: str, value: str, text: str) -> bool:
    """Return whether a cell shows more than its value: 1-1-101 for 101, 2025年 for a day."""
    if kind == "date":
        return YEAR_ALONE.match(text) is not None and text.strip("年度 ")[:4] == value[:4]
    if kind == "percentage" or (kind == "currency" and FOREIGN_MONEY.search(text)):
        return True
    if kind not in {"float", "currency"}:
        return False
    if not TELLING.search(text):
        return _shows_another_number(value, text)
    if not re.search(r"\d", text):
        return True
    bare = value.rstrip("0").rstrip(".") if "." in value else value
    digits, shown = bare.lstrip("-").replace(".", ""), re.sub(r"\D", "", text)
    return digits.isdigit() and re.fullmatch(rf"\d*{digits}0*", shown) is not None


def _shows_another_number(value: str, text: str) -> bool:
    """Return whether a cell shows a number that is not its value rounded, but scaled or with a minus before it."""
    found = SHOWN_NUMBER.fullmatch("".join(text.split()))
    if found is None or not re.fullmatch(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", value):
        return False
    shown, true = Decimal(found["number"].replace(",", "")), Decimal(value)
    places = len(found["number"].partition(".")[2])
    if true > 0 and (found["minus"] or found["sign"]):
        return True
    return abs(abs(true) - shown) > Decimal(1).scaleb(-places)
