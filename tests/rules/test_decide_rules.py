"""The twelve rules one by one: each boundary from both sides, and their order of precedence."""

from __future__ import annotations

from datetime import date

import pytest
from rule_builders import (
    EMAIL,
    PRINT,
    TODAY,
    account,
    ago,
    charge,
    decided,
    delivery,
    hold,
    notice,
    outcome,
    payment,
    policy_of,
    promise,
    returned,
    yuan,
)

from notices.model import STOPS, HoldKind, State

DISPUTE = hold(HoldKind.DISPUTED)

# --- 1: nothing to claim ------------------------------------------------------------------------------------------


def test_1_where_nothing_is_owed_the_account_is_paid() -> None:
    assert outcome(decided(charge(paid="1000.00"))) == "skip paid"
    assert outcome(decided(charge(paid="600.00", waived="400.00"))) == "skip paid"
    assert outcome(decided(charge(paid="1200.00"))) == "skip paid"


def test_1_a_payment_since_the_list_makes_it_paid() -> None:
    assert outcome(decided(payments=[payment("1000.00", TODAY)], list_date=ago(1))) == "skip paid"


def test_1_what_is_due_today_is_not_due_yet_and_what_was_due_yesterday_is() -> None:
    assert outcome(decided(charge(late=0))) == "skip not-due"
    assert outcome(decided(charge(late=1))) == "wait in-grace"


def test_1_a_future_charge_beside_a_paid_one_is_not_due() -> None:
    assert outcome(decided(charge(paid="1000.00"), charge(late=-30))) == "skip not-due"


def test_1_a_future_charge_that_an_overpayment_pays_leaves_nothing_open() -> None:
    assert outcome(decided(charge(paid="1500.00"), charge("500.00", late=-30))) == "skip paid"
    assert outcome(decided(charge(paid="1499.99"), charge("500.00", late=-30))) == "skip not-due"


def test_1_comes_before_a_hold_and_before_a_notice_in_progress() -> None:
    on_its_way = notice("reminder", delivery(PRINT, State.SPOOLED))
    assert outcome(decided(charge(paid="1000.00"), holds=[DISPUTE], notices=[on_its_way])) == "skip paid"
    assert outcome(decided(charge(late=0), holds=[DISPUTE], notices=[on_its_way])) == "skip not-due"


# --- 2: below the minimum -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owed", "expected"),
    [("0.01", "skip below-minimum"), ("99.99", "skip below-minimum"), ("100.00", "issue first-notice reminder")],
)
def test_2_below_the_minimum_no_notice(owed: str, expected: str) -> None:
    assert outcome(decided(charge(owed))) == expected


def test_2_the_minimum_is_of_the_principal_without_late_fee_and_without_what_is_not_due() -> None:
    decision = decided(charge("99.99", late=1000), charge("500.00", late=0))
    assert (outcome(decision), decision.late_fee) == ("skip below-minimum", yuan("30.00"))


def test_2_small_charges_add_up_to_the_minimum() -> None:
    assert outcome(decided(charge("50.00"), charge("50.00", late=200))) == "issue first-notice reminder"


def test_2_comes_before_a_hold() -> None:
    assert outcome(decided(charge("99.99"), holds=[DISPUTE])) == "skip below-minimum"


# --- 3: holds -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", STOPS)
def test_3_a_hold_without_end_stops(kind: HoldKind) -> None:
    assert outcome(decided(holds=[hold(kind)])) == f"hold {kind}"


@pytest.mark.parametrize("kind", STOPS)
@pytest.mark.parametrize(("ended_ago", "stops"), [(-1, True), (0, True), (1, False)])
def test_3_a_hold_stops_up_to_its_end(kind: HoldKind, ended_ago: int, stops: bool) -> None:
    decision = decided(holds=[hold(kind, until=ago(ended_ago))])
    assert outcome(decision) == (f"hold {kind}" if stops else "issue first-notice reminder")


@pytest.mark.parametrize(("registered_ago", "stops"), [(1, True), (0, True), (-1, False)])
def test_3_a_hold_registered_after_the_day_does_not_exist_yet(registered_ago: int, stops: bool) -> None:
    decision = decided(holds=[hold(HoldKind.DISPUTED, registered=ago(registered_ago))])
    assert outcome(decision) == ("hold disputed" if stops else "issue first-notice reminder")


