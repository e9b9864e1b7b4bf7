"""Working days in China and the deadlines that fall on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Which days people work: the official calendar, and what the settings add to it."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def knows(self, year: int) -> bool:
        """Whether the official calendar of that year is published and built in."""
        try:
            chinese_calendar.is_workday(date(year, 1, 1))
        except NotImplementedError:
            return False
        return True

    def is_workday(self, day: date) -> bool:
        """Whether people work that day; a year that nobody knows yet is its weekends plus the settings' days."""
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        if self.knows(day.year):
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5

    def deadline(self, letter_date: date, respond_within_days: int) -> date:
        """The day a letter prints as its deadline: so many days after its date, moved on to a working day."""
        day = letter_date + timedelta(days=respond_within_days)
        while not self.is_workday(day):
            day += timedelta(days=1)
        return day
