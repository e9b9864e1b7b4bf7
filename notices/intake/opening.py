"""A file is opened, its sheet chosen and its header understood; what is missing is asked for in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notices.errors import Unusable, UsageMistake
from notices.intake.header import Header, Vocabulary, find_header, unknown_meaning
from notices.intake.headings import MEANINGS
from notices.intake.problems import Note
from notices.intake.results import Source
from notices.messages import Message, say
from notices.tables import Limits, Sheet, Workbook, read_sheets

SUFFIXES = {
    "xlsx": {".xlsx", ".xlsm"},
    "xls": {".xls"},
    "ods": {".ods"},
    "csv": {".csv", ".tsv", ".txt"},
    "html": {".html", ".htm"},
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A table ready to be read row by row."""

    source: Source
    sheet: Sheet
    header: Header
    notes: tuple[Note, ...]


def open_table(
    path: Path,
    vocabulary: Vocabulary,
    limits: Limits,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Opened:
    """Open a file and find its table.

    Raises Unusable where the file cannot be read, UsageMistake where a sheet or a column must be chosen first.
    """
    mapping = mapping or {}
    if (unknown := unknown_meaning(mapping)) is not None:
        raise UsageMistake(
            say("There is no meaning {meaning} for a column.", meaning=unknown),
            say("Use one of: {meanings}; or a period such as 2023 or 2023-H1.", meanings=", ".join(MEANINGS)),
        )
    book = read_sheets(path, limits)
    headers = [(page, find_header(page, vocabulary, mapping)) for page in _named(book, sheet, path.name)]
    page, header = _chosen(headers, vocabulary, path.name)
    _refuse_incomplete(header, vocabulary, path.name)
    wide = any(heading.period for heading in header.columns.values())
    source = Source(path.name, book.sha256, page.name, book.encoding, "wide" if wide else "long")
    return Opened(source, page, header, _notes(book, page, path))


def _named(book: Workbook, sheet: str | None, file: str) -> Sequence[Sheet]:
    if sheet is None:
        return book.sheets
    found = [page for page in book.sheets if page.name == sheet]
    if not found:
        raise UsageMistake(
            say("{file} has no sheet {sheet}.", file=file, sheet=sheet),
            say("Choose one with --sheet: {sheets}.", sheets=_names(book.sheets)),
        )
    return found


def _chosen(headers: Sequence[tuple[Sheet, Header | None]], vocabulary: Vocabulary, file: str) -> tuple[Sheet, Header]:
    seen = [(page, header) for page, header in headers if header is not None]
    whole = [(page, header) for page, header in seen if not header.missing(vocabulary)]
    filled = [(page, header) for page, header in whole if any(number > header.row for number, _ in page.rows())]
    candidates = filled or whole
    if len(candidates) > 1:
        raise UsageMistake(
            say(
                "Several sheets of {file} could be the table: {sheets}.",
                file=file,
                sheets=_names(p for p, _ in candidates),
            ),
            say("Choose one with --sheet."),
        )
    if candidates:
        return candidates[0]
    if seen:
        return min(seen, key=lambda found: len(found[1].missing(vocabulary)))
    pages = [page for page, _ in headers]
    rows = [next(page.rows(), None) for page in pages]
    if not any(rows):
        raise Unusable(say("{file} is empty.", file=file), say("Export the list again."))
    raise UsageMistake(
        say("No row of {file} looks like a header.", file=file),
        say(
            "Name the columns in one row above the list, such as 房号, 业主, 欠费金额; or choose a sheet with --sheet."
        ),
    )


def _refuse_incomplete(header: Header, vocabulary: Vocabulary, file: str) -> None:
    details: list[Message] = [
        say("There is no column for {meaning}.", meaning=" / ".join(group)) for group in header.missing(vocabulary)
    ]
    details += [
        say("Several columns could be {meaning}: {headings}.", meaning=meaning, headings=", ".join(headings))
        for meaning, headings in header.doubled().items()
    ]
    if details:
        seen = ", ".join(heading.text for heading in header.columns.values())
        raise UsageMistake(
            say("The columns of {file} are not clear; its headings are: {headings}.", file=file, headings=seen),
            say("Say what a heading means with --map 'HEADING=MEANING', for each that is missing or doubled."),
            details,
        )


def _notes(book: Workbook, page: Sheet, path: Path) -> tuple[Note, ...]:
    notes = []
    if path.suffix.lower() not in SUFFIXES[book.kind]:
        detail = say("The file's content is {kind}, not what its name says.", kind=book.kind)
        notes.append(Note("file-kind", page.name, None, None, path.name, detail))
    if page.marks.strays:
        detail = say("{count} cell(s) far outside the table are left out.", count=page.marks.strays)
        notes.append(Note("stray-cells", page.name, None, None, None, detail))
    return tuple(notes)


def _names(pages: Iterable[Sheet]) -> str:
    return ", ".join(page.name for page in pages)
