"""Dates, periods and rates as letters write them, in the estate's language."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from notices.messages import Language, Message, translator
from notices.model import Charge, Period
from notices.settings import Law, Policy

FIGURE = re.compile(r"\d+(\.\d+)?")
UNITS = {"zh": "元/㎡·月", "en": " yuan per m² a month"}
YUAN = {"zh": "元", "en": " yuan"}
DIGITS = "零一二三四五六七八九"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def written_date(day: date, language: Language) -> str:
    """Format a date as 2026年11月23日 or 23 November 2026."""
    if language == "en":
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def written_period(charge: Charge, language: Language) -> str:
    """Format a charge's period as briefly as possible; the list's own text where it names no dates."""
    if charge.period is None:
        return charge.period_text
    return _chinese(charge.period) if language == "zh" else _english(charge.period)


def rate_of(charge: Charge, fee_standard: str, language: Language, *, property_fee: bool) -> str:
    """Return the rate of a charge: the fee standard that the settings name for its item, else as the list has it.

    A bare figure gets a unit: yuan per square metre and month for a property fee, as the trade quotes it; for another
    item yuan only, because the list does not say of what.
    """
    if fee_standard or not FIGURE.fullmatch(charge.rate):
        return fee_standard or charge.rate
    unit = UNITS[language] if property_fee else YUAN[language]
    return f"{charge.rate}{unit}"


def figures_in(rate: str) -> set[Decimal]:
    """Return the figures in a rate, by which it is compared with one in other words."""
    return {Decimal(found[0]) for found in FIGURE.finditer(rate)}


def is_preliminary(contract: str) -> bool:
    """Return whether a contract is, by its title, the preliminary one that a developer made (前期物业服务合同)."""
    return "前期" in contract or "preliminary" in contract.casefold()


def grounds_of_others(items: Iterable[str], policy: Policy, law: Law) -> str:
    """Return the legal grounds of items that are no property fees, each once: an item's own, or those of `[law]`."""
    return "、".join(dict.fromkeys((own.law if (own := policy.item(item)) else "") or law.other for item in items))


def by_item(told: Mapping[str, str], nothing: Message, language: Language) -> str:
    """Join texts by item: one for all if they agree, else the first item's, with the others' in brackets.

    `nothing` stands for an empty text beside others.
    """
    groups: dict[str, list[str]] = {}
    for item, text in told.items():
        groups.setdefault(text, []).append(item)
    if len(groups) <= 1:
        return next(iter(groups), "")
    shown = {text or nothing.translated(translator(language)): items for text, items in groups.items()}
    (first, _), *others = shown.items()
    comma, semicolon, form = (", ", "; ", "{} ({})") if language == "en" else ("、", "；", "{}（{}）")
    return form.format(first, semicolon.join(f"{comma.join(items)}：{text}" for text, items in others))


def written_rate(rate: Decimal, language: Language) -> str:
    """Format a daily rate as 万分之三, 千分之一, 万分之2.5, or 0.03%."""
    if language == "en":
        return percentage(rate)
    for name, scale in (("千分之", 1000), ("万分之", 10_000)):
        parts = rate * scale
        if parts == parts.to_integral_value() and 1 <= parts <= 9:
            return name + DIGITS[int(parts)]
    return f"万分之{(rate * 10_000).normalize():f}"


def percentage(share: Decimal) -> str:
    """Format a fraction as a percentage without trailing zeros: 30%."""
    return f"{(share * 100).normalize():f}%"


def _whole_months(period: Period) -> bool:
    last = monthrange(period.end.year, period.end.month)[1]
    return period.start.day == 1 and period.end.day == last


def _chinese(period: Period) -> str:
    start, end = period.start, period.end
    if not _whole_months(period):
        return f"{start:%Y.%m.%d}—{end:%Y.%m.%d}"
    if start.year != end.year:
        return f"{start.year}年{start.month}月—{end.year}年{end.month}月"
    if (start.month, end.month) == (1, 12):
        return f"{start.year}年度"
    if start.month == end.month:
        return f"{start.year}年{start.month}月"
    return f"{start.year}年{start.month}月—{end.month}月"


def _english(period: Period) -> str:
    start, end = period.start, period.end
    if not _whole_months(period):
        return f"{start:%Y-%m-%d} – {end:%Y-%m-%d}"
    if (start.year, start.month, end.month) == (end.year, 1, 12):
        return str(start.year)
    first, last = MONTHS[start.month - 1][:3], MONTHS[end.month - 1][:3]
    if (start.year, start.month) == (end.year, end.month):
        return f"{first} {start.year}"
    return f"{first} {start.year} – {last} {end.year}" if start.year != end.year else f"{first} – {last} {end.year}"
