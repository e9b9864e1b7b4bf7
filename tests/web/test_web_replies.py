"""What came back, on the page: e-mails, the carrier's table, slips typed and uploaded."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import pytest
from desk import Desk, Owes, Sent

from notices.ledger import DoubtfulMark, Ledger, NewScan

ONE = Owes("1-1-302", "陈示例")


def upload(browser: Any, where: str, content: bytes, name: str, **more: str) -> Any:
    fields = {"files": (BytesIO(content), name), "csrf_token": browser.token("/replies/"), **more}
    return browser.client.post(f"/replies/{where}", data=fields, content_type="multipart/form-data")


@pytest.fixture
def gone(alone: Any, desk: Desk) -> str:
    """Release a batch and let its letter, which has a slip, lie ready as `print` leaves it; return its number."""
    desk("history", "import", desk.history(Sent(ONE, "2026-08-03"), Sent(ONE, "2026-09-28", "律师函")))
    desk.plan(ONE, batch="s")
    desk("approve", "s", "--by", "Releaser")
    with sqlite3.connect(desk.folder / "batches" / "ledger.db") as ledger:  # these tests do not need LibreOffice
        ledger.execute("UPDATE deliveries SET state = 'spooled'")
    return str(desk.decisions("s")[ONE.account]["notice"])


def test_a_slip_is_typed_in_with_its_ticks(alone: Any, desk: Desk, gone: str) -> None:
    page = alone.get("/replies/").text
    assert 'name="objection"' in page
    day = "2026-12-31"
    fields = {"notice": gone, "received": day, "objection": "heating-cold", "note": "漏水"}
    answer = alone.post("/replies/slip", fields, page="/replies/")
    assert answer.status_code in {303, 400}
    if answer.status_code == 400:  # the day is after today of the machine that tests
        fields["received"] = date.today().isoformat()  # noqa: DTZ011
        answer = alone.post("/replies/slip", fields, page="/replies/")
    assert answer.status_code == 303
    assert gone in alone.get(answer.location).text
    (slip,) = desk("slip", "list", "s", "--json").json["slips"]
    assert (slip["objections"], slip["note"], slip["by"]) == (["heating-cold"], "漏水", "王小明")


def test_a_slip_that_cannot_be_is_said_beside_what_was_typed(alone: Any, desk: Desk, gone: str) -> None:
    fields = {"notice": "no-such", "received": "2026-11-24", "note": "漏水"}
    wrong = alone.post("/replies/slip", fields, page="/replies/")
    assert wrong.status_code == 400
    assert 'value="漏水"' in wrong.text
    assert alone.post("/replies/slip", {"notice": gone}, page="/replies/").status_code == 400
    assert desk("slip", "list", "s", "--json").json["slips"] == []


def test_a_carriers_table_is_read_and_its_bad_rows_are_shown(alone: Any, desk: Desk, gone: str) -> None:
    text = f"编号,邮件号,结果,日期\n{gone},EX123456789CN,已妥投,2026-11-30\nNO-1,EX1,天知道,2026-11-30\n"
    answer = upload(alone, "carrier", text.encode(), "邮政.csv")
    assert answer.status_code == 303
    page = alone.get(answer.location).text
    assert "NO-1" in page or "天知道" in page
    assert ".uploads" not in page
    broken = alone.get(upload(alone, "carrier", b"PK\x03\x04", "邮政.xlsx").location).text
    assert "邮政.xlsx" in broken
    assert 'role="alert"' in broken
    assert "/replies/again" in broken


def test_mail_that_came_back_is_read_and_named_as_the_person_knows_it(alone: Any, desk: Desk) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "stranger@example.com", "us@example.com", "Hello"
    mail.set_content("nothing of ours")
    answer = upload(alone, "mail", bytes(mail), "退信.eml")
    assert answer.status_code == 303
    assert alone.get(answer.location).status_code == 200
    unread = alone.get(upload(alone, "mail", b"\x00\x01", "坏的.bin").location).text
    assert "坏的.bin" in unread
    assert ".uploads" not in unread


def test_nothing_chosen_is_said(alone: Any) -> None:
    for where in ("mail", "carrier", "slips"):
        assert alone.post(f"/replies/{where}", page="/replies/").status_code == 400


def test_slips_come_as_a_table(alone: Any, desk: Desk, gone: str) -> None:
    path = desk.table(("编号", "异议", "说明"), [(gone, "", "漏水"), ("NO-1", "", "x")])
    answer = upload(alone, "slips", path.read_bytes(), "回执.csv")
    assert answer.status_code == 303, answer.text
    assert gone in alone.get(answer.location).text
    assert len(desk("slip", "list", "s", "--json").json["slips"]) == 1
    assert ONE.owner not in answer.location


def test_a_picture_outside_the_workspace_that_somebody_wrote_into_the_ledger_is_not_shown(
    alone: Any, desk: Desk, gone: str
) -> None:
    pytest.importorskip("cv2")
    (desk.folder.parent / "secret.png").write_bytes(b"secret")
    with closing(Ledger.open(f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}")) as ledger, ledger.begin() as books:
        (case,) = books.finding.accounts(ONE.owner)
        (notice,) = [it for it in books.notices.of_case(case) if it.number == gone]
        mark = DoubtfulMark("heating-cold", 0.2, "../secret.png")
        scan = NewScan(notice.id, "0" * 64, 1, (), (mark,), True, "../secret.png", ())
        books.scans.add(scan, date(2026, 11, 24), slip_id=None, by="clerk", at=datetime(2026, 11, 24, tzinfo=UTC))
    for place in (0, 1):
        answer = alone.get(f"/replies/scans/1/{place}.png")
        assert answer.status_code == 409
        assert b"secret" not in answer.data.replace(b"secret.png", b"")


def test_parts_that_are_not_installed_are_left_out(alone: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notices.web.pages.replies.extension", lambda _name: None)
    assert alone.get("/replies/").status_code == 200
    assert alone.post("/replies/statements", page="/replies/").status_code == 404
    assert alone.post("/replies/proposals/1", page="/replies/").status_code == 404
    assert alone.post("/replies/scans/1", page="/replies/").status_code == 404
    assert alone.get("/replies/scans/1/1.png").status_code == 404


def test_units_of_a_slip_that_its_letter_is_not_for_are_said(alone: Any, gone: str) -> None:
    fields = {"notice": gone, "received": "2026-11-24", "objection": "heating-cold", "units": "车位1、车位2"}
    wrong = alone.post("/replies/slip", fields, page="/replies/")
    assert wrong.status_code == 400
    assert "车位1, 车位2" in wrong.text
