"""The run and resume commands: the whole process in one go, with one question, and resuming after a stop."""

from __future__ import annotations

import pytest
from desk import AS_OF, Desk, Owes, Sent, held_elsewhere
from frozen_clock import today_is
from neighbours import BOTH_WAYS, BY_MAIL, EVERYBODY, ON_PAPER

LAWYERS_TURN = Sent(BOTH_WAYS, "2026-10-12", number="OLD-7")


def run(desk: Desk, *owners: Owes) -> tuple[object, ...]:
    return ("run", desk.list(*owners), "--as-of", AS_OF, "--name", "b", "--by", "Planner")


def cut_off(desk: Desk) -> list[str]:
    batches = desk("status", "--json").json["batches"]
    return [verb for batch in batches for verb in batch["cut_off"]]


def test_answering_no_leaves_the_batch_planned_with_nothing_to_resume(desk: Desk) -> None:
    said = desk(*run(desk, BY_MAIL, ON_PAPER), answers="n\n").errors
    assert "2" in said.split("?")[0].splitlines()[-1]
    assert desk.states() == {BY_MAIL.account: {"email": "planned"}, ON_PAPER.account: {"print": "planned"}}
    assert cut_off(desk) == []
    rows = desk.rows()
    desk("resume", "b")
    assert desk.rows() == rows
    desk("approve", "b", "--by", "Releaser")


def test_answering_no_gives_only_json_on_standard_output(desk: Desk) -> None:
    document = desk(*run(desk, BY_MAIL), "--json", answers="n\n").json
    assert document["declined"] is True
    assert document["batch"] == "b"
    assert document["plan"]["decisions"][0]["account"] == BY_MAIL.account
    assert {(each["notice"], each["state"]) for each in document["plan"]["decisions"]} == {(None, "planned")}
    assert [document[step] for step in ("approved", "rendered", "sent", "printed")] == [None] * 4


def test_an_unanswered_question_leaves_the_release_pending(desk: Desk) -> None:
    waits = desk(*run(desk, BY_MAIL), "--json", answers="", status=1)
    assert "resume" in waits.json["error"]["remedy"]
    assert desk.states() == {BY_MAIL.account: {"email": "planned"}}
    assert cut_off(desk) == ["run"]


def test_a_list_with_nothing_to_send_asks_nothing(desk: Desk) -> None:
    document = desk(*run(desk, Owes("1-1-150", "付清", "500.00", paid="500.00")), "--json").json
    assert document["approved"] is None
    assert cut_off(desk) == []


def test_bad_rows_stop_a_run_before_anything_is_recorded(desk: Desk) -> None:
    desk(*run(desk, BY_MAIL, Owes("1-1-199", "坏一", "12o.5")), "--yes", status=1)
    assert desk("status", "--json").json == {"batches": []}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--tier", "court-file"), 2),
        (("--exclude", "示例花园/9-9-999/无人", "--why", "x"), 2),
        (("--exclude", BY_MAIL.account), 2),
        (("--letter-date", "2026-11-22"), 2),
        (("--letter-date", "soon"), 2),
        (("--name", "../x"), 2),
    ],
)
def test_a_run_that_was_called_wrongly_changes_nothing(desk: Desk, words: tuple[str, ...], status: int) -> None:
    desk(*run(desk, BY_MAIL), *words, "--yes", status=status)
    assert desk("status", "--json").json == {"batches": []}
    assert desk.files() == {}


def test_a_run_by_somebody_who_may_not_act_is_refused_before_anything_is_planned(desk: Desk) -> None:
    desk.set("names = [] ", 'names = ["Releaser", "Third"] ')
    assert "Planner" in desk(*run(desk, BY_MAIL), "--yes", "--json", status=4).json["error"]["fact"]
    assert desk("status", "--json").json["batches"] == []


def test_the_same_list_is_not_run_twice_for_one_day(desk: Desk) -> None:
    file = desk.list(BY_MAIL)
    desk("run", file, "--as-of", AS_OF, "--name", "b", answers="n\n")
    desk("run", file, "--as-of", AS_OF, "--name", "c", "--yes", status=4)
    assert [batch["batch"] for batch in desk("status", "--json").json["batches"]] == ["b"]


def test_a_run_of_which_all_needs_a_second_person_waits_for_approve(desk: Desk) -> None:
    desk("history", "import", desk.history(LAWYERS_TURN))
    document = desk(*run(desk, BOTH_WAYS), "--yes", "--json", status=1).json
    assert document["approved"] is None
    assert any("second person" in message for message in document["attention"])
    assert set(desk.states()[BOTH_WAYS.account].values()) == {"planned"}
    assert cut_off(desk) == []
    desk("approve", "b", "--by", "Releaser")


def test_a_batch_locked_by_another_run_is_left_alone(desk: Desk) -> None:
    desk(*run(desk, BY_MAIL), answers="", status=1)
    with held_elsewhere(desk.folder / "batches" / ".b.run.lock"):
        desk("resume", "b", "--yes", status=4)
    assert cut_off(desk) == ["run"]


@pytest.mark.office
@pytest.mark.slow
def test_run_with_yes_completes_except_for_what_needs_a_second_person(desk: Desk) -> None:
    desk("history", "import", desk.history(LAWYERS_TURN))
    document = desk(*run(desk, *EVERYBODY), "--yes", "--json", status=1).json
    assert any("second person" in message for message in document["attention"])
    assert document["declined"] is False
    assert [document[step] is not None for step in ("plan", "approved", "rendered", "sent", "printed")] == [True] * 5
    states = desk.states()
    assert set(states.pop(BOTH_WAYS.account).values()) == {"planned"}
    assert {state for ways in states.values() for state in ways.values()} == {"spooled"}
    assert cut_off(desk) == []
    rows = desk.rows()
    desk("resume", "b")
    assert desk.rows() == rows
    desk("approve", "b", "--by", "Releaser")
    for step in ("render", "send", "print"):
        desk(step, "b")
    assert set(desk.states()[BOTH_WAYS.account].values()) == {"spooled"}


@pytest.mark.office
@pytest.mark.slow
def test_resume_asks_an_unanswered_question_again_with_the_runs_options(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    today_is(monkeypatch, "2026-12-01")
    more = ("--letter-date", "2026-12-01", "--exclude", ON_PAPER.account, "--why", "x", "--tier", "reminder")
    desk(*run(desk, BY_MAIL, ON_PAPER), *more, answers="", status=1)
    desk("resume", "b", answers="", status=1)
    assert desk.states() == {BY_MAIL.account: {"email": "planned"}, ON_PAPER.account: {"print": "planned"}}
    document = desk("resume", "b", "--yes", "--json").json
    assert document["sent"]["spooled"] == ["SLHY-2026-000001"]
    assert desk.states() == {BY_MAIL.account: {"email": "spooled"}, ON_PAPER.account: {"print": "planned"}}
    decisions = desk.decisions()
    assert decisions[BY_MAIL.account]["letter_date"] == "2026-12-01"
    assert decisions[ON_PAPER.account]["excluded"] == "x"
    assert cut_off(desk) == []


@pytest.mark.office
@pytest.mark.slow
def test_run_asks_once(desk: Desk) -> None:
    assert desk(*run(desk, BY_MAIL), answers="y\n").errors.count("?") == 1
    assert desk.states() == {BY_MAIL.account: {"email": "spooled"}}
