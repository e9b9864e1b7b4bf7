"""Exact yuan: rounding to the fen, and how an amount is written."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

FEN = Decimal("0.01")


def to_fen(amount: Decimal) -> Decimal:
    """Round an amount in yuan half-up to the fen, away from zero where negative."""
    return amount.quantize(FEN, rounding=ROUND_HALF_UP)


def late_fee(balance: Decimal, daily_rate: Decimal, cap: Decimal | None, days_late: int) -> Decimal:
    """违约金 of one charge in yuan: balance × rate × days, at most balance × cap, rounded once.

    Only as contracted, and courts reduce what is excessively above the loss (民法典 art. 585, 2021): hence the cap.
    """
    accrued = balance * daily_rate * max(days_late, 0)
    return to_fen(accrued if cap is None else min(accrued, balance * cap))


def plain(amount: Decimal) -> str:
    """Two places, no separators: 1234.50, as data is written."""
    return f"{amount:.2f}"


def grouped(amount: Decimal) -> str:
    """Two places and thousands separators: 1,234.50, as letters print it."""
    return f"{amount:,.2f}"


@lru_cache(maxsize=256)  # a letter says the same amount several times
def capital(amount: Decimal) -> str:
    """大写: 壹仟贰佰叁拾肆元伍角整; ends in 整 where there are no fen. The amount is not negative."""
    # It takes a quarter of a second to read in, and only letters need it.
    import cn2an  # noqa: PLC0415 - read in only where it is needed

    words: str = cn2an.an2cn(plain(amount), "rmb")
    return words if words.endswith(("分", "整")) else f"{words}整"
