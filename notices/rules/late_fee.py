"""The late fee (违约金) of a charge."""

from __future__ import annotations

from decimal import Decimal

from notices.rules.money import to_fen


def late_fee(balance: Decimal, daily_rate: Decimal, cap: Decimal | None, days_late: int) -> Decimal:
    """Return the late fee (违约金) of one charge in yuan: balance × rate × days, at most balance × cap, rounded once.

    Only as contracted; the cap is there because courts reduce fees far above the loss (民法典 art. 585, 2021).
    """
    accrued = balance * daily_rate * max(days_late, 0)
    return to_fen(accrued if cap is None else min(accrued, balance * cap))
