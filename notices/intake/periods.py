"""Parsing of the period a charge is for, in every notation that lists use."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from notices.intake.cleaning import clean, is_placeholder
from notices.intake.dates import FIRST_YEAR, LAST_YEAR, without_clock
from notices.intake.problems import Unreadable
from notices.messages import Message, say
from notices.model import Period
from notices.tables import Cell

Grain = Literal["year", "half", "quarter", "month", "day"]

YEAR = r"(?P<year>19[7-9]\d|20\d{2})"
FULL_YEAR = rf"(?:{YEAR}年?|(?P<short>\d{{2}})年)"
SHAPES: tuple[tuple[Grain, re.Pattern[str]], ...] = (
    ("year", re.compile(rf"^{FULL_YEAR}(?:度|年度|全年|全年度)?$")),
    ("half", re.compile(rf"^{FULL_YEAR}?[-/.]?(?:(?P<half>[上下])半年度?|H(?P<number>[12]))$", re.IGNORECASE)),
    (
        "quarter",
        re.compile(
            rf"^{FULL_YEAR}?[-/.]?(?:第?(?P<quarter>[一二三四1-4])季度?|Q(?P<number>[1-4])(?:季度)?)$", re.IGNORECASE
        ),
    ),
    ("month", re.compile(rf"^{YEAR}(?P<month>\d{{2}})$")),
    ("month", re.compile(rf"^(?:{FULL_YEAR}[-/.]?)?(?P<month>\d{{1,2}})(?:月份?)?$")),
    ("day", re.compile(rf"^{YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})$")),
    ("day", re.compile(rf"^{YEAR}(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})$")),
    ("day", re.compile(rf"^(?:{FULL_YEAR})?(?P<month>\d{{1,2}})[月/.](?P<day>\d{{1,2}})[日号]?$")),
)
HALVES = {"上": 1, "下": 2}
QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}
STRONG = str.maketrans({"至": "~", "到": "~", "—": "~", "–": "~", "―": "~", "〜": "~", "∼": "~"})
# 20231 is not a month: without a separator or 年, a month needs two digits.
GLUED = re.compile(r"^(?:19|20)\d{2}\d$")


@dataclass(frozen=True, slots=True)
class _Span:
    grain: Grain
    year: int | None
    start: tuple[int, int]  # month, day
    end: tuple[int, int]

    def days(self, year: int | None) -> tuple[date, date] | None:
        year = self.year or year
        if year is None:
            return None
        try:
            last = self.end[1] or calendar.monthrange(year, self.end[0])[1]
            return date(year, *self.start), date(year, self.end[0], last)
        except (ValueError, calendar.IllegalMonthError):
            return None


def parse_period(cell: Cell) -> Period | None:
    """Parse the period in a cell; return None if it is empty or a placeholder. Raises Unreadable."""
    if isinstance(cell, date | datetime):
        if not FIRST_YEAR <= cell.year <= LAST_YEAR:  # a year, 2025, that is formatted as a day
            raise _no_period(say("This is not a period."))
        return _month_of(cell)
    text = clean(cell)
    if ":" in text:
        text = without_clock(text)
    text = "".join(text.split()).translate(STRONG).rstrip(";；")
    if is_placeholder(text):
        return None
    if isinstance(cell, float) and not cell.is_integer() and re.match(r"^\d{4}\.1$", text):
        raise _no_period(say("As a number, January and October look the same."))
    return read_period(text)


@lru_cache(maxsize=4096)
def read_period(text: str) -> Period:
    """Parse a period or range from clean text; raises Unreadable if there is none or it is ambiguous."""
    found = {reading for reading in _readings(text) if reading is not None}
    if not found:
        raise _no_period(say("This is not a period."))
    if len(found) > 1 or any(grain == "day" and start == end for grain, start, end in found):
        raise _no_period(say("The period is ambiguous."))
    _, start, end = found.pop()
    if end < start:
        raise _no_period(say("The period ends before it begins."))
    return Period(start, end)


def period_name(period: Period) -> str | None:
    """Name a whole year, half, quarter or month: `2022`, `2023-H1`, `2023-Q2`, `2025-02`; None for other spans."""
    start, end = period.start, period.end
    whole = start.year == end.year and start.day == 1 and end.day == calendar.monthrange(end.year, end.month)[1]
    if not whole:
        return None
    months = end.month - start.month + 1
    if months == 12:
        return f"{start.year}"
    if months == 6 and start.month in {1, 7}:
        return f"{start.year}-H{start.month // 6 + 1}"
    if months == 3 and start.month % 3 == 1:
        return f"{start.year}-Q{start.month // 3 + 1}"
    return f"{start.year}-{start.month:02d}" if months == 1 else None


def _readings(text: str) -> Iterator[tuple[Grain, date, date] | None]:
    if (whole := _single(text)) and (days := whole.days(None)):
        yield whole.grain, *days
    for match in re.finditer(r"[-~]", text):
        yield _range(text[: match.start()], text[match.end() :])


def _range(left: str, right: str) -> tuple[Grain, date, date] | None:
    first, last = _single(left), _single(right)
    if first is None or last is None or first.grain != last.grain or first.year is None:
        return None
    start, end = first.days(None), last.days(first.year)
    return (first.grain, start[0], end[1]) if start and end else None


def _single(text: str) -> _Span | None:
    if GLUED.match(text):
        return None
    for grain, shape in SHAPES:
        if match := shape.match(text):
            return _span(grain, match)
    return None


def _span(grain: Grain, match: re.Match[str]) -> _Span | None:
    part = {name: value for name, value in match.groupdict().items() if value is not None}
    year = int(part["year"]) if "year" in part else 2000 + int(part["short"]) if "short" in part else None
    if grain == "year":
        return _Span(grain, year, (1, 1), (12, 0))
    if grain == "half":
        half = int(part["number"]) if "number" in part else HALVES[part["half"]]
        return _Span(grain, year, (half * 6 - 5, 1), (half * 6, 0))
    if grain == "quarter":
        written = part.get("number") or part["quarter"]
        quarter = QUARTERS.get(written) or int(written)
        return _Span(grain, year, (quarter * 3 - 2, 1), (quarter * 3, 0))
    month = int(part["month"])
    if not 1 <= month <= 12:
        return None
    if grain == "month":
        return _Span(grain, year, (month, 1), (month, 0))
    day = int(part["day"])
    return _Span(grain, year, (month, day), (month, day)) if day else None


def _month_of(cell: date) -> Period:
    """Return the month of a date cell: Excel turns 2023-1 into 1 January; raises Unreadable for any other day."""
    if cell.day != 1:
        raise _no_period(say("The cell is a date, not a period."))
    return Period(
        date(cell.year, cell.month, 1), date(cell.year, cell.month, calendar.monthrange(cell.year, cell.month)[1])
    )


def _no_period(problem: Message) -> Unreadable:
    return Unreadable(problem, say("Write the period such as 2025年1月至6月, 2025年度 or 2025-01-01至2025-06-30."))
