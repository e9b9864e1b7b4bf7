"""Cases, states of notices, and the limitation date with its proven demands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_builders import (
    EMAIL,
    PRINT,
    TODAY,
    account,
    ago,
    charge,
    decided,
    delivery,
    notice,
    outcome,
    policy_of,
)

from notices.model import CaseKey, PastNotice, State, notice_state
from notices.rules.cases import in_progress, partly_undelivered
from notices.rules.limitation import limitation_date, proven_demands, years_after

LEFT_OR_CAME_BACK = [
    State.SENT,
    State.HANDED_OVER,
    State.DELIVERED,
    State.BOUNCED,
    State.RETURNED,
    State.REFUSED,
]
STILL_OPEN = [
    State.APPROVED,
    State.RENDERED,
    State.SET_ASIDE,
    State.SPOOLED,
    State.SENDING,
    State.DEFERRED,
    State.UNKNOWN,
]
FAILED = [State.BOUNCED, State.RETURNED, State.REFUSED]


def counts(past: PastNotice, settled_on: date | None = None) -> bool:
    """Return whether an old reminder counts in the case, i.e. the lawyer's letter is next."""
    decision = decided(notices=[past], settled_on=settled_on)
    assert decision.reason in {"first-notice", "deadline-passed"}
    return decision.reason == "deadline-passed"


# --- identity of a case ----------------------------------------------------------------------------------------------


def test_joint_owners_are_one_case_in_any_order() -> None:
    assert account(owners=("张三", "李四")).case == account(owners=("李四", "张三")).case


def test_another_owner_another_unit_and_another_estate_are_other_cases() -> None:
    case = CaseKey.of("示例花园", "1-1-101", ["张三"])
    assert case != CaseKey.of("示例花园", "1-1-101", ["李四"])
    assert case != CaseKey.of("示例花园", "1-1-101", ["张三", "李四"])
    assert case != CaseKey.of("示例花园", "1-1-10", ["张三"])
    assert case != CaseKey.of("示例花园二期", "1-1-101", ["张三"])


# --- notices that count ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.SENT, State.HANDED_OVER, State.DELIVERED])
def test_a_notice_that_has_left_is_in_the_case(state: State) -> None:
    assert counts(notice("reminder", delivery(PRINT, state)))


@pytest.mark.parametrize("state", FAILED)
def test_a_notice_that_came_back_is_in_the_case(state: State) -> None:
    past = notice("lawyer-letter", delivery(PRINT, state))
    assert outcome(decided(notices=[past])) == "issue undelivered lawyer-letter"


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.PLANNED])
def test_a_withdrawn_notice_and_one_only_planned_are_in_no_case(state: State) -> None:
    assert not counts(notice("reminder", delivery(PRINT, state), delivery(EMAIL, state)))


def test_a_notice_one_way_of_which_was_withdrawn_is_in_the_case() -> None:
    assert counts(notice("reminder", delivery(PRINT, State.WITHDRAWN), delivery(EMAIL, State.SENT)))


@pytest.mark.parametrize(("days_before_due", "inside"), [(-1, True), (0, False), (1, False)])
def test_a_notice_counts_if_dated_after_the_due_date(days_before_due: int, inside: bool) -> None:
    assert counts(notice(dated=ago(100) - timedelta(days=days_before_due))) is inside


def test_one_claimable_charge_that_the_notice_is_after_is_enough() -> None:
    old, new = charge(late=400), charge(late=20)
    assert outcome(decided(old, new, notices=[notice(sent_ago=300)])) == "issue deadline-passed lawyer-letter"


def test_a_charge_that_is_paid_or_not_yet_due_keeps_no_old_notice_in_the_case() -> None:
    paid, new = charge(late=400, paid="1000.00"), charge(late=100)
    assert outcome(decided(paid, new, notices=[notice(sent_ago=300)])) == "issue first-notice reminder"


@pytest.mark.parametrize(("sent_ago", "inside"), [(0, True), (-1, False)])
def test_a_notice_dated_after_the_day_of_the_decision_is_not_in_the_case(sent_ago: int, inside: bool) -> None:
    decision = decided(notices=[notice(sent_ago=sent_ago)])
    assert outcome(decision) == ("wait awaiting-reply" if inside else "issue first-notice reminder")


