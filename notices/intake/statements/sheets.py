"""The sheet of a statement, and its headings: by them its format is recognised."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from notices.errors import UsageMistake
from notices.intake.cleaning import shown
from notices.intake.headings import FOREIGN, OTHER_MONEY, heading_text, money_unit, normalise_heading
from notices.intake.statements.formats import FORMATS, MEANINGS, TABLE_HEADINGS, StatementFormat
from notices.messages import say
from notices.tables import Cell, Sheet, Workbook

LOOK_AT = 80  # first rows of a sheet that are searched for the headings
AMOUNTS = ("in", "out", "amount")
TABLE = "table"


@dataclass(frozen=True, slots=True)
class StatementChoices:
    """Choices of a person for reading: the sheet, and meanings of headings (heading → meaning)."""

    sheet: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StatementHeadings:
    """The headings of a sheet: their row, the format they show, and the columns of each meaning, the best first."""

    row: int
    format: StatementFormat
    columns: Mapping[str, tuple[int, ...]]
    texts: tuple[str, ...]

    @property
    def keys(self) -> frozenset[str]:
        """Headings as they are compared."""
        return frozenset(normalise_heading(text) for text in self.texts if text)


def chosen_sheet(file: str, book: Workbook, choices: StatementChoices) -> tuple[Sheet, StatementHeadings]:
    """Return the sheet that is the statement, and its headings.

    Raises UsageMistake if no sheet has known headings, or several could be the statement.
    """
    pages = [page for page in book.sheets if choices.sheet in {None, page.name}]
    if not pages:
        raise UsageMistake(
            say("{file} has no sheet {sheet}.", file=file, sheet=choices.sheet),
            say("Choose one with --sheet: {sheets}.", sheets=", ".join(page.name for page in book.sheets)),
        )
    found = [(page, headings) for page in pages if (headings := _headings_of(page, choices.mapping))]
    if len(found) > 1 and len({headings.format.name for _, headings in found}) == 1:
        filled = [(page, headings) for page, headings in found if _rows_below(page, headings)]
        found = filled if len(filled) == 1 else found
    if len(found) > 1:
        raise UsageMistake(
            say(
                "Several sheets of {file} could be the statement: {sheets}.",
                file=file,
                sheets=", ".join(page.name for page, _ in found),
            ),
            say("Choose one with --sheet."),
        )
    if not found:
        raise _unknown_headings(file, pages)
    _refuse_other_money(file, *found[0])
    return found[0]


def _refuse_other_money(file: str, page: Sheet, headings: StatementHeadings) -> None:
    """Raise UsageMistake if a heading, or a line above the headings, says that the amounts are not in yuan."""
    above = (cells for number, cells in islice(page.rows(), LOOK_AT) if number < headings.row)
    rows = [[shown(cell) for cell in cells if isinstance(cell, str)] for cells in above]
    titles = [text for row in rows for text in (*row, " ".join(row))]  # 币种 and 美元 may be two cells
    columns = {column for meaning in AMOUNTS for column in headings.columns.get(meaning, ())}
    named = [headings.texts[column] for column in sorted(columns)]
    other = [text for text in titles if OTHER_MONEY.search(text)] + [text for text in named if FOREIGN.search(text)]
    other += [text for text in (*titles, *named) if money_unit(text) not in {None, 1}]
    if other:
        raise UsageMistake(
            say("{file} says “{words}”, but amounts are read in yuan.", file=file, words=other[0][:80]),
            say("Convert the amounts to yuan in a copy of the file, and say 元 there."),
        )


def _rows_below(page: Sheet, headings: StatementHeadings) -> bool:
    return any(number > headings.row for number, _ in page.rows())


def _unknown_headings(file: str, pages: Sequence[Sheet]) -> UsageMistake:
    rows = [cells for page in pages for _, cells in islice(page.rows(), LOOK_AT)]
    widest = max(rows, key=lambda cells: sum(bool(heading_text(cell)) for cell in cells), default=())
    seen = ", ".join(text for cell in widest if (text := heading_text(cell)))
    return UsageMistake(
        say("{file} is no statement that is known by its headings: {headings}.", file=file, headings=seen[:300]),
        say(
            "Export it again with the headings that the bank writes, or name the columns of date and amount: "
            "--map HEADING=date --map HEADING=amount. Meanings: {meanings}.",
            meanings=", ".join(MEANINGS),
        ),
    )


def _headings_of(page: Sheet, mapping: Mapping[str, str]) -> StatementHeadings | None:
    """Return the headings of a sheet: of a known format, or else of a plain table."""
    told = {_as_heading(text): meaning for text, meaning in mapping.items()}
    rows = list(islice(page.rows(), LOOK_AT))
    for number, cells in rows:
        texts = tuple(_as_heading(cell) for cell in cells)
        for each in FORMATS:
            if each.needs <= set(texts):
                return StatementHeadings(number, each, _columns(texts, dict(each.columns) | told), _shown(cells))
    best: StatementHeadings | None = None
    for number, cells in rows:
        texts = tuple(_as_heading(cell) for cell in cells)
        columns = _columns(texts, dict(TABLE_HEADINGS) | told)
        if "date" in columns and {"amount", "in"} & columns.keys():
            found = StatementHeadings(
                number, StatementFormat(TABLE, frozenset(), TABLE_HEADINGS), columns, _shown(cells)
            )
            if best is None or len(columns) > len(best.columns):
                best = found
    return best


def _shown(cells: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(heading_text(cell).replace("`", "").strip() for cell in cells)


def _as_heading(cell: Cell) -> str:
    return normalise_heading(heading_text(cell).replace("`", "").replace('"', "")) if cell is not None else ""


def _columns(texts: Sequence[str], meanings: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    """Return the columns of each meaning, in the order in which the format prefers their headings."""
    order = {heading: place for place, heading in enumerate(meanings)}
    found: dict[str, list[int]] = {}
    for column, text in sorted(enumerate(texts), key=lambda item: order.get(item[1], 0)):
        bare = text if text in meanings else re.sub(r"\(.*?\)$", "", text)
        if (meaning := meanings.get(bare)) and meaning != "ignored":
            found.setdefault(meaning, []).append(column)
    return {meaning: tuple(columns) for meaning, columns in found.items()}
