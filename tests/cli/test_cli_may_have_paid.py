"""A letter to an owner who may have paid, by a line of a statement that waits for a person, is named as it leaves."""

from __future__ import annotations

from pathlib import Path

from desk import Desk, Owes
from letters_without_office import pretend_to_render
from statement_files import FIRST, Money, statement

PAID = Owes("3-2-501", "张三", "1234.50", email="zhang@example.com")
OTHER = Owes("1-1-101", "李四", "1300.00", email="li@example.com")


def test_a_statement_read_before_the_letters_leave_names_who_may_have_paid(desk: Desk, tmp_path: Path) -> None:
    """Exactly one account owes this sum, but nothing else says whose it is."""
    desk.plan(PAID, OTHER)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    line = Money(FIRST, "10:11:12", "1234.50", "外人", "", "S1")
    (proposed,) = desk("payment", "import", statement(tmp_path, "icbc", [line]), "--json", status=1).json["proposed"]
    assert [it["account"] for it in proposed["candidates"]] == [PAID.account]
    told = desk("send", "b", "--now", "--dry-run", "--json", status=1).json["attention"]
    (about,) = told
    assert PAID.account in about
    assert "payment match" in about
    assert f"proposal {proposed['proposal']}" in about
    desk("payment", "match", proposed["proposal"], "--none", "--by", "Clerk")
    assert desk("send", "b", "--now", "--json").json["attention"] == []
