"""An account on the page: its column of time, what a clerk enters, and the letters; nothing personal in addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from desk import Desk
from letters_without_office import pretend_to_render
from neighbours import BOTH_WAYS, BY_MAIL, EVERYBODY

Browsers = Callable[[str], Any]


def found(browser: Any, words: str) -> str:
    """Return the address of the account that these words name."""
    answer = browser.post("/accounts/", {"words": words}, page="/accounts/")
    assert answer.status_code == 303
    return str(answer.location)


def test_an_account_is_found_by_a_part_of_its_name_and_no_name_stands_in_the_address(alone: Any) -> None:
    address = found(alone, BY_MAIL.owner)
    assert re.fullmatch(r"/accounts/\d+", address)
    assert BY_MAIL.owner in alone.get(address).text
    several = found(alone, "1-1")
    assert re.fullmatch(r"/accounts/\?found=[\w-]+", several)
    listed = alone.get(several).text
    assert all(owner.owner in listed for owner in EVERYBODY if owner.unit.startswith("1-1"))
    assert (
        "没有" in alone.get(found(alone, "张三丰丰")).text or "No account" in alone.get(found(alone, "张三丰丰")).text
    )
    assert alone.post("/accounts/", {"words": " "}, page="/accounts/").status_code == 400


def test_the_column_of_time_shows_charges_decisions_and_earlier_letters(alone: Any) -> None:
    page = alone.get(found(alone, BOTH_WAYS.owner)).text
    assert "1,400.00" in page
    assert "OLD-7" in page
    assert "2026-10-14" in page
    assert 'href="/batches/1"' in page


def test_an_owner_who_is_only_in_the_history_has_a_page_too(alone: Any, desk: Desk) -> None:
    from desk import Owes, Sent  # noqa: PLC0415

    former = Owes("7-7-707", "庚七")
    desk("history", "import", desk.history(Sent(former, "2026-01-05", number="OLD-9")))
    address = found(alone, "庚七")
    assert re.fullmatch(r"/accounts/n\d+", address)
    assert "OLD-9" in alone.get(address).text


def test_a_payment_is_entered_and_the_second_one_asks(alone: Any, desk: Desk) -> None:
    address = found(alone, BY_MAIL.owner)
    fields = {"amount": "200", "day": "2026-11-24", "note": "转账"}
    done = alone.post(f"{address}/payment", fields, page=address)
    assert done.status_code == 303
    assert "200.00" in alone.get(done.location).text
    assert BY_MAIL.owner not in done.location
    again = alone.post(f"{address}/payment", fields, page=address)
    assert again.status_code == 409
    assert 'name="again"' in again.text
    assert 'value="转账"' in again.text
    assert len(desk("payment", "list", "--json").json["payments"]) == 1
    assert alone.post(f"{address}/payment", {**fields, "again": "1"}, page=address).status_code == 303
    payments = desk("payment", "list", "--json").json["payments"]
    assert [each["by"] for each in payments] == ["王小明"] * 2


def test_more_than_is_owed_is_recorded_only_if_the_clerk_says_so(alone: Any, desk: Desk) -> None:
    address = found(alone, BY_MAIL.owner)
    fields = {"amount": "99999", "day": "2026-11-24"}
    assert alone.post(f"{address}/payment", fields, page=address).status_code == 409
    assert alone.post(f"{address}/payment", {**fields, "again": "1"}, page=address).status_code == 409
    assert alone.post(f"{address}/payment", {**fields, "more": "1"}, page=address).status_code == 303
    assert len(desk("payment", "list", "--json").json["payments"]) == 1


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("payment", {"amount": "viel", "day": "2026-11-24"}),
        ("payment", {"amount": "5"}),
        ("promise", {"until": ""}),
        ("promise", {"until": "31.12.2026"}),
        ("promise", {"until": "2026-12-31", "amount": "-5"}),
        ("instalments", {"plan": ""}),
        ("instalments", {"plan": "morgen 500"}),
        ("hold", {"kind": "promise"}),
        ("hold", {"kind": "disputed", "until": "1999-01-01"}),
    ],
)
def test_what_cannot_be_is_said_beside_what_was_typed(
    alone: Any, desk: Desk, kind: str, fields: dict[str, object]
) -> None:
    address = found(alone, BY_MAIL.owner)
    answer = alone.post(f"{address}/{kind}", fields, page=address)
    assert answer.status_code == 400
    assert desk("payment", "list", "--json").json["payments"] == []
    assert desk("hold", "list", "--json").json["holds"] == []


def test_promise_instalments_and_hold_are_entered_and_lifted(alone: Any, desk: Desk) -> None:
    address = found(alone, BY_MAIL.owner)
    alone.post(f"{address}/promise", {"until": "2027-01-31", "amount": "300"}, page=address)
    alone.post(f"{address}/instalments", {"plan": "2027-02-28 100\n2027-03-31\t 1,100.50\n\n"}, page=address)
    alone.post(f"{address}/hold", {"kind": "disputed", "note": "漏水"}, page=address)
    holds = desk("hold", "list", "--json").json["holds"]
    assert [each["kind"] for each in holds] == ["promise", "instalments", "disputed"]
    page = alone.get(address).text
    assert "1,100.50" in page
    assert "漏水" in page
    number = re.search(r"/holds/(\d+)/lift", page)
    assert number is not None
    assert alone.post(f"{address}/holds/{number[1]}/lift", page=address).status_code == 303
    assert len(desk("hold", "list", "--json").json["holds"]) == 2
    other = found(alone, BOTH_WAYS.owner)
    for hold in (1, 2, 3, 99):
        assert alone.post(f"{other}/holds/{hold}/lift", page=other).status_code == 404
    desk("ledger", "verify")


def test_a_payment_that_never_came_in_is_taken_back_with_a_reason(alone: Any, desk: Desk) -> None:
    address = found(alone, BY_MAIL.owner)
    alone.post(f"{address}/payment", {"amount": "200", "day": "2026-11-24"}, page=address)
    assert alone.post(f"{address}/payments/1/undo", {"why": ""}, page=address).status_code == 400
    other = found(alone, BOTH_WAYS.owner)
    assert alone.post(f"{other}/payments/1/undo", {"why": "x"}, page=other).status_code == 404
    assert alone.post(f"{address}/payments/1/undo", {"why": "退票"}, page=address).status_code == 303
    assert desk("payment", "list", "--json").json["payments"] == []
    assert "退票" in alone.get(address).text


def test_the_letter_stands_in_the_page_and_is_withdrawn(alone: Any, desk: Desk) -> None:
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    address = found(alone, BY_MAIL.owner)
    page = alone.get(address).text
    asked = re.search(r"\?letter=(\d+)#letter", page)
    assert asked is not None
    frame = re.search(r'<iframe[^>]* src="([^"]+)"', alone.get(f"{address}?letter={asked[1]}").text)
    assert frame is not None
    pdf = alone.get(frame[1])
    assert pdf.data.startswith(b"%PDF-")
    assert pdf.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in pdf.headers["Content-Security-Policy"]
    assert "attachment" not in pdf.headers.get("Content-Disposition", "")
    other = found(alone, BOTH_WAYS.owner)
    assert alone.get(f"{other}/letters/{asked[1]}.pdf").status_code == 404
    taking = f"{address}/letters/{asked[1]}/withdraw"
    assert alone.post(taking, {"why": ""}, page=address).status_code == 400
    assert alone.post(taking, {"why": "已付"}, page=address).status_code == 303
    assert set(desk.states()[BY_MAIL.account].values()) == {"withdrawn"}
    assert alone.post(taking, {"why": "已付"}, page=address).status_code == 409


def test_a_viewer_reads_no_name_and_no_amount_and_gets_no_letter(browsers: Browsers) -> None:
    page = browsers("viewer").get("/accounts/1").text
    assert not any(owner.owner in page for owner in EVERYBODY)
    assert "00.00" not in page
    assert '<form method="post" action="/accounts' not in page
    assert browsers("watcher").get("/accounts/1").status_code == 200
    assert browsers("viewer").get("/accounts/").status_code == 409
