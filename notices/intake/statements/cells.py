"""Cells of statements: back quotes, tabs, runs of dashes, and times without colons."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from notices.intake.amounts import parse_money
from notices.intake.cleaning import clean
from notices.intake.dates import parse_date
from notices.intake.problems import Unreadable
from notices.messages import say
from notices.tables import Cell

NOTHING = re.compile(r"[-—–/\\\s`*]*|null|none|nan|无", re.IGNORECASE)
CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?")
BARE_CLOCK = re.compile(r"\d{5,6}")
CNY = frozenset(
    {
        "",
        "CNY",
        "RMB",
        "人民币",
        "人民币元",
        "元",
        "¥",
        "001",
        "01",
        "156",
        "人民币(CNY)",
        "CNY人民币",
        "人民币(本位币)",
    }
)
DAY = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{8}(?!\d)")


def said(cell: Cell) -> str:
    """Return what a cell says: "" for dashes and slashes, without back quotes, tabs and padding."""
    if cell is None:
        return ""
    return _said(cell) if isinstance(cell, str) else clean(cell)


@lru_cache(maxsize=2**16)
def _said(cell: str) -> str:
    text = " ".join(clean(cell.replace("`", " ").replace("\t", " ")).split())
    return "" if NOTHING.fullmatch(text) else text


def read_day(cell: Cell) -> date | None:
    """Return the day in a cell that may have a time beside it; None if it is empty. Raises Unreadable."""
    if isinstance(cell, str):
        text = said(cell)
        found = DAY.match(text)
        return _day(found[0] if found else text)
    return parse_date(cell)


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    return parse_date(text)


def read_clock(*cells: Cell) -> str:
    """Return the time of day in these cells as six figures; "" if none has one."""
    for cell in cells:
        if isinstance(cell, datetime | time):
            if isinstance(cell, datetime) and cell.time() == time(0):
                continue
            return f"{cell.hour:02}{cell.minute:02}{cell.second:02}"
        try:
            text = said(cell)
        except Unreadable:  # an error value: read_day says so where it matters
            continue
        if found := CLOCK.search(text):
            return f"{int(found[1]):02}{found[2]}{found[3] or '00'}"
        if BARE_CLOCK.fullmatch(text):
            return text.zfill(6)
    return ""


def read_yuan(cell: Cell) -> Decimal | None:
    """Return an amount in yuan; None for nothing. Raises Unreadable."""
    return _yuan(said(cell)) if isinstance(cell, str) else parse_money(cell)


@lru_cache(maxsize=2**14)
def _yuan(text: str) -> Decimal | None:
    return parse_money(text) if text else None


def refuse_other_currency(cell: Cell) -> None:
    """Raise Unreadable for any currency but the yuan."""
    if "".join(said(cell).split()).upper() not in CNY:
        raise Unreadable(
            say("The amount is in another currency than the yuan."),
            say("Record what it was worth in yuan with `notices payment add`, once you know whose it is."),
        )
