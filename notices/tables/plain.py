"""Reader of text tables: CSV and TSV in UTF-8, UTF-16 or GB 18030, and HTML with a workbook's extension."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

from charset_normalizer import from_bytes
from lxml import etree
from lxml import html as lxml_html

from notices.errors import Unusable
from notices.messages import say
from notices.tables.archives import not_a_table_error
from notices.tables.cells import Cell, Limits, LostValue, Marks, Merge, Row, RowWidths, Sheet
from notices.tables.text_runs import TextRun

BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDE_GUESSES = ["utf_16_le", "utf_16_be"]
NARROW_GUESSES = ["gb18030"]
SEPARATORS = ",\t;|"
SAMPLE = 65_536
QUOTED = re.compile(r'"((?:[^"]|"")*)"(?!")')
NEW_LINE = "\x00"  # where HTML begins a new line; its own line ends are white space
WHITE = re.compile(r"[ \t\r\n\f]+")
BLOCKS = frozenset(
    {"br", "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr", "dd", "dt", "dl", "address"}
    | {
        "article",
        "aside",
        "blockquote",
        "center",
        "details",
        "dir",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
    }
    | {"header", "legend", "main", "menu", "nav", "section", "summary"}
)
UNSEEN = frozenset({"script", "style", "template", "head", "title", "noscript", "rt", "rp", "datalist"})
HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)
BLOCK = re.compile(r"display\s*:\s*(?:block|flex|grid|list-item|table)", re.IGNORECASE)
STRUCK = re.compile(r"text-decoration[^;]*line-through", re.IGNORECASE)
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.IGNORECASE)
Raw = Callable[[], Iterator[Row]]


def text_sheet(data: bytes, file: str, limits: Limits) -> tuple[Sheet, str]:
    """Return the only sheet of a .csv or .tsv, and its encoding; raises Unusable."""
    text, encoding = decoded(data, file)
    separator = _separator(text)
    return Sheet(file, partial(_loaded_text, text, separator, file, limits)), encoding


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
        rows = (next(csv.reader([line], delimiter=separator), []) for line in lines)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            return (0, 0)
        width, often = widths.most_common(1)[0]
        return (often, width)

    return max(SEPARATORS, key=evenness)


def _loaded_text(text: str, separator: str, file: str, limits: Limits) -> tuple[Raw, Marks]:
    lone: list[int] = []
    widths: list[int] = []
    for number, values, is_lone in _records(text, separator):
        widths.append(len(values) if any(values) else 0)
        if is_lone:
            lone.append(number)
    usual = Counter(width for width in widths if width).most_common(1)[0][0] if any(widths) else 0
    others = {number: width for number, width in enumerate(widths, start=1) if width != usual}
    is_cut = bool(widths) and 0 < widths[-1] < usual and not text.endswith(("\n", "\r"))
    marks = Marks(
        last_row=text.count("\n"),
        widths=RowWidths(usual, others),
        lone_quotes=tuple(lone),
        cut_row=len(widths) if is_cut else 0,
    )
    return partial(_text_rows, text, separator, file, limits), marks


def _text_rows(text: str, separator: str, file: str, limits: Limits) -> Iterator[Row]:
    for number, values, _ in _records(text, separator):
        if number > limits.max_rows:
            raise _too_many_rows(file, limits)
        cells: tuple[Cell, ...] = tuple(value or None for value in values[: limits.max_columns])
        if any(cell is not None and not str(cell).isspace() for cell in cells):
            yield number, cells


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str], bool]]:
    """Yield the number and the cells of each record, and whether a quotation mark in it opens a cell and never closes.

    Such a mark would make one cell of all the lines down to the next mark; it is read as a character of its cell.
    """
    lines = io.StringIO(text, newline="").readlines()  # with universal newlines, line ends kept as they are
    place, number, width = 0, 0, 0
    while place < len(lines):
        number += 1
        values, count, lone = _record(lines, place, separator, width)
        width = max(width, len(values))
        place += count
        yield number, values, lone


def _record(lines: Sequence[str], place: int, separator: str, width: int) -> tuple[list[str], int, bool]:
    """Return the cells of the record that begins at a line, how many lines it has, and the mark's loneliness."""
    line = lines[place]
    if '"' not in line:
        return line.rstrip("\r\n").split(separator), 1, False
    reader = csv.reader(islice(lines, place, None), delimiter=separator, strict=True)
    try:
        values = next(reader)
        if reader.line_num == 1 or not any(_holds_rows(value, separator, max(width, len(values))) for value in values):
            return values, reader.line_num, False
    except csv.Error:  # a mark in the middle of a cell, or one that never closes
        pass
    cells, lone = _split(line.rstrip("\r\n"), separator)
    return cells, 1, lone


def _holds_rows(value: str, separator: str, width: int) -> bool:
    """Return whether a line inside a cell looks like a whole row: a cell swallowed the rows behind it."""
    return any(line.count(separator) >= max(2, width - 1) for line in value.split("\n")[1:])


