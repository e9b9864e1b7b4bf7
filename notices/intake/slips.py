"""Reader of tables of returned reason slips, one row per slip."""

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
from notices.intake.open_table import open_table
from notices.intake.party import match_estate, read_unit
from notices.intake.problems import Problem, Unreadable
from notices.intake.records import Record, checked_records
from notices.intake.saved_mappings import Choices
from notices.messages import say
from notices.tables import Cell, Limits

VOCABULARY = Vocabulary(SLIPS, (("number",), ("objections", "note", "until", "instalments")))
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn"})
BETWEEN = re.compile(r"[;；\n\r]+")  # not commas: the text of a tick box may contain them


@dataclass(frozen=True, slots=True)
class ListedSlip:
    """A slip as typed in: what the owner wrote, and whose slip it is if the table has those columns.

    `objections` are codes or the texts printed beside the tick boxes; `record` collects problems found later.
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
    """Parsed table of slips; rows with problems are left out."""

    rows: tuple[ListedSlip, ...]
    problems: tuple[Problem, ...]


def read_slips(
    path: Path, *, known_estates: Sequence[str], sheet: str | None = None, limits: Limits | None = None
) -> SlipTable:
    """Read a table of slips; raises Unusable and UsageMistake like `read_arrears`."""
    opened = open_table(path, VOCABULARY, limits or Limits(), Choices(sheet=sheet))
    rows: list[ListedSlip] = []
    problems: list[Problem] = []
    for record in checked_records(opened):
        row = _row(record, tuple(known_estates))
        if record.problems:
            problems += record.problems
        elif row is not None:
            rows.append(row)
    return SlipTable(tuple(rows), tuple(problems))


def clean_slip_text(text: str) -> str:
    """Return an owner's text as one line, without control, bidirectional, invisible or unassigned characters."""
    spaced = " ".join(text.split())
    return printable("".join(each for each in spaced if unicodedata.category(each) not in UNSEEN))


def parse_slip_date(text: str) -> date | None:
    """Return the date if the owner wrote a full date and nothing else, else None: a vague promise is not a promise."""
    try:
        return parse_date(text)
    except Unreadable:
        return None


def _row(record: Record, known_estates: tuple[str, ...]) -> ListedSlip | None:
    number = record.read("number", _words, "")
    if is_placeholder(number):
        record.complain("number", say("The number is missing."), say("Enter the number printed on the slip."))
        return None
    # The unit column is optional here: it only serves as a check.
    unit = read_unit(record) if record.cell("unit") is not None else None
    estate = record.read("estate", clean, "")
    row = ListedSlip(
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
    """Return the objections of a row without duplicates; the table may have several columns for them."""
    found: dict[str, None] = {}
    for index, _heading in record.columns.get("objections", ()):
        cell = record.at(index)
        pieces = (_words(piece) for piece in BETWEEN.split(shown(cell)))
        found |= dict.fromkeys(piece for piece in pieces if not is_placeholder(piece))
    return tuple(found)


def _words(cell: Cell) -> str:
    return clean_slip_text(cell if isinstance(cell, str) else clean(cell))
