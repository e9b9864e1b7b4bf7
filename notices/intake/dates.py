"""Parsing of dates as lists write them; ambiguous dates are refused."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

from notices.intake.cleaning import clean, is_placeholder
from notices.intake.problems import Unreadable
from notices.messages import Message, say
from notices.tables import Cell

EPOCH = date(1899, 12, 30)  # day 0 of Excel's serial dates, right for every day after February 1900
FIRST_SERIAL, LAST_SERIAL = 25_569, 73_050  # 1970 to 2099
DAYS_TO_1904 = 1_462
FIRST_YEAR, LAST_YEAR = 1970, 2099
CLOCK = r"[ T]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
ZONE = r"(?:Z|[-+]\d{2}:?\d{2})"
WRITTEN = re.compile(rf"^(\d{{4}})(?:([-/.])(\d{{1,2}})\2(\d{{1,2}})|年(\d{{1,2}})月(\d{{1,2}})[日号]?)(?:{CLOCK})?$")
ZONED = re.compile(
    rf"^(\d{{4}}-\d{{2}}-\d{{2}})[ T](\d{{2}}:\d{{2}}(?::\d{{2}})?)(?:[.,]\d+)? ?({ZONE})$", re.IGNORECASE
)
CHINA = timezone(timedelta(hours=8))
COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
SHORT_YEAR = re.compile(r"^\d{1,2}[-/.年]\d{1,2}[-/.月]\d{1,4}日?$")


def parse_date(cell: Cell) -> date | None:
    """Parse the date in a cell; return None if it is empty or a placeholder. Raises Unreadable."""
    if isinstance(cell, datetime):
        return _plausible(cell.date())
    if isinstance(cell, date):
        return _plausible(cell)
    if cell == time(0) and isinstance(cell, time):  # 1900-01-00
        return None
    if isinstance(cell, bool | time | timedelta):
        raise _no_date(say("This is not a date."))
    text = clean(cell)
    if is_placeholder(text) or text == "0":
        return None
    if re.match(r"^\d+(\.\d+)?$", text):
        return _from_number(text)
    return _from_text(re.sub(r"(?<=[-/.年月])\s+|\s+(?=[-/.年月日])", "", text))


def serial_from_1904(cell: Cell) -> Cell:
    """Return a serial number of a workbook that counts days from 1904 as one that counts from 1900."""
    number = cell
    if isinstance(cell, str):
        number = int(cell) if re.fullmatch(r"\s*\d{5}\s*", cell) else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        return cell
    return number + DAYS_TO_1904 if FIRST_SERIAL <= number + DAYS_TO_1904 < LAST_SERIAL else cell


def is_date_like(cell: Cell) -> bool:
    """Return whether the cell is a date or text made from one: Excel turns units such as 3-2-501 and 1-2 into dates."""
    if isinstance(cell, date | datetime):
        return True
    return isinstance(cell, str) and _SPOILT.match(clean_without_spaces(cell)) is not None


def clean_without_spaces(cell: str) -> str:
    """Return the cell's clean text without any spaces."""
    return "".join(clean(cell).split()) if cell else ""


_SPOILT = re.compile(
    r"^(?:(?:19|20)\d{2}([-/.])\d{1,2}\1\d{1,2}(?:\d{1,2}:\d{2}.*)?|(?:\d{2,4}年)?\d{1,2}月\d{1,2}日|"
    r"(?:19|20)\d{2}年\d{1,2}月(?:\d{1,2}日)?|"
    r"\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:-\d{2,4})?|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{2,4})$",
    re.IGNORECASE,
)


def _from_number(text: str) -> date:
    if match := COMPACT.match(text):
        return _day(*(int(part) for part in match.groups()))
    serial = float(text)
    if not FIRST_SERIAL <= serial < LAST_SERIAL:
        raise _no_date(say("This number is not a date."))
    return EPOCH + timedelta(days=int(serial))


def _from_text(text: str) -> date:
    if match := ZONED.match(text):
        return _zoned(*match.groups())
    if match := WRITTEN.match(text):
        year, _, month, day, month_cn, day_cn = match.groups()
        return _day(int(year), int(month or month_cn), int(day or day_cn))
    if SHORT_YEAR.match(text):
        raise _no_date(say("The date is ambiguous: write the year first, with four digits."))
    raise _no_date(say("This is not a date."))


def _zoned(day: str, clock: str, zone: str) -> date:
    """Return the day in China of a moment that a system wrote: midnight here is 16:00 of the day before in UTC."""
    zone = "+00:00" if zone.upper() == "Z" else zone
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{zone}").astimezone(CHINA)
    except (ValueError, OverflowError):
        raise _no_date(say("There is no such day.")) from None
    return _day(moment.year, moment.month, moment.day)


def without_clock(text: str) -> str:
    """Return the text with each day that has a clock, or a clock and a zone, written as the day alone."""
    return STAMP.sub(lambda match: _stamp(match[0]), text)


STAMP = re.compile(rf"(?:19|20)\d{{2}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}{CLOCK}(?: ?{ZONE})?(?![\d:])", re.IGNORECASE)


def _stamp(text: str) -> str:
    try:
        return _from_text(text).isoformat()
    except Unreadable:
        return text


def _day(year: int, month: int, day: int) -> date:
    try:
        return _plausible(date(year, month, day)) or _refused()
    except ValueError:
        raise _no_date(say("There is no such day.")) from None


def _refused() -> date:
    raise _no_date(say("The year must be between 1970 and 2099."))


def _plausible(day: date) -> date | None:
    if day.year <= 1900:  # 1900-01-00 and its neighbours mean an empty cell
        return None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return _refused()
    return day


def _no_date(problem: Message) -> Unreadable:
    return Unreadable(problem, say("Write the date as year-month-day, such as 2025-01-31."))
