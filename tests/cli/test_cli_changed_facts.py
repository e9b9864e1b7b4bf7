"""Rows that stop letters, changed or removed by another program: nothing is released, sent, printed or given out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from desk import Desk, Owes
from letters_without_office import pretend_to_render

DISPUTES = Owes("1-1-101", "甲一", email="jia@example.com")
PAYS = Owes("1-1-102", "乙二", email="yi@example.com")
OWES = Owes("1-1-103", "丙三", email="bing@example.com")
REPLACED = "DELETE FROM {table}; DELETE FROM seals WHERE entity = '{table}'; DELETE FROM touched"

CHANGES = {
    "a dispute removed": "DELETE FROM holds",
    "a dispute removed with its seal": REPLACED.format(table="holds"),
    "a dispute lifted": "UPDATE holds SET lifted_on = '2026-11-20', lifted_by = 'x'; DELETE FROM touched",
    "a dispute of another unit": "UPDATE holds SET unit = '9-9-999'; DELETE FROM touched",
    "a dispute that is a wish": "UPDATE holds SET kind = 'paper-only'",
    "a payment removed": "DELETE FROM payments",
    "a payment removed with its seal": REPLACED.format(table="payments"),
    "a smaller payment": "UPDATE payments SET amount = 1; DELETE FROM touched",
    "a payment of another owner": "UPDATE payments SET case_owners = '丁四'; DELETE FROM touched",
    "a payment taken back": "INSERT INTO payment_reversals (payment_id, why, by, entered_at)"
    " VALUES (1, 'x', 'x', '2026-11-24 00:00:00.000000'); DELETE FROM touched",
}


@pytest.fixture(scope="module")
def stopped_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b`, approved and rendered; since then one owner disputes, another has paid; batch `c` is planned."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("stopped") / "workspace")
    desk.plan(DISPUTES, PAYS, OWES)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    desk("hold", "add", DISPUTES.account, "--kind", "disputed")
    desk("payment", "add", PAYS.account, "--amount", "1200.00", "--date", "2026-11-24")
    return desk


@pytest.fixture
def stopped(stopped_desk: Desk, tmp_path: Path) -> Desk:
    return stopped_desk.copy(tmp_path / "workspace")


def tamper(desk: Desk, script: str) -> None:
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as raw:
        raw.executescript(script)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_stops_a_letter_cannot_be_taken_away_by_another_program(stopped: Desk, change: str) -> None:
    tamper(stopped, change)
    said = stopped("send", "b", "--now", status=4).errors
    assert "Another program changed" in said
    assert set(map(str, stopped.states().values())) == {"{'email': 'rendered'}"}
    assert not list((stopped.folder / "output" / "b").rglob("*.eml"))
    assert not stopped("ledger", "verify", "--json", status=1).json["intact"]


@pytest.mark.parametrize(
    "words",
    [
        ("render", "b"),
        ("print", "b"),
        ("letter", "export", "b", "--to", "{to}"),
        ("letter", "send"),
        ("letter", "print"),
    ],
)
def test_every_way_out_compares_what_stops_letters(stopped: Desk, words: tuple[str, ...], tmp_path: Path) -> None:
    tamper(stopped, CHANGES["a payment removed"])
    said = stopped(*(word.format(to=tmp_path / "to") for word in words), status=4).errors
    assert "payments 1" in said


def test_nothing_is_released_either(stopped: Desk) -> None:
    stopped.plan(Owes("1-1-104", "丁四"), batch="c", as_of="2026-11-24")
    tamper(stopped, CHANGES["a smaller payment"])
    assert "payments 1" in stopped("approve", "c", "--by", "Releaser", status=4).errors
    assert stopped.states("c") == {"示例花园/1-1-104/丁四": {"print": "planned"}}


def test_a_row_that_the_program_itself_changes_again_counts_as_it_is_now(stopped: Desk) -> None:
    """Entering it anew mends it, in plain sight: the event of the change by another program stays."""
    tamper(stopped, CHANGES["a smaller payment"])
    stopped("payment", "undo", "1", "--why", "changed by another program")
    stopped("payment", "add", PAYS.account, "--amount", "1200.00", "--date", "2026-11-24")
    stopped("send", "b", "--now", status=1)
    assert stopped.states()[PAYS.account] == {"email": "withdrawn"}
    broken = stopped("ledger", "verify", "--json", status=1).json["broken"]
    assert [each["row"] for each in broken] == ["payments 1"]


def test_an_interrupted_command_is_finished_only_with_the_options_that_it_had(stopped: Desk) -> None:
    stopped.plan(Owes("1-1-104", "丁四"), Owes("1-1-105", "戊五"), batch="c", as_of="2026-11-24")
    options = '{"by": "Releaser", "excluded": {"示例花园/1-1-104/丁四": "disputes"}}'
    begun = (
        "INSERT INTO commands (verb, options, batch, started_at) VALUES ('approve', '%s', 'c', '2026-11-24 00:00:00')"
    )
    stopped.change(begun % options)
    tamper(stopped, """UPDATE commands SET options = '{"by": "Releaser"}'; DELETE FROM touched""")
    assert "interrupted command" in stopped("resume", "c", status=4).errors
    assert stopped.states("c")["示例花园/1-1-104/丁四"] == {"print": "planned"}
