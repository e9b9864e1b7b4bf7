"""Days that only a mistyped year explains are refused by every command, before a letter or a record bears them."""

from __future__ import annotations

import pytest
from desk import Desk, Owes, Sent
from frozen_clock import today_is

from notices.settings import Policy

OWNER = Owes("1-1-101", "林一", email="lin@example.com")
TODAY = "2026-12-01"
AHEAD = Policy().plan_ahead_days


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    today_is(monkeypatch, TODAY)


@pytest.mark.parametrize("day", ["2027-01-02", "2027-12-01", "2062-12-01"])
def test_letters_are_not_dated_further_ahead_than_a_plan(desk: Desk, day: str) -> None:
    desk.plan(OWNER, as_of=TODAY)
    said = desk("approve", "b", "--by", "Releaser", "--letter-date", day, status=2).errors
    assert "too far in the future" in said
    assert f"{AHEAD} days" in said
    assert desk.decisions()[OWNER.account]["notice"] is None


def test_letters_may_be_dated_as_far_ahead_as_a_plan(desk: Desk) -> None:
    desk.plan(OWNER, as_of=TODAY)
    desk("approve", "b", "--by", "Releaser", "--letter-date", "2027-01-01")
    assert desk.decisions()[OWNER.account]["deadline"] == "2027-01-18"


def test_a_letter_date_from_which_the_deadline_has_passed_is_refused(desk: Desk) -> None:
    """A letter of October demands payment by a day in November: nobody can pay by then."""
    desk.plan(OWNER, as_of="2026-10-10")
    said = desk("approve", "b", "--by", "Releaser", "--letter-date", "2026-10-12", status=2).errors
    assert "2026-10-27, which has passed" in said
    assert "--letter-date" in said
    assert desk.decisions()[OWNER.account]["notice"] is None
    desk("approve", "b", "--by", "Releaser", "--letter-date", "2026-11-20")


def test_a_plan_of_a_day_long_past_says_that_the_deadline_has_passed(desk: Desk) -> None:
    desk.plan(OWNER, as_of="2026-10-10")
    released = desk("approve", "b", "--by", "Releaser", "--json").json
    assert any("2026-10-26" in note and "has passed" in note for note in released["notes"])


def test_run_refuses_a_letter_date_too_far_ahead_before_anything_is_planned(desk: Desk) -> None:
    words = ("run", desk.list(OWNER), "--name", "b", "--as-of", TODAY, "--letter-date", "2036-12-01", "--yes")
    assert "too far in the future" in desk(*words, "--by", "Planner", status=2).errors
    assert desk("status", "--json").json["batches"] == []


def test_a_list_is_not_a_year_older_than_its_plan(desk: Desk) -> None:
    """With the year before, every payment of a year would be subtracted once more."""
    words = ("plan", desk.list(OWNER), "--name", "b", "--as-of", TODAY)
    assert "more than a year before" in desk(*words, "--list-date", "2025-11-29", status=2).errors
    desk(*words, "--list-date", "2025-12-05")


HOLDS = {
    "registered in times to come": (("--kind", "disputed", "--registered", "2027-12-01"), "plan_ahead_days"),
    "a promise for another century": (("--kind", "promise", "--until", "2062-12-24"), "three years"),
    "a promise of the past": (("--kind", "promise", "--until", "2016-12-24"), "before the day of registration"),
    "a part of a plan in the past": (
        ("--kind", "instalments", "--until", "2016-12-24", "--amount", "600"),
        "before the day of registration",
    ),
    "a part of a plan for another century": (
        ("--kind", "instalments", "--until", "2062-12-24", "--amount", "600"),
        "three years",
    ),
}


@pytest.mark.parametrize(("words", "why"), HOLDS.values(), ids=HOLDS)
def test_a_hold_with_a_mistyped_year_is_refused(desk: Desk, words: tuple[str, ...], why: str) -> None:
    desk.plan(OWNER)
    assert why in desk("hold", "add", OWNER.account, *words, status=2).errors
    assert desk("hold", "list", "--json").json["holds"] == []


