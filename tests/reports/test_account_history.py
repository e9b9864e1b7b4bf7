"""account show and log: the owner that a few words mean, everything about them in order, and who did it."""

from __future__ import annotations

from datetime import date

import pytest
from house import House, noon, pay
from ledger.ledger_builders import ESTATE
from support import Cli

from notices.flow.reports.account import account_history
from notices.ledger import StateChange
from notices.ledger.inputs import MailFacts
from notices.model import State

DING = f"{ESTATE}/2-202/丁一"


@pytest.mark.parametrize(
    "words",
    [
        DING,
        "2-202/丁一",
        "2-202",
        "02-0202",
        "丁一",
        "丁",
        "2-202 丁",
        "13900000202",
        "WTY-2026-000004",
        "000004",
    ],
)
def test_any_part_of_unit_name_telephone_or_number_finds_an_account(run: Cli, words: str) -> None:
    assert run("account", "show", words, "--json").json["account"] == DING


def test_what_is_named_in_full_is_not_one_of_many(house: House, run: Cli) -> None:
    with house.ledger.begin() as books:
        pay(books, "2-2021", "庚一", date(2026, 9, 3), "1.00")
    assert run("account", "show", "2-202", "--json").json["account"] == DING


def test_several_are_listed_for_a_person_to_choose(run: Cli) -> None:
    refused = run("account", "show", "2-20", "--json", status=2)
    assert refused.json["error"]["details"] == [f"{ESTATE}/2-201/丙一", DING]
    assert run("account", "show", "一", "--json", status=2).json["error"]["fact"] == "6 accounts fit “一”."


def test_what_nobody_has_is_said(run: Cli) -> None:
    assert "not a valid account" in run("account", "show", "9-999", status=2).errors
    assert "Nothing is on record" in run("account", "show", f"{ESTATE}/2-202/丁二", status=4).errors


def test_everything_about_an_owner_is_in_one_column_of_time(run: Cli) -> None:
    found = run("account", "show", "丙一", "--json").json
    assert [(it["day"], it["kind"], it["amount"]) for it in found["timeline"]] == [
        ("2026-09-01", "charge", "1200.00"),
        ("2026-09-01", "decision", "1200.00"),
        ("2026-09-01", "letter", "1200.00"),
        ("2026-09-01", "delivery", None),  # approved
        ("2026-09-01", "delivery", None),  # rendered
        ("2026-09-01", "delivery", None),  # spooled
        ("2026-09-01", "delivery", None),  # handed over
        ("2026-09-03", "payment", "1200.00"),
        ("2026-09-04", "payment", "-1200.00"),  # taken back
        ("2026-09-12", "slip", None),
        ("2026-11-20", "charge", "1200.00"),
        ("2026-11-20", "decision", "1200.00"),
        ("2026-11-20", "letter", "1200.00"),
        ("2026-11-20", "delivery", None),
        ("2026-11-20", "delivery", None),
        ("2026-11-20", "delivery", None),
        ("2026-11-20", "delivery", None),
        ("2026-11-21", "slip", None),
    ]
    assert found["telephone"] == "13900000201"
    assert found["charges"][0]["balance"] == "1200.00"
    assert {"notices", "holds", "payments", "slips", "claims", "renames"} <= set(found)
    decided = next(it for it in found["timeline"] if it["kind"] == "decision")
    assert decided["text"] == "issue: first-notice. 296 days overdue, at least 100.00 yuan."


def test_the_words_of_the_server_are_kept(house: House) -> None:
    with house.ledger.begin() as books:
        entry = next(it for it in books.batches.decisions("winter") if it.account.unit == "3-302")
        assert entry.notice is not None
        facts = MailFacts(server_code=550, server_text="5.1.1 no such user")
        way = entry.notice.deliveries[0].id
        books.deliveries.set_states(
            [StateChange(way, State.RETURNED, mail=facts, on=date(2026, 11, 22))], at=noon(date(2026, 11, 22)), by="x"
        )
    happened = account_history(house.workspace, house.ledger, "己一").happenings
    assert "550 5.1.1 no such user" in [it.words for it in happened]


def test_the_table_shows_the_same(run: Cli) -> None:
    lines = run("account", "show", "丁一").output.splitlines()
    assert [line.split("\t")[1] for line in lines[1:]][:3] == ["charge", "decision", "letter"]
    assert any(line.startswith("2026-09-05\tpromise\t") for line in lines)


def test_the_log_tells_who_did_what_and_takes_what_one_command_did_together(run: Cli) -> None:
    entries = run("log", "--json").json["entries"]
    first = entries[0]
    assert (first["kind"], first["what"], first["batch"], first["by"], first["count"]) == (
        "planned", "batch", "autumn", "clerk", 1,
    )  # fmt: skip
    handed = [it for it in entries if it["kind"] == "handed-over"]
    assert [(it["count"], it["batch"]) for it in handed] == [(5, "autumn"), (2, "winter")]
    assert handed[0]["last"] == handed[0]["event"] + 4
    assert "sealed" not in {it["kind"] for it in entries}


def test_the_log_is_narrowed_by_day_person_and_account(run: Cli) -> None:
    cashier = run("log", "--by", "cashier", "--json").json["entries"]
    assert {it["kind"] for it in cashier} == {"payment-added", "payment-taken-back"}
    assert len(cashier) == 4 or sum(it["count"] for it in cashier) == 5
    late = run("log", "--since", "2026-11-21", "--json").json["entries"]
    assert {it["kind"] for it in late} == {"slip-received", "hold-added"}
    about = run("log", "--account", "丁一", "--json").json["entries"]
    assert {it["account"] for it in about} == {DING}
    assert {it["kind"] for it in about} >= {"hold-added", "handed-over"}
    assert "hold-added" in run("log", "--account", "丁一").output
