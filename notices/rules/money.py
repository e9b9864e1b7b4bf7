"""Exact amounts in yuan: rounding to the fen, and formatting."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

FEN = Decimal("0.01")


def to_fen(amount: Decimal) -> Decimal:
    """Round an amount in yuan half-up to the fen; ties go away from zero, also if negative."""
    return amount.quantize(FEN, rounding=ROUND_HALF_UP)


def format_plain(amount: Decimal) -> str:
    """Format with two decimals and no separators, as in data: 1234.50."""
    return f"{amount:.2f}"


def format_grouped(amount: Decimal) -> str:
    """Format with two decimals and thousands separators, as in letters: 1,234.50."""
    return f"{amount:,.2f}"


@lru_cache(maxsize=256)  # a letter repeats the same amounts
def format_capital(amount: Decimal) -> str:
    """Format a non-negative amount in 大写: 壹仟贰佰叁拾肆元伍角整; ends in 整 if there are no fen."""
    import cn2an  # noqa: PLC0415 - takes 0.25 s to import, and only letters need it

    words: str = cn2an.an2cn(format_plain(amount), "rmb")
    return words if words.endswith(("分", "整")) else f"{words}整"
