"""A letter stays while its owner may have paid, by a line of a statement that waits for a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk, Owes
from letters_without_office import pretend_to_render
from statement_files import FIRST, Money, statement

PAID = Owes("3-2-501", "张三", "1234.50", email="zhang@example.com")
OTHER = Owes("1-1-101", "李四", "1300.00", email="li@example.com")
ON_PAPER = Owes("1-1-102", "王五", "1400.00", address="示例路1号1-1-102")
BY_AMOUNT = "1234.50"  # exactly one account owes this sum, but nothing else says whose it is


def _proposed(desk: Desk, folder: Path, amount: str = BY_AMOUNT) -> int:
    """Import a statement with money of a stranger; return the number of the proposal."""
    line = Money(FIRST, "10:11:12", amount, "外人", "", "S1")
    (proposed,) = desk("payment", "import", statement(folder, "icbc", [line]), "--json", status=1).json["proposed"]
    return int(proposed["proposal"])


def _states(desk: Desk) -> dict[str, str]:
    return {it["account"]: it["state"] for it in desk("status", "b", "--json").json["notices"]}


def test_it_is_not_approved_until_the_line_is_settled(desk: Desk, tmp_path: Path) -> None:
    desk.plan(PAID, OTHER)
    proposal = _proposed(desk, tmp_path)
    (about,) = desk("approve", "b", "--by", "Releaser", "--json", status=1).json["attention"]
    assert PAID.account in about
    assert "payment match" in about
    assert f"proposal {proposal}" in about
    assert _states(desk) == {PAID.account: "planned", OTHER.account: "approved"}
    desk("payment", "match", proposal, "--none", "--by", "Clerk")
    desk("approve", "b", "--by", "Releaser")
    assert _states(desk)[PAID.account] == "approved"


@pytest.mark.parametrize("settled", ["--none", PAID.account])
def test_it_is_not_sent_until_the_line_is_settled(desk: Desk, tmp_path: Path, settled: str) -> None:
    desk.plan(PAID, OTHER)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    proposal = _proposed(desk, tmp_path)
    sent = desk("send", "b", "--now", "--json", status=1).json
    (about,) = sent["attention"]
    assert f"proposal {proposal}" in about
    assert _states(desk) == {PAID.account: "rendered", OTHER.account: "spooled"}
    desk("payment", "match", proposal, settled, "--by", "Clerk")
    desk("send", "b", "--now", status={0, 1, 4})
    assert _states(desk)[PAID.account] == ("spooled" if settled == "--none" else "withdrawn")


def test_it_is_not_printed_until_the_line_is_settled(desk: Desk, tmp_path: Path) -> None:
    desk.plan(ON_PAPER)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    proposal = _proposed(desk, tmp_path, "1400.00")
    (about,) = desk("print", "b", "--json", status=1).json["attention"]
    assert f"proposal {proposal}" in about
    assert _states(desk) == {ON_PAPER.account: "rendered"}


def test_an_e_mail_in_the_outbox_is_not_confirmed_until_the_line_is_settled(desk: Desk, tmp_path: Path) -> None:
    desk.plan(PAID)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    desk("send", "b", "--now")
    proposal = _proposed(desk, tmp_path)
    told = desk("mail", "confirm", "b", "--by", "Clerk", "--json", status=1)
    assert f"proposal {proposal}" in str(told.json["attention"])
    assert _states(desk) == {PAID.account: "spooled"}


def test_it_is_held_back_under_the_corrected_name_of_its_owner_too(desk: Desk, tmp_path: Path) -> None:
    desk.plan(PAID)
    desk("account", "rename", PAID.account, PAID.account + "丰", "--by", "Clerk", status={0, 1})
    desk("approve", "b", "--by", "Releaser", "--include", PAID.account)
    pretend_to_render(desk)
    proposal = _proposed(desk, tmp_path)
    told = desk("send", "b", "--now", "--json", status=1).json["attention"]
    assert f"proposal {proposal}" in str(told)
    assert _states(desk) == {PAID.account: "rendered"}
