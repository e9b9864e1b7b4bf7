"""The mail bounces command: each report finds its notice, is recorded once, and changes only what it may."""

from __future__ import annotations

import mailbox
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from shlex import split
from typing import Any

import pytest
from desk import Desk, Owes, held_elsewhere
from returned_mail import answer, complaint, delivery_status, notice, plain

from notices.ledger import Ledger, MailFacts, StateChange
from notices.model import Channel, State
from notices.post.message import message_id
from notices.post.verp import return_path

ONE = Owes("1-1-101", "张三", email="zhang.san@example.com")
TWO = Owes("1-1-102", "李四", email="li.si@example.com")
AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
SENT = (State.RENDERED, State.SENDING, State.SENT)


@pytest.fixture(scope="module")
def released_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b` for both owners, approved; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("released") / "workspace")
    desk.plan(ONE, TWO)
    desk("approve", "b", "--by", "Releaser")
    return desk


@pytest.fixture
def desk(released_desk: Desk, tmp_path: Path) -> Desk:
    """Batch `b` for both owners, approved."""
    return released_desk.copy(tmp_path / "workspace")


def mailed(desk: Desk, *states: State) -> dict[str, str]:
    """Take the e-mails of batch `b` through these states, and return each account's number."""
    move(desk, *(states or SENT))
    return {account: decision["notice"] for account, decision in desk.decisions().items()}


def move(desk: Desk, *states: State) -> None:
    ledger = Ledger.open(f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}")
    with ledger.begin() as books:
        letters = [entry.notice for entry in books.batches.decisions("b") if entry.notice]
        for state in states:
            for letter in letters:
                facts = MailFacts(message_id=id_of(letter.number or ""))
                (delivery,) = (it for it in letter.deliveries if it.channel is Channel.EMAIL)
                books.deliveries.set_states([StateChange(delivery.id, state, mail=facts)], by="clerk", at=AT)
    ledger.close()


def id_of(number: str) -> str:
    return message_id(number, "notices@wuye.example.cn")


def original(number: str, to: Owes = ONE) -> Any:
    return notice(id_of(number), to.email)


def bounce(number: str, to: Owes = ONE, **more: Any) -> bytes:
    return delivery_status(to=more.pop("to_address", to.email), original=original(number, to), **more)


@pytest.fixture
def read(desk: Desk) -> Callable[..., Any]:
    """Import messages as one .eml each; return the messages of the JSON document."""

    def reading(*raw: bytes, status: int = 0) -> Any:
        files = []
        for position, content in enumerate(raw):
            files.append(desk.folder / f"{position}.eml")
            files[-1].write_bytes(content)
        return desk("mail", "bounces", *files, "--json", status=status).json["messages"]

    return reading


def state(desk: Desk, owner: Owes = ONE) -> str:
    return desk.states()[owner.account]["email"]


def test_a_bounce_finds_its_notice_and_marks_only_that_delivery(desk: Desk, read: Callable[..., Any]) -> None:
    numbers = mailed(desk)
    (message,) = read(bounce(numbers[ONE.account]))
    assert message["kind"] == "failed"
    assert message["index"] == 0
    assert message["recipients"] == [
        {
            "address": ONE.email,
            "status": "5.1.1",
            "reply": "550",
            "diagnostic": "550 5.1.1 <zhang.san@example.com>: User unknown",
        }
    ]
    assert (message["notice"], message["recorded"]) == (numbers[ONE.account], True)
    assert (state(desk, ONE), state(desk, TWO)) == ("bounced", "sent")


def test_a_report_is_recorded_once_however_often_it_arrives(desk: Desk, read: Callable[..., Any]) -> None:
    numbers = mailed(desk)
    raw = bounce(numbers[ONE.account])
    read(raw)
    before = desk.rows()
    assert [message["recorded"] for message in read(raw, raw.replace(b"\n", b"\r\n"))] == [False, False]
    box = mailbox.mbox(desk.folder / "box")
    box.add(raw)
    box.close()
    assert desk("mail", "bounces", desk.folder / "box", "--json").json["messages"][0]["recorded"] is False
    assert desk.rows() == before


def test_after_a_bounce_the_rule_book_sends_the_same_letter_on_paper(desk: Desk, read: Callable[..., Any]) -> None:
    numbers = mailed(desk)
    read(bounce(numbers[ONE.account]))
    decisions = desk.plan(ONE, TWO, batch="c", as_of="2026-11-30")
    again = decisions[ONE.account]
    assert (again["action"], again["reason"], again["tier"]) == ("issue", "undelivered", "reminder")
    assert again["channels"] == ["print"]
    assert decisions[TWO.account]["reason"] == "awaiting-reply"


def test_the_address_to_which_a_report_comes_names_the_notice_too(desk: Desk, read: Callable[..., Any]) -> None:
    number = mailed(desk)[ONE.account]
    text = f"Your message to {ONE.email} could not be delivered: 550 no such user"
    raw = plain(text, To=return_path("bounces@wuye.example.cn", number).lower(), Subject="failure notice")
    (message,) = read(raw)
    assert (message["notice"], state(desk)) == (number, "bounced")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (lambda number: bounce(number, action="delayed", status="4.4.1", diagnostic="smtp; 450 later"), "sent"),
        (lambda number: bounce(number, action="delivered", status="2.0.0", diagnostic="smtp; 250 ok"), "delivered"),
        (lambda number: bounce(number, action="relayed", status="2.0.0", diagnostic="smtp; 250 ok"), "sent"),
        (lambda number: bounce(number, status="4.4.7", diagnostic="smtp; 421 connection timed out"), "bounced"),
        (lambda number: complaint(original(number)), "sent"),
        (lambda number: answer("已缴费。", In_Reply_To=id_of(number)), "sent"),
        (lambda number: answer("休假中", Auto_Submitted="auto-replied", In_Reply_To=id_of(number)), "sent"),
    ],
    ids=["delayed", "delivered", "relayed", "given up", "complaint", "reply", "auto-reply"],
)
def test_each_kind_of_report_is_recorded_and_changes_only_what_it_may(
    desk: Desk, read: Callable[..., Any], raw: Callable[[str], bytes], expected: str
) -> None:
    number = mailed(desk)[ONE.account]
    (message,) = read(raw(number))
    assert (message["notice"], message["recorded"]) == (number, True)
    assert (state(desk), message["state"]) == (expected, expected)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (bounce, "bounced"),
        (lambda number: bounce(number, action="delivered", status="2.0.0"), "delivered"),
        (lambda number: bounce(number, action="delayed", status="4.4.1", diagnostic="smtp; 450 later"), "sent"),
        (lambda number: answer("已缴费。", In_Reply_To=id_of(number)), "sent"),
    ],
    ids=["failed", "delivered", "delayed", "reply"],
)
@pytest.mark.parametrize(
    "stands",
    [
        (State.RENDERED, State.SENDING, State.UNKNOWN),
        (State.RENDERED, State.SPOOLED),
        (State.RENDERED, State.SENDING),
    ],
    ids=["unknown", "spooled", "left sending by a run that was cut off"],
)
def test_a_report_proves_that_the_message_left(
    desk: Desk, read: Callable[..., Any], stands: tuple[State, ...], raw: Callable[[str], bytes], expected: str
) -> None:
    number = mailed(desk, *stands)[ONE.account]
    read(raw(number))
    assert state(desk) == expected


def test_a_failure_after_a_delivery_counts_and_a_delivery_after_a_failure_does_not(
    desk: Desk, read: Callable[..., Any]
) -> None:
    number = mailed(desk)[ONE.account]
    reports = [bounce(number, action="delivered", status="2.0.0", message_id="<1@mx>"), bounce(number)]
    for raw in (*reports, bounce(number, action="delivered", status="2.0.0", message_id="<3@mx>")):
        read(raw)
    assert state(desk) == "bounced"


def test_forged_and_unknown_ids_match_nothing(desk: Desk, read: Callable[..., Any]) -> None:
    number = mailed(desk)[ONE.account]
    forged = id_of(number).replace("wuye.example.cn", "other.example")
    token = id_of(number).partition("@")[0].strip("<")
    wrong = f"bounces+{token[:-1]}x@wuye.example.cn"
    foreign = delivery_status(original=notice("<x@other.example>", "a@b.example"), to="a@b.example")
    foreign = foreign.replace(b"bounces+YGHY", b"bounces+XXXX")
    messages = read(
        delivery_status(original=_without_path(notice(forged, ONE.email)), to=ONE.email).replace(
            b"To: bounces+", b"To: "
        ),
        plain(f"could not be delivered: {ONE.email}", To=wrong),
        foreign,
        status=1,
    )
    assert [message["notice"] for message in messages] == [None, None, None]
    assert state(desk) == "sent"


def _without_path(message: Any) -> Any:
    del message["Return-Path"]
    return message


def test_a_report_that_names_two_of_our_notices_is_about_neither(desk: Desk, read: Callable[..., Any]) -> None:
    numbers = mailed(desk)
    raw = bounce(numbers[ONE.account])
    path = return_path("bounces@wuye.example.cn", numbers[TWO.account])
    raw = raw.replace(b"To: bounces+YGHY-2026-000123.0123456789abcdef0123@wuye.example.cn", b"To: " + path.encode())
    (message,) = read(raw, status=1)
    assert message["notice"] is None
    assert (state(desk, ONE), state(desk, TWO)) == ("sent", "sent")


def test_a_report_on_an_address_that_we_did_not_write_to_marks_nothing_and_is_said(desk: Desk) -> None:
    number = mailed(desk)[ONE.account]
    file = desk.folder / "foreign.eml"
    file.write_bytes(bounce(number, to_address="stranger@elsewhere.example", diagnostic="smtp; 550 no"))
    outcome = desk("mail", "bounces", file, status=1)
    assert state(desk) == "sent"
    assert f"names {number}, but reports on an address to which it was not sent" in outcome.errors


def test_a_report_on_what_our_address_is_an_alias_of_counts(desk: Desk, read: Callable[..., Any]) -> None:
    numbers = mailed(desk)
    known = f"Original-Recipient: rfc822;{ONE.email.upper()}\n"
    told = plain(
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its\nrecipients. The following address(es) failed:\n\n  box@hosting.example\n"
        f"    (generated from {TWO.email})\n    550 mailbox full\n\n------ This is a copy of the message ------\n\n"
        f"Message-ID: {id_of(numbers[TWO.account])}\n",
        Subject="Mail delivery failed: returning message to sender",
    )
    read(bounce(numbers[ONE.account], to_address="box17@hosting.example", more=known), told)
    assert (state(desk, ONE), state(desk, TWO)) == ("bounced", "bounced")


def test_a_late_report_of_an_attempt_before_the_last_changes_nothing(desk: Desk, read: Callable[..., Any]) -> None:
    again = (State.SENDING, State.UNKNOWN, State.RENDERED, State.SENDING, State.SENT)
    number = mailed(desk, State.RENDERED, *again)[ONE.account]
    early = bounce(number).replace(b"Mon, 23 Nov 2026 09:30:01 +0800", b"Sun, 22 Nov 2026 09:30:01 +0800")
    read(early)
    assert state(desk) == "sent"
    read(bounce(number, message_id="<2@mx>"))
    assert state(desk) == "bounced"


PUT_OFF_ONCE = (State.RENDERED, State.SENDING, State.DEFERRED, State.SENDING)


def test_reports_on_a_deferred_message_count_even_if_imported_together(desk: Desk, read: Callable[..., Any]) -> None:
    number = mailed(desk, *PUT_OFF_ONCE, State.SENT)[ONE.account]
    read(bounce(number, action="delivered", status="2.0.0", message_id="<1@mx>"), bounce(number))
    assert state(desk) == "bounced"


def test_a_message_confirmed_after_it_bounced_is_bounced(desk: Desk, read: Callable[..., Any]) -> None:
    number = mailed(desk, *PUT_OFF_ONCE, State.UNKNOWN)[ONE.account]
    desk("mail", "settle", number, "--sent")
    read(bounce(number))
    assert state(desk) == "bounced"


@pytest.mark.parametrize(
    "stands",
    [
        (State.UNKNOWN, State.RENDERED),
        (State.UNKNOWN, State.RENDERED, State.SET_ASIDE),
        (State.DEFERRED,),
        (State.UNKNOWN, State.RENDERED, State.SENDING, State.DEFERRED),
    ],
    ids=["a person let it go again", "set aside since", "put off", "put off the second time"],
)
@pytest.mark.parametrize(
    ("action", "status", "expected"), [("delivered", "2.0.0", "delivered"), ("failed", "5.1.1", "bounced")]
)
def test_a_retry_is_cancelled_if_a_report_shows_the_message_was_sent(
    desk: Desk, read: Callable[..., Any], stands: tuple[State, ...], action: str, status: str, expected: str
) -> None:
    number = mailed(desk, State.RENDERED, State.SENDING, *stands)[ONE.account]
    early = bounce(number, action=action, status=status).replace(b"23 Nov 2026 09:30:01", b"22 Nov 2026 09:30:01")
    (message,) = read(early)
    assert (message["notice"], message["state"], state(desk)) == (number, expected, expected)


def test_a_pending_retry_is_not_touched_during_a_send(desk: Desk, read: Callable[..., Any]) -> None:
    number = mailed(desk, State.RENDERED, State.SENDING, State.DEFERRED)[ONE.account]
    with held_elsewhere(desk.folder / "batches" / ".b.lock"):
        (message,) = read(bounce(number), status=1)
    assert (message["notice"], message["recorded"], state(desk)) == (number, False, "deferred")
    assert read(bounce(number))[0]["state"] == "bounced"


@pytest.mark.parametrize("stands", [(State.SENDING, State.REFUSED), (State.WITHDRAWN,)], ids=["refused", "withdrawn"])
def test_the_delivery_of_a_message_not_to_be_sent_is_reported_and_needs_a_person(
    desk: Desk, read: Callable[..., Any], stands: tuple[State, ...]
) -> None:
    number = mailed(desk, State.RENDERED, *stands)[ONE.account]
    file = desk.folder / "report.eml"
    file.write_bytes(bounce(number, action="delivered", status="2.0.0"))
    said = desk("mail", "bounces", file, status=1).errors
    assert f"the e-mail of {number} went out all the same" in said
    assert state(desk) == stands[-1].value


def test_after_a_complaint_the_owner_gets_no_more_e_mail(desk: Desk) -> None:
    number = mailed(desk)[ONE.account]
    file = desk.folder / "complaint.eml"
    file.write_bytes(complaint(original(number)))
    errors = desk("mail", "bounces", file).errors
    assert f"{number} was reported as spam" in errors
    advice = split(errors[errors.index("notices hold add") :])
    assert advice[3] == ONE.account
    desk(*advice[1:])
    assert [hold["kind"] for hold in desk("hold", "list", "--json").json["holds"]] == ["paper-only"]


def test_a_letter_is_listed_for_the_handler_with_its_notice(desk: Desk) -> None:
    number = mailed(desk)[ONE.account]
    file = desk.folder / "letter.eml"
    file.write_bytes(answer("我已经缴费了。", In_Reply_To="", References=f"<x@y> {id_of(number)}"))
    outcome = desk("mail", "bounces", file)
    assert f"{number} was answered by {ONE.email}: {file}" in outcome.errors
    assert f"{file}\treply" in outcome.output


def test_reports_that_match_nothing_need_a_person_and_ordinary_mail_does_not(desk: Desk) -> None:
    ordinary, report = desk.folder / "ordinary.eml", desk.folder / "report.eml"
    ordinary.write_bytes(plain("你好", From="friend@example.org", Subject="晚饭"))
    report.write_bytes(delivery_status())
    assert desk("mail", "bounces", ordinary, "--json").json["messages"][0]["kind"] == "other"
    assert desk("mail", "bounces", ordinary, report, "--json", status=1).json["messages"][1]["notice"] is None


def test_a_file_that_cannot_be_read_does_not_stop_the_others(desk: Desk) -> None:
    number = mailed(desk)[ONE.account]
    good, bad, gone = desk.folder / "good.eml", desk.folder / "bad.xlsx", desk.folder / "gone.eml"
    good.write_bytes(bounce(number))
    bad.write_bytes(b"PK\x03\x04" + bytes(500))
    document = desk("mail", "bounces", bad, gone, good, "--json", status=3).json
    assert [message["notice"] for message in document["messages"]] == [number]
    assert [Path(unread["file"]) for unread in document["unread"]] == [bad, gone]
    assert state(desk) == "bounced"


def test_a_maildir_and_a_folder_of_files_are_read_in_order(desk: Desk) -> None:
    numbers = mailed(desk)
    box = mailbox.Maildir(desk.folder / "Maildir")
    for owner in (ONE, TWO):
        box.add(bounce(numbers[owner.account], owner))
    messages = desk("mail", "bounces", desk.folder / "Maildir", "--json").json["messages"]
    assert [message["index"] for message in messages] == [0, 1]
    assert {message["notice"] for message in messages} == set(numbers.values())
    (desk.folder / "saved").mkdir()
    for name in ("b.eml", "a.eml"):
        (desk.folder / "saved" / name).write_bytes(delivery_status())
    saved = desk("mail", "bounces", desk.folder / "saved", "--json", status=1).json["messages"]
    assert [Path(message["file"]).name for message in saved] == ["a.eml", "b.eml"]


@pytest.mark.parametrize("number", ["own", "invented"])
def test_a_report_that_shows_address_and_number_only_is_matched(
    desk: Desk, read: Callable[..., Any], number: str
) -> None:
    own = mailed(desk)[ONE.account]
    shown = own if number == "own" else f"{own}9"
    html = f"<div>您的邮件被退回。<p>主题：催费函（编号：{shown}）</p><p>收件人：{ONE.email}</p><p>550 不存在</p></div>"
    raw = plain("", From="PostMaster@mail.example", Subject="退信", Return_Path="<>").split(b"\n\n")[0]
    raw = raw.replace(b"text/plain", b"text/html").replace(b"base64", b"8bit") + b"\n\n" + html.encode()
    (message,) = read(raw, status=0 if number == "own" else 1)
    assert message["kind"] == "failed"
    assert message["notice"] == (own if number == "own" else None)


def test_a_report_that_a_server_limits_us_leaves_it_to_a_person_and_blames_no_address(
    desk: Desk, read: Callable[..., Any]
) -> None:
    own = mailed(desk)[ONE.account]
    limited = bounce(own, status="5.7.1", diagnostic="smtp; 550 Connection frequency limited")
    (message,) = read(limited, status=1)
    assert message["notice"] == own
    assert state(desk) == "unknown"
    desk("mail", "settle", own, "--resend")
    assert state(desk) == "set-aside", "it is rendered again first: this test has no letter"
