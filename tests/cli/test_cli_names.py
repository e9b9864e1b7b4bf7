"""The same person under another spelling, and one e-mail address under several owners."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from desk import ESTATE, Desk, Owes

LIN = Owes("1-1-107", "林小测")
HIDDEN = Owes("1-1-107", "\u2068林小测\u2069")
MAIL = [Owes(f"1-1-10{place}", f"林{name}", email="office@example.com") for place, name in enumerate("甲乙丙", 1)]


def test_a_hold_meets_the_same_name_with_signs_that_nobody_sees(desk: Desk) -> None:
    desk.plan(LIN, batch="a")
    desk("hold", "add", HIDDEN.account, "--kind", "do-not-contact", "--registered", "2026-11-20")
    found = desk.plan(HIDDEN, batch="b", as_of="2026-11-24")
    assert [(each["action"], each["reason"]) for each in found.values()] == [("hold", "do-not-contact")]


def test_history_stored_as_it_was_typed_still_counts(desk: Desk) -> None:
    unit = Owes("③-1-107", "林⽟测")
    desk.plan(Owes("3-1-107", "林玉测"), batch="a")
    desk("approve", "a", "--by", "Releaser")
    desk("hold", "add", f"{ESTATE}/3-1-107/林玉测", "--kind", "disputed", "--registered", "2026-11-20")
    desk("payment", "add", f"{ESTATE}/3-1-107/林玉测", "--amount", "1.00", "--date", "2026-11-20")
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:  # as earlier versions stored it
        for table in ("accounts", "notices", "holds", "payments"):
            ledger.execute(f"UPDATE {table} SET unit = '③-1-107', case_owners = '[\"林⽟测\"]'")
        ledger.execute("UPDATE notices SET slot = replace(replace(slot, '3-1-107', '③-1-107'), '林玉测', '林⽟测')")
        ledger.commit()
    for batch, owes in (("b", Owes("3-1-107", "林玉测")), ("c", unit)):
        (decision,) = desk.plan(owes, batch=batch, as_of="2026-11-24").values()
        assert (decision["reason"], decision["warnings"]) == ("disputed", ["no-email"])
    desk("hold", "lift", "1")
    (decision,) = desk.plan(unit, batch="d", as_of="2026-11-25").values()
    assert (decision["action"], decision["reason"]) == ("wait", "in-progress")
    desk("payment", "add", unit.account, "--amount", "1.00", "--date", "2026-11-20", status=4)  # the same payment


def test_a_new_owner_whose_name_looks_like_the_old_ones_is_asked_about(desk: Desk) -> None:
    desk.plan(LIN, batch="a")
    new = Owes(LIN.unit, "林小侧")
    desk.plan(new, Owes("1-1-108", "陈一"), as_of="2026-11-24")
    said = desk("approve", "b", "--by", "Releaser", status=1).errors
    assert "林小测" in said
    assert f"--include {new.account}" in said
    assert desk.states()[new.account] == {"print": "planned"}
    assert desk.states()[f"{ESTATE}/1-1-108/陈一"] == {"print": "approved"}
    desk("approve", "b", "--by", "Releaser", status=1)  # nothing else is left, and the question stands
    desk("approve", "b", "--by", "Releaser", "--include", new.account)
    assert desk.states()[new.account] == {"print": "approved"}


def test_one_address_under_several_owners_is_noted_and_asked_about(desk: Desk) -> None:
    noted = desk("check", desk.list(*MAIL), "--json").json["notes"]
    (note,) = [each for each in noted if each["code"] == "email-shared"]
    assert all(owes.account in note["detail"] for owes in MAIL)
    assert note["value"] == "office@example.com"
    alone = Owes("1-1-109", "林丁", email="ding@example.com")
    desk.plan(*MAIL, alone)
    said = desk("approve", "b", "--by", "Releaser", status=1).errors
    assert said.count("office@example.com") == 1
    assert {account for account, states in desk.states().items() if "approved" in states.values()} == {alone.account}
    desk("approve", "b", "--by", "Releaser", "--include", MAIL[1].account, status=1)
    assert desk.states()[MAIL[1].account] == {"email": "approved"}


def test_one_owner_with_several_units_may_have_one_address(desk: Desk) -> None:
    two = [Owes("1-1-101", "林甲", email="jia@example.com"), Owes("1-1-102", "林甲", email="jia@example.com")]
    desk.plan(*two)
    desk("approve", "b", "--by", "Releaser")