def test_3_of_several_holds_the_first_of_the_rule_books_order_is_named() -> None:
    kinds = [HoldKind.OWNER_UNKNOWN, HoldKind.DO_NOT_CONTACT, HoldKind.HARDSHIP, HoldKind.DISPUTED]
    holds = [hold(kind) for kind in kinds]
    named = [decided(holds=holds[:n]).reason for n in (1, 2, 3, 4)]
    assert named == ["owner-unknown", "do-not-contact", "hardship", "disputed"]


def test_3_a_hold_that_has_ended_gives_way_to_one_further_down() -> None:
    holds = [hold(HoldKind.DISPUTED, until=ago(1)), hold(HoldKind.OWNER_UNKNOWN)]
    assert decided(holds=holds).reason == "owner-unknown"


def test_3_comes_before_progress_grace_and_everything_after() -> None:
    on_its_way = notice("reminder", delivery(PRINT, State.SPOOLED))
    assert decided(holds=[DISPUTE], notices=[on_its_way]).reason == "disputed"
    assert decided(charge(late=3), holds=[DISPUTE]).reason == "disputed"
    assert decided(holds=[DISPUTE], notices=[returned()]).reason == "disputed"
    assert decided(holds=[DISPUTE], notices=[notice("follow-up")]).reason == "disputed"


# --- 4: in progress, in grace -------------------------------------------------------------------------------------


def test_4_a_notice_in_progress_is_waited_for() -> None:
    assert outcome(decided(notices=[notice("reminder", delivery(PRINT, State.APPROVED))])) == "wait in-progress"


def test_4_a_notice_in_progress_counts_whatever_case_it_belongs_to() -> None:
    on_its_way = notice("reminder", delivery(PRINT, State.SPOOLED), sent_ago=200)
    assert outcome(decided(charge(late=20), notices=[on_its_way], settled_on=ago(100))) == "wait in-progress"


def test_4_a_notice_in_progress_counts_beside_one_that_has_arrived() -> None:
    past = [notice(sent_ago=60), notice("lawyer-letter", delivery(PRINT, State.RENDERED), sent_ago=1)]
    assert outcome(decided(notices=past)) == "wait in-progress"


def test_4_a_notice_one_way_of_which_bounced_while_the_other_is_open_is_in_progress() -> None:
    past = notice("lawyer-letter", delivery(PRINT, State.SPOOLED), delivery(EMAIL, State.BOUNCED))
    assert outcome(decided(notices=[past])) == "wait in-progress"


def test_4_a_notice_one_way_of_which_has_left_is_in_the_case_instead() -> None:
    past = notice("lawyer-letter", delivery(PRINT, State.SPOOLED), delivery(EMAIL, State.SENT), sent_ago=5)
    assert outcome(decided(notices=[past])) == "wait awaiting-reply"


@pytest.mark.parametrize(("late", "expected"), [(15, "wait in-grace"), (16, "issue first-notice reminder")])
def test_4_the_grace_before_the_first_notice(late: int, expected: str) -> None:
    assert outcome(decided(charge(late=late))) == expected


def test_4_one_charge_past_its_grace_is_enough() -> None:
    assert outcome(decided(charge(late=3), charge(late=16))) == "issue first-notice reminder"
    assert outcome(decided(charge(late=3), charge(late=16, paid="1000.00"))) == "wait in-grace"


def test_4_grace_is_a_setting() -> None:
    assert outcome(decided(charge(late=1), policy=policy_of(grace_days=0))) == "issue first-notice reminder"
    assert outcome(decided(charge(late=30), policy=policy_of(grace_days=30))) == "wait in-grace"


def test_4_grace_is_for_a_case_without_a_notice() -> None:
    early = notice(sent_ago=5)
    assert outcome(decided(charge(late=10), notices=[early])) == "wait awaiting-reply"


def test_4_grace_begins_anew_with_a_new_case() -> None:
    old = notice(sent_ago=200)
    assert outcome(decided(charge(late=10), notices=[old])) == "wait in-grace"


