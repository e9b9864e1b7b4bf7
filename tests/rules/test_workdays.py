"""Working days in China, and the deadline a letter prints."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.rules.workdays import WorkingDays

OFFICIAL = WorkingDays()


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),  # Monday
        (date(2026, 11, 21), False),  # Saturday
        (date(2026, 1, 1), False),  # New Year's Day
        (date(2026, 10, 5), False),  # a Monday in the National Day week
        (date(2025, 9, 28), True),  # a Sunday worked to make up for that week
    ],
)
def test_the_official_calendar_says_who_works(day: date, works: bool) -> None:
    assert OFFICIAL.is_workday(day) is works


def test_the_settings_can_take_a_day_off_and_give_one_back() -> None:
    days = WorkingDays(holidays=frozenset({date(2026, 11, 23)}), workdays=frozenset({date(2026, 11, 21)}))
    assert not days.is_workday(date(2026, 11, 23))
    assert days.is_workday(date(2026, 11, 21))


def test_a_year_missing_from_the_calendar_is_reported_as_unknown() -> None:
    assert OFFICIAL.knows(2026)
    assert not OFFICIAL.knows(2035)


def test_an_unknown_year_is_its_weekends_and_the_days_of_the_settings() -> None:
    days = WorkingDays(holidays=frozenset({date(2035, 10, 1)}), workdays=frozenset({date(2035, 10, 6)}))
    assert date(2035, 10, 1).isoweekday() == 1
    assert not days.is_workday(date(2035, 10, 1))
    assert days.is_workday(date(2035, 10, 2))
    assert days.is_workday(date(2035, 10, 6))  # a Saturday
    assert not days.is_workday(date(2035, 10, 13))
    assert not days.is_workday(date(2035, 10, 7))


def test_a_deadline_on_a_working_day_stays() -> None:
    assert OFFICIAL.deadline(date(2026, 11, 23), 15) == date(2026, 12, 8)


def test_a_deadline_on_a_saturday_moves_to_the_monday() -> None:
    assert OFFICIAL.deadline(date(2026, 11, 20), 15) == date(2026, 12, 7)


def test_a_deadline_in_a_holiday_week_moves_past_all_of_it() -> None:
    assert OFFICIAL.deadline(date(2026, 9, 16), 15) == date(2026, 10, 8)


def test_a_deadline_may_fall_in_a_year_the_calendar_does_not_know() -> None:
    assert OFFICIAL.deadline(date(2034, 12, 23), 15) == date(2035, 1, 8)  # 7 January 2035 is a Sunday


@given(st.dates(date(2023, 1, 1), date(2031, 12, 31)), st.integers(1, 365))
def test_a_deadline_is_the_first_working_day_not_before_its_span_ends(letter_date: date, span: int) -> None:
    deadline = OFFICIAL.deadline(letter_date, span)
    earliest = letter_date + timedelta(days=span)
    assert deadline >= earliest
    assert OFFICIAL.is_workday(deadline)
    assert not any(OFFICIAL.is_workday(earliest + timedelta(days=n)) for n in range((deadline - earliest).days))
