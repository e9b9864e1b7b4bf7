"""Promises and instalment plans: running, kept, broken, missed, answered."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from rule_builders import (
    TODAY,
    ago,
    charge,
    decided,
    hold,
    notice,
    outcome,
    payment,
    plan,
    policy_of,
    promise,
    returned,
)

from notices.model import Hold, HoldKind, Payment

GRACE = 3
LAST_DAY = ago(GRACE)  # a promise for this day ends today
PASSED = ago(GRACE + 1)  # and one for this day ended yesterday
RECENT = notice(sent_ago=10)  # its deadline lies ahead: whatever is issued now is issued at once
AT_ONCE = "issue promise-broken lawyer-letter"


# --- promises -----------------------------------------------------------------------------------------------------


def test_a_promise_whose_grace_ends_today_is_waited_for() -> None:
    assert outcome(decided(holds=[promise(LAST_DAY)], notices=[RECENT])) == "wait promised"


def test_a_promise_whose_grace_ended_yesterday_is_broken() -> None:
    assert outcome(decided(holds=[promise(PASSED)], notices=[RECENT])) == "issue promise-broken lawyer-letter"


def test_the_grace_of_promises_is_a_setting() -> None:
    five, none = policy_of(promise_grace_days=5), policy_of(promise_grace_days=0)
    assert outcome(decided(holds=[promise(ago(5))], policy=five)) == "wait promised"
    assert outcome(decided(holds=[promise(ago(6))], policy=five)) == "issue promise-broken reminder"
    assert outcome(decided(holds=[promise(TODAY)], policy=none)) == "wait promised"
    assert outcome(decided(holds=[promise(ago(1))], policy=none)) == "issue promise-broken reminder"


def test_a_promise_is_waited_for_before_any_notice_too() -> None:
    assert outcome(decided(holds=[promise(ago(-10))])) == "wait promised"


def test_a_promise_registered_after_the_day_does_not_exist_yet() -> None:
    assert outcome(decided(holds=[promise(ago(-10), registered=ago(-1))])) == "issue first-notice reminder"
    assert outcome(decided(holds=[promise(ago(-10), registered=TODAY)])) == "wait promised"


def test_a_promise_that_runs_is_waited_for_though_another_is_broken() -> None:
    holds = [promise(PASSED), promise(ago(-5), registered=ago(1))]
    assert outcome(decided(holds=holds)) == "wait promised"


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ("299.99", "issue promise-broken lawyer-letter"),
        ("300.00", "wait awaiting-reply"),
        ("300.01", "wait awaiting-reply"),
    ],
)
def test_a_promise_of_an_amount_is_kept_by_payments_that_reach_it(paid: str, expected: str) -> None:
    decision = decided(
        charge("2000.00"), holds=[promise(PASSED, "300.00")], notices=[RECENT], payments=[payment(paid, ago(6))]
    )
    assert outcome(decision) == expected


@pytest.mark.parametrize(("days", "kept"), [(21, False), (20, True), (19, True)])
def test_payments_dated_on_the_day_of_registration_keep_a_promise_and_earlier_ones_do_not(
    days: int, kept: bool
) -> None:
    holds = [promise(PASSED, "300.00", registered=ago(20))]
    decision = decided(holds=holds, notices=[RECENT], payments=[payment("300.00", ago(days))])
    assert (decision.reason == "awaiting-reply") is kept


def test_several_payments_together_keep_a_promise() -> None:
    payments = [payment("100.00", ago(15)), payment("200.00", ago(6))]
    assert decided(holds=[promise(PASSED, "300.00")], notices=[RECENT], payments=payments).reason == "awaiting-reply"


def test_a_payment_that_only_a_newer_list_told_of_keeps_a_promise() -> None:
    seen = Payment(ago(6), charge("300.00").due, seen_in_list=True)
    assert decided(holds=[promise(PASSED, "300.00")], notices=[RECENT], payments=[seen]).reason == "awaiting-reply"


def test_a_promise_of_everything_is_not_kept_by_part_of_it() -> None:
    decision = decided(
        charge("1000.00"), holds=[promise(PASSED)], notices=[RECENT], payments=[payment("900.00", ago(6))]
    )
    assert decision.reason == "promise-broken"


def test_a_promise_of_everything_is_kept_where_nothing_is_owed() -> None:
    decision = decided(charge(paid="1000.00"), holds=[promise(PASSED)], notices=[RECENT])
    assert outcome(decision) == "skip paid"


def test_a_broken_promise_starts_with_the_first_tier_where_nothing_was_sent() -> None:
    assert outcome(decided(holds=[promise(PASSED)])) == "issue promise-broken reminder"


@pytest.mark.parametrize(("days_after_grace", "used_up"), [(-1, False), (0, False), (1, True)])
def test_a_notice_dated_after_promise_and_grace_has_used_up_the_breach(days_after_grace: int, used_up: bool) -> None:
    until = ago(12)
    letter = notice(dated=until + timedelta(days=GRACE + days_after_grace))
    decision = decided(holds=[promise(until)], notices=[letter])
    assert outcome(decision) == ("wait awaiting-reply" if used_up else AT_ONCE)


def test_a_notice_that_came_back_has_used_up_the_breach_too() -> None:
    until = ago(100)
    returned_mail = returned("reminder", sent_ago=60)
    again = notice("reminder", sent_ago=10)
    decision = decided(charge(late=200), holds=[promise(until, registered=ago(120))], notices=[returned_mail])
    assert outcome(decision) == "issue undelivered reminder"
    decision = decided(charge(late=200), holds=[promise(until, registered=ago(120))], notices=[returned_mail, again])
    assert outcome(decision) == "wait awaiting-reply"


def test_each_breach_counts_by_itself() -> None:
    first, second = promise(ago(40), registered=ago(60)), promise(ago(5), registered=ago(20))
    letter = notice(sent_ago=12)
    assert decided(holds=[first], notices=[letter]).reason == "awaiting-reply"
    assert decided(holds=[first, second], notices=[letter]).reason == "promise-broken"


def test_a_breach_used_up_waits_for_the_letters_deadline_and_goes_on_as_usual() -> None:
    holds = [promise(ago(40), registered=ago(60))]
    assert outcome(decided(holds=holds, notices=[notice(sent_ago=15)])) == "wait awaiting-reply"
    assert outcome(decided(holds=holds, notices=[notice(sent_ago=16)])) == "issue deadline-passed lawyer-letter"


def test_a_promise_for_the_last_day_a_calendar_has_is_waited_for() -> None:
    """9999-12-31 is how other programs write "without end"; the grace after it is not a valid date."""
    assert outcome(decided(holds=[promise(date.max)])) == "wait promised"
    assert outcome(decided(holds=[plan((date.max, "300.00"))])) == "wait instalments-on-track"


# --- instalment plans ---------------------------------------------------------------------------------------------

TWO = plan((ago(30), "300.00"), (ago(-30), "300.00"))  # one fallen due, one to come


def test_a_plan_of_which_nothing_has_fallen_due_is_on_track() -> None:
    assert outcome(decided(holds=[plan((ago(-1), "300.00"))], notices=[RECENT])) == "wait instalments-on-track"


def test_an_instalment_falls_due_with_the_same_grace_as_a_promise() -> None:
    today = decided(holds=[plan((LAST_DAY, "300.00"))], notices=[RECENT])
    yesterday = decided(holds=[plan((PASSED, "300.00"))], notices=[RECENT])
    assert outcome(today) == "wait instalments-on-track"
    assert outcome(yesterday) == "issue instalment-missed lawyer-letter"


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ("299.99", "issue instalment-missed reminder"),
        ("300.00", "wait instalments-on-track"),
        ("599.99", "wait instalments-on-track"),
    ],
)
def test_a_plan_is_on_track_when_all_that_fell_due_is_paid(paid: str, expected: str) -> None:
    assert outcome(decided(charge("3000.00"), holds=[TWO], payments=[payment(paid, ago(31))])) == expected


def test_instalments_are_held_against_the_sum_of_all_that_fell_due() -> None:
    both_due = plan((ago(50), "300.00"), (ago(20), "200.00"), (ago(-9), "100.00"))
    short = [payment("400.00", ago(55)), payment("99.99", ago(1))]
    assert decided(charge("3000.00"), holds=[both_due], payments=short).reason == "instalment-missed"
    enough = [payment("400.00", ago(55)), payment("100.00", ago(1))]
    assert decided(charge("3000.00"), holds=[both_due], payments=enough).reason == "instalments-on-track"


def test_the_order_of_a_plans_instalments_does_not_matter() -> None:
    parts = [(ago(50), "300.00"), (ago(20), "200.00"), (ago(-9), "100.00")]
    letter = notice(sent_ago=40)  # answers the first part, not the second
    for order in (parts, parts[::-1]):
        decision = decided(
            charge(late=300), holds=[plan(*order)], notices=[letter], payments=[payment("300.00", ago(55))]
        )
        assert decision.reason == "instalment-missed"


def test_payments_before_a_plan_was_registered_do_not_count_for_it() -> None:
    holds = [plan((ago(30), "300.00"), (ago(-30), "300.00"), registered=ago(60))]
    before, on_the_day = [payment("300.00", ago(61))], [payment("300.00", ago(60))]
    assert decided(holds=holds, payments=before).reason == "instalment-missed"
    assert decided(holds=holds, payments=on_the_day).reason == "instalments-on-track"


def test_a_plan_wholly_paid_waits_for_nothing() -> None:
    paid = [payment("600.00", ago(31))]
    assert outcome(decided(holds=[TWO], payments=paid)) == "issue first-notice reminder"
    assert outcome(decided(holds=[TWO], payments=paid, notices=[notice()])) == "issue deadline-passed lawyer-letter"


def test_a_plan_of_which_all_fell_due_and_all_was_paid_to_the_fen_was_not_missed() -> None:
    past = plan((ago(50), "300.00"), (ago(20), "300.00"))
    enough, short = [payment("600.00", ago(15))], [payment("599.99", ago(15))]
    assert outcome(decided(charge("3000.00"), holds=[past], payments=enough)) == "issue first-notice reminder"
    assert outcome(decided(charge("3000.00"), holds=[past], payments=short)) == "issue instalment-missed reminder"


@pytest.mark.parametrize(("days_after_grace", "used_up"), [(0, False), (1, True)])
def test_a_notice_after_a_missed_instalment_has_used_it_up(days_after_grace: int, used_up: bool) -> None:
    missed_on = ago(12)
    letter = notice(dated=missed_on + timedelta(days=GRACE + days_after_grace))
    decision = decided(holds=[plan((missed_on, "300.00"), (ago(-30), "300.00"))], notices=[letter])
    assert outcome(decision) == ("wait awaiting-reply" if used_up else "issue instalment-missed lawyer-letter")


def test_the_next_instalment_missed_is_a_breach_of_its_own() -> None:
    parts = (ago(40), "300.00"), (ago(5), "300.00"), (ago(-30), "300.00")
    letter = notice(sent_ago=12)
    assert decided(holds=[plan(*parts)], notices=[letter]).reason == "instalment-missed"
    one_paid = [payment("300.00", ago(10))]
    assert (
        decided(charge("3000.00"), holds=[plan(*parts)], notices=[letter], payments=one_paid).reason
        == "instalment-missed"
    )
    both_paid = [payment("600.00", ago(10))]
    assert decided(charge("3000.00"), holds=[plan(*parts)], notices=[letter], payments=both_paid).reason == (
        "instalments-on-track"
    )


def test_a_plan_caught_up_with_is_on_track_again() -> None:
    decision = decided(charge("3000.00"), holds=[TWO], notices=[RECENT], payments=[payment("300.00", ago(1))])
    assert decision.reason == "instalments-on-track"


def test_a_later_plan_replaces_an_earlier_one() -> None:
    missed = plan((ago(30), "300.00"), (ago(-30), "300.00"), registered=ago(60))
    running = plan((ago(-5), "100.00"), registered=ago(8))
    for holds in ([missed, running], [running, missed]):
        assert decided(holds=holds).reason == "instalments-on-track"


def test_a_missed_later_plan_counts_though_an_earlier_one_is_on_track() -> None:
    running = plan((ago(-30), "300.00"), registered=ago(60))
    missed = plan((ago(10), "300.00"), registered=ago(30))
    for holds in ([missed, running], [running, missed]):
        assert decided(holds=holds).reason == "instalment-missed"


def test_of_two_plans_of_one_day_the_one_entered_later_counts() -> None:
    missed, running = plan((ago(10), "300.00")), plan((ago(-10), "300.00"))
    assert decided(holds=[missed, running]).reason == "instalments-on-track"
    assert decided(holds=[running, missed]).reason == "instalment-missed"


def test_a_later_plan_wholly_paid_does_not_bring_back_the_earlier_one() -> None:
    missed = plan((ago(30), "900.00"), registered=ago(60))
    paid_up = plan((ago(-5), "100.00"), registered=ago(8))
    decision = decided(charge("3000.00"), holds=[missed, paid_up], payments=[payment("100.00", ago(8))])
    assert outcome(decision) == "issue first-notice reminder"


def test_a_plan_registered_after_the_day_neither_waits_nor_replaces() -> None:
    missed = plan((ago(30), "300.00"), (ago(-30), "300.00"), registered=ago(60))
    tomorrow = plan((ago(-5), "100.00"), registered=ago(-1))
    assert decided(holds=[missed, tomorrow]).reason == "instalment-missed"
    assert decided(holds=[tomorrow]).reason == "first-notice"


# --- a breach and the rules after it ------------------------------------------------------------------------------

BREACHES = [(promise(PASSED), "promise-broken"), (plan((PASSED, "300.00")), "instalment-missed")]


@pytest.mark.parametrize(("breach", "reason"), BREACHES)
def test_a_breach_need_not_wait_for_the_deadline(breach: Hold, reason: str) -> None:
    decision = decided(holds=[breach], notices=[notice(sent_ago=5)])
    assert outcome(decision) == f"issue {reason} lawyer-letter"


@pytest.mark.parametrize(("breach", "reason"), BREACHES)
def test_a_breach_after_the_last_tier_is_referred(breach: Hold, reason: str) -> None:
    decision = decided(holds=[breach], notices=[notice("follow-up", sent_ago=5)])
    assert outcome(decision) == "refer exhausted"


@pytest.mark.parametrize(("breach", "reason"), BREACHES)
def test_a_breach_waits_where_the_next_tiers_conditions_are_not_met(breach: Hold, reason: str) -> None:
    recent = [notice(sent_ago=5)]
    small = decided(charge("499.99"), holds=[breach], notices=recent)
    young = decided(charge(late=59), holds=[breach], notices=recent)
    assert (outcome(small), outcome(young)) == ("wait below-tier", "wait below-tier")


def test_a_broken_promise_is_named_before_a_missed_instalment() -> None:
    assert decided(holds=[hold_ for hold_, _ in BREACHES]).reason == "promise-broken"


def test_a_hold_comes_before_promise_and_plan() -> None:
    dispute = hold(HoldKind.DISPUTED)
    assert decided(holds=[promise(ago(-5)), dispute]).reason == "disputed"
    assert decided(holds=[promise(PASSED), dispute]).reason == "disputed"


def test_a_promise_is_named_before_a_plan_on_track() -> None:
    assert decided(holds=[plan((ago(-5), "300.00")), promise(ago(-5))]).reason == "promised"


def test_a_broken_promise_goes_on_to_the_plan_that_is_on_track() -> None:
    assert decided(holds=[plan((ago(-5), "300.00")), promise(PASSED)]).reason == "instalments-on-track"


# --- debts settled in between ---------------------------------------------------------------------------------------


def test_a_promise_after_which_all_was_paid_is_not_broken_by_a_new_debt() -> None:
    kept = promise(ago(200), registered=ago(220))
    assert outcome(decided(holds=[kept], settled_on=ago(150))) == "issue first-notice reminder"


def test_a_promise_made_after_everything_was_paid_can_be_broken() -> None:
    broken = promise(PASSED, registered=ago(20))
    assert outcome(decided(holds=[broken], settled_on=ago(150))) == "issue promise-broken reminder"
