"""Search for the header row below titles and notes, and the meaning of each column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import islice

from notices.intake.headings import (
    IGNORED,
    Heading,
    Label,
    heading_text,
    interpret_heading,
    is_coarse,
    is_fix_list_heading,
    mapped_heading,
    money_unit,
    normalise_heading,
)
from notices.intake.problems import Unreadable
from notices.tables import Cell, Merge, Row, Sheet

LOOK_AT = 40  # first rows of a sheet that are searched for the header
SHARED = frozenset(
    {"telephone", "email", "address", "remark", IGNORED}
)  # several columns may have one of these meanings
ADDED = frozenset({"waived"})  # several columns are added up: 优惠 and 减免 are two deductions


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The headings of one kind of table: synonyms, required columns, and whether it may be wide."""

    synonyms: Mapping[str, str]
    required: tuple[tuple[str, ...], ...]  # each group needs at least one of its meanings
    wide: bool = False


@dataclass(frozen=True)
class Header:
    """Header of a sheet: headings by column index, its last row, and the unit of money in a title."""

    row: int
    columns: Mapping[int, Heading]
    scale: Decimal = Decimal(1)

    def missing(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """Return the required groups without a recognised column; period columns of a wide list count as amounts."""
        meanings = {heading.meaning for heading in self.columns.values()}
        if vocabulary.wide and any(heading.period for heading in self.columns.values()):
            meanings.add("owed")
        return tuple(group for group in vocabulary.required if not meanings.intersection(group))

    def doubled(self) -> dict[str, tuple[str, ...]]:
        """Return meanings claimed by more columns than allowed, with the headings of those columns."""
        found: dict[str, list[Heading]] = {}
        for heading in self.columns.values():
            found.setdefault(heading.meaning, []).append(heading)
        return {
            meaning: tuple(heading.text for heading in headings)
            for meaning, headings in found.items()
            if len(headings) > 1 and meaning not in SHARED and not (meaning in ADDED and _apart(headings))
        }

    @cached_property
    def keys(self) -> Mapping[int, str]:
        """Normalised headings by column, for comparison."""
        return {column: normalise_heading(heading.text) for column, heading in self.columns.items()}

    def compared(self) -> frozenset[str]:
        """Return the normalised headings, without those of columns that a fix list added."""
        return frozenset(
            normalise_heading(heading.text)
            for heading in self.columns.values()
            if not is_fix_list_heading(heading.text)
        )

    def not_understood(self) -> dict[int, Heading]:
        """Return the columns, by index, that nobody recognised and about which no person has said anything."""
        return {
            column: heading
            for column, heading in self.columns.items()
            if heading.meaning == IGNORED and not heading.chosen and not is_fix_list_heading(heading.text)
        }

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headings that were not recognised."""
        return tuple(
            heading.text
            for heading in self.columns.values()
            if heading.meaning == IGNORED and not is_fix_list_heading(heading.text)
        )

    @property
    def compared_only(self) -> tuple[str, ...]:
        """Headings of totals, which are only compared: in a list without another amount one of them may be it."""
        return tuple(heading.text for heading in self.columns.values() if heading.meaning == "owed-with-late-fee")

    def is_known(self, column: int) -> bool:
        """Return whether that column was recognised."""
        return self.columns[column].meaning != IGNORED

    @property
    def known(self) -> int:
        """Number of recognised columns."""
        return sum(heading.meaning != IGNORED for heading in self.columns.values())


def find_header(sheet: Sheet, vocabulary: Vocabulary, mapping: Mapping[str, str]) -> Header | None:
    """Find the header of a sheet; return None if no row looks like one. `mapping`: normalised heading → meaning.

    Raises Unreadable for an unknown meaning.
    """
    head = list(islice(sheet.rows(), LOOK_AT))
    chosen = dict(mapping)
    singles: list[Header] = []
    doubles: list[Header] = []
    for index, (number, cells) in enumerate(head):
        scale = _title_scale(head[:index])
        single = Header(number, _columns(_labels(cells), vocabulary, chosen), scale)
        singles.append(single)
        below = head[index + 1] if index + 1 < len(head) else (0, ())
        if single.known and below[0] == number + 1 and _could_head(below[1]):
            stacked = _stacked(_across(number, cells, sheet.marks.merges), below[1])
            double = Header(number + 1, _columns(stacked, vocabulary, chosen), scale)
            doubles += [double] if _adds(double, single) else []
    candidates = singles + doubles  # on a tie the first wins: one line before two
    best = max(candidates, key=lambda header: (-len(header.missing(vocabulary)), header.known), default=None)
    return best if best is not None and best.known >= 2 else None


def _columns(labels: Mapping[int, Label], vocabulary: Vocabulary, chosen: Mapping[str, str]) -> dict[int, Heading]:
    columns: dict[int, Heading] = {}
    for column, label in labels.items():
        told = chosen.get(normalise_heading(label.text))
        columns[column] = (
            interpret_heading(label, vocabulary.synonyms, wide=vocabulary.wide)
            if told is None
            else mapped_heading(label.text, told)
        )
    return _exact_first(_mapped_first(columns, chosen))


def _exact_first(columns: dict[int, Heading]) -> dict[int, Heading]:
    """Drop the meaning of categories and accounting months where another column gives item or period exactly."""
    exact = {heading.meaning for heading in columns.values() if heading.chosen or not is_coarse(heading.text)}
    if {"period-start", "period-end"} <= exact or any(heading.period for heading in columns.values()):
        exact.add("period")
    return {
        column: Heading(heading.text)
        if heading.meaning in exact and not heading.chosen and is_coarse(heading.text)
        else heading
        for column, heading in columns.items()
    }


def _apart(headings: Sequence[Heading]) -> bool:
    """Return whether headings name different deductions: 减免 and 减免金额 may be the same one, written twice."""
    names = [
        normalise_heading(heading.text).partition("(")[0].removesuffix("金额")
        for heading in headings
        if not heading.chosen
    ]
    return not any(one in other for i, one in enumerate(names) for j, other in enumerate(names) if i != j)


def _mapped_first(columns: dict[int, Heading], chosen: Mapping[str, str]) -> dict[int, Heading]:
    """Drop guessed meanings that the user has mapped to another column."""
    told = {heading.meaning for heading in columns.values() if normalise_heading(heading.text) in chosen}
    told -= SHARED | ADDED
    return {
        column: Heading(heading.text, chosen=True)
        if heading.meaning in told and normalise_heading(heading.text) not in chosen
        else heading
        for column, heading in columns.items()
    }


def _adds(double: Header, single: Header) -> bool:
    """Return whether a second line adds recognised columns and loses none of the first line's."""
    kept = all(double.columns[column].meaning != IGNORED for column in single.columns if single.is_known(column))
    return kept and double.known > single.known


def _labels(cells: Sequence[Cell]) -> dict[int, Label]:
    return {column: Label(text, cell) for column, cell in enumerate(cells) if (text := heading_text(cell))}


def _could_head(cells: Sequence[Cell]) -> bool:
    """Return whether a row could be the second line of a header: mostly words or years."""
    texts = [text for cell in cells if (text := heading_text(cell))]
    return sum(_is_word_or_year(text) for text in texts) * 2 > len(texts)


def _is_word_or_year(text: str) -> bool:
    return re.match(r"^20\d\d$", text) is not None or not re.match(r"^[-\d,.]+$", text)


def _across(number: int, cells: Sequence[Cell], merges: Sequence[Merge]) -> tuple[Cell, ...]:
    """Return the row with each merged cell's text repeated in every column it covers."""
    filled = list(cells)
    for merge in merges:
        if merge.first_row <= number <= merge.last_row and merge.first_column < len(filled):
            filled += [None] * (merge.last_column + 1 - len(filled))
            for column in range(merge.first_column, merge.last_column + 1):
                filled[column] = filled[merge.first_column]
    return tuple(filled)


def _stacked(upper: Sequence[Cell], lower: Sequence[Cell]) -> dict[int, Label]:
    labels: dict[int, Label] = {}
    for column in range(max(len(upper), len(lower))):
        above = heading_text(upper[column]) if column < len(upper) else ""
        below = heading_text(lower[column]) if column < len(lower) else ""
        if above and below and above != below:
            labels[column] = Label(above + below, lower=below)
        elif below:
            labels[column] = Label(below, lower[column])
        elif above:
            labels[column] = Label(above)
    return labels


def _title_scale(rows: Sequence[Row]) -> Decimal:
    scales = [scale for _, cells in rows for cell in cells if isinstance(cell, str) and (scale := money_unit(cell))]
    return scales[-1] if scales else Decimal(1)


def is_heading_row(cells: Sequence[Cell], header: Header) -> bool:
    """Return whether a row repeats the header."""
    said = 0
    for column, cell in enumerate(cells):
        if cell is None or column not in header.keys:
            continue
        if not isinstance(cell, str) or normalise_heading(cell) != header.keys[column]:
            return False
        said += 1
    return said >= 2


def unknown_meaning(mapping: Mapping[str, str]) -> str | None:
    """Return the first unknown meaning in a mapping, or None."""
    for text, meaning in mapping.items():
        try:
            mapped_heading(text, meaning)
        except Unreadable:
            return meaning
    return None
