"""payment add and hold add: sums and accounts that cannot be right."""

from __future__ import annotations

import pytest
from desk import ESTATE, Desk, Owes

LIN = Owes("1-1-101", "林小测")


@pytest.mark.parametrize("amount", ["1e9", "1E3", "99999999999999999999", "0", "-5", "12.345", "1 000"])
def test_what_is_no_amount_is_a_usage_error(desk: Desk, amount: str) -> None:
    said = desk("payment", "add", LIN.account, "--amount", amount, status=2).errors
    assert "is not an amount" in said
    assert not desk.rows()["payments"]


def test_amounts_and_dates_are_taken_as_lists_write_them(desk: Desk) -> None:
    desk("payment", "add", LIN.account, "--amount", "￥1,200.50", "--date", "2026.9.2")
    desk("payment", "add", LIN.account, "--amount", "80元", "--date", "2026年9月3日")
    desk("payment", "add", LIN.account, "--amount", "80", "--date", "45000", status=2)
    desk("payment", "add", LIN.account, "--amount", "80", "--date", "2.9.2026", status=2)
    taken = [(each["date"], each["amount"]) for each in desk("payment", "list", "--json").json["payments"]]
    assert taken == [("2026-09-02", "1200.50"), ("2026-09-03", "80.00")]


def test_more_than_principal_and_late_fee_is_refused(desk: Desk) -> None:
    desk.plan(LIN)
    pay = ("payment", "add", LIN.account, "--date", "2026-11-24", "--amount")
    assert "more than principal and late fee" in desk(*pay, "12000", status=4).errors
    assert not desk.rows()["payments"]
    assert "left to pay" in desk(*pay, "200.00").errors
    desk(*pay, "1200.00", status=4)  # 1000.00 and some late fee are left
    desk(*pay, "1200.00", "--yes")
    before = ("payment", "add", LIN.account, "--date", "2026-11-01", "--amount")
    desk(*before, "12000", status=4)
    desk(*before, "1200")


def test_what_an_unknown_account_owes_is_unknown(desk: Desk) -> None:
    desk("payment", "add", LIN.account, "--amount", "900000")


def test_a_hold_on_a_mistyped_account_is_refused_with_the_nearest(desk: Desk) -> None:
    desk.plan(LIN, Owes("1-1-102", "陈一"), Owes("2-3-901", "王大明"))
    wrong = f"{ESTATE}/1-1-1O1/林小测"
    for words in (("hold", "add", wrong, "--kind", "disputed"), ("payment", "add", wrong, "--amount", "1")):
        said = desk(*words, status=4).errors
        assert f"Nearest: {LIN.account}" in said
        assert "王大明" not in said
    assert not desk.rows()["holds"]
    assert "check its spelling" in desk("hold", "add", wrong, "--kind", "disputed", "--unseen").errors


def test_an_account_may_be_typed_without_the_only_estate(desk: Desk) -> None:
    desk.plan(LIN, Owes("1-1-102", "陈一"))
    desk("hold", "add", "1-1-101/林小测", "--kind", "disputed", "--registered", "2026-11-20")
    assert desk("hold", "list", "--json").json["holds"][0]["account"] == LIN.account
    assert desk("show", "b", "1-1-102/陈一", "--json").json["decisions"][0]["account"] == f"{ESTATE}/1-1-102/陈一"
    desk("approve", "b", "--by", "Releaser", "--exclude", "1-1-102/陈一", "--why", "heirs", status=1)
