"""After a sale: whose charges they are is asked before release; an owner's corrected spelling keeps the history."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from desk import ESTATE, HEADINGS, Desk, Owes, Sent

from notices.ledger import Ledger, NewReply
from notices.model import CaseKey, Channel

SELLER = Owes("1-1-104", "孙卖主")
BUYER = Owes("1-1-104", "周新人")
OTHER = Owes("1-1-108", "陈一")
MISSPELT, RIGHT = Owes("1-1-107", "林小侧"), Owes("1-1-107", "林小测")


def years(desk: Desk, batch: str, as_of: str, owner: Owes = BUYER) -> None:
    """Plan a list with the first halves of two years of one owner."""
    halves = [("2025年1月至6月", "2025-06-30", "700.00"), ("2026年1月至6月", "2026-06-30", "900.00")]
    place = (ESTATE, owner.unit, owner.owner, "", owner.address)
    table = desk.table(HEADINGS, [(*place, period, due, owed, "0") for period, due, owed in halves])
    desk("plan", table, "--name", batch, "--as-of", as_of, "--by", "Planner")


def test_the_new_owner_is_asked_about_in_every_round_and_others_are_released(desk: Desk) -> None:
    desk.plan(SELLER, batch="a", as_of="2026-09-01")
    decision = desk.plan(BUYER, OTHER, batch="b")[BUYER.account]
    assert (decision["action"], decision["tier"]) == ("issue", "reminder")
    assert "owner-changed" in decision["warnings"]
    said = desk("approve", "b", "--by", "Releaser", status=1).errors
    assert "孙卖主" in said
    assert "2026年1月至6月: 1200.00 yuan" in said
    assert f"--include {BUYER.account}" in said
    assert (desk.states()[BUYER.account], desk.states()[OTHER.account]) == ({"print": "planned"}, {"print": "approved"})
    later = desk.plan(replace(BUYER, due="1300.00"), batch="c", as_of="2026-11-30")[BUYER.account]
    assert "owner-changed" in later["warnings"]
    desk("approve", "c", "--by", "Releaser", status=1)
    desk("approve", "c", "--by", "Releaser", "--include", BUYER.account)
    assert desk.states("c")[BUYER.account] == {"print": "approved"}


@pytest.mark.parametrize(("after_sale", "action", "status"), [("claim", "issue", 0), ("refer", "refer", 4)])
def test_the_policy_claims_or_refers_without_asking(desk: Desk, after_sale: str, action: str, status: int) -> None:
    settings = desk.folder / "notices.toml"
    kept = [line for line in settings.read_text(encoding="utf-8").splitlines() if not line.startswith("after_sale")]
    kept.insert(kept.index("[policy]") + 1, f'after_sale = "{after_sale}"')
    settings.write_text("\n".join(kept), encoding="utf-8")
    desk.plan(SELLER, batch="a", as_of="2026-09-01")
    decision = desk.plan(BUYER)[BUYER.account]
    assert decision["action"] == action
    assert "owner-changed" in decision["warnings"]
    desk("approve", "b", "--by", "Releaser", status=status)


def test_a_claim_takes_the_old_years_out_of_the_letter_and_of_the_question(desk: Desk) -> None:
    years(desk, "a", "2026-09-01", SELLER)
    years(desk, "b", "2026-11-23")
    claimed = desk("account", "claim", BUYER.account, "--from", "2026-01-01", "--by", "Clerk", "--json")
    (dropped,) = claimed.json["not_claimed"]
    assert (dropped["period"], dropped["due_date"], dropped["owed"]) == ("2025年1月至6月", "2025-06-30", "700.00")
    assert "2025年1月至6月: 700.00 yuan" in claimed.errors
    desk("approve", "b", "--by", "Releaser", status=1)  # it was planned with both
    assert desk.states("b")[BUYER.account] == {"print": "withdrawn"}
    years(desk, "c", "2026-11-24")
    decision = desk.decisions("c")[BUYER.account]
    assert (decision["principal"], decision["warnings"]) == ("900.00", ["no-email"])
    assert "700.00 yuan from before 2026-01-01" in decision["detail"]
    desk("approve", "c", "--by", "Releaser")
    desk("payment", "add", BUYER.account, "--amount", "1200.00", "--date", "2026-11-25", status=4)
    (claim,) = desk("account", "show", BUYER.account, "--json").json["claims"]
    assert (claim["from"], claim["by"]) == ("2026-01-01", "Clerk")


def test_a_claim_of_everything_answers_the_question(desk: Desk) -> None:
    desk.plan(SELLER, batch="a", as_of="2026-09-01")
    desk.plan(BUYER)
    desk("account", "claim", BUYER.account, "--from", "2026-01-01")
    desk("approve", "b", "--by", "Releaser")
    assert desk.states()[BUYER.account] == {"print": "approved"}


def test_a_claim_names_the_charge_that_is_of_both_owners_and_refuses_unknown_accounts(desk: Desk) -> None:
    desk.plan(BUYER)
    said = desk("account", "claim", BUYER.account, "--from", "2026-04-01").errors
    assert "before and after 2026-04-01" in said
    stranger = f"{ESTATE}/1-1-104/周新入"
    assert f"Nearest: {BUYER.account}" in desk("account", "claim", stranger, "--from", "2026-04-01", status=4).errors
    desk("account", "claim", stranger, "--from", "2026-04-01", "--unseen")


def test_a_renamed_owner_keeps_the_history(desk: Desk) -> None:
    desk("history", "import", desk.history(Sent(MISSPELT, "2026-09-01", number="OLD-1", result="已送达")))
    desk.plan(MISSPELT, batch="a", as_of="2026-09-02")
    desk("hold", "add", MISSPELT.account, "--kind", "disputed", "--registered", "2026-09-03")
    desk("payment", "add", MISSPELT.account, "--amount", "200.00", "--date", "2026-09-05")
    desk("account", "rename", MISSPELT.account, RIGHT.account, "--by", "Clerk")
    first = desk.plan(RIGHT, batch="b", as_of="2026-11-23", list_date="2026-09-03")[RIGHT.account]
    assert (first["reason"], first["principal"], first["warnings"]) == ("disputed", "1000.00", ["no-email"])
    desk("hold", "lift", "1")
    again = desk.plan(MISSPELT, batch="c", as_of="2026-11-24")  # the list is not corrected yet
    assert [(account, each["tier"], each["reason"]) for account, each in again.items()] == [
        (RIGHT.account, "lawyer-letter", "deadline-passed")
    ]
    shown = desk("account", "show", MISSPELT.account, "--json").json
    assert shown["account"] == RIGHT.account
    assert [notice["notice"] for notice in shown["notices"]] == ["OLD-1", None]
    assert (shown["holds"][0]["kind"], shown["payments"][0]["amount"]) == ("disputed", "200.00")
    assert shown["renames"][0]["by"] == "Clerk"
    table = desk("account", "show", RIGHT.account).output
    assert all(text in table for text in ("OLD-1", "print: delivered", "disputed", "200.00", "林小侧")), table


def test_a_letter_planned_under_the_old_spelling_waits_and_a_list_with_both_is_refused(desk: Desk) -> None:
    desk.plan(MISSPELT)
    assert "plan it again" in desk("account", "rename", MISSPELT.account, RIGHT.account, status=1).errors
    said = desk("approve", "b", "--by", "Releaser", status=1).errors
    assert "renamed to 林小测" in said
    assert desk.states()[MISSPELT.account] == {"print": "planned"}
    both = desk.list(MISSPELT, RIGHT)
    found = desk("check", both, "--json", status=1).json["problems"]
    assert [(each["column"], each["value"]) for each in found] == [("业主姓名", "林小侧"), ("业主姓名", "林小测")]
    desk("plan", both, "--as-of", "2026-11-24", status=1)


def test_a_rename_is_refused_between_units_and_where_both_had_a_letter(desk: Desk) -> None:
    desk("account", "rename", MISSPELT.account, RIGHT.account, status=4)  # nothing is on record
    desk("account", "show", MISSPELT.account, status=4)
    for owner, day in ((MISSPELT, "2026-09-01"), (RIGHT, "2026-10-01")):
        desk("history", "import", desk.history(Sent(owner, day, number=f"OLD-{day}", result="已送达")))
    desk("account", "rename", MISSPELT.account, OTHER.account, status=2)
    said = desk("account", "rename", MISSPELT.account, RIGHT.account, status=4).errors
    assert "OLD-2026-09-01, OLD-2026-10-01" in said
    desk("account", "rename", MISSPELT.account, RIGHT.account, "--yes")
    desk("account", "rename", MISSPELT.account, RIGHT.account, status=4)  # it is done already
    desk.plan(RIGHT)
    assert desk.decisions()[RIGHT.account]["tier"] == "lawyer-letter"


def test_two_letters_on_their_way_are_not_made_one_owners(desk: Desk) -> None:
    desk.plan(MISSPELT, RIGHT)
    desk("approve", "b", "--by", "Releaser")
    said = desk("account", "rename", MISSPELT.account, RIGHT.account, "--yes", status=4).errors
    assert "on its way" in said


def test_a_letter_of_reply_with_the_old_spelling_is_named(desk: Desk) -> None:
    desk.plan(MISSPELT)
    case = CaseKey.of(ESTATE, MISSPELT.unit, (MISSPELT.owner,))
    letter = NewReply("R-1", "answer", "slip:1", case, 1, None, None, date(2026, 11, 24), "r.pdf", "abc", 1, {
        Channel.PRINT: "somewhere"
    })  # fmt: skip
    with closing(Ledger.open(f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}")) as ledger, ledger.begin() as books:
        books.replies.save(letter, by="Clerk", at=datetime.now(UTC))
    told = desk("account", "rename", MISSPELT.account, RIGHT.account, "--json", status=1).json["attention"]
    assert "plan it again" in told[0]
    assert "`notices letter withdraw R-1 --why TEXT`" in told[1]


# A rename that was a mistake


def test_a_mistaken_rename_is_taken_back_and_each_has_their_own_history_again(desk: Desk) -> None:
    for owner, day in ((MISSPELT, "2026-09-01"), (RIGHT, "2026-10-01")):
        desk("history", "import", desk.history(Sent(owner, day, number=f"OLD-{day}", result="已送达")))
    desk("hold", "add", MISSPELT.account, "--kind", "disputed", "--registered", "2026-10-03")
    before = {it.account: desk("account", "show", it.account, "--json").json for it in (MISSPELT, RIGHT)}
    desk("account", "rename", MISSPELT.account, RIGHT.account, "--yes")
    assert len(desk("account", "show", RIGHT.account, "--json").json["notices"]) == 2
    done = desk("account", "rename", MISSPELT.account, RIGHT.account, "--undo", "--by", "Clerk", "--json").json
    assert (done["undone"], done["notices_of_old"], done["notices_of_new"]) == (True, 1, 1)
    for it in (MISSPELT, RIGHT):
        now = desk("account", "show", it.account, "--json").json
        assert (now["notices"], now["holds"]) == (before[it.account]["notices"], before[it.account]["holds"])
        assert now["renames"][0]["undone_by"] == "Clerk"
    assert [row["kind"] for row in now["timeline"]].count("rename") == 2
    decided = desk.plan(MISSPELT, RIGHT)
    assert decided[MISSPELT.account]["reason"] == "disputed"
    assert decided[RIGHT.account]["tier"] == "lawyer-letter"
    desk("account", "rename", MISSPELT.account, RIGHT.account, "--undo", status=4)  # it is done already
    desk("ledger", "verify")


def test_a_rename_is_not_taken_back_while_records_since_could_be_either_owners(desk: Desk) -> None:
    desk("history", "import", desk.history(Sent(MISSPELT, "2026-09-01", number="OLD-1", result="已送达")))
    desk("account", "rename", MISSPELT.account, RIGHT.account)
    desk.plan(MISSPELT, batch="c", as_of="2026-11-24")
    desk("payment", "add", RIGHT.account, "--amount", "10.00", "--date", "2026-11-24", "--unseen")
    desk("hold", "add", RIGHT.account, "--kind", "disputed", "--registered", "2026-11-24", "--unseen")
    desk("account", "claim", RIGHT.account, "--from", "2025-01-01", "--unseen")
    desk("history", "import", desk.history(Sent(RIGHT, "2026-09-20", "律师函", number="OLD-2", result="已送达")))
    said = desk("account", "rename", MISSPELT.account, RIGHT.account, "--undo", status=4).errors
    for name in ("batch c", "payment 1", "hold 1", "claim 2025-01-01", "notice OLD-2"):
        assert name in said, said
    desk("account", "rename", RIGHT.account, MISSPELT.account, status=1)  # the other way is open
    assert desk("account", "show", RIGHT.account, "--json").json["account"] == MISSPELT.account


def test_what_is_entered_under_the_old_name_since_can_be_told_apart(desk: Desk) -> None:
    desk.plan(MISSPELT, RIGHT)
    desk("account", "rename", MISSPELT.account, RIGHT.account, status=1)
    desk("approve", "b", "--by", "Releaser", status=1)
    desk("account", "rename", MISSPELT.account, RIGHT.account, "--undo")
    desk("approve", "b", "--by", "Releaser")
    assert {tuple(ways.values()) for ways in desk.states().values()} == {("approved",)}


def test_of_several_renames_the_last_is_taken_back_first(desk: Desk) -> None:
    third = Owes(RIGHT.unit, "林小册")
    desk.plan(MISSPELT)
    desk("account", "rename", MISSPELT.account, RIGHT.account, status=1)
    desk("account", "rename", MISSPELT.account, third.account, status=1)
    said = desk("account", "rename", MISSPELT.account, RIGHT.account, "--undo", status=4).errors
    assert f"{RIGHT.account} {third.account} --undo" in said
    desk("account", "rename", MISSPELT.account, third.account, "--undo")
    assert desk("account", "show", MISSPELT.account, "--json").json["account"] == RIGHT.account
    desk("account", "rename", MISSPELT.account, RIGHT.account, "--undo")
    assert desk("account", "show", MISSPELT.account, "--json").json["account"] == MISSPELT.account
    desk("account", "rename", MISSPELT.account, OTHER.account, "--undo", status=2)
    desk("account", "rename", RIGHT.account, MISSPELT.account, "--undo", status=4)
