"""Rules of the response: in time or not to the day, shares over notices that are old enough, months that lapse."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from notices.model import Payment
from notices.rules.response import (
    OpenCharge,
    Reaction,
    changes_of_counts,
    expected_share,
    limitation_calendar,
    months_from,
    paid_within,
    responded_within,
    share_within,
)

WENT = date(2026, 9, 1)


def yuan(amount: str) -> Decimal:
    return Decimal(amount)


def paid(*payments: tuple[str, str], principal: str = "1200.00") -> Reaction:
    made = tuple(Payment(date.fromisoformat(day), yuan(amount)) for day, amount in payments)
    return Reaction(WENT, yuan(principal), made)


@pytest.mark.parametrize(
    ("payments", "in_15", "in_30"),
    [
        ([("2026-09-01", "1200.00")], True, True),  # on the day it went
        ([("2026-09-16", "1200.00")], True, True),  # day 15
        ([("2026-09-17", "1200.00")], False, True),  # day 16
        ([("2026-10-01", "1200.00")], False, True),  # day 30
        ([("2026-10-02", "1200.00")], False, False),  # day 31
        ([("2026-08-31", "1200.00")], False, False),  # before it went
        ([("2026-09-05", "600.00"), ("2026-09-20", "600.00")], False, True),  # in two parts
        ([("2026-09-05", "1199.99")], False, False),  # a fen short
    ],
)
def test_paid_is_all_of_the_principal_within_the_days(
    payments: list[tuple[str, str]], in_15: bool, in_30: bool
) -> None:
    reaction = paid(*payments)
    assert (paid_within(reaction, 15), paid_within(reaction, 30)) == (in_15, in_30)


@pytest.mark.parametrize("kind", ["payments", "promises", "slips"])
def test_a_payment_a_promise_or_a_slip_is_a_response(kind: str) -> None:
    def reacted(day: date) -> Reaction:
        came = (Payment(day, yuan("1.00")),) if kind == "payments" else (day,)
        return Reaction(WENT, yuan("1200.00"), **{kind: came})

    assert responded_within(reacted(date(2026, 9, 16)), 15)
    assert not responded_within(reacted(date(2026, 9, 17)), 15)
    assert not responded_within(reacted(date(2026, 8, 31)), 15)
    assert not responded_within(Reaction(WENT, yuan("1200.00")), 15)


def test_a_share_is_over_the_notices_that_are_at_least_that_old() -> None:
    young = Reaction(date(2026, 9, 10), yuan("100.00"), (Payment(date(2026, 9, 11), yuan("100.00")),))
    reactions = [paid(("2026-09-05", "1200.00")), paid(), paid(), young]
    assert share_within(reactions, {}, 15, date(2026, 9, 16), paid_within) == yuan("0.3333")  # 1 of 3; one is too young
    assert share_within(reactions, {}, 15, date(2026, 9, 25), paid_within) == yuan("0.5")  # 2 of 4
    assert share_within(reactions, {}, 15, date(2026, 9, 15), paid_within) is None  # none is 15 days old
    assert share_within([], {}, 15, date(2026, 9, 25), paid_within) is None


def test_notices_after_which_nothing_happened_count_once_they_are_old_enough() -> None:
    silent = {date(2026, 9, 1): 2, date(2026, 9, 20): 5}
    paid = [Reaction(date(2026, 9, 1), yuan("100.00"), payments=[Payment(date(2026, 9, 3), yuan("100.00"))])]
    assert share_within(paid, silent, 15, date(2026, 9, 16), paid_within) == yuan("0.3333")
    assert share_within([], silent, 15, date(2026, 9, 16), paid_within) == 0
    assert share_within([], silent, 15, date(2026, 9, 15), paid_within) is None


def test_the_expected_share_is_weighted_and_missing_where_nothing_is_expected_of_some() -> None:
    assert expected_share({yuan("0.15"): 30, yuan("0.25"): 10}, 0) == yuan("0.175")
    assert expected_share({yuan("0.15"): 30}, 1) is None
    assert expected_share({}, 3) is None


def test_a_change_is_against_the_round_before_and_a_reason_that_ended_counts_down() -> None:
    now, before = Counter({"service-poor": 3, "no-money-now": 1}), Counter({"service-poor": 1, "heating-cold": 2})
    assert changes_of_counts(now, before) == {"service-poor": 2, "no-money-now": 1, "heating-cold": -2}
    assert changes_of_counts(now, None) == {"service-poor": None, "no-money-now": None}


def test_the_calendar_has_twelve_months_with_what_lapses_in_each() -> None:
    charges = [
        OpenCharge("a", date(2023, 12, 10), yuan("100.00")),  # lapses 2026-12-10
        OpenCharge("a", date(2023, 12, 31), yuan("50.00")),  # the same account, the same month
        OpenCharge("b", date(2023, 12, 15), yuan("30.00")),
        OpenCharge("c", date(2023, 11, 22), yuan("7.00")),  # lapsed yesterday
        OpenCharge("d", date(2023, 11, 23), yuan("8.00")),  # lapses today
        OpenCharge("e", date(2023, 12, 1), yuan("9.00"), (date(2024, 10, 31),)),  # a demand moved it to 2027-10-31
        OpenCharge("f", date(2024, 11, 1), yuan("9.00")),  # the month after the twelfth
    ]
    calendar = limitation_calendar(charges, 3, date(2026, 11, 23))
    assert [it.month for it in calendar] == months_from(date(2026, 11, 1), 12)
    assert (calendar[0].month, calendar[-1].month) == (date(2026, 11, 1), date(2027, 10, 1))
    assert {(str(it.month), it.accounts, it.principal) for it in calendar if it.accounts} == {
        ("2026-11-01", 1, yuan("8.00")),
        ("2026-12-01", 2, yuan("180.00")),
        ("2027-10-01", 1, yuan("9.00")),
    }
