"""Opening of a table: choose the sheet, interpret the header, report everything unclear at once."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from notices.errors import Unusable, UsageMistake
from notices.intake.dates import serial_from_1904
from notices.intake.header import Header, Vocabulary, find_header, unknown_meaning
from notices.intake.headings import DATES, MEANINGS, is_fix_list_heading, normalise_heading
from notices.intake.problems import Note
from notices.intake.results import Source
from notices.intake.saved_mappings import Choices, SavedMapping
from notices.messages import Message, listed, say
from notices.tables import Cell, Limits, Row, Sheet, Workbook, read_sheets
from notices.words import word

NO_CHOICES = Choices()
MOST_EXAMPLES = 6
FEW = 50  # rows in which a sheet shows that it holds a table
SUFFIXES = {
    "xlsx": {".xlsx", ".xlsm"},
    "xls": {".xls"},
    "ods": {".ods"},
    "csv": {".csv", ".tsv", ".txt"},
    "html": {".html", ".htm"},
}


@dataclass(frozen=True, slots=True)
class Opened:
    """Table ready to be read row by row."""

    source: Source
    sheet: Sheet
    header: Header
    notes: tuple[Note, ...]

    @property
    def asides(self) -> tuple[int, ...]:
        """Columns that a fix list added."""
        return tuple(column for column, heading in self.header.columns.items() if is_fix_list_heading(heading.text))

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header, without the columns that a fix list added.

        In a workbook that counts days from 1904, plain numbers under a heading of dates are those of 1900 here.
        """
        aside = self.asides
        days = tuple(column for column, heading in self.header.columns.items() if heading.meaning in DATES)
        early = days if self.sheet.marks.since_1904 else ()
        for number, cells in self.sheet.rows():
            if number <= self.header.row:
                continue
            own = _without(cells, aside) if aside else cells
            yield number, _from_1904(own, early) if early else own


def open_table(
    path: Path,
    vocabulary: Vocabulary,
    limits: Limits,
    choices: Choices = NO_CHOICES,
) -> Opened:
    """Open a file and find its table.

    Raises Unusable if the file cannot be read, UsageMistake if the user must choose a sheet or a column first.
    """
    if (unknown := unknown_meaning(choices.mapping)) is not None:
        raise UsageMistake(
            say("{meaning} is not a known column meaning.", meaning=unknown),
            say("Use one of: {meanings}; or a period such as 2023 or 2023-H1.", meanings=listed(map(word, MEANINGS))),
        )
    book = read_sheets(path, limits)
    found = [_Found(page, *_interpreted(page, vocabulary, choices)) for page in _named(book, choices.sheet, path.name)]
    page, header, kept = _chosen(found, vocabulary, path.name)
    _refuse_incomplete(header, vocabulary, path.name)
    _refuse_unmatched(header, choices.mapping, path.name)
    wide = any(heading.period for heading in header.columns.values())
    source = Source(path.name, book.sha256, page.name, book.encoding, "wide" if wide else "long")
    unread = [each.page for each in found if each.header is None]
    return Opened(
        source, page, header, (*_notes(book, page, path), *_unread_note(unread, page), *_saved_note(kept, page))
    )


class _Found(NamedTuple):
    page: Sheet
    header: Header | None
    kept: SavedMapping | None


def _interpreted(page: Sheet, vocabulary: Vocabulary, choices: Choices) -> tuple[Header | None, SavedMapping | None]:
    """Find the header of a sheet, using a saved mapping if one has exactly these headings."""
    for kept in choices.candidates():
        header = find_header(page, vocabulary, choices.told(kept))
        if header is not None and header.compared() == kept.headings:
            return header, kept
    return find_header(page, vocabulary, choices.told(None)), None


def _saved_note(kept: SavedMapping | None, page: Sheet) -> tuple[Note, ...]:
    if kept is None:
        return ()
    detail = say("The headings match the saved mapping {name}; it is used.", name=kept.name)
    return (Note("saved-mapping", page.name, None, None, kept.name, detail),)


def _without(cells: tuple[Cell, ...], columns: Sequence[int]) -> tuple[Cell, ...]:
    return tuple(None if place in columns else cell for place, cell in enumerate(cells))


def _from_1904(cells: tuple[Cell, ...], columns: Sequence[int]) -> tuple[Cell, ...]:
    return tuple(serial_from_1904(cell) if place in columns else cell for place, cell in enumerate(cells))


