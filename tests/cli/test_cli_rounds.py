"""Consecutive rounds and concurrent batches: an owner gets one letter of each tier, when it is due."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk import Desk, Owes, Sent
from frozen_clock import today_is
from neighbours import BOTH_WAYS, BY_MAIL, BY_MAIL_TOO, ON_PAPER, ON_PAPER_TOO

DEADLINE = "2026-12-08"
DAY_AFTER = "2026-12-09"
JOINT = Owes("1-1-120", "赵甲、钱乙", "900.00")


def newer(owner: Owes) -> Owes:
    """Return the same owner as in a later list, with one more bill and so a different file."""
    return replace(owner, due=f"{float(owner.due) + 10:.2f}")


def brief(decision: dict[str, object]) -> tuple[object, object, object]:
    return decision["action"], decision["tier"], decision["reason"]


def leave(desk: Desk, batch: str = "b") -> None:
    """Send everything rendered and confirm it."""
    desk("send", batch)
    desk("mail", "confirm", batch)
    job = desk("print", batch, "--json").json["job"]
    if job:
        desk("job", "confirm", job)


@pytest.mark.parametrize("second", [ON_PAPER, newer(ON_PAPER)], ids=["the same debt", "another debt"])
def test_of_two_batches_planned_for_one_owner_only_the_first_approved_goes_out(desk: Desk, second: Owes) -> None:
    desk.plan(ON_PAPER, batch="a")
    desk.plan(second, BY_MAIL, batch="b")
    desk("approve", "a", "--by", "Releaser")
    assert ON_PAPER.account in desk("approve", "b", "--by", "Releaser", status=1).errors
    assert desk.states("a") == {ON_PAPER.account: {"print": "approved"}}
    assert desk.states("b") == {ON_PAPER.account: {"print": "withdrawn"}, BY_MAIL.account: {"email": "approved"}}
    assert desk.decisions("b")[BY_MAIL.account]["notice"] == "SLHY-2026-000002"


def test_joint_owners_in_another_order_are_the_same_case(desk: Desk) -> None:
    desk.plan(JOINT, batch="a")
    desk.plan(replace(JOINT, owner="钱乙、赵甲"), batch="b")
    desk("approve", "a", "--by", "Releaser")
    desk("approve", "b", "--by", "Releaser", status=1)
    assert [list(desk.states(batch).values()) for batch in "ab"] == [[{"print": "approved"}], [{"print": "withdrawn"}]]


def test_another_owner_of_the_unit_is_another_case(desk: Desk) -> None:
    desk.plan(ON_PAPER, batch="a")
    desk("approve", "a", "--by", "Releaser")
    successor = replace(ON_PAPER, owner="新主")
    decision = desk.plan(successor)[successor.account]
    assert brief(decision) == ("issue", "reminder", "first-notice")
    assert "owner-changed" in decision["warnings"]


def test_a_letter_being_sent_is_waited_for(desk: Desk) -> None:
    desk.plan(ON_PAPER, batch="a")
    desk("approve", "a", "--by", "Releaser")
    assert brief(desk.plan(newer(ON_PAPER))[ON_PAPER.account]) == ("wait", None, "in-progress")


def test_planning_the_same_list_again_on_purpose_makes_no_second_demand(desk: Desk) -> None:
    file = desk.list(ON_PAPER)
    desk("plan", file, "--as-of", "2026-11-23", "--name", "a")
    desk("approve", "a", "--by", "Releaser")
    again = desk("plan", file, "--as-of", "2026-11-23", "--name", "b", "--again", "--json").json
    assert [brief(decision) for decision in again["decisions"]] == [("wait", None, "in-progress")]
    desk("approve", "b", "--by", "Releaser", status=4)


def test_a_letter_only_planned_is_not_waited_for(desk: Desk) -> None:
    desk.plan(ON_PAPER, batch="a")
    assert brief(desk.plan(newer(ON_PAPER))[ON_PAPER.account])[0] == "issue"


def test_a_withdrawn_notice_is_in_no_case_and_its_number_is_not_given_again(desk: Desk) -> None:
    desk.plan(ON_PAPER, batch="a")
    desk("approve", "a", "--by", "Releaser")
    desk("withdraw", "SLHY-2026-000001", "--by", "X", "--why", "typo")
    assert brief(desk.plan(newer(ON_PAPER))[ON_PAPER.account]) == ("issue", "reminder", "first-notice")
    desk("approve", "b", "--by", "Releaser")
    assert desk.decisions()[ON_PAPER.account]["notice"] == "SLHY-2026-000002"


def test_a_returned_letter_is_followed_by_the_same_tier_by_another_way(desk: Desk) -> None:
    to = replace(ON_PAPER, email="yi@example.com")
    desk("history", "import", desk.history(Sent(to, "2026-11-02", number="OLD-1", result="退回")))
    decision = desk.plan(to)[to.account]
    assert brief(decision) == ("issue", "reminder", "undelivered")
    assert decision["channels"] == ["email"]
    desk("approve", "b", "--by", "Releaser")
    assert desk.states() == {to.account: {"email": "approved"}}


def test_a_letter_that_came_back_by_the_only_way_needs_a_person(desk: Desk) -> None:
    desk("history", "import", desk.history(Sent(ON_PAPER, "2026-11-02", result="退回")))
    assert brief(desk.plan(ON_PAPER)[ON_PAPER.account]) == ("refer", None, "unreachable")


def test_after_all_letters_a_person_takes_over(desk: Desk) -> None:
    desk("history", "import", desk.history(Sent(ON_PAPER, "2026-11-02", letter="律师函后函")))
    assert brief(desk.plan(ON_PAPER)[ON_PAPER.account]) == ("refer", None, "exhausted")


def test_an_account_below_the_next_tiers_conditions_waits(desk: Desk) -> None:
    little = replace(ON_PAPER, due="499.99")
    desk("history", "import", desk.history(Sent(little, "2026-11-02")))
    assert brief(desk.plan(little)[little.account]) == ("wait", None, "below-tier")


@pytest.mark.office
@pytest.mark.slow
def test_the_next_tier_waits_for_the_printed_deadline_and_then_comes(rendered: Desk) -> None:
    leave(rendered)
    on_the_day = rendered.plan(newer(ON_PAPER), newer(BY_MAIL), batch="early", as_of=DEADLINE)
    for owner in (ON_PAPER, BY_MAIL):
        assert brief(on_the_day[owner.account]) == ("wait", None, "awaiting-reply")
    after = rendered.plan(ON_PAPER, BY_MAIL, BOTH_WAYS, batch="next", as_of=DAY_AFTER)
    for owner in (ON_PAPER, BY_MAIL):
        assert brief(after[owner.account]) == ("issue", "lawyer-letter", "deadline-passed")
    assert brief(after[BOTH_WAYS.account]) == ("issue", "follow-up", "deadline-passed")
    rendered("approve", "next", "--by", "Releaser")
    numbers = {account: decision["notice"] for account, decision in rendered.decisions("next").items()}
    assert numbers == {
        BY_MAIL.account: "（2026）示律函字第002号",
        ON_PAPER.account: "（2026）示律函字第003号",
        BOTH_WAYS.account: "SLHY-2026-000005",
    }


@pytest.mark.office
def test_a_spooled_letter_has_not_been_sent_yet(rendered: Desk) -> None:
    rendered("send", "b")
    rendered("print", "b")
    decisions = rendered.plan(newer(ON_PAPER), newer(BY_MAIL), batch="next", as_of=DAY_AFTER)
    assert {brief(decision) for decision in decisions.values()} == {("wait", None, "in-progress")}


@pytest.mark.office
def test_a_batch_planned_before_the_first_letter_left_does_not_repeat_it(rendered: Desk) -> None:
    rendered("withdraw", rendered.decisions()[BY_MAIL_TOO.account]["notice"], "--by", "X", "--why", "y")
    planned = rendered.plan(newer(BY_MAIL_TOO), batch="other")
    assert brief(planned[BY_MAIL_TOO.account]) == ("issue", "reminder", "first-notice")
    leave(rendered)
    rendered("approve", "other", "--by", "Releaser")
    late = rendered.plan(newer(ON_PAPER_TOO), batch="late", as_of=DEADLINE)
    assert brief(late[ON_PAPER_TOO.account]) == ("wait", None, "awaiting-reply")


@pytest.mark.office
def test_a_settled_debt_ends_the_case_and_a_new_one_starts_at_the_first_tier(rendered: Desk) -> None:
    leave(rendered)
    rendered("payment", "add", ON_PAPER.account, "--amount", ON_PAPER.due, "--date", "2026-12-01")
    settled = rendered.plan(ON_PAPER, batch="paid", as_of="2026-12-02", list_date="2026-11-24")
    assert brief(settled[ON_PAPER.account]) == ("skip", None, "paid")
    fresh = replace(ON_PAPER, due_date="2026-11-30", due="700.00")
    decision = rendered.plan(fresh, batch="new", as_of="2026-12-28")[ON_PAPER.account]
    assert brief(decision) == ("issue", "reminder", "first-notice")
    rendered("approve", "new", "--by", "Releaser")


@pytest.mark.slow
@pytest.mark.office
def test_a_letter_dated_ahead_is_not_followed_by_a_second_of_its_tier(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    today_is(monkeypatch, "2026-12-01")
    desk.plan(ON_PAPER, batch="a")
    desk("approve", "a", "--by", "Releaser", "--letter-date", "2026-12-20")
    desk("render", "a")
    leave(desk, "a")
    on_its_day = desk.plan(newer(ON_PAPER), batch="b", as_of="2026-12-20")
    assert brief(on_its_day[ON_PAPER.account]) == ("wait", None, "awaiting-reply")
    before_its_day = desk.plan(ON_PAPER, batch="c", as_of="2026-11-30")
    assert brief(before_its_day[ON_PAPER.account]) == (
        "issue",
        "reminder",
        "first-notice",
    )  # the letter has no date yet
    assert "wait/awaiting-reply" in desk("approve", "c", "--by", "Releaser", status=1).errors
    assert desk.states("c") == {ON_PAPER.account: {"print": "withdrawn"}}
