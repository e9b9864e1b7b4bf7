"""Reason slips that somebody typed off into a table: a row for each slip that came back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from notices.intake.cleaning import clean, is_placeholder, printable, shown
from notices.intake.dates import parse_date
from notices.intake.header import Vocabulary
from notices.intake.headings import SLIPS
from notices.intake.opening import open_table
from notices.intake.party import match_estate, read_unit
from notices.intake.problems import Problem, Unreadable
from notices.intake.records import Record, records
from notices.intake.saved import Choices
from notices.messages import say
from notices.tables import Cell, Limits

VOCABULARY = Vocabulary(SLIPS, (("number",), ("objections", "note", "until", "instalments")))
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn"})
BETWEEN = re.compile(r"[;；\n\r]+")  # not commas: the words behind a box may hold some


@dataclass(frozen=True, slots=True)
class SlipRow:
    """A slip as typed: whose it says it is, where columns tell, and what the owner wrote.

    `objections` are codes or the words printed behind the boxes; `record` takes what is found wrong with them later.
    """

    record: Record
    number: str
    objections: tuple[str, ...]
    note: str
    promise: date | None
    instalments: str
    telephone: str
    received: date | None
    estate: str
    unit: str
    owner: str


@dataclass(frozen=True, slots=True)
class SlipTable:
    """A table of slips as read; rows with problems are left out."""

    rows: tuple[SlipRow, ...]
    problems: tuple[Problem, ...]


def read_slips(
    path: Path, *, known_estates: Sequence[str], sheet: str | None = None, limits: Limits | None = None
) -> SlipTable:
    """Read a table of slips; raises Unusable and UsageMistake as `read_arrears` does."""
    opened = open_table(path, VOCABULARY, limits or Limits(), Choices(sheet=sheet))
    rows: list[SlipRow] = []
    problems: list[Problem] = []
    for record in records(opened):
        row = _row(record, tuple(known_estates))
        if record.problems:
            problems += record.problems
        elif row is not None:
            rows.append(row)
    return SlipTable(tuple(rows), tuple(problems))


def slip_words(text: str) -> str:
    """What an owner wrote, as plain text of one line: nothing that controls, hides or turns round what is shown."""
    spaced = " ".join(text.split())
    return printable("".join(each for each in spaced if unicodedata.category(each) not in UNSEEN))


def slip_day(text: str) -> date | None:
    """The day, where the owner wrote nothing but a whole date; None otherwise: a vague promise is none."""
    try:
        return parse_date(text)
    except Unreadable:
        return None


def _row(record: Record, known_estates: tuple[str, ...]) -> SlipRow | None:
    number = record.read("number", _words, "")
    if is_placeholder(number):
        record.complain("number", say("The number is missing."), say("Enter the number that the slip bears."))
        return None
    # A unit is read only where there is one: its column is a check here, not a need.
    unit = read_unit(record) if record.cell("unit") is not None else None
    estate = record.read("estate", clean, "")
    row = SlipRow(
        record=record,
        number=number,
        objections=_objections(record),
        note=record.read("note", _words, ""),
        promise=record.read("until", parse_date, None),
        instalments=record.read("instalments", _words, ""),
        telephone=record.read("telephone", _words, ""),
        received=record.read("date", parse_date, None),
        estate=match_estate(estate, known_estates) if estate else "",
        unit=unit.name if unit else "",
        owner=record.read("owner", _words, ""),
    )
    if not (row.objections or row.note or row.promise or row.instalments):
        record.complain("objections", say("Nothing was ticked or written."), say("Delete the row, or fill it in."))
    return row


def _objections(record: Record) -> tuple[str, ...]:
    """The objections of a row, each once; the table may have a column for each."""
    found: dict[str, None] = {}
    for index, _heading in record.columns.get("objections", ()):
        cell = record.at(index)
        pieces = (_words(piece) for piece in BETWEEN.split(shown(cell)))
        found |= dict.fromkeys(piece for piece in pieces if not is_placeholder(piece))
    return tuple(found)


def _words(cell: Cell) -> str:
    return slip_words(cell if isinstance(cell, str) else clean(cell))