@pytest.mark.parametrize(("settled_ago", "inside"), [(29, False), (30, False), (31, True)])
def test_a_notice_counts_if_dated_after_the_last_day_without_principal(settled_ago: int, inside: bool) -> None:
    assert counts(notice(sent_ago=30), settled_on=ago(settled_ago)) is inside


def test_a_new_case_starts_at_the_first_tier_however_far_the_old_one_went() -> None:
    old = [notice(tier, sent_ago=days) for tier, days in (("reminder", 90), ("lawyer-letter", 70), ("follow-up", 50))]
    assert outcome(decided(notices=old, settled_on=ago(40))) == "issue first-notice reminder"
    assert outcome(decided(notices=old)) == "refer exhausted"


def test_the_last_notice_is_the_latest_whatever_the_order_of_the_records() -> None:
    lawyer, reminder = notice("lawyer-letter", sent_ago=30), notice("reminder", sent_ago=60)
    assert outcome(decided(notices=[lawyer, reminder])) == "issue deadline-passed follow-up"


@pytest.mark.parametrize("later_first", [True, False])
def test_of_two_notices_of_one_date_the_later_tier_is_the_last(later_first: bool) -> None:
    both = [notice("lawyer-letter", sent_ago=30), notice("reminder", sent_ago=30)]
    assert outcome(decided(notices=both if later_first else both[::-1])) == "issue deadline-passed follow-up"


def test_the_last_notice_decides_even_if_an_earlier_one_was_of_a_later_tier() -> None:
    past = [notice("lawyer-letter", sent_ago=60), notice("reminder", sent_ago=30)]
    assert outcome(decided(notices=past)) == "issue deadline-passed lawyer-letter"


# --- undelivered, partly undelivered, in progress -----------------------------------------------------------------


@pytest.mark.parametrize("one", FAILED)
@pytest.mark.parametrize("other", FAILED)
def test_a_notice_is_undelivered_when_all_its_ways_failed(one: State, other: State) -> None:
    past = notice("reminder", delivery(EMAIL, one), delivery(PRINT, other))
    assert past.state is State.UNDELIVERED
    assert not partly_undelivered(past)


@pytest.mark.parametrize("other", [State.SENT, State.HANDED_OVER, State.DELIVERED])
def test_a_notice_that_failed_one_way_only_stands(other: State) -> None:
    past = notice("reminder", delivery(EMAIL, State.BOUNCED), delivery(PRINT, other))
    assert past.state is other
    assert partly_undelivered(past)


def test_a_withdrawn_way_does_not_make_a_failed_notice_stand() -> None:
    past = notice("reminder", delivery(EMAIL, State.BOUNCED), delivery(PRINT, State.WITHDRAWN))
    assert past.state is State.UNDELIVERED


def test_a_notice_is_withdrawn_only_if_all_its_ways_are() -> None:
    assert notice_state([State.WITHDRAWN, State.WITHDRAWN]) is State.WITHDRAWN
    assert notice_state([State.WITHDRAWN, State.APPROVED]) is State.APPROVED


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ([State.DELIVERED, State.SENT], State.SENT),
        ([State.SENT, State.HANDED_OVER], State.SENT),
        ([State.SPOOLED, State.SENT], State.SPOOLED),
        ([State.UNKNOWN, State.SPOOLED], State.UNKNOWN),
        ([State.SENDING, State.UNKNOWN], State.SENDING),
        ([State.DEFERRED, State.SENDING], State.DEFERRED),
        ([State.RENDERED, State.DEFERRED], State.RENDERED),
        ([State.APPROVED, State.RENDERED], State.APPROVED),
        ([State.PLANNED, State.APPROVED], State.PLANNED),
        ([State.SET_ASIDE, State.PLANNED], State.SET_ASIDE),
        ([State.RETURNED, State.SPOOLED], State.SPOOLED),
    ],
)
def test_a_notice_stands_where_its_least_advanced_way_stands(states: list[State], state: State) -> None:
    assert notice_state(states) is state
    assert notice_state(reversed(states)) is state