def test_4_progress_comes_before_a_promise_and_grace_before_both_promise_and_breach() -> None:
    on_its_way = notice("reminder", delivery(PRINT, State.SPOOLED))
    assert decided(notices=[on_its_way], holds=[promise(ago(-5))]).reason == "in-progress"
    assert decided(charge(late=10), holds=[promise(ago(-5))]).reason == "in-grace"
    assert decided(charge(late=10), holds=[promise(ago(5))]).reason == "in-grace"


# --- 6: undelivered ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["reminder", "lawyer-letter", "follow-up"])
def test_6_a_returned_notice_goes_again_at_once_as_the_same_tier(tier: str) -> None:
    assert outcome(decided(notices=[returned(tier, sent_ago=1)])) == f"issue undelivered {tier}"


def test_6_the_tiers_own_conditions_are_not_asked_again() -> None:
    decision = decided(charge("150.00", late=20), notices=[returned("lawyer-letter", sent_ago=5)])
    assert outcome(decision) == "issue undelivered lawyer-letter"


def test_6_only_the_last_notice_goes_again() -> None:
    past = [returned("reminder", sent_ago=60), notice("reminder", sent_ago=30)]
    assert outcome(decided(notices=past)) == "issue deadline-passed lawyer-letter"


def test_6_a_notice_that_stands_by_one_way_does_not_go_again() -> None:
    partly = notice("lawyer-letter", delivery(PRINT, State.RETURNED), delivery(EMAIL, State.SENT), sent_ago=5)
    assert outcome(decided(notices=[partly])) == "wait awaiting-reply"


def test_6_comes_after_a_promise_and_before_a_breach() -> None:
    assert decided(notices=[returned()], holds=[promise(ago(-5))]).reason == "promised"
    assert outcome(decided(notices=[returned(sent_ago=10)], holds=[promise(ago(5))])) == "issue undelivered reminder"


def test_6_claims_the_late_fee_as_its_tier_does() -> None:
    assert decided(notices=[returned("reminder")]).total == yuan("1000.00")
    assert decided(notices=[returned("lawyer-letter")]).total == yuan("1030.00")


# --- 8: the first notice ------------------------------------------------------------------------------------------


def test_8_the_first_notice_is_of_the_first_tier() -> None:
    decision = decided()
    assert outcome(decision) == "issue first-notice reminder"
    assert (decision.principal, decision.late_fee, decision.total) == (yuan("1000.00"), yuan("30.00"), yuan("1000.00"))


# --- 9: awaiting a reply ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tier", "span", "after"),
    [
        ("reminder", 15, "issue deadline-passed lawyer-letter"),
        ("lawyer-letter", 15, "issue deadline-passed follow-up"),
        ("follow-up", 10, "refer exhausted"),
    ],
)
def test_9_an_imported_notice_waits_for_its_date_and_its_tiers_span(tier: str, span: int, after: str) -> None:
    assert outcome(decided(notices=[notice(tier, sent_ago=span - 1)])) == "wait awaiting-reply"
    assert outcome(decided(notices=[notice(tier, sent_ago=span)])) == "wait awaiting-reply"
    assert outcome(decided(notices=[notice(tier, sent_ago=span + 1)])) == after


def test_9_an_imported_notices_span_may_end_on_a_sunday() -> None:
    sunday = date(2026, 11, 22)
    assert sunday.isoweekday() == 7
    past = notice(dated=ago(15, of=sunday))
    assert outcome(decided(notices=[past], as_of=sunday)) == "wait awaiting-reply"
    assert outcome(decided(notices=[past])) == "issue deadline-passed lawyer-letter"


@pytest.mark.parametrize(
    ("deadline_ago", "expected"), [(0, "wait awaiting-reply"), (1, "issue deadline-passed lawyer-letter")]
)
@pytest.mark.parametrize("sent_ago", [5, 60])
def test_9_a_notice_of_ours_waits_for_the_deadline_it_prints(sent_ago: int, deadline_ago: int, expected: str) -> None:
    past = notice(sent_ago=sent_ago, deadline=ago(deadline_ago))
    assert outcome(decided(notices=[past])) == expected


def test_9_comes_before_exhausted_and_below_tier() -> None:
    assert outcome(decided(notices=[notice("follow-up", sent_ago=5)])) == "wait awaiting-reply"
    assert outcome(decided(charge("200.00"), notices=[notice(sent_ago=5)])) == "wait awaiting-reply"


# --- 10 and 11: exhausted, below the tier -------------------------------------------------------------------------