def _split(line: str, separator: str) -> tuple[list[str], bool]:
    """Return the cells of one line, and whether a mark opens a cell and does not close on this line."""
    cells: list[str] = []
    lone = False
    place = 0
    while place <= len(line):
        quoted = QUOTED.match(line, place)
        lone = lone or (quoted is None and line.startswith('"', place))
        start = quoted.end() if quoted else place
        end = line.find(separator, start)
        end = len(line) if end < 0 else end
        cells.append((quoted[1].replace('""', '"') if quoted else "") + line[start:end])
        place = end + 1
    return cells, lone


def _loaded_html(table: lxml_html.HtmlElement, file: str, limits: Limits) -> tuple[Raw, Marks]:
    """Lay a table out as a browser does; cells over several rows or columns are merged ranges.

    Unlike in a workbook, every row of such a range repeats the text, but not every column.
    """
    lines = list(table.iter("tr"))
    if len(lines) > limits.max_rows:
        raise _too_many_rows(file, limits)
    rows: list[Row] = []
    merges: list[Merge] = []
    hidden, hidden_columns = set[int](), set[int]()
    above: dict[
        int, tuple[int, LostValue | str]
    ] = {}  # column → last row that a cell from above still covers, and its text
    for number, line in enumerate(lines, start=1):
        cells = {column: text for column, (last, text) in above.items() if last >= number}
        column = 0
        for cell in line.iter("td", "th"):
            while column in cells:
                column += 1
            wide = min(_span(cell, "colspan"), max(limits.max_columns - column, 1))
            tall = min(_span(cell, "rowspan"), len(lines) + 1 - number)
            if wide > 1 or tall > 1:
                merges.append(Merge(number, column, number + tall - 1, column + wide - 1))
            for place in range(column, column + wide):
                cells[place] = _shown(cell) if place == column else ""
                above[place] = (number + tall - 1, cells[place])
                if cells[place] and _is_hidden(cell):
                    hidden_columns.add(place)
        if _is_hidden(line):
            hidden.add(number)
        if any(cells.values()):
            rows.append((number, tuple(cells.get(place) or None for place in range(max(cells) + 1))))
    marks = Marks(tuple(merges), frozenset(hidden), last_row=len(lines), hidden_columns=frozenset(hidden_columns))
    return partial(iter, rows), marks


def _shown(cell: lxml_html.HtmlElement) -> LostValue | str:
    """Return a cell's text as a browser shows it: <br> and blocks begin new lines, other white space is one space."""
    runs: list[TextRun] = []
    _collect(cell, runs, struck=False)
    lines = (" ".join(WHITE.split(line)).strip() for line in "".join(run.text for run in runs).split(NEW_LINE))
    text = "\n".join(line for line in lines if line)
    parts = tuple((run.text, run.struck) for run in runs if run.text.strip(NEW_LINE + " \t\r\n\f"))
    return LostValue(text, parts=parts) if len({struck for _, struck in parts}) > 1 else text


def _collect(element: lxml_html.HtmlElement, runs: list[TextRun], *, struck: bool) -> None:
    struck = struck or element.tag in {"s", "del", "strike"} or STRUCK.search(element.get("style", "")) is not None
    runs.append(TextRun(element.text or "", struck))
    for child in _chosen(element):
        if isinstance(child.tag, str) and child.tag not in UNSEEN and not _is_hidden(child):
            breaks = NEW_LINE if child.tag in BLOCKS or BLOCK.search(child.get("style", "")) else ""
            runs.append(TextRun("^" if _is_raised_figure(child) else breaks))
            _collect(child, runs, struck=struck)
            runs.append(TextRun(breaks))
        runs.append(TextRun(child.tail or "", struck))


def _chosen(element: lxml_html.HtmlElement) -> list[lxml_html.HtmlElement]:
    """Return the parts of an element that a browser shows: of a list to choose from, the chosen line alone."""
    if element.tag != "select":
        return list(element)
    options = list(element.iter("option"))
    return [each for each in options if each.get("selected") is not None][-1:] or options[:1]


def _is_raised_figure(element: lxml_html.HtmlElement) -> bool:
    """Return whether an element is a figure of a footnote, which is no digit of the number before it."""
    return element.tag in {"sup", "sub"} and (element.text_content().strip() or "-")[0].isdigit()


def _is_hidden(element: lxml_html.HtmlElement) -> bool:
    return HIDDEN.search(element.get("style", "")) is not None or element.get("hidden") is not None


def _span(cell: lxml_html.HtmlElement, name: str) -> int:
    value = cell.get(name, "1").strip()
    return int(value) if value.isascii() and value.isdigit() and 0 < int(value) < 100_000 else 1


def _too_many_rows(file: str, limits: Limits) -> Unusable:
    return Unusable(
        say("{file} has more than {limit} rows.", file=file, limit=limits.max_rows),
        say("Split the list, or raise intake.max_rows in notices.toml."),
    )
