"""Columns that nobody recognised: samples to show, and a question if their values look like part of a charge."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from notices.errors import UsageMistake
from notices.intake.amounts import parse_money
from notices.intake.cleaning import clean, is_placeholder, shown
from notices.intake.dates import FIRST_YEAR, LAST_YEAR, is_date_like, parse_date
from notices.intake.headings import Heading, is_irrelevant
from notices.intake.periods import parse_period
from notices.intake.problems import Unreadable
from notices.intake.results import UnknownColumn
from notices.messages import Message, say
from notices.tables import Cell

Likeness = Literal["item", "period", "date", "amount"]
SAMPLES = 3
LOOK_AT = 300  # values that are judged: enough for a column that is filled here and there
MOST_OF = Decimal("0.8")
LARGEST = Decimal(10_000_000)  # a larger number is a telephone, an account or an identity
SMALLEST = Decimal(100)  # if no whole number is larger, they count something: floors, months, persons
ITEM = re.compile(r"费|租金|租赁|公摊|能耗|车位|水电|暖气|供暖|垃圾|押金|保证金|代收|分摊|维修")
STATUS = re.compile(r"[欠缴交收催免计付]费|费用?(?:已|未)|^(?:已|未|拒|不)")  # 欠费, 已缴费: a state, not an item
CODE = re.compile(r"^[-+]?0\d")  # a leading zero belongs to a code
OPTIONS: Mapping[Likeness, str] = {"item": "item", "period": "period", "date": "due-date", "amount": "owed"}


@dataclass(slots=True)
class NotUnderstood:
    """The columns that were not understood, with the first values of each."""

    columns: Mapping[int, Heading]
    values: dict[int, list[Cell]] = field(default_factory=dict)

    def take(self, cells: Sequence[Cell]) -> None:
        """Keep the values of one row."""
        for column in self.columns:
            cell = cells[column] if column < len(cells) else None
            if cell is not None:
                kept = self.values.setdefault(column, [])
                if len(kept) < LOOK_AT and not is_placeholder(shown(cell).strip()):
                    kept.append(cell)

    def shown(self) -> tuple[UnknownColumn, ...]:
        """Return each column that has values, with its first different ones."""
        return tuple(
            UnknownColumn(heading.text, tuple(dict.fromkeys(map(shown, self.values[column])))[:SAMPLES])
            for column, heading in self.columns.items()
            if self.values.get(column)
        )

    def refuse_likely(self, meanings: Iterable[str], *, wide: bool, file: str) -> None:
        """Raise UsageMistake if a column looks like something that the list otherwise lacks, or like amounts."""
        lacking = _lacking(frozenset(meanings), wide=wide)
        likely: dict[str, tuple[Likeness, tuple[str, ...]]] = {}
        for column, heading in self.columns.items():
            values = self.values.get(column, [])
            kind = None if is_irrelevant(heading.text) else likeness(values)
            if kind in lacking:
                likely[heading.text] = (kind, tuple(dict.fromkeys(map(shown, values)))[:SAMPLES])
        if likely:
            raise UsageMistake(
                say("{file} has columns that were not understood but may matter.", file=file),
                _remedy(likely),
                [_question(heading, kind, samples) for heading, (kind, samples) in likely.items()],
            )


def likeness(cells: Sequence[Cell]) -> Likeness | None:
    """Return what a column's values look like, or None if they look like nothing that a charge is made of."""
    usable = [cell for cell in cells if not isinstance(cell, bool) and _is_readable(cell)]
    if not usable:
        return None
    if _most(usable, is_date_like) or _most(usable, _is_day):
        return "date"
    if _most(usable, _is_period):
        return "period"
    if _most(usable, _is_item):
        return "item"
    return "amount" if _are_amounts(usable) else None


def _lacking(meanings: frozenset[str], *, wide: bool) -> frozenset[Likeness]:
    """Return the kinds of column about which to ask: what is not there already, and amounts, which always matter."""
    found: set[Likeness] = {"amount"}
    spans = wide or "period" in meanings or {"period-start", "period-end"} <= meanings
    if "item" not in meanings:
        found.add("item")
    if not spans:
        found |= {"period", "date"}
    if "due-date" not in meanings and not wide:
        found.add("date")
    return frozenset(found)


def _is_readable(cell: Cell) -> bool:
    try:
        clean(cell)
    except Unreadable:
        return False
    return True


def _most(cells: Sequence[Cell], test: Callable[[Cell], bool]) -> bool:
    return sum(map(test, cells)) >= MOST_OF * len(cells)


def _is_day(cell: Cell) -> bool:
    if not isinstance(cell, str) or (cell.strip().isdigit() and len(cell.strip()) != 8):
        return False
    try:
        return parse_date(cell) is not None
    except Unreadable:
        return False


def _is_period(cell: Cell) -> bool:
    try:
        period = parse_period(cell)
    except Unreadable:
        return False
    return period is not None and FIRST_YEAR <= period.start.year <= LAST_YEAR


def _is_item(cell: Cell) -> bool:
    text = cell.strip() if isinstance(cell, str) else ""
    return len(text) <= 20 and ITEM.search(text) is not None and STATUS.search(text) is None


def _are_amounts(cells: Sequence[Cell]) -> bool:
    amounts = [amount for cell in cells if (amount := _amount(cell)) is not None]
    if len(amounts) < MOST_OF * len(cells) or max(map(abs, amounts)) > LARGEST:
        return False
    if any(amount % 1 for amount in amounts):
        return True
    return max(map(abs, amounts)) >= SMALLEST and not _are_numbers_of_something(amounts)


def _are_numbers_of_something(whole: Sequence[Decimal]) -> bool:
    """Return whether whole numbers count upwards or have the length of a code; none of them is then an amount."""
    steps = {later - earlier for earlier, later in pairwise(whole)}
    lengths = {len(str(int(number))) for number in whole}
    distinct = len(set(whole)) == len(whole) > 1
    return steps == {Decimal(1)} or (distinct and len(lengths) == 1 and min(lengths) >= 5)


def _amount(cell: Cell) -> Decimal | None:
    if isinstance(cell, str) and CODE.match(clean(cell)):
        return None
    try:
        return parse_money(cell)
    except Unreadable:
        return None


def _question(heading: str, kind: Likeness, samples: Sequence[str]) -> Message:
    values = ", ".join(samples)
    if kind == "item":
        return say("{heading} looks like the items of charges: {samples}.", heading=heading, samples=values)
    if kind == "period":
        return say("{heading} looks like periods: {samples}.", heading=heading, samples=values)
    if kind == "date":
        return say("{heading} looks like dates: {samples}.", heading=heading, samples=values)
    return say("{heading} looks like amounts: {samples}.", heading=heading, samples=values)


def _remedy(likely: Mapping[str, tuple[Likeness, tuple[str, ...]]]) -> Message:
    options = "; ".join(
        f"--map {shlex.quote(f'{heading}={OPTIONS[kind]}')} | --map {shlex.quote(f'{heading}=ignored')}"
        for heading, (kind, _) in likely.items()
    )
    return say("Say what each column means, or that it does not matter: {options}.", options=options)
