"""What a list was read as: its source, its columns, the good accounts, and those that a person must look at."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from notices.intake.headings import IGNORED, is_aside, key_of
from notices.intake.problems import Note, Problem
from notices.intake.saved import SavedMapping
from notices.messages import NOTHING, Message
from notices.model import ZERO, Account

Shape = Literal["long", "wide"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table came from: file name, the SHA-256 of what was read, sheet, encoding of a text file, shape."""

    file: str
    sha256: str
    sheet: str
    encoding: str | None
    shape: Shape


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it was understood, with the first value under it."""

    heading: str
    meaning: str
    sample: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """An account that is left out as a whole because a row of it is wrong; `account` None where none is legible."""

    account: str | None
    estate: str | None
    rows: tuple[int, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ArrearsList:
    """An arrears list as read; `accounts` are the good ones, `rows` counts the data rows."""

    source: Source
    columns: tuple[Column, ...]
    accounts: tuple[Account, ...]
    rejected: tuple[Rejected, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]
    rows: int
    home: str | None = None  # the estate of a list that has no column for it

    def as_mapping(self, name: str) -> SavedMapping:
        """What its headings were taken for, to be kept under a name."""
        own = [column for column in self.columns if not is_aside(column.heading)]
        own.sort(key=lambda column: column.meaning != IGNORED)  # of two columns with one heading the used one counts
        return SavedMapping(
            name=name,
            estate="" if any(column.meaning == "estate" for column in own) else self.home or "",
            headings=frozenset(key_of(column.heading) for column in own),
            columns={key_of(column.heading): column.meaning for column in own},
        )

    @property
    def charges(self) -> int:
        """How many charges the good accounts have."""
        return sum(len(account.charges) for account in self.accounts)

    @property
    def owed(self) -> Decimal:
        """What the good accounts owe together, overpayments deducted, in yuan."""
        return sum((charge.owed for account in self.accounts for charge in account.charges), ZERO)


@dataclass(frozen=True)
class Entered:
    """What an import or an entry did: how many are new, changed, as before; and what needs a person.

    `done` says what a single entry did, in place of the counts.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    problems: tuple[Problem, ...] = ()
    attention: tuple[Message, ...] = ()
    note: Message = NOTHING
    done: Message = NOTHING
