"""After a sale: charges older than the new owner are asked about, referred or claimed, as the policy says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from rule_builders import TODAY, account, ago, charge, decided, hold, notice, outcome, payment, policy_of, yuan

from notices.model import Charge, HoldKind, Period

MOVED_IN = date(2026, 9, 10)  # the first list that has the new owner
REFER = policy_of(after_sale="refer")


def of(year: int, due: str = "1000.00", *, paid: str = "0.00") -> Charge:
    """Return the charge of a year's first half, due at the half-year's end."""
    half = Period(date(year, 1, 1), date(year, 6, 30))
    return replace(charge(due, due_date=date(year, 6, 30), paid=paid), period=half)


def test_charges_older_than_a_new_owner_warn_and_do_not_change_the_decision() -> None:
    decision = decided(of(2025), new_since=MOVED_IN)
    assert (outcome(decision), decision.warnings) == ("issue first-notice reminder", ("owner-changed",))
    assert decision.principal == yuan("1000.00")


def test_the_warning_is_there_in_the_next_round_too() -> None:
    later = decided(of(2025), notices=[notice(dated=MOVED_IN)], new_since=MOVED_IN)
    assert (outcome(later), later.warnings) == ("issue deadline-passed lawyer-letter", ("owner-changed",))


def test_nobody_is_asked_once_the_old_charges_are_paid() -> None:
    own = replace(charge(due_date=date(2026, 10, 31)), period=Period(date(2026, 10, 1), date(2026, 10, 31)))
    assert decided(of(2025, paid="1000.00"), own, new_since=MOVED_IN).warnings == ()
    assert decided(of(2025), own, new_since=MOVED_IN).warnings == ("owner-changed",)
    assert decided(of(2025), own).warnings == ()  # no other owner before


def test_a_charge_is_older_if_its_period_began_before_or_without_a_period_if_it_was_due_before() -> None:
    straddles = replace(charge(), period=Period(ago(1, MOVED_IN), ago(-30, MOVED_IN)))
    assert decided(straddles, new_since=MOVED_IN).warnings == ("owner-changed",)
    assert decided(charge(due_date=ago(1, MOVED_IN)), new_since=MOVED_IN).warnings == ("owner-changed",)
    assert decided(charge(due_date=MOVED_IN), new_since=MOVED_IN).warnings == ()


def test_refer_gives_the_case_to_a_person_only_if_a_notice_would_go_out() -> None:
    assert outcome(decided(of(2025), new_since=MOVED_IN, policy=REFER)) == "refer owner-changed"
    held = decided(of(2025), new_since=MOVED_IN, policy=REFER, holds=[hold(HoldKind.DISPUTED)])
    assert outcome(held) == "hold disputed"
    assert outcome(decided(of(2025), policy=REFER)) == "issue first-notice reminder"


def test_claim_decides_as_the_rule_book_says() -> None:
    decision = decided(of(2025), new_since=MOVED_IN, policy=policy_of(after_sale="claim"))
    assert outcome(decision) == "issue first-notice reminder"


@pytest.mark.parametrize("policy", [None, REFER])
def test_what_a_person_said_is_not_theirs_is_not_claimed_and_the_decision_says_so(policy: object) -> None:
    decision = decided(
        of(2024, "700.00"),
        of(2026, "1000.00"),
        new_since=MOVED_IN,
        claimed_from=date(2026, 1, 1),
        policy=REFER if policy else None,
    )
    assert (outcome(decision), decision.warnings) == ("issue first-notice reminder", ())
    assert (decision.principal, decision.oldest_due) == (yuan("1000.00"), date(2026, 6, 30))
    assert [standing.claimable for standing in decision.standings] == [False, True]
    assert "Not claimed: 700.00 yuan from before 2026-01-01" in str(decision.detail)


def test_a_charge_that_began_before_the_day_is_not_theirs() -> None:
    assert decided(of(2026), claimed_from=date(2026, 1, 2)).principal == yuan("0.00")
    assert decided(of(2026), claimed_from=date(2026, 1, 1)).principal == yuan("1000.00")


def test_their_payments_pay_their_own_charges_and_no_old_overpayment_does() -> None:
    decision = decided(
        of(2024, "700.00"),
        of(2025, "100.00", paid="400.00"),
        of(2026, "1000.00"),
        payments=[payment("600.00", TODAY)],
        list_date=ago(1),
        claimed_from=date(2026, 1, 1),
    )
    assert decision.principal == yuan("400.00")


def test_nothing_is_claimed_if_everything_is_the_former_owners() -> None:
    decision = decided(of(2024), claimed_from=MOVED_IN)
    assert outcome(decision) == "skip former-owner"
    future = charge(due_date=ago(-10))
    assert outcome(decided(of(2024), future, claimed_from=MOVED_IN)) == "skip not-due"
    assert outcome(decided(of(2024, paid="1000.00"), claimed_from=MOVED_IN)) == "skip paid"


def test_a_claim_makes_no_difference_to_an_account_that_it_covers() -> None:
    plain = decided(of=account(of(2025), of(2026)))
    assert decided(of=account(of(2025), of(2026)), claimed_from=date(2025, 1, 1)) == plain