def test_10_after_the_last_tier_a_person_takes_over() -> None:
    decision = decided(notices=[notice("follow-up")])
    assert (outcome(decision), decision.total, decision.late_fee) == (
        "refer exhausted",
        yuan("1000.00"),
        yuan("30.00"),
    )


@pytest.mark.parametrize(
    ("owed", "expected"),
    [("499.99", "wait below-tier"), ("500.00", "issue deadline-passed lawyer-letter")],
)
def test_11_the_next_tiers_principal(owed: str, expected: str) -> None:
    assert outcome(decided(charge(owed), notices=[notice()])) == expected


@pytest.mark.parametrize(
    ("late", "expected"),
    [(59, "wait below-tier"), (60, "issue deadline-passed lawyer-letter")],
)
def test_11_the_next_tiers_days_overdue(late: int, expected: str) -> None:
    assert outcome(decided(charge(late=late), notices=[notice(sent_ago=20)])) == expected


def test_11_the_days_are_those_of_the_oldest_claimable_charge() -> None:
    assert outcome(decided(charge(late=59), charge(late=60), notices=[notice(sent_ago=20)])) == (
        "issue deadline-passed lawyer-letter"
    )
    assert outcome(decided(charge(late=59), charge(late=60, paid="1000.00"), notices=[notice(sent_ago=20)])) == (
        "wait below-tier"
    )


def test_11_the_principal_is_without_late_fee() -> None:
    decision = decided(charge("499.99", late=1000), notices=[notice()])
    assert (outcome(decision), decision.late_fee) == ("wait below-tier", yuan("150.00"))


def test_11_a_tier_without_conditions_has_none() -> None:
    assert outcome(decided(charge("100.00"), notices=[notice("lawyer-letter")])) == "issue deadline-passed follow-up"


# --- 12 and after -------------------------------------------------------------------------------------------------


def test_12_otherwise_the_next_tier_with_its_total() -> None:
    decision = decided(notices=[notice()])
    assert outcome(decision) == "issue deadline-passed lawyer-letter"
    assert decision.total == decision.principal + decision.late_fee == yuan("1030.00")
    assert decision.channels == (PRINT, EMAIL)


def test_the_whole_way_from_the_first_notice_to_the_person_who_takes_over() -> None:
    reminder, lawyer, follow_up = (
        notice(tier, dated=day)
        for tier, day in (
            ("reminder", date(2026, 3, 2)),
            ("lawyer-letter", date(2026, 3, 30)),
            ("follow-up", date(2026, 4, 20)),
        )
    )
    due = charge(due_date=date(2025, 12, 31))

    def on(day: date, *past: object) -> str:
        return outcome(decided(due, notices=past, as_of=day, list_date=day))  # type: ignore[arg-type]

    assert on(date(2026, 1, 15)) == "wait in-grace"
    assert on(date(2026, 1, 16)) == "issue first-notice reminder"
    assert on(date(2026, 3, 17), reminder) == "wait awaiting-reply"
    assert on(date(2026, 3, 18), reminder) == "issue deadline-passed lawyer-letter"
    assert on(date(2026, 4, 15), reminder, lawyer) == "issue deadline-passed follow-up"
    assert on(date(2026, 5, 1), reminder, lawyer, follow_up) == "refer exhausted"


def test_where_a_notice_is_due_and_no_channel_works_the_account_is_referred() -> None:
    nowhere = account(email="", address="")
    for known in ({}, {"notices": [notice()]}, {"notices": [returned()]}, {"holds": [promise(ago(5))]}):
        decision = decided(of=nowhere, **known)  # type: ignore[arg-type]
        assert (outcome(decision), decision.total) == ("refer unreachable", decision.principal)


def test_where_no_notice_is_due_channels_do_not_matter() -> None:
    nowhere = account(email="", address="")
    assert outcome(decided(of=nowhere, notices=[notice(sent_ago=5)])) == "wait awaiting-reply"
    assert outcome(decided(of=nowhere, notices=[notice("follow-up")])) == "refer exhausted"
    small = account(charge("200.00"), email="", address="")
    assert outcome(decided(of=small, notices=[notice()])) == "wait below-tier"
    assert outcome(decided(of=account(charge("50.00"), email="", address=""))) == "skip below-minimum"
