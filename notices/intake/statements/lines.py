"""A statement and its lines, the same for all formats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from notices.intake.problems import Problem
from notices.model import ZERO

Day = date  # the type, where a field is itself called `date`


class Fate(StrEnum):
    """Kind of a line: money of somebody, or the reason why it is nobody's payment."""

    MONEY_IN = "money-in"
    MONEY_OUT = "money-out"
    REFUND = "refund"
    LUMP_SUM = "lump-sum"
    INTEREST = "interest"
    NOT_SETTLED = "not-settled"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line of a statement; `row` as a spreadsheet shows it, `amount` in yuan and above zero.

    `key` says which line it is, in whatever file it appears. `reference` is the provider's number of the order that a
    payment and its refunds share; without one a refund is told by payer and amount. `returned` is what was given
    back of this same line; `takes_back` is true for a refund to a payer.
    """

    row: int
    key: str
    fate: Fate
    date: Day
    amount: Decimal
    payer: str = ""
    remark: str = ""
    reference: str | None = None
    returned: Decimal = ZERO
    takes_back: bool = False
    estate: str = ""
    unit: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as read; `account` is the account that it says it is of, "" if it says none, with its row."""

    file: str
    format: str
    rows: int
    lines: tuple[StatementLine, ...]
    problems: tuple[Problem, ...]
    account: str = ""
    account_row: int | None = None
