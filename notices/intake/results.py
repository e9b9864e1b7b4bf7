"""Result of reading a list: source, columns, good accounts, and rejected accounts that a person must fix."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from notices.intake.headings import IGNORED, is_fix_list_heading, normalise_heading
from notices.intake.problems import Note, Problem
from notices.intake.saved_mappings import SavedMapping
from notices.messages import NOTHING, Message
from notices.model import ZERO, Account

Shape = Literal["long", "wide"]


@dataclass(frozen=True, slots=True)
class Source:
    """Origin of a table: file name, SHA-256 of the bytes read, sheet, encoding of a text file, shape."""

    file: str
    sha256: str
    sheet: str
    encoding: str | None
    shape: Shape


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, its meaning, and the first value below it."""

    heading: str
    meaning: str
    sample: str


@dataclass(frozen=True, slots=True)
class UnknownColumn:
    """A column that was not understood and is left out: its heading, and its first three different values."""

    heading: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """An account left out because one of its rows has a problem; `account` is None if it could not be identified."""

    account: str | None
    estate: str | None
    rows: tuple[int, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ArrearsList:
    """Parsed arrears list; `accounts` are the good ones, `rows` is the number of data rows."""

    source: Source
    columns: tuple[Column, ...]
    accounts: tuple[Account, ...]
    rejected: tuple[Rejected, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]
    rows: int
    home: str | None = None  # the estate of a list without an estate column
    not_understood: tuple[UnknownColumn, ...] = ()

    def as_mapping(self, name: str) -> SavedMapping:
        """Return the meanings of its headings as a mapping to save under a name."""
        own = [column for column in self.columns if not is_fix_list_heading(column.heading)]
        own.sort(key=lambda column: column.meaning != IGNORED)  # of two equal headings the one in use wins
        return SavedMapping(
            name=name,
            estate="" if any(column.meaning == "estate" for column in own) else self.home or "",
            headings=frozenset(normalise_heading(column.heading) for column in own),
            columns={normalise_heading(column.heading): column.meaning for column in own},
        )

    @property
    def charges(self) -> int:
        """Number of charges of the good accounts."""
        return sum(len(account.charges) for account in self.accounts)

    @property
    def owed(self) -> Decimal:
        """Total owed by the good accounts in yuan, net of overpayments."""
        return sum((charge.owed for account in self.accounts for charge in account.charges), ZERO)


@dataclass(frozen=True)
class ImportResult:
    """Result of an import or an entry: numbers of new, changed and unchanged items, and what needs a person.

    For a single entry, `done` describes the change in place of the counts; after a payment, `left` is what is left to
    pay in yuan, None if nobody can tell.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    problems: tuple[Problem, ...] = ()
    attention: tuple[Message, ...] = ()
    note: Message = NOTHING
    done: Message = NOTHING
    left: Decimal | None = None