@pytest.mark.parametrize("state", STILL_OPEN)
@pytest.mark.parametrize("beside", [State.WITHDRAWN, State.PLANNED, *FAILED, *STILL_OPEN])
def test_a_notice_is_in_progress_while_a_way_is_open_and_none_has_left(state: State, beside: State) -> None:
    assert in_progress(notice("reminder", delivery(PRINT, state), delivery(EMAIL, beside)))


@pytest.mark.parametrize("state", STILL_OPEN)
@pytest.mark.parametrize("gone", [State.SENT, State.HANDED_OVER, State.DELIVERED])
def test_a_notice_one_way_of_which_has_left_is_no_longer_in_progress(state: State, gone: State) -> None:
    assert not in_progress(notice("reminder", delivery(PRINT, state), delivery(EMAIL, gone)))


@pytest.mark.parametrize("state", [State.PLANNED, State.WITHDRAWN, *LEFT_OR_CAME_BACK])
def test_a_notice_with_no_open_way_is_not_in_progress(state: State) -> None:
    assert not in_progress(notice("reminder", delivery(PRINT, state)))


# --- limitation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2023, 1, 31), 3, date(2026, 1, 31)),
        (date(2024, 2, 29), 3, date(2027, 2, 28)),
        (date(2024, 2, 28), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2025, 2, 28), 3, date(2028, 2, 28)),
        (date(2023, 12, 31), 2, date(2025, 12, 31)),
    ],
)
def test_the_limitation_date_is_the_same_day_years_later_or_the_28th(day: date, years: int, expected: date) -> None:
    assert years_after(day, years) == expected


def limit(*past: PastNotice, due_date: date = date(2023, 12, 31), as_of: date = TODAY) -> date | None:
    return decided(charge(due_date=due_date), notices=past, as_of=as_of).limitation_date


def test_without_a_demand_it_is_three_years_after_the_due_date() -> None:
    assert limit() == date(2026, 12, 31)


def test_a_proven_demand_moves_it_to_three_years_after_the_demand() -> None:
    assert limit(notice(dated=date(2025, 5, 6))) == date(2028, 5, 6)


def test_a_proven_demand_on_29_february_moves_it_to_the_28th() -> None:
    assert limit(notice(dated=date(2024, 2, 29))) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2023, 12, 31), date(2026, 12, 31)), (date(2024, 1, 1), date(2027, 1, 1))],
)
def test_a_demand_moves_it_only_if_made_after_the_due_date(day: date, expected: date) -> None:
    assert limit(notice(dated=day)) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2024, 1, 31), date(2027, 1, 31)), (date(2024, 2, 1), date(2024, 1, 31))],
)
def test_a_demand_on_the_limitation_date_is_in_time_and_a_day_later_revives_nothing(day: date, expected: date) -> None:
    assert limit(notice(dated=day), due_date=date(2021, 1, 31)) == expected


def test_demands_move_it_one_after_the_other_whatever_the_order_of_the_records() -> None:
    first, second = notice(dated=date(2022, 6, 1)), notice("lawyer-letter", dated=date(2025, 5, 31))
    for past in ([first, second], [second, first]):
        assert limit(*past, due_date=date(2019, 12, 31)) == date(2028, 5, 31)


def test_a_second_demand_revives_nothing_where_the_first_came_too_late() -> None:
    late, later = notice(dated=date(2023, 1, 1)), notice("lawyer-letter", dated=date(2024, 1, 1))
    assert limit(late, later, due_date=date(2019, 12, 31)) == date(2022, 12, 31)


@pytest.mark.parametrize("state", [state for state in State if state is not State.DELIVERED])
def test_a_demand_is_proven_only_when_its_delivery_is_on_record(state: State) -> None:
    assert proven_demands([notice("reminder", delivery(PRINT, state))], TODAY) == ()


def test_an_e_mail_proves_no_demand() -> None:
    assert limit(notice("reminder", delivery(EMAIL, State.DELIVERED), dated=date(2025, 5, 6))) == date(2026, 12, 31)


