"""Exact amounts: late fee with cap and half-up rounding, and amounts in figures and in 大写."""

from __future__ import annotations

import re
from decimal import Decimal

import cn2an
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rule_builders import yuan

from notices.rules.late_fee import late_fee
from notices.rules.money import format_capital, format_grouped, format_plain, to_fen

RATE, CAP = Decimal("0.0003"), Decimal("0.30")
NUMERALS = "零壹贰叁肆伍陆柒捌玖"


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("0.004", "0.00"), ("0.005", "0.01"), ("0.0049999", "0.00"), ("0.015", "0.02"), ("0.025", "0.03"), ("2", "2.00")],
)
def test_half_a_fen_rounds_up(exact: str, rounded: str) -> None:
    assert str(to_fen(yuan(exact))) == rounded


def test_a_late_fee_is_balance_times_rate_times_days() -> None:
    assert late_fee(yuan("1234.56"), RATE, CAP, 661) == yuan("244.81")


@pytest.mark.parametrize(
    ("balance", "fee"), [("16.66", "0.00"), ("16.67", "0.01"), ("50.00", "0.02"), ("83.33", "0.02")]
)
def test_a_late_fee_is_rounded_half_up_to_the_fen(balance: str, fee: str) -> None:
    # a day of 50.00 is exactly 0.015
    assert str(late_fee(yuan(balance), RATE, CAP, 1)) == fee


@pytest.mark.parametrize(("days", "fee"), [(999, "299.70"), (1000, "300.00"), (1001, "300.00"), (9999, "300.00")])
def test_a_late_fee_stops_at_its_cap(days: int, fee: str) -> None:
    assert str(late_fee(yuan("1000.00"), RATE, CAP, days)) == fee


def test_a_capped_late_fee_is_rounded_half_up_too() -> None:
    assert late_fee(yuan("0.05"), RATE, CAP, 5000) == yuan("0.02")


def test_without_a_cap_a_late_fee_grows_on() -> None:
    assert late_fee(yuan("1000.00"), RATE, None, 4000) == yuan("1200.00")


def test_a_cap_of_zero_is_a_cap() -> None:
    assert late_fee(yuan("1000.00"), RATE, Decimal(0), 4000) == 0


def test_no_days_late_no_late_fee() -> None:
    assert str(late_fee(yuan("1000.00"), RATE, CAP, 0)) == "0.00"


def test_amounts_have_two_places_and_letters_group_the_thousands() -> None:
    assert format_plain(yuan("1234567.5")) == "1234567.50"
    assert format_grouped(yuan("1234567.5")) == "1,234,567.50"
    assert (format_plain(yuan("0")), format_grouped(yuan("999.99"))) == ("0.00", "999.99")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1234.56", "壹仟贰佰叁拾肆元伍角陆分"),
        ("1234.50", "壹仟贰佰叁拾肆元伍角整"),
        ("1234.00", "壹仟贰佰叁拾肆元整"),
        ("1234.06", "壹仟贰佰叁拾肆元零陆分"),
        ("1004.00", "壹仟零肆元整"),
        ("1040.00", "壹仟零肆拾元整"),
        ("10000.00", "壹万元整"),
        ("10001.00", "壹万零壹元整"),
        ("100100.00", "壹拾万零壹佰元整"),
        ("101000.00", "壹拾万壹仟元整"),  # the rules for vouchers allow 壹拾万零壹仟 too
        ("1000000.00", "壹佰万元整"),
        ("20000003.00", "贰仟万零叁元整"),
        ("99999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10.00", "壹拾元整"),
    ],
)
def test_capital_amounts_as_a_bank_writes_them(amount: str, words: str) -> None:
    assert format_capital(yuan(amount)) == words


def read_back(words: str) -> Decimal:
    """Parse 大写 with an independent implementation."""
    whole, _, rest = words.rpartition("元")
    total = Decimal(_integer(whole)) if whole else Decimal(0)
    for unit, worth in (("角", "0.1"), ("分", "0.01")):
        found = re.search(f"([{NUMERALS}]){unit}", rest)
        total += NUMERALS.index(found[1]) * Decimal(worth) if found else 0
    return total


def _integer(words: str) -> int:
    total = section = digit = 0
    for sign in words:
        if sign in NUMERALS:
            digit = NUMERALS.index(sign)
        elif sign == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        else:
            section, digit = section + digit * {"拾": 10, "佰": 100, "仟": 1000}[sign], 0
    return total + section + digit


digit_with_zeros = st.sampled_from([0, 0, 0, 1, 5, 9])
amounts = st.one_of(
    st.integers(1, 9_999_999_999),
    st.lists(digit_with_zeros, min_size=1, max_size=10).map(lambda ds: int("".join(map(str, ds)))).filter(bool),
).map(lambda n: Decimal(n).scaleb(-2))


@given(amounts)
@example(yuan("0.01"))
@example(yuan("10001000.05"))
@example(yuan("99999999.99"))
def test_capital_amounts_round_trip(amount: Decimal) -> None:
    words = format_capital(amount)
    assert read_back(words) == amount
    assert "零零" not in words
    assert not words.startswith("零")
    fen, jiao = int(amount * 100) % 10, int(amount * 10) % 10
    assert words.endswith("分") == bool(fen)
    assert words.endswith("整") == (fen == 0)
    assert ("元零" in words) == bool(fen and not jiao and amount >= 1)


@given(st.integers(1, 99_999_999))
def test_whole_capital_amounts_round_trip_through_the_library(amount: int) -> None:
    assert cn2an.cn2an(format_capital(Decimal(amount)).removesuffix("元整"), "strict") == amount
