"""Reader of text tables: CSV and TSV in UTF-8, UTF-16 or GB 18030, and HTML with a workbook's extension."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

from charset_normalizer import from_bytes
from lxml import etree
from lxml import html as lxml_html

from notices.errors import Unusable
from notices.messages import say
from notices.tables.archives import not_a_table_error
from notices.tables.cells import Cell, Limits, Marks, Row, Sheet

BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDE_GUESSES = ["utf_16_le", "utf_16_be"]
NARROW_GUESSES = ["gb18030"]
SEPARATORS = ",\t;|"
SAMPLE = 65_536
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.IGNORECASE)


def text_sheet(data: bytes, file: str, limits: Limits) -> tuple[Sheet, str]:
    """Return the only sheet of a .csv or .tsv, and its encoding; raises Unusable."""
    text, encoding = decoded(data, file)
    separator = _separator(text)
    rows = partial(_text_rows, text, separator, file, limits)
    return Sheet(file, lambda: (rows, Marks(last_row=text.count("\n")))), encoding


def html_sheet(data: bytes, file: str, limits: Limits) -> tuple[tuple[Sheet, ...], str]:
    """Return the innermost tables of an HTML page as sheets, and its encoding; raises Unusable."""
    declared = CHARSET.search(data[:4096])
    text, encoding = decoded(data, file, declared[1].decode("ascii") if declared else None)
    parser = lxml_html.HTMLParser(no_network=True, huge_tree=False)
    try:
        page = lxml_html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise Unusable(
            say("{file} is damaged and cannot be read.", file=file), say("Export the list again.")
        ) from error
    tables = [table for table in page.iter("table") if not list(table.iter("table"))[1:]]
    if not tables:
        raise Unusable(
            say("{file} is a web page without a table.", file=file),
            say("Save the list as .xlsx or .csv and use that file."),
        )
    sheets = tuple(
        Sheet(str(number), partial(_loaded_html, table, file, limits)) for number, table in enumerate(tables, start=1)
    )
    return sheets, encoding


def decoded(data: bytes, file: str, declared: str | None = None) -> tuple[str, str]:
    """Decode a file by its BOM, as UTF-8, as declared, or by detection; return text and encoding. Raises Unusable."""
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return _strictly(data, encoding, file), encoding.removesuffix("-sig")
    if b"\x00" not in data:  # without a BOM, zero bytes mean UTF-16: separators and line ends have them
        try:
            return data.decode("utf-8"), "utf-8"
        except UnicodeDecodeError:
            pass
        if declared and _is_gb(declared):
            return _strictly(data, "gb18030", file), "gb18030"
    guesses = WIDE_GUESSES if b"\x00" in data else NARROW_GUESSES
    best = from_bytes(_whole_lines(data), cp_isolation=guesses, threshold=0.5).best()
    encoding = best.encoding.replace("_", "-") if best else guesses[0].replace("_", "-")
    return _strictly(data, encoding, file), encoding


def _is_gb(name: str) -> bool:
    return name.lower().replace("-", "").replace("_", "") in {"gb2312", "gbk", "gb18030", "cp936"}


def _whole_lines(data: bytes) -> bytes:
    """Return a sample that ends at a line end: one cut inside a character would be misdetected."""
    if len(data) <= SAMPLE:
        return data
    end = data.rfind(b"\n", 0, SAMPLE)
    return data[: end + 1] if end > 0 else data


def _strictly(data: bytes, encoding: str, file: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unusable(
            say("{file} has an unknown text encoding (byte {position}).", file=file, position=error.start + 1),
            say("Open it in Excel or WPS and save it as .xlsx."),
        ) from error
    if "\x00" in text:
        raise not_a_table_error(file, say("binary data"))
    return text


def _separator(text: str) -> str:
    """Return the separator that gives the most even, then widest rows in the first lines; a comma by default."""
    lines = [line for line in text[:SAMPLE].splitlines()[:50] if line.strip()]

    def evenness(separator: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if len(row) > 1)
        if not widths:
            return (0, 0)
        width, often = widths.most_common(1)[0]
        return (often, width)

    return max(SEPARATORS, key=evenness)


def _text_rows(text: str, separator: str, file: str, limits: Limits) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number = 0
    try:
        for number, values in enumerate(reader, start=1):
            if number > limits.max_rows:
                raise _too_many_rows(file, limits)
            cells: tuple[Cell, ...] = tuple(value or None for value in values[: limits.max_columns])
            if any(cell is not None and not str(cell).isspace() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise Unusable(
            say("{file} cannot be read after row {row}.", file=file, row=number),
            say("Check for an unclosed quotation mark, or save the list as .xlsx."),
        ) from error


def _loaded_html(table: lxml_html.HtmlElement, file: str, limits: Limits) -> tuple[partial[Iterator[Row]], Marks]:
    return partial(_html_rows, table, file, limits), Marks()


def _html_rows(table: lxml_html.HtmlElement, file: str, limits: Limits) -> Iterator[Row]:
    """Yield the rows of a table, laying out rowspan and colspan as a browser does; rowspans repeat their text."""
    above: dict[int, tuple[int, str]] = {}
    for number, line in enumerate(table.iter("tr"), start=1):
        if number > limits.max_rows:
            raise _too_many_rows(file, limits)
        cells, above = _html_row(line, above, limits)
        if any(cells):
            yield number, tuple(cell or None for cell in cells)


def _html_row(
    line: lxml_html.HtmlElement, above: dict[int, tuple[int, str]], limits: Limits
) -> tuple[list[str], dict[int, tuple[int, str]]]:
    cells: list[str] = []
    below: dict[int, tuple[int, str]] = {}

    def place(text: str, rows: int) -> None:
        if rows > 1:
            below[len(cells)] = (rows - 1, text)
        cells.append(text)

    for cell in line.iter("td", "th"):
        while len(cells) in above:
            rows, text = above[len(cells)]
            place(text, rows)
        for step in range(min(_span(cell, "colspan"), limits.max_columns)):
            place(cell.text_content().strip() if step == 0 else "", _span(cell, "rowspan"))
    while len(cells) in above:
        rows, text = above[len(cells)]
        place(text, rows)
    return cells, below


def _span(cell: lxml_html.HtmlElement, name: str) -> int:
    value = cell.get(name, "1")
    return int(value) if value.isascii() and value.isdigit() and 0 < int(value) < 100_000 else 1


def _too_many_rows(file: str, limits: Limits) -> Unusable:
    return Unusable(
        say("{file} has more than {limit} rows.", file=file, limit=limits.max_rows),
        say("Split the list, or raise intake.max_rows in notices.toml."),
    )