def test_every_part_of_a_plan_is_looked_at(desk: Desk) -> None:
    desk.plan(OWNER)
    parts = desk.table(("日期", "金额"), [("2026-12-31", "600"), ("2062-01-31", "600")])
    assert "2062-01-31" in desk("hold", "add", OWNER.account, "--kind", "instalments", "--plan", parts, status=2).errors
    late = desk.table(("日期", "金额"), [("2026-11-30", "600"), ("2027-01-31", "600")])
    assert "2026-11-30" in desk("hold", "add", OWNER.account, "--kind", "instalments", "--plan", late, status=2).errors
    desk("hold", "add", OWNER.account, "--kind", "instalments", "--plan", late, "--registered", "2026-11-25")


def test_a_table_of_holds_is_read_alike(desk: Desk) -> None:
    headings = ("小区", "房号", "业主姓名", "类型", "登记日期", "截止日期", "金额")
    whose = (OWNER.estate, OWNER.unit, OWNER.owner)
    rows = [
        (*whose, "异议", "2036-11-20", "", ""),
        (*whose, "承诺", "2026-11-20", "2062-12-24", ""),
        (*whose, "分期", "2026-11-20", "2062-12-24", "500"),
        (*whose, "异议", "2026-11-20", "2062-12-24", ""),  # a dispute may well have no end
    ]
    done = desk("hold", "import", desk.table(headings, rows), "--json", status=1).json
    assert (done["new"], [each["row"] for each in done["problems"]]) == (1, [2, 3, 4])


def test_a_payment_of_years_ago_is_recorded_only_on_demand(desk: Desk) -> None:
    desk.plan(OWNER)
    words = ("payment", "add", OWNER.account, "--amount", "200", "--date", "2016-11-30")
    assert "two years ago" in desk(*words, status=4).errors
    desk(*words, "--yes")


def test_a_payment_that_the_newest_list_is_taken_to_include_says_so(desk: Desk) -> None:
    """In January the year before is typed easily: such a payment changes no letter."""
    desk.plan(OWNER, as_of=TODAY)
    said = desk("payment", "add", OWNER.account, "--amount", "200", "--date", "2026-01-05").errors
    assert f"newest list is of {TODAY}" in said
    assert "newest list" not in desk("payment", "add", OWNER.account, "--amount", "200", "--date", "2026-12-02").errors


def test_charges_are_not_claimed_from_a_day_far_ahead(desk: Desk) -> None:
    desk.plan(OWNER)
    said = desk("account", "claim", OWNER.account, "--from", "2062-07-01", status=2).errors
    assert "plan_ahead_days" in said
    assert desk("account", "show", OWNER.account, "--json").json["claims"] == []


@pytest.fixture
def answered(desk: Desk) -> tuple[Desk, str]:
    """Return a desk with a follow-up that left, and its number."""
    desk("history", "import", desk.history(Sent(OWNER, "2026-08-03"), Sent(OWNER, "2026-09-28", "律师函")))
    desk.plan(OWNER)
    desk("approve", "b", "--by", "Releaser")
    desk.change("UPDATE deliveries SET state = 'spooled'")
    return desk, desk.decisions()[OWNER.account]["notice"]


def test_a_promise_on_a_slip_is_for_days_to_come_and_not_for_another_century(answered: tuple[Desk, str]) -> None:
    desk, number = answered
    assert "three years" in desk("slip", "set", number, "--promise", "2062-01-01", status=2).errors
    desk("slip", "set", number, "--promise", "2027-01-01")


def test_an_answer_is_not_dated_before_its_slip_came_back(answered: tuple[Desk, str]) -> None:
    desk, number = answered
    desk("slip", "set", number, "--objection", "fee-too-high", "--date", "2026-11-27")
    said = desk("answer", "b", "--date", "2016-11-30", status=2).errors
    assert "2026-11-27" in said
    assert "--date" in said


def test_a_letter_about_work_is_not_dated_before_it_was_done(answered: tuple[Desk, str]) -> None:
    desk, number = answered
    desk("slip", "set", number, "--objection", "heating-cold", "--date", "2026-11-27")
    desk("work", "close", "1", "--result", "已修", "--no-letter")
    words = ("letter", "make", OWNER.account, "--kind", "resolved")
    assert "2026-12-01" in desk(*words, "--date", "2026-11-28", status=2).errors