def _refuse_unmatched(header: Header, mapping: Mapping[str, str], file: str) -> None:
    unmatched = [text for text in mapping if normalise_heading(text) not in header.keys.values()]
    if unmatched:
        raise UsageMistake(
            say("{file} has no column {headings}.", file=file, headings=", ".join(unmatched)),
            say("Its headings are: {headings}.", headings=", ".join(h.text for h in header.columns.values())),
        )


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


def _chosen(found: Sequence[_Found], vocabulary: Vocabulary, file: str) -> tuple[Sheet, Header, SavedMapping | None]:
    seen = [(page, header, kept) for page, header, kept in found if header is not None]
    whole = [each for each in seen if not each[1].missing(vocabulary)]
    filled = [each for each in whole if any(number > each[1].row for number, _ in each[0].rows())]
    candidates = filled or whole
    if len(candidates) > 1:
        raise UsageMistake(
            say(
                "Several sheets of {file} could be the table: {sheets}.",
                file=file,
                sheets=_names(page for page, _, _ in candidates),
            ),
            say("Choose one with --sheet."),
        )
    if candidates:
        return candidates[0]
    if seen:
        return min(seen, key=lambda each: len(each[1].missing(vocabulary)))
    rows = [next(each.page.rows(), None) for each in found]
    if not any(rows):
        raise Unusable(say("{file} is empty.", file=file), say("Export the list again."))
    raise UsageMistake(
        say("{file} has no recognisable header row.", file=file),
        say("Add a row of headings above the list, such as 房号, 业主, 欠费金额; or choose a sheet with --sheet."),
    )


def _refuse_incomplete(header: Header, vocabulary: Vocabulary, file: str) -> None:
    details: list[Message] = [
        say(
            "Column missing: {meaning}, usually headed {examples}.",
            meaning=word(group[-1]),
            examples=", ".join(_examples(vocabulary, group[-1])),
        )
        for group in header.missing(vocabulary)
    ]
    details += [
        say("Several columns could be {meaning}: {headings}.", meaning=word(meaning), headings=", ".join(headings))
        for meaning, headings in header.doubled().items()
    ]
    candidates = (*header.unknown, *header.compared_only)
    wanted = {group[-1]: candidates for group in header.missing(vocabulary)} | header.doubled()
    if details:
        seen = ", ".join(heading.text for heading in header.columns.values())
        raise UsageMistake(
            say("The columns of {file} are unclear; its headings are: {headings}.", file=file, headings=seen),
            _remedy(wanted),
            details,
        )


def _remedy(wanted: Mapping[str, Sequence[str]]) -> Message:
    """Build the remedy: for each unclear meaning, the --map options to choose from."""
    options = [
        " | ".join(f"--map {shlex.quote(f'{heading}={meaning}')}" for heading in headings[:MOST_EXAMPLES])
        for meaning, headings in wanted.items()
        if headings
    ]
    if not options:
        return say("Correct the headings in the list: each of these needs exactly one column.")
    return say(
        "Choose the column with one of: {options}; or correct the headings in the list.",
        options="; ".join(options),
    )


def _examples(vocabulary: Vocabulary, wanted: str) -> list[str]:
    """Return two usual headings for a meaning."""
    return [heading for heading, meaning in vocabulary.synonyms.items() if meaning == wanted][:2]


def _notes(book: Workbook, page: Sheet, path: Path) -> tuple[Note, ...]:
    notes = []
    if path.suffix.lower() not in SUFFIXES[book.kind]:
        detail = say("The file is really {kind}, despite its extension.", kind=book.kind)
        notes.append(Note("file-kind", page.name, None, None, path.name, detail))
    for row in page.marks.lone_quotes:
        detail = say("A quotation mark opens a cell and never closes; it is read as a character of its cell.")
        notes.append(Note("lone-quotation-mark", page.name, row, None, None, detail))
    if page.marks.strays:
        detail = say("{count} cell(s) far outside the table are ignored.", count=page.marks.strays)
        notes.append(Note("stray-cells", page.name, None, None, None, detail))
    return tuple(notes)


def _unread_note(others: Sequence[Sheet], page: Sheet) -> tuple[Note, ...]:
    """Name the other sheets that hold rows, too: their header was not recognised, or they never had one."""
    filled = [each for each in others if any(_is_row(cells) for _, cells in islice(each.rows(), FEW))]
    if not filled:
        return ()
    detail = say("Sheets without a recognisable header row are not read: {sheets}.", sheets=_names(filled))
    return (Note("unread-sheets", page.name, None, None, None, detail),)


def _is_row(cells: Sequence[Cell]) -> bool:
    return sum(cell is not None for cell in cells) > 2


def _names(pages: Iterable[Sheet]) -> str:
    return ", ".join(page.name for page in pages)
