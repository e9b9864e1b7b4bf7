"""A batch can be dropped: batch discard, withdraw --batch, and what becomes of accounts that were left out."""

from __future__ import annotations

from desk import AS_OF, Desk, Owes, Sent
from neighbours import BOTH_WAYS, BY_MAIL, BY_MAIL_TOO, EVERYBODY, ON_PAPER


def states(desk: Desk, batch: str = "b") -> set[str]:
    return {entry["state"] for entry in desk.decisions(batch).values() if entry["state"]}


def events(desk: Desk, kind: str) -> int:
    return sum(kind in row for row in desk.rows()["events"])


def test_a_planned_batch_is_discarded_after_one_question(planned: Desk) -> None:
    planned("batch", "discard", "b", "--by", "Planner", answers="n\n")
    assert states(planned) == {"planned"}
    planned("batch", "discard", "b", "--by", "Planner", "--why", "wrong list", answers="y\n")
    assert states(planned) == {"withdrawn"}
    (shown,) = planned("status", "--json").json["batches"]
    assert (shown["discarded"]["by"], shown["discarded"]["why"]) == ("Planner", "wrong list")
    assert "discarded" in planned("status").output
    assert planned("status", "b", "--json").json["discarded"]["by"] == "Planner"
    assert events(planned, "discarded") == 1


def test_the_list_of_a_discarded_batch_is_planned_again_without_again(desk: Desk) -> None:
    table = desk.list(BY_MAIL, ON_PAPER)
    words = ("plan", table, "--as-of", AS_OF, "--by", "Planner")
    desk(*words, "--name", "a")
    desk(*words, "--name", "b", status=4)
    desk("batch", "discard", "a", "--yes")
    desk(*words, "--name", "b")
    desk("approve", "b", "--by", "Releaser")


def test_what_a_discarded_list_said_of_owners_is_forgotten(desk: Desk) -> None:
    wrong = desk.plan(type(BY_MAIL)(BY_MAIL.unit, "另一人", email="other@example.net"), batch="wrong")
    assert wrong
    assert "owner-changed" in desk.plan(BY_MAIL, batch="a")[BY_MAIL.account]["warnings"]
    desk("batch", "discard", "wrong", "--yes")
    desk("batch", "discard", "a", "--yes")
    assert "owner-changed" not in desk.plan(BY_MAIL, batch="b")[BY_MAIL.account]["warnings"]


def test_approved_notices_are_withdrawn_with_their_batch_and_can_be_released_in_the_next(approved: Desk) -> None:
    document = approved("batch", "discard", "b", "--yes", "--json").json
    assert document == {"batch": "b", "discarded": True, "states": {"approved": 5}}
    assert states(approved) == {"withdrawn"}
    again = approved.plan(*EVERYBODY, batch="c")
    assert {account for account, entry in again.items() if entry["action"] == "issue"} >= {BY_MAIL.account}
    approved("approve", "c", "--by", "Releaser")


def test_commands_on_a_discarded_batch_are_refused(approved: Desk) -> None:
    approved("batch", "discard", "b", "--yes")
    table = approved.list(BY_MAIL)
    for words in (
        ("approve", "b", "--by", "Releaser"),
        ("render", "b"),
        ("send", "b"),
        ("print", "b"),
        ("resume", "b"),
        ("mail", "confirm", "b"),
        ("plan", table, "--into", "b"),
        ("answer", "b"),
        ("withdraw", "--batch", "b", "--by", "X", "--why", "y", "--yes"),
        ("batch", "discard", "b", "--yes"),
    ):
        assert "was discarded" in approved(*words, status=4).errors
    approved("show", "b")


def test_what_lies_in_the_outbox_must_be_pulled_before_the_batch_is_discarded(rendered: Desk) -> None:
    rendered("send", "b")
    assert "--pulled" in rendered("batch", "discard", "b", "--yes", status=4).errors
    assert "rendered" in states(rendered)
    rendered("withdraw", "--batch", "b", "--pulled", "--by", "X", "--why", "wrong list", "--yes")
    rendered("batch", "discard", "b", "--yes")
    assert not list((rendered.folder / "output" / "b" / "outbox").glob("*.eml"))


def test_a_batch_of_which_a_letter_has_left_is_not_discarded(rendered: Desk) -> None:
    rendered("send", "b")
    rendered("mail", "confirm", "b")
    refused = rendered("batch", "discard", "b", "--yes", status=4).errors
    assert "withdraw --batch b" in refused


def test_withdraw_batch_takes_back_what_has_not_left_and_names_the_rest(rendered: Desk) -> None:
    rendered("send", "b")
    rendered("mail", "confirm", "b")
    words = ("withdraw", "--batch", "b", "--by", "X", "--why", "wrong sums")
    rendered(*words, answers="n\n")
    assert rendered.states()[ON_PAPER.account] == {"print": "rendered"}
    document = rendered(*words, "--yes", "--json", status=1).json
    assert {"account": ON_PAPER.account, "channels": ["print"]}.items() <= {
        key: value
        for entry in document["withdrawn"]
        if entry["account"] == ON_PAPER.account
        for key, value in entry.items()
        if key != "notice"
    }.items()
    left = {entry["account"]: entry["deliveries"] for entry in document["left"]}
    assert left[BY_MAIL.account] == [{"channel": "email", "state": "sent"}]
    assert rendered.states()[BOTH_WAYS.account] == {"email": "sent", "print": "withdrawn"}
    rendered(*words, "--yes", status=4)


def test_withdraw_wants_a_notice_or_a_batch(approved: Desk) -> None:
    approved("withdraw", "--by", "X", "--why", "y", status=2)
    approved("withdraw", "SLHY-2026-000001", "--batch", "b", "--by", "X", "--why", "y", status=2)


def test_an_account_left_out_is_excluded_not_planned_and_can_still_be_included(planned: Desk) -> None:
    planned("approve", "b", "--by", "Releaser", "--exclude", BY_MAIL.account, "--why", "asks")
    assert planned.decisions()[BY_MAIL.account]["state"] == "excluded"
    (shown,) = planned("status", "--json").json["batches"]
    assert shown["states"] == {"approved": 4, "excluded": 1}
    planned("approve", "b", "--by", "Releaser", "--include", BY_MAIL.account)
    assert planned.decisions()[BY_MAIL.account]["state"] == "approved"


def test_an_account_left_out_goes_with_its_batch(planned: Desk) -> None:
    planned("approve", "b", "--by", "Releaser", "--exclude", BY_MAIL_TOO.account, "--why", "asks")
    planned("withdraw", "--batch", "b", "--by", "X", "--why", "wrong sums", "--yes")
    assert states(planned) == {"withdrawn"}


def test_who_plans_must_be_in_people(desk: Desk) -> None:
    desk.set("names = [] ", 'names = ["张三"] ')
    table = desk.list(BY_MAIL)
    assert "[people]" in desk("plan", table, "--as-of", AS_OF, "--by", "李四", status=4).errors
    assert "[people]" in desk("run", table, "--as-of", AS_OF, "--by", "李四", "--yes", status=4).errors
    desk("plan", table, "--as-of", AS_OF, "--by", "张三")


def test_the_ledger_still_proves_itself_after_a_discard_and_an_import(approved: Desk) -> None:
    old = Sent(Owes("9-9-901", "旧一"), "2026-10-01", number="SLHY-2026-000041")
    approved("history", "import", approved.history(old))
    approved("batch", "discard", "b", "--yes")
    approved("ledger", "verify")
