"""Parsing of a row's charges (one in a long list, several in a wide one): consistent amounts, period, due date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial

from notices.intake.amounts import parse_money
from notices.intake.cleaning import is_placeholder, shown
from notices.intake.dates import parse_date
from notices.intake.headings import Heading
from notices.intake.periods import parse_period, period_name
from notices.intake.records import Record
from notices.messages import say
from notices.model import ZERO, Charge, Period
from notices.settings import Intake
from notices.tables import Cell


@dataclass(frozen=True, slots=True)
class ChargeReader:
    """Reader of a row's charges under the intake settings; `scale` is the unit of money that the list's title names."""

    intake: Intake
    scale: Decimal
    as_of: date
    _parsers: dict[Decimal, Callable[[Cell], Decimal | None]] = field(default_factory=dict)

    def read(self, record: Record) -> tuple[Charge, ...]:
        """Return the row's charges; problems are recorded on the row."""
        return tuple(self._wide(record)) if "period-columns" in record.columns else tuple(self._long(record))

    def _long(self, record: Record) -> Iterator[Charge]:
        amounts = self._amounts(record)
        period = _period(record)
        due_date = self._due_date(record, period)
        item, rate = self._item(record), record.prose("rate")
        if amounts is None or due_date is None:
            return
        due, paid, waived = amounts
        charge = Charge(item, due_date, due, paid, waived, period, _period_text(record, period), rate, (record.row,))
        self._remark(record, charge)
        yield charge

    def _wide(self, record: Record) -> Iterator[Charge]:
        item, rate = self._item(record), record.prose("rate")
        total = ZERO
        for index, heading in record.columns["period-columns"]:
            amount = record.read_amount(index, heading, self._parser(heading))
            if not amount or heading.period is None:
                continue
            total += amount
            text = period_name(heading.period) or heading.text
            due_date = self._derived(heading.period)
            charge = Charge(
                item, due_date, amount, period=heading.period, period_text=text, rate=rate, rows=(record.row,)
            )
            self._remark(record, charge)
            yield charge
        for meaning in ("paid", "waived"):
            if self._money(record, meaning):
                record.complain(
                    meaning,
                    say("The list does not say which period this belongs to."),
                    say("Deduct it from the periods' columns, or use a list with a row for each charge."),
                )
        self._compare_total(record, total, "owed", "due")

    def _item(self, record: Record) -> str:
        item = record.prose("item")
        return self.intake.default_item if is_placeholder(item.strip()) else item

    def _amounts(self, record: Record) -> tuple[Decimal, Decimal, Decimal] | None:
        """Return (due, paid, waived), deriving missing amounts; None if a problem was recorded."""
        before = len(record.problems)
        due, paid, owed = (self._money(record, meaning) for meaning in ("due", "paid", "owed"))
        waived = self._money(record, "waived") or ZERO
        if len(record.problems) > before:
            return None
        if due is None and owed is None:
            record.complain(
                "owed" if "owed" in record.columns else "due",
                say("The row has no amount."),
                say("Enter the amount due or the amount owed, or delete the row."),
            )
            return None
        if owed is None and due is not None and due >= 0 and self._raises_what_is_due(record):
            return None
        amounts = _completed(due, paid, owed, waived)
        if owed is not None and amounts[0] - waived - amounts[1] != owed:
            record.complain(
                "owed",
                say(
                    "Due minus waived minus paid is {computed}, not {owed}.",
                    computed=amounts[0] - waived - amounts[1],
                    owed=owed,
                ),
                say(
                    "Correct {due}, {paid} or {owed}.",
                    due=record.said("due"),
                    paid=record.said("paid"),
                    owed=record.said("owed"),
                ),
            )
            return None
        if paid is None and amounts[1] < 0 <= amounts[0]:
            record.complain(
                "owed",
                say("The amount owed exceeds the amount due."),
                say(
                    "Correct {due} or {owed}; a late fee belongs in a column of its own.",
                    due=record.said("due"),
                    owed=record.said("owed"),
                ),
            )
            return None
        self._compare_total(record, amounts[0] - waived - amounts[1])
        return amounts[0], amounts[1], waived

    def _raises_what_is_due(self, record: Record) -> bool:
        """Report deductions and payments written with a minus: subtracted, they would be demanded on top."""
        for meaning in ("waived", "paid"):
            for index, heading in record.columns.get(meaning, ()):
                amount = record.read_amount(index, heading, self._parser(heading))
                if amount is not None and amount < 0:
                    record.complain(
                        meaning,
                        say("{heading} is negative, but the amount due is not.", heading=heading.text),
                        say("Write a deduction or a payment without a minus, and a reversal as a row of its own."),
                    )
                    return True
        return False

    def _money(self, record: Record, meaning: str) -> Decimal | None:
        """Return the amount under a meaning; several columns, which only deductions can have, are added up."""
        found = [
            record.read_amount(index, heading, self._parser(heading))
            for index, heading in record.columns.get(meaning, ())
        ]
        amounts = [amount for amount in found if amount is not None]
        return sum(amounts, ZERO) if amounts else None

    def _parser(self, heading: Heading) -> Callable[[Cell], Decimal | None]:
        """Return the parser for a column's unit of money; one per unit, so that `Memory` recognises it."""
        unit = heading.scale or self.scale
        if unit not in self._parsers:
            self._parsers[unit] = partial(parse_money, unit=unit, limit=self.intake.max_charge)
        return self._parsers[unit]

    def _compare_total(self, record: Record, owed: Decimal, *totals: str) -> None:
        """Note differences between the list's own totals and the amounts read; the totals are never used."""
        totals = tuple(name for name in ("owed-with-late-fee", *totals) if name in record.columns)
        if not totals and "late-fee" not in record.columns:
            return
        scratch = Record(record.sheet, record.row, record.cells, record.columns, amounts=record.amounts)
        ours = owed + (self._money(scratch, "late-fee") or ZERO)
        for meaning in totals:
            total = self._money(scratch, meaning)
            if total is not None and total not in {owed, ours}:
                detail = say("The list says {total}; the amounts read add up to {ours}.", total=total, ours=ours)
                record.note("total-differs", detail, meaning)
        for problem in scratch.problems:
            record.note("late-fee-unreadable", problem.problem)

    def _due_date(self, record: Record, period: Period | None) -> date | None:
        before = len(record.problems)
        day = record.read("due-date", parse_date, None)
        if day is not None or len(record.problems) > before:
            return day
        if period is None:
            place = "due-date" if "due-date" in record.columns else "period"
            record.complain(
                place,
                say("There is neither a due date nor a period to derive it from."),
                say("Enter the due date such as 2025-01-31, or the period."),
            )
            return None
        if "due-date" in record.columns:
            record.note("due-date-derived", say("The due date is derived from the period."), "due-date")
        return self._derived(period)

    def _derived(self, period: Period) -> date:
        return period.end if self.intake.due_date == "period-end" else period.start

    def _remark(self, record: Record, charge: Charge) -> None:
        if charge.due == ZERO and charge.owed == ZERO:
            record.note("zero-amount", say("The amount is 0."))
        if charge.due_date > self.as_of:
            record.note("due-in-future", say("The due date {date} is in the future.", date=charge.due_date))