def test_paper_proves_a_demand_that_also_went_by_e_mail() -> None:
    both = notice("reminder", delivery(EMAIL, State.BOUNCED), delivery(), dated=date(2025, 5, 6))
    assert limit(both) == date(2028, 5, 6)


def test_a_proven_demand_has_the_date_of_its_delivery_where_it_is_on_record() -> None:
    assert limit(notice("reminder", delivery(on=date(2025, 5, 9)), dated=date(2025, 5, 6))) == date(2028, 5, 9)


def test_a_demand_written_in_time_but_delivered_too_late_revives_nothing() -> None:
    late = notice("reminder", delivery(on=date(2024, 2, 1)), dated=date(2024, 1, 30))
    assert limit(late, due_date=date(2021, 1, 31)) == date(2024, 1, 31)


def test_a_demand_written_by_the_due_date_but_delivered_after_it_counts() -> None:
    assert limit(notice("reminder", delivery(on=date(2024, 1, 3)), dated=date(2023, 12, 30))) == date(2027, 1, 3)


def test_a_demand_not_delivered_by_the_day_of_the_decision_is_not_proven_yet() -> None:
    on_its_way = notice("reminder", delivery(on=ago(-1)), dated=ago(3))
    assert limit(on_its_way) == date(2026, 12, 31)
    assert limit(notice("reminder", delivery(on=TODAY), dated=ago(3))) == date(2029, 11, 23)


def test_the_demands_of_an_earlier_case_count_too() -> None:
    decision = decided(
        charge(due_date=date(2023, 12, 31)), notices=[notice(dated=date(2025, 5, 6))], settled_on=date(2025, 6, 1)
    )
    assert (decision.reason, decision.limitation_date) == ("first-notice", date(2028, 5, 6))


def test_an_account_shows_its_earliest_limitation_date() -> None:
    charges = (
        charge(due_date=date(2025, 6, 30)),
        charge(due_date=date(2024, 6, 30)),
        charge(due_date=date(2026, 6, 30)),
    )
    assert decided(*charges).limitation_date == date(2027, 6, 30)


def test_a_demand_that_moves_an_old_charge_may_leave_a_newer_one_the_earliest() -> None:
    old, new = charge(due_date=date(2023, 12, 31)), charge(due_date=date(2025, 6, 30))
    assert decided(old, new, notices=[notice(dated=date(2025, 6, 30))]).limitation_date == date(2028, 6, 30)
    assert decided(old, new, notices=[notice(dated=date(2025, 5, 6))]).limitation_date == date(2028, 5, 6)


def test_the_span_of_limitation_is_a_setting() -> None:
    demand = notice("reminder", delivery(on=date(2025, 5, 9)), dated=date(2025, 5, 6))
    decision = decided(charge(due_date=date(2023, 12, 31)), notices=[demand], policy=policy_of(limitation_years=2))
    assert decision.limitation_date == date(2027, 5, 9)


@given(st.dates(date(2015, 1, 1), TODAY), st.lists(st.dates(date(2015, 1, 1), TODAY), max_size=6))
def test_a_limitation_date_never_moves_backwards_nor_across_a_gap(due_date: date, demands: list[date]) -> None:
    result = limitation_date(due_date, sorted(demands), 3)
    assert result >= years_after(due_date, 3)
    assert result in {years_after(day, 3) for day in (due_date, *demands)}
    assert not any(due_date < demand <= result and years_after(demand, 3) > result for demand in demands)


# --- one unit, spelt twice --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("3-0501", "3-501", True),
        ("03-0501", "3-501", True),
        ("B01-7", "B1-07", True),
        ("3-501", "3-5010", False),
        ("1-1", "1-10", False),
        ("10-1", "1-1", False),
        ("0", "00", True),
        ("100", "1", False),
    ],
)
def test_leading_zeros_make_no_other_case_and_nothing_else_is_dropped(one: str, other: str, same: bool) -> None:
    assert (CaseKey.of("甲园", one, ["张三"]) == CaseKey.of("甲园", other, ["张三"])) is same
