from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_builders import AT, case
from sqlalchemy.dialects import sqlite

from notices.ledger import Ledger
from notices.ledger.columns import MOST_FEN, Names, Yuan
from notices.model import Payment

DIALECT = sqlite.dialect()
FEN = st.integers(min_value=-MOST_FEN, max_value=MOST_FEN)


@given(FEN)
def test_every_amount_in_fen_comes_back_as_the_same_yuan_with_two_places(fen: int) -> None:
    amount = Decimal(f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}")
    kept = Yuan().process_bind_param(amount, DIALECT)
    back = Yuan().process_result_value(kept, DIALECT)
    assert kept == fen
    assert back == amount
    assert str(back).partition(".")[2] == f"{abs(fen) % 100:02d}"


@given(FEN, st.integers(min_value=1, max_value=9))
def test_a_third_decimal_is_refused_and_not_rounded(fen: int, third: int) -> None:
    amount = Decimal(f"{abs(fen) // 100}.{abs(fen) % 100:02d}{third}")
    with pytest.raises(ValueError, match="whole fen"):
        Yuan().process_bind_param(amount, DIALECT)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), 12.5, 12, "12.50", Decimal(MOST_FEN)])
def test_what_is_no_amount_of_money_is_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match="money must be"):
        Yuan().process_bind_param(value, DIALECT)


def test_money_survives_the_database_to_the_fen(ledger: Ledger) -> None:
    amounts = [Decimal("0.01"), Decimal("0.10"), Decimal("99999999999.99"), Decimal("0.30")]
    with ledger.begin() as books:
        for amount in amounts:
            books.payments.add(case(), Payment(AT.date(), amount), by="clerk", at=AT)
    with ledger.read() as books:
        assert [str(it.payment.amount) for it in books.payments.all()] == [str(amount) for amount in amounts]


def test_a_third_decimal_writes_nothing(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="whole fen"), ledger.begin() as books:
        books.payments.add(case(), Payment(AT.date(), Decimal("1.005")), by="clerk", at=AT)
    with ledger.read() as books:
        assert books.payments.all() == []


def test_moments_come_back_in_utc_from_any_zone(ledger: Ledger) -> None:
    beijing = datetime(2026, 11, 24, 0, 30, tzinfo=timezone(timedelta(hours=8)))
    with ledger.begin() as books:
        books.payments.add(case(), Payment(AT.date(), Decimal("1.00")), by="clerk", at=beijing)
    with ledger.read() as books:
        (record,) = books.payments.all()
    assert record.entered_at == beijing
    assert record.entered_at.utcoffset() == timedelta(0)


def test_a_moment_without_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="time zone"), ledger.begin() as books:
        books.payments.add(case(), Payment(AT.date(), Decimal("1.00")), by="clerk", at=AT.replace(tzinfo=None))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4).map(tuple))
def test_names_come_back_whatever_they_contain(names: tuple[str, ...]) -> None:
    kept = Names().process_bind_param(names, DIALECT)
    assert Names().process_result_value(kept, DIALECT) == names
