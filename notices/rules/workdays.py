"""Working days in China, and deadlines moved to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The official calendar of working days, with the days that the settings add."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def knows(self, year: int) -> bool:
        """Return whether the official calendar of that year is built in."""
        try:
            _is_workday(date(year, 1, 1))
        except NotImplementedError:
            return False
        return True

    def is_workday(self, day: date) -> bool:
        """Return whether it is a working day; in years without a calendar, by weekends and the settings."""
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        if self.knows(day.year):
            return _is_workday(day)
        return day.weekday() < 5

    def deadline(self, letter_date: date, respond_within_days: int) -> date:
        """Return the deadline a letter prints: its date plus the days, moved forward to a working day."""
        day = letter_date + timedelta(days=respond_within_days)
        while not self.is_workday(day):
            day += timedelta(days=1)
        return day


def _is_workday(day: date) -> bool:
    import chinese_calendar  # noqa: PLC0415 - only deadlines need it, not every command and page

    return bool(chinese_calendar.is_workday(day))
