"""Parsing of money and floor areas as lists write them; money is exact to the fen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from notices.intake.cleaning import clean, is_placeholder
from notices.intake.problems import Unreadable
from notices.messages import Message, say
from notices.tables import Cell

FEN = Decimal("0.01")
FLOAT_NOISE = Decimal("0.0000001")
WAN = 10_000
UNITS: Mapping[str, Decimal] = {
    "百万": Decimal(1_000_000), "万": Decimal(WAN), "千": Decimal(1000), "百": Decimal(100), "元": Decimal(1),
    "角": Decimal("0.1"), "分": FEN,
}  # fmt: skip
NUMBER = re.compile(
    r"^(?P<sign>[-+]?)(?:¥|RMB|CNY|人民币)?(?P<inner>[-+]?)"
    r"(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<fraction>\.\d*)?"
    r"(?P<unit>(?:百万|万|千|百)元?|元整|元|圆|角|分|RMB|CNY)?(?P<trailing>-?)(?:×(?P<scale>1000+))?$",
    re.IGNORECASE,
)
PLAIN = re.compile(r"-?\d{1,12}(?:\.\d{1,2})?")  # fast path: the notation of most cells
MOST = Decimal(10) ** 15
MINUS = str.maketrans({"−": "-", "﹣": "-", "–": "-", "‐": "-"})


def parse_money(cell: Cell, *, unit: Decimal | int = 1, limit: Decimal | None = None) -> Decimal | None:
    """Parse an amount in yuan with two decimals; return None if the cell is empty or a placeholder.

    `unit` is the column's unit in yuan (10000 under 万元); a unit written in the cell takes precedence. A scale that a
    number format adds (12×1000) must be the column's unit. Raises Unreadable if the cell is not an amount, has a third
    decimal beyond float noise or exceeds `limit`.
    """
    if isinstance(cell, str) and PLAIN.fullmatch(cell):
        return _to_fen(Decimal(cell) * unit, limit)
    if isinstance(cell, bool | date | datetime | timedelta) or (isinstance(cell, time) and cell != time(0)):
        raise _no_amount(say("The cell is a date, not an amount."))
    if isinstance(cell, time):  # 1900-01-00: a zero in a cell formatted as a date
        return None
    if isinstance(cell, int | float):
        return _to_fen(Decimal(repr(cell)) * unit, limit)
    text = "".join(clean(cell).translate(MINUS).split()) if isinstance(cell, str) else clean(cell)
    if is_placeholder(clean(cell)) or is_placeholder(text):
        return None
    _refuse_inner_space(clean(cell))
    return _to_fen(_from_text(text, unit), limit)


def _from_text(text: str, unit: Decimal | int) -> Decimal:
    bracketed = len(text) > 2 and text[0] == "(" and text[-1] == ")"
    match = NUMBER.match(text[1:-1] if bracketed else text)
    if match is None:
        if re.match(r"^[-+]?\d+(\.\d+)?[eE][-+]?\d+$", text):
            raise _no_amount(say("The amount is in scientific notation; digits may have been lost."))
        raise _no_amount(say("This is not an amount."))
    signs = [match["sign"] == "-", match["inner"] == "-", match["trailing"] == "-", bracketed]
    if sum(signs) > 1:
        raise _no_amount(say("The amount has two minus signs."))
    number = Decimal(match["digits"].replace(",", "") + (match["fraction"] or "").rstrip("."))
    if match["scale"] and int(match["scale"]) != unit:
        raise _no_amount(say("The number format of the cell shows a smaller amount than the cell holds."))
    written = match["unit"] or ""
    if written:
        unit = UNITS.get(written.removesuffix("元"), UNITS["元"])
    return (-number if any(signs) else number) * unit


def _refuse_inner_space(text: str) -> None:
    if re.search(r"\d\s+[\d.,]|[.,]\s+\d", text):
        raise _no_amount(say("There is a space between the digits."))


def _to_fen(amount: Decimal, limit: Decimal | None) -> Decimal:
    if not amount.is_finite():
        raise _no_amount(say("This is not an amount."))
    if limit is not None and abs(amount) > limit:
        raise Unreadable(
            say("The amount exceeds the limit of {limit} yuan.", limit=limit),
            say("Check the amount and its unit; the limit is intake.max_charge in notices.toml."),
        )
    if abs(amount) >= MOST:
        raise _no_amount(say("The amount has too many digits."))
    fen = amount.quantize(FEN, ROUND_HALF_UP)
    if abs(amount - fen) > FLOAT_NOISE:
        raise _no_amount(say("The amount has more than two decimals."))
    return fen + 0  # turns negative zero into zero


def _no_amount(problem: Message) -> Unreadable:
    return Unreadable(problem, say("Write the amount in yuan with at most two decimals, such as 1234.56."))


LARGEST_AREA = Decimal(1_000_000)  # square metres: larger than any building
AREA = re.compile(r"^(\d+(?:\.\d+)?)(?:㎡|m2|m²|平方米|平米|平)?$", re.IGNORECASE)


def parse_area(cell: Cell) -> Decimal | None:
    """Parse a floor area in square metres; return None if the cell is empty or a placeholder. Raises Unreadable."""
    if isinstance(cell, time) and cell == time(0):
        return None
    text = "".join(clean(cell).split())
    if is_placeholder(text):
        return None
    match = AREA.match(text.replace(",", ""))
    if match is None or isinstance(cell, bool | date | datetime | time | timedelta):
        raise Unreadable(say("This is not an area."), say("Write the area in square metres, such as 89.50."))
    area = Decimal(match[1])
    if area >= LARGEST_AREA:
        raise Unreadable(say("The area is implausibly large."), say("Write the area in square metres, such as 89.50."))
    return area.quantize(FEN, ROUND_HALF_UP)
