"""Finding the header row under titles and notes, and what each of its columns means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from notices.intake.headings import (
    IGNORED,
    Heading,
    Label,
    heading_text,
    is_aside,
    key_of,
    mapped,
    scale_of,
    understand,
)
from notices.intake.problems import Unreadable
from notices.tables import Cell, Merge, Row, Sheet

LOOK_AT = 40  # rows of a sheet among which the header is sought
SHARED = frozenset({"telephone", "email", "address", "remark", IGNORED})  # several columns of these are alternatives


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The headings of one kind of table: synonyms, what it cannot do without, and whether it may be wide."""

    synonyms: Mapping[str, str]
    required: tuple[tuple[str, ...], ...]  # of each group one is needed
    wide: bool = False


@dataclass(frozen=True)
class Header:
    """The columns of a sheet: heading by column index, the row it ends in, and the unit a title names."""

    row: int
    columns: Mapping[int, Heading]
    scale: int = 1

    def missing(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """The groups of which no column was recognised; the periods of a wide list are amounts."""
        meanings = {heading.meaning for heading in self.columns.values()}
        if vocabulary.wide and any(heading.period for heading in self.columns.values()):
            meanings.add("owed")
        return tuple(group for group in vocabulary.required if not meanings.intersection(group))

    def doubled(self) -> dict[str, tuple[str, ...]]:
        """Meanings that more than one column claims and only one can have, with their headings."""
        found: dict[str, list[str]] = {}
        for heading in self.columns.values():
            found.setdefault(heading.meaning, []).append(heading.text)
        return {meaning: tuple(texts) for meaning, texts in found.items() if len(texts) > 1 and meaning not in SHARED}

    @cached_property
    def keys(self) -> Mapping[int, str]:
        """The headings as they are compared, by column."""
        return {column: key_of(heading.text) for column, heading in self.columns.items()}

    def compared(self) -> frozenset[str]:
        """All headings as they are compared, but for those under which an earlier reading wrote its problems."""
        return frozenset(key_of(heading.text) for heading in self.columns.values() if not is_aside(heading.text))

    @property
    def unknown(self) -> tuple[str, ...]:
        """The headings that nothing is known of."""
        return tuple(
            heading.text
            for heading in self.columns.values()
            if heading.meaning == IGNORED and not is_aside(heading.text)
        )

    def is_known(self, column: int) -> bool:
        """Whether that column was recognised."""
        return self.columns[column].meaning != IGNORED

    @property
    def known(self) -> int:
        """How many columns were recognised."""
        return sum(heading.meaning != IGNORED for heading in self.columns.values())


def find_header(sheet: Sheet, vocabulary: Vocabulary, mapping: Mapping[str, str]) -> Header | None:
    """The header of a sheet, or None where no row looks like one; `mapping` says heading (as compared) → meaning.

    Raises Unreadable for a mapping to no meaning.
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
    candidates = singles + doubles  # of equals the first wins: one line before two
    best = max(candidates, key=lambda header: (-len(header.missing(vocabulary)), header.known), default=None)
    return best if best is not None and best.known >= 2 else None


def _columns(labels: Mapping[int, Label], vocabulary: Vocabulary, chosen: Mapping[str, str]) -> dict[int, Heading]:
    columns: dict[int, Heading] = {}
    for column, label in labels.items():
        told = chosen.get(key_of(label.text))
        columns[column] = (
            understand(label, vocabulary.synonyms, wide=vocabulary.wide) if told is None else mapped(label.text, told)
        )
    return _told_first(columns, chosen)


def _told_first(columns: dict[int, Heading], chosen: Mapping[str, str]) -> dict[int, Heading]:
    """A guess gives way to a column of the same meaning that the user has named."""
    told = {heading.meaning for heading in columns.values() if key_of(heading.text) in chosen} - SHARED
    return {
        column: Heading(heading.text) if heading.meaning in told and key_of(heading.text) not in chosen else heading
        for column, heading in columns.items()
    }


def _adds(double: Header, single: Header) -> bool:
    """Whether a second line makes headings of columns that the first left open, and spoils none that it knew."""
    kept = all(double.columns[column].meaning != IGNORED for column in single.columns if single.is_known(column))
    return kept and double.known > single.known


def _labels(cells: Sequence[Cell]) -> dict[int, Label]:
    return {column: Label(text, cell) for column, cell in enumerate(cells) if (text := heading_text(cell))}


def _could_head(cells: Sequence[Cell]) -> bool:
    """Whether a row could be the second line of a header: mostly words or years."""
    texts = [text for cell in cells if (text := heading_text(cell))]
    return sum(_is_word_or_year(text) for text in texts) * 2 > len(texts)


def _is_word_or_year(text: str) -> bool:
    return re.match(r"^20\d\d$", text) is not None or not re.match(r"^[-\d,.]+$", text)


def _across(number: int, cells: Sequence[Cell], merges: Sequence[Merge]) -> tuple[Cell, ...]:
    """A row with the text of cells merged across it repeated under each column they cover."""
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


def _title_scale(rows: Sequence[Row]) -> int:
    scales = [scale for _, cells in rows for cell in cells if isinstance(cell, str) and (scale := scale_of(cell))]
    return scales[-1] if scales else 1


def is_heading_row(cells: Sequence[Cell], header: Header) -> bool:
    """Whether a row only says the header again."""
    said = 0
    for column, cell in enumerate(cells):
        if cell is None or column not in header.keys:
            continue
        if not isinstance(cell, str) or key_of(cell) != header.keys[column]:
            return False
        said += 1
    return said >= 2


def unknown_meaning(mapping: Mapping[str, str]) -> str | None:
    """The first meaning of a mapping that this program does not know, or None."""
    for text, meaning in mapping.items():
        try:
            mapped(text, meaning)
        except Unreadable:
            return meaning
    return None
