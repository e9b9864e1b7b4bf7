"""Comparison of a list's own totals with the rows read, and the rows that explain a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import Literal

from notices.intake.amounts import parse_money
from notices.intake.header import Header
from notices.intake.headings import MONEY, Heading
from notices.intake.problems import Note, Unreadable
from notices.intake.records import Record
from notices.messages import NOTHING, Message, say
from notices.model import ZERO

Aside = Literal["repeated", "owner-skipped", "hidden", "struck", "unreadable"]
NOT_COUNTED: tuple[Aside, ...] = ("repeated", "owner-skipped")  # not counted here, but perhaps in the list's total
COUNTED: tuple[Aside, ...] = ("hidden", "struck")  # counted here, but perhaps not in the list's total
MOST_ROWS = 20  # most row numbers in an explanation


@dataclass(slots=True)
class _Rows:
    """Rows of one kind and their sum in a column, in yuan."""

    rows: list[int] = field(default_factory=list)
    amount: Decimal = ZERO


@dataclass(slots=True)
class _Sum:
    """Sum of a column, and the rows that the list's total may have treated differently."""

    amount: Decimal = ZERO
    asides: dict[Aside, _Rows] = field(default_factory=dict)

    def put_aside(self, kind: Aside, row: int, amount: Decimal) -> None:
        found = self.asides.setdefault(kind, _Rows())
        found.rows.append(row)
        found.amount += amount


@dataclass(slots=True)
class Totals:
    """Running sums of a list's money columns, since its last total and since its beginning."""

    header: Header
    marked: tuple[tuple[Aside, frozenset[int]], ...] = ()  # hidden and struck-through rows
    _all: dict[int, _Sum] = field(default_factory=dict)
    _since: dict[int, _Sum] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Add the amounts of a charge row."""
        for index, amount in record.amounts.items():
            for found in self._both(index):
                found.amount += amount
        for kind, rows in self.marked:
            if record.row in rows:
                self._put_aside(kind, record.row, record.amounts)
        if record.problems:
            spoilt = [index for index, _ in self._money() if record.at(index) is not None]
            lost = {index: ZERO for index in spoilt if index not in record.amounts}
            self._put_aside("unreadable", record.row, lost)

    def leave_out(self, record: Record, kind: Aside) -> None:
        """Register a row that is not counted."""
        amounts = {index: self._amount(record, index, heading) for index, heading in self._money()}
        self._put_aside(kind, record.row, {index: amount for index, amount in amounts.items() if amount})

    def _put_aside(self, kind: Aside, row: int, amounts: Mapping[int, Decimal]) -> None:
        for index, amount in amounts.items():
            for found in self._both(index):
                found.put_aside(kind, row, amount)

    def compare(self, record: Record) -> Iterator[Note]:
        """Yield a note for each total that differs from the sums, then start the next section."""
        for index, heading in self._money():
            total = self._amount(record, index, heading)
            ours = [self._since.get(index, _Sum()), self._all.get(index, _Sum())]
            if total is None or total in {each.amount for each in ours}:
                continue
            nearest = min(ours, key=lambda each: abs(each.amount - total))
            detail = say("The list says {total}; the rows read add up to {ours}.", total=total, ours=nearest.amount)
            why = _explanation(nearest, total - nearest.amount)
            if why.text:
                detail = say("{difference} {why}", difference=detail, why=why)
            yield Note("totals-differ", record.sheet, record.row, heading.text, str(total), detail)
        self._since.clear()

    def _both(self, index: int) -> tuple[_Sum, _Sum]:
        if index not in self._since:
            self._since[index] = _Sum()
            self._all.setdefault(index, _Sum())
        return self._all[index], self._since[index]

    def _money(self) -> list[tuple[int, Heading]]:
        columns = self.header.columns.items()
        return [(index, heading) for index, heading in columns if heading.period or heading.meaning in MONEY]

    def _amount(self, record: Record, index: int, heading: Heading) -> Decimal | None:
        try:
            return parse_money(record.at(index), unit=heading.scale or self.header.scale)
        except Unreadable:
            return None


def _explanation(found: _Sum, difference: Decimal) -> Message:
    """Explain the difference by the rows that make it up, if they can be found."""
    signed: list[tuple[Aside, Decimal]] = [
        (kind, found.asides[kind].amount) for kind in NOT_COUNTED if kind in found.asides
    ]
    signed += [(kind, -found.asides[kind].amount) for kind in COUNTED if kind in found.asides]
    for count in range(1, len(signed) + 1):
        for chosen in combinations(signed, count):
            if sum((amount for _, amount in chosen), ZERO) == difference:
                kinds = [_said(kind, found.asides[kind].rows) for kind, _ in chosen]
                return say("These rows make up the difference: {rows}.", rows=_joined(kinds))
    if "unreadable" in found.asides:
        return say(
            "The difference of {difference} may come from rows with unreadable amounts: {rows}.",
            difference=difference,
            rows=_numbers(found.asides["unreadable"].rows),
        )
    return NOTHING


def _joined(parts: Iterable[Message]) -> Message:
    first, *rest = parts
    for part in rest:
        first = say("{first}; {second}", first=first, second=part)
    return first


def _said(kind: Aside, rows: list[int]) -> Message:
    numbers = _numbers(rows)
    if kind == "repeated":
        return say("duplicates, counted once: {rows}", rows=numbers)
    if kind == "owner-skipped":
        return say("no owner to write to: {rows}", rows=numbers)
    if kind == "hidden":
        return say("hidden, not in the list's total: {rows}", rows=numbers)
    return say("struck through, not in the list's total: {rows}", rows=numbers)


def _numbers(rows: list[int]) -> str:
    return ", ".join(map(str, rows[:MOST_ROWS])) + (" …" if len(rows) > MOST_ROWS else "")