def _completed(
    due: Decimal | None, paid: Decimal | None, owed: Decimal | None, waived: Decimal
) -> tuple[Decimal, Decimal]:
    """Return (due, paid), deriving a missing one from the others; due or owed given alone counts as unpaid."""
    if due is None:
        return (owed or ZERO) + waived + (paid or ZERO), paid or ZERO
    if paid is None:
        return due, ZERO if owed is None else due - waived - owed
    return due, paid


def _period(record: Record) -> Period | None:
    before = len(record.problems)
    start, end = record.read("period-start", parse_date, None), record.read("period-end", parse_date, None)
    whole = record.read("period", parse_period, None)
    if whole is not None or len(record.problems) > before or (start is None and end is None):
        return whole
    if start is None or end is None:
        record.complain(
            "period-start" if start is None else "period-end",
            say("Only one end of the period is given."),
            say("Enter both the first and the last day of the period."),
        )
        return None
    if end < start:
        record.complain(
            "period-end",
            say("The period ends before it begins."),
            say("Correct the first or the last day of the period."),
        )
        return None
    return Period(start, end)


def _period_text(record: Record, period: Period | None) -> str:
    if period is None:
        return ""
    cell = record.cell("period")
    if isinstance(cell, str):
        return record.prose("period")
    return period_name(period) or shown(cell) or f"{period.start}至{period.end}"
