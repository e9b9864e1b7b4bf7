"""Cell cleaning: half-width letters, no invisible characters, no wrappers left by web exports."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from notices.intake.problems import Unreadable
from notices.messages import say
from notices.spelling import is_ordinary, visible
from notices.tables import Cell, LostValue

# Full-width ASCII becomes ASCII; other compatibility characters stay, since names may contain them.
NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xA0: " ", 0x202F: " ", 0xFFE5: "¥"}
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ufffe\uffff\ud800-\udfff]")
ERROR_TEXTS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"})
PLACEHOLDERS = frozenset(
    {"", "-", "--", "---", "—", "——", "–", "/", "\\", "无", "空", "null", "NULL", "None", "nan", "NaN"}
)
ZERO_DATES = re.compile(r"^1900[-/.]0?[01][-/.]0?0(?: 00?:00(?::00)?)?$")
DITTO = frozenset({"同上", "同前", "如上", "同上行", "〃", "″", "ditto"})  # refers to the cell above
WRAPPED = re.compile(r'^="(.*)"$', re.DOTALL)


def clean(cell: Cell) -> str:
    """Return the cell as clean text; raises Unreadable for error values and formulas without a saved result."""
    if isinstance(cell, str):
        text = clean_text(cell)
        if text.startswith("#") and text.upper() in ERROR_TEXTS:
            raise _lost(LostValue(text))
        if text in DITTO:
            raise Unreadable(say("The cell only refers to the one above it."), say("Write the value itself."))
        return text
    if cell is None:
        return ""
    if isinstance(cell, LostValue):
        raise _lost(cell)
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return shown(cell)


def clean_text(text: str) -> str:
    """Return text with half-width letters, trimmed, without control or invisible characters or export wrappers."""
    if not is_ordinary(text):
        text = CONTROL.sub("", visible(text)).strip().translate(NARROW)
    text = text.strip()
    if not text.startswith(("=", "'")):
        return text
    if wrapped := WRAPPED.match(text):
        text = wrapped[1].strip()
    return text.removeprefix("'").strip()


def printable(text: str) -> str:
    """Return prose as written, minus export wrappers and characters that no document can hold."""
    text = CONTROL.sub("", visible(text)).strip()
    if wrapped := WRAPPED.match(text):
        text = wrapped[1].strip()
    return text.removeprefix("'").strip()


def has_control(cell: Cell) -> bool:
    """Return whether the cell contains characters that XML cannot represent."""
    return isinstance(cell, str) and not cell.isprintable() and CONTROL.search(cell) is not None


def is_placeholder(text: str) -> bool:
    """Return whether clean text means "no value": a dash, 无, a zero date."""
    return text in PLACEHOLDERS or ZERO_DATES.match(text) is not None


def shown(cell: Cell) -> str:
    """Format the cell for reports."""
    if isinstance(cell, str):
        return cell if cell.isprintable() else CONTROL.sub("", cell)
    if isinstance(cell, LostValue):
        return cell.text
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return "" if cell is None else str(cell)


def _lost(cell: LostValue) -> Unreadable:
    if cell.uncached:
        return Unreadable(
            say("The formula's result was never saved."),
            say("Open the list in Excel or WPS, save it, and try again."),
        )
    if cell.unseen:
        return Unreadable(
            say("The cell looks empty: its number format or its colour hides {value}.", value=cell.text),
            say("Show the value, or delete it."),
        )
    if cell.struck:
        return Unreadable(
            say("Part of the cell is struck through."),
            say("Delete what no longer holds, so that the cell has one value."),
        )
    return Unreadable(
        say("The cell contains the error {error}.", error=cell.text),
        say("Correct the formula, or type the value itself."),
    )
