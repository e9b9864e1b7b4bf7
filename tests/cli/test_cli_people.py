"""The hold, payment and history commands: records about owners and their effect on the next decision."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk import ESTATE, Desk, Owes, Sent
from neighbours import BY_MAIL, ON_PAPER

WHO = BY_MAIL.account
DECIDED = {
    "disputed": ("hold", "disputed"),
    "hardship": ("hold", "hardship"),
    "do-not-contact": ("hold", "do-not-contact"),
    "owner-unknown": ("hold", "owner-unknown"),
    "异议": ("hold", "disputed"),
    "困难": ("hold", "hardship"),
    "勿扰": ("hold", "do-not-contact"),
    "查无此人": ("hold", "owner-unknown"),
}


def add(desk: Desk, kind: str, *more: str, status: int = 0, registered: str = "2026-11-20") -> None:
    desk("hold", "add", WHO, "--kind", kind, "--registered", registered, *more, status=status)


def decided(desk: Desk, batch: str = "b", **options: str) -> tuple[str, str]:
    decision = desk.plan(BY_MAIL, batch=batch, **options)[WHO]
    return decision["action"], decision["reason"]


@pytest.mark.parametrize(("kind", "expected"), DECIDED.items(), ids=DECIDED.keys())
def test_every_stopping_hold_stops_the_owners_letters(desk: Desk, kind: str, expected: tuple[str, str]) -> None:
    add(desk, kind)
    assert decided(desk) == expected


def test_a_hold_ends_with_its_last_day(desk: Desk) -> None:
    add(desk, "disputed", "--until", "2026-11-25")
    assert decided(desk, "a", as_of="2026-11-25") == ("hold", "disputed")
    assert decided(desk, "b", as_of="2026-11-26") == ("issue", "first-notice")


def test_a_hold_registered_later_than_the_day_of_the_plan_does_not_exist_yet(desk: Desk) -> None:
    add(desk, "disputed", registered="2026-11-24")
    assert decided(desk) == ("issue", "first-notice")


def test_a_promise_waits_for_its_day_and_its_grace(desk: Desk) -> None:
    add(desk, "promise", "--until", "2026-11-25", "--amount", "500.00")
    assert decided(desk, "a", as_of="2026-11-28") == ("wait", "promised")
    assert decided(desk, "b", as_of="2026-11-29")[1] == "promise-broken"


def test_an_instalment_plan_comes_from_a_table(desk: Desk) -> None:
    plan = desk.table(("日期", "金额"), [("2026-11-22", "600.00"), ("2026-12-22", "600.00")])
    add(desk, "分期", "--plan", str(plan))
    (held,) = desk("hold", "list", "--json").json["holds"]
    assert held["instalments"] == [
        {"date": "2026-11-22", "amount": "600.00"},
        {"date": "2026-12-22", "amount": "600.00"},
    ]
    assert decided(desk, "a") == ("wait", "instalments-on-track")
    assert decided(desk, "b", as_of="2026-11-26")[1] == "instalment-missed"


@pytest.mark.parametrize(("wish", "channels"), [("paper-only", ["print"]), ("email-only", ["email"])])
def test_a_wish_chooses_the_channel(desk: Desk, wish: str, channels: list[str]) -> None:
    add(desk, wish)
    assert desk.plan(BY_MAIL)[WHO]["channels"] == channels


def test_a_wish_that_leaves_no_channel_makes_the_owner_unreachable(desk: Desk) -> None:
    desk("hold", "add", ON_PAPER.account, "--kind", "email-only", "--registered", "2026-11-20")
    decision = desk.plan(ON_PAPER)[ON_PAPER.account]
    assert (decision["action"], decision["reason"], decision["channels"]) == ("refer", "unreachable", [])


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("nonsense", ()),
        ("promise", ()),
        ("instalments", ()),
        ("disputed", ("--plan", "x.csv")),
        ("disputed", ("--until", "2026-11-19")),
        ("promise", ("--until", "2026-12-24", "--amount", "0")),
        ("promise", ("--until", "2026-12-24", "--amount", "12.345")),
        ("promise", ("--until", "2026-12-24", "--amount", "NaN")),
        ("promise", ("--until", "2026-12-24", "--amount", "-5")),
    ],
)
def test_a_hold_that_lacks_what_its_kind_needs_is_a_usage_mistake(desk: Desk, kind: str, more: tuple[str, ...]) -> None:
    add(desk, kind, *more, status=2)
    assert desk("hold", "list", "--all", "--json").json == {"holds": []}


def test_a_plan_that_is_not_there_cannot_be_read(desk: Desk) -> None:
    add(desk, "instalments", "--plan", "nowhere.csv", status=3)
    assert desk("hold", "list", "--json").json == {"holds": []}


@pytest.mark.parametrize("account", ["1-1-101", "示例花园/1-1-101", "", "无名苑/1-1-101/甲一"])
def test_an_account_must_be_named_in_full_and_its_estate_known(desk: Desk, account: str) -> None:
    desk("hold", "add", account, "--kind", "disputed", status=2)
    desk("payment", "add", account, "--amount", "1.00", status=2)


def test_an_account_is_the_same_however_it_is_spelt(desk: Desk) -> None:
    desk("hold", "add", f"{ESTATE}/1栋1单元101室/甲 一", "--kind", "disputed", "--registered", "2026-11-20")
    assert decided(desk) == ("hold", "disputed")


def test_an_owner_that_no_list_has_shown_is_registered_and_the_spelling_doubted(desk: Desk) -> None:
    words = ("hold", "add", WHO, "--kind", "disputed", "--registered", "2026-11-20")
    assert "spelling" in desk(*words).errors


def test_the_very_same_hold_is_registered_once(desk: Desk) -> None:
    words = ("hold", "add", WHO, "--kind", "disputed", "--registered", "2026-11-20", "--json")
    first, second = (desk(*words).json for _ in range(2))
    assert [(each["new"], each["same"]) for each in (first, second)] == [(1, 0), (0, 1)]
    assert len(desk("hold", "list", "--json").json["holds"]) == 1


def test_hold_list_gives_every_hold_with_its_number(desk: Desk) -> None:
    add(desk, "promise", "--until", "2026-12-24", "--amount", "1,000.50", "--note", "=call()")
    (held,) = desk("hold", "list", "--json").json["holds"]
    assert held == {
        "hold": held["hold"],
        "account": WHO,
        "kind": "promise",
        "registered": "2026-11-20",
        "until": "2026-12-24",
        "amount": "1000.50",
        "instalments": [],
        "note": "=call()",
        "lifted": None,
    }
    assert desk("hold", "list", "--estate", "无名苑", "--json").json == {"holds": []}


def test_a_lifted_hold_holds_no_longer_and_stays_on_record(desk: Desk) -> None:
    add(desk, "disputed")
    number = desk("hold", "list", "--json").json["holds"][0]["hold"]
    desk("hold", "lift", number, "--by", "Planner")
    assert decided(desk) == ("issue", "first-notice")
    assert desk("hold", "list", "--json").json == {"holds": []}
    assert len(desk("hold", "list", "--all", "--json").json["holds"]) == 1


def test_lifting_reports_unknown_and_already_lifted_holds(desk: Desk) -> None:
    desk("hold", "lift", "77", status=2)
    desk("hold", "lift", "x", status=2)
    add(desk, "disputed")
    number = desk("hold", "list", "--json").json["holds"][0]["hold"]
    assert desk("hold", "lift", number, "--json").json["lifted"]
    desk("hold", "lift", number, status=4)


def test_a_hold_that_was_lifted_can_be_registered_again(desk: Desk) -> None:
    add(desk, "disputed")
    desk("hold", "lift", desk("hold", "list", "--json").json["holds"][0]["hold"])
    add(desk, "disputed")
    assert decided(desk) == ("hold", "disputed")


HOLDS = ("小区", "房号", "业主姓名", "类型", "登记日期", "截止日期", "金额", "说明")


def test_importing_holds_twice_changes_nothing_and_does_not_revive_a_lifted_one(desk: Desk) -> None:
    file = desk.table(HOLDS, [(ESTATE, "1-1-101", "甲一", "异议", "2026-11-20", "", "", "")])
    assert desk("hold", "import", file, "--json").json["new"] == 1
    desk("hold", "lift", desk("hold", "list", "--json").json["holds"][0]["hold"])
    rows = desk.rows()
    again = desk("hold", "import", file, "--json").json
    assert (again["new"], again["same"]) == (0, 1)
    assert desk.rows() == rows


def test_an_import_keeps_the_good_rows_and_reports_the_bad_ones(desk: Desk) -> None:
    rows = [
        (ESTATE, "1-1-101", "甲一", "异议", "2026-11-20", "", "", ""),
        (ESTATE, "1-1-102", "乙二", "胡说", "2026-11-20", "", "", ""),
        (ESTATE, "1-1-103", "丙三", "承诺", "2026-11-20", "", "", ""),
        ("无名苑", "1-1-104", "丁四", "异议", "2026-11-20", "", "", ""),
    ]
    document = desk("hold", "import", desk.table(HOLDS, rows), "--json", status=1).json
    assert (document["new"], [problem["row"] for problem in document["problems"]]) == (1, [3, 4])
    assert "无名苑" in document["attention"][0]
    assert len(desk("hold", "list", "--json").json["holds"]) == 1


def test_imported_holds_count_in_the_next_decision(desk: Desk) -> None:
    rows = [
        (ESTATE, "1-1-101", "甲一", "分期", "2026-11-01", "2026-11-10", "600.00", ""),
        (ESTATE, "1-1-101", "甲一", "分期", "2026-11-01", "2026-12-10", "600.00", ""),
    ]
    desk("hold", "import", desk.table(HOLDS, rows))
    desk("payment", "add", WHO, "--amount", "600.00", "--date", "2026-11-09")
    assert decided(desk, list_date="2026-11-08") == ("wait", "instalments-on-track")


@pytest.mark.parametrize("amount", ["0", "-1", "1.234", "x", "", "1e400", "Infinity"])
def test_a_payment_is_an_amount_in_yuan_and_fen_above_zero(desk: Desk, amount: str) -> None:
    desk("payment", "add", WHO, f"--amount={amount}", status=2)
    assert not desk.rows()["payments"]


def test_two_equal_payments_count_twice_if_confirmed(desk: Desk) -> None:
    for more in ([], ["--again"]):
        desk("payment", "add", WHO, "--amount", "100.00", "--date", "2026-11-24", *more)
    assert desk.plan(BY_MAIL)[WHO]["principal"] == "1000.00"


@pytest.mark.parametrize(("paid_on", "named"), [("2026-11-23", True), ("2026-11-22", False), ("2026-11-24", False)])
def test_an_owner_who_paid_on_the_day_of_the_list_is_reported(desk: Desk, paid_on: str, *, named: bool) -> None:
    desk("payment", "add", WHO, "--amount", "1.00", "--date", paid_on)
    said = desk("plan", desk.list(BY_MAIL), "--name", "b", "--as-of", "2026-11-23", "--by", "Planner").errors
    assert (f"{WHO} paid on 2026-11-23, the day of this list" in said) is named


@pytest.mark.parametrize(
    ("entered_first", "shown", "named"),
    [(False, "0.00", True), (False, "100.00", False), (True, "0.00", False)],
    ids=["the list does not show it", "the list shows it", "the last list was planned after it"],
)
def test_a_payment_entered_since_the_last_list_that_the_new_one_does_not_show_is_named(
    desk: Desk, shown: str, *, entered_first: bool, named: bool
) -> None:
    pay = ("payment", "add", WHO, "--amount", "100.00", "--date", "2026-11-01")
    if entered_first:
        desk(*pay)
    desk.plan(BY_MAIL, batch="last", as_of="2026-11-02")
    if not entered_first:
        desk(*pay)
    now = desk.list(replace(BY_MAIL, paid=shown))
    said = desk("plan", now, "--name", "b", "--as-of", "2026-11-23", "--by", "Planner").errors
    assert (f"{WHO} paid on 2026-11-01, entered since the last list" in said) is named


def test_a_payment_settles_the_case(desk: Desk) -> None:
    desk("payment", "add", WHO, "--amount", "1200", "--date", "2026-11-24")
    assert decided(desk) == ("skip", "paid")


def test_a_cancelled_payment_no_longer_counts_but_stays_on_record_with_its_reason(desk: Desk) -> None:
    desk("payment", "add", WHO, "--amount", "1200", "--date", "2026-11-24", "--by", "Clerk")
    (recorded,) = desk("payment", "list", "--json").json["payments"]
    assert (recorded["account"], recorded["amount"], recorded["taken_back"]) == (WHO, "1200.00", None)
    undo = ("payment", "undo", recorded["payment"])
    desk(*undo, status=2)
    assert "taken back" in desk(*undo, "--why", "another owner's").errors
    assert decided(desk) == ("issue", "first-notice")
    assert desk("payment", "list", "--json").json["payments"] == []
    (known,) = desk("payment", "list", "--all", "--json").json["payments"]
    assert (known["amount"], known["why"], known["taken_back"] is None) == ("1200.00", "another owner's", False)
    assert len(desk.rows()["payments"]) == 1
    assert "already" in desk(*undo, "--why", "again", status=4).errors
    desk("payment", "undo", "77", "--why", "x", status=2)
    desk("payment", "add", WHO, "--amount", "1200", "--date", "2026-11-24", "--by", "Clerk")


def test_a_letter_based_on_a_cancelled_payment_is_not_sent(desk: Desk) -> None:
    desk("payment", "add", WHO, "--amount", "200.00", "--date", "2026-11-24")
    assert desk.plan(BY_MAIL)[WHO]["principal"] == "1000.00"
    desk("payment", "undo", "1", "--why", "never came in")
    assert "withdrawn" in desk("approve", "b", "--by", "Releaser", status=1).errors
    assert desk.states()[WHO] == {"email": "withdrawn"}


def test_a_payment_for_an_unknown_account_is_refused_unless_confirmed(desk: Desk) -> None:
    desk.plan(ON_PAPER)
    pay = ("payment", "add", f"{ESTATE}/1-1-1O1/甲一", "--amount", "1.00", "--date", "2026-11-01")
    assert "1-1-1O1/甲一 is in no list or history: nothing was recorded" in desk(*pay, status=4).errors
    assert not desk.rows()["payments"]
    desk(*pay, "--unseen")


def test_a_payment_dated_far_ahead_is_refused_as_a_typing_error(desk: Desk) -> None:
    desk("payment", "add", WHO, "--amount", "1.00", "--date", "2099-11-01", status=2)
    assert not desk.rows()["payments"]


def test_importing_a_history_twice_changes_nothing(desk: Desk) -> None:
    file = desk.history(
        Sent(BY_MAIL, "2026-10-12", number="OLD-1", result="已送达", delivered="2026-10-14"),
        Sent(BY_MAIL, "2026-10-12", number="OLD-1", way="邮件"),
        Sent(ON_PAPER, "2026-10-12", result="退回"),
    )
    first = desk("history", "import", file, "--json").json
    assert (first["new"], first["changed"], first["same"], first["problems"]) == (2, 0, 0, [])
    rows = desk.rows()
    second = desk("history", "import", file, "--json").json
    assert (second["new"], second["changed"], second["same"]) == (0, 0, 2)
    assert desk.rows() == rows


def test_an_imported_letter_is_followed_by_the_next_tier_after_its_own_deadline(desk: Desk) -> None:
    desk("history", "import", desk.history(Sent(BY_MAIL, "2026-11-07")))
    assert decided(desk, "a", as_of="2026-11-22") == ("wait", "awaiting-reply")
    assert decided(desk, "b", as_of="2026-11-23") == ("issue", "deadline-passed")


def test_a_later_import_tells_the_result_of_a_letter(desk: Desk) -> None:
    desk("history", "import", desk.history(Sent(BY_MAIL, "2026-11-07", number="OLD-1")))
    changed = desk(
        "history", "import", desk.history(Sent(BY_MAIL, "2026-11-07", number="OLD-1", result="退回")), "--json"
    )
    assert (changed.json["new"], changed.json["changed"]) == (0, 1)
    decision = desk.plan(BY_MAIL)[WHO]
    assert (decision["reason"], decision["tier"], decision["channels"]) == ("undelivered", "reminder", ["email"])


def test_a_history_keeps_the_good_rows_and_reports_the_bad_ones(desk: Desk) -> None:
    file = desk.history(
        Sent(BY_MAIL, "2026-10-12"),
        Sent(ON_PAPER, "2026-13-12"),
        Sent(Owes("1-1-150", "庚七"), "2026-10-12", letter="情书"),
        Sent(Owes("1-1-151", "辛八", estate="无名苑"), "2026-10-12"),
    )
    document = desk("history", "import", file, "--json", status=1).json
    assert (document["new"], [problem["row"] for problem in document["problems"]]) == (1, [3, 4])
    assert "无名苑" in document["attention"][0]


def test_a_number_that_another_owners_notice_bears_is_left_out_and_said(desk: Desk) -> None:
    desk("history", "import", desk.history(Sent(BY_MAIL, "2026-10-12", number="OLD-1")))
    document = desk("history", "import", desk.history(Sent(ON_PAPER, "2026-10-12", number="OLD-1")), "--json", status=1)
    assert "OLD-1" in document.json["attention"][0]


def test_unreadable_files_are_reported_for_each_kind_of_table(desk: Desk) -> None:
    for words in (("hold", "import"), ("history", "import")):
        desk(*words, desk.folder / "nowhere.xlsx", status=3)
        desk(*words, desk.table(("一", "二"), [("x", "y")]), status=2)
