"""Reports in their standard forms: RFC 3464, 3834, 5965 and 8098."""

from __future__ import annotations

import base64

import pytest
from returned_mail import (
    MESSAGE_ID,
    NUMBER,
    OWNER,
    answer,
    complaint,
    delivery_status,
    forwarded,
    plain,
    receipt,
)

from notices.model import ReportKind
from notices.post.bounces import read_report


def test_a_failure_has_the_address_the_codes_and_the_servers_text() -> None:
    report = read_report(delivery_status())
    (recipient,) = report.recipients
    assert (report.kind, report.final) == (ReportKind.FAILED, True)
    assert (recipient.address, recipient.status, recipient.reply) == (OWNER, "5.1.1", "550")
    assert recipient.diagnostic == "550 5.1.1 <zhang.san@example.com>: User unknown"


@pytest.mark.parametrize(
    ("action", "status", "kind", "final"),
    [
        ("failed", "5.2.2", ReportKind.FAILED, True),
        ("failed", "4.2.2", ReportKind.FAILED, True),
        ("failed (undeliverable)", "5.0.0", ReportKind.FAILED, True),
        ("delayed", "4.4.1", ReportKind.DELAYED, False),
        ("delivered", "2.0.0", ReportKind.DELIVERED, False),
        ("relayed", "2.0.0", ReportKind.OTHER, False),
        ("expanded", "2.0.0", ReportKind.OTHER, False),
    ],
)
def test_the_action_says_what_happened_whatever_the_class_of_the_status(
    action: str, status: str, kind: ReportKind, final: bool
) -> None:
    report = read_report(delivery_status(action, status, "smtp; said so"))
    assert (report.kind, report.final) == (kind, final)


def test_a_server_that_timed_out_reports_a_final_delay() -> None:
    report = read_report(delivery_status("failed", "4.4.7", "smtp; 421 4.4.2 Connection timed out"))
    assert (report.kind, report.final) == (ReportKind.DELAYED, True)


def test_an_alias_is_reported_under_the_address_we_wrote_to() -> None:
    raw = delivery_status(to="box17@hosting.example", more=f"Original-Recipient: rfc822;{OWNER}\n")
    (recipient,) = read_report(raw).recipients
    assert (recipient.address, recipient.also) == (OWNER, ("box17@hosting.example",))


def test_a_wrongly_encoded_status_part_is_read() -> None:
    told = f"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822;{OWNER}\r\nAction: failed\r\nStatus: 5.7.1\r\n"
    encoded = base64.encodebytes(told.encode()).decode()
    raw = (
        'From: postmaster@mx.example.cn\r\nContent-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n'
        "Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{encoded}\r\n--b--\r\n"
    )
    report = read_report(raw.encode())
    assert [(it.address, it.status) for it in report.recipients] == [(OWNER, "5.7.1")]


def test_a_non_ascii_address_is_reported_unchanged() -> None:
    raw = delivery_status(to="PLACE").replace(b"rfc822; PLACE", "utf-8; 张三@例子.example".encode())
    raw = raw.replace(b"message/delivery-status", b"message/global-delivery-status")
    report = read_report(raw)
    assert (report.kind, [it.address for it in report.recipients]) == (ReportKind.FAILED, ["张三@例子.example"])


def test_a_status_part_that_names_no_action_is_read_by_its_codes() -> None:
    raw = delivery_status("PLACE", "4.2.2").replace(b"Action: PLACE\n", b"")
    assert read_report(raw).kind is ReportKind.DELAYED


def test_a_message_level_action_applies_to_each_recipient() -> None:
    report = read_report(
        delivery_status(status="4.7.0")
        .replace(b"Action: failed\n", b"")
        .replace(b"Reporting-MTA:", b"Action: failed\nReporting-MTA:")
    )
    assert [(each.kind, each.final) for each in report.recipients] == [(ReportKind.FAILED, True)]


@pytest.mark.parametrize("action", ["delivered", "delayed", "relayed"])
def test_failure_codes_are_not_overruled_by_a_message_level_action(action: str) -> None:
    report = read_report(
        delivery_status(status="5.1.1")
        .replace(b"Action: failed\n", b"")
        .replace(b"Reporting-MTA:", f"Action: {action}\nReporting-MTA:".encode())
    )
    assert [(each.kind, each.final) for each in report.recipients] == [(ReportKind.FAILED, True)]


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Successful Mail Delivery Report", ""),
        ("Delivery Status Notification (Success)", ""),
        ("Delivery Status Notification (Relay)", ""),
        ("Delivery report", f"Your message was successfully delivered to:\n\n<{OWNER}>: 250 2.0.0 Ok"),
        ("Delivery Status Notification", f"Your message has been successfully relayed to\n\n  {OWNER}"),
        ("投递成功", f"您的邮件已送达 {OWNER}"),
    ],
)
def test_a_report_that_a_message_arrived_is_no_failure_whatever_parts_are_missing(subject: str, text: str) -> None:
    raw = (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nSubject: {subject}\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n--b--\n"
    )
    report = read_report(raw.encode())
    assert (report.kind, report.final) == (ReportKind.OTHER, False)


def test_a_failure_stays_one_although_others_got_the_message() -> None:
    text = f"The following recipients were not reached: {OWNER}.\nThe message was delivered to li@example.com."
    assert read_report(plain(text, From="MAILER-DAEMON@mx.example.com", Subject="Mail failure")).final


def test_a_report_without_its_parts_is_a_failure_without_recipients() -> None:
    head, _, _ = delivery_status().partition(b"\n\n")
    report = read_report(head + b"\n\n<<< No Message Collected >>>\n")
    assert (report.kind, report.recipients, report.final) == (ReportKind.FAILED, (), True)


def test_an_automatic_answer_in_a_persons_name_is_not_a_letter() -> None:
    headers = {"From": OWNER, "Return_Path": "<>", "Precedence": "bulk", "Subject": "Thank you for your e-mail"}
    assert read_report(plain("I will reply as soon as possible.", **headers)).kind is ReportKind.AUTO_REPLY


def test_the_returned_message_identifies_the_notice() -> None:
    report = read_report(delivery_status())
    assert report.message_ids[0] == MESSAGE_ID
    assert report.tokens == (f"{NUMBER.lower()}.0123456789abcdef0123",)


def test_a_complaint_is_recognized_with_its_recipient() -> None:
    report = read_report(complaint())
    assert (report.kind, report.final) == (ReportKind.COMPLAINT, False)
    assert [it.address for it in report.recipients] == [OWNER]
    assert MESSAGE_ID in report.message_ids


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_a_feedback_report_of_another_type_is_not_a_complaint(kind: str) -> None:
    assert read_report(complaint(kind=kind)).kind is ReportKind.OTHER


def test_a_read_receipt_is_no_report_of_a_delivery() -> None:
    report = read_report(receipt("manual-action/MDN-sent-manually; displayed"))
    assert (report.kind, report.recipients) == (ReportKind.OTHER, ())
    assert MESSAGE_ID in report.message_ids


def test_a_refusal_in_the_form_of_a_receipt_is_a_failure() -> None:
    text = f"Your message to <{OWNER}> was automatically rejected:\nQuota exceeded (mailbox for user is full)\n"
    report = read_report(receipt("automatic-action/MDN-sent-automatically; deleted", text))
    assert report.kind is ReportKind.FAILED
    assert [it.address for it in report.recipients] == [OWNER]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-replied (vacation)", "Return_Path": "<>"},
        {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"Subject": "自动回复：物业费催缴通知"},
        {"Subject": "Automatic reply: 物业费催缴通知", "Return_Path": "<>"},
        {"Subject": "Out of Office: 物业费催缴通知"},
        {"Subject": "自動回覆：物業費"},
    ],
)
def test_an_automatic_answer_is_told_from_a_letter(headers: dict[str, str]) -> None:
    raw = answer("您好，我正在休假，邮件无法及时回复，11 月 30 日回来。", **headers)
    assert read_report(raw).kind is ReportKind.AUTO_REPLY


def test_a_report_forwarded_by_a_person_is_a_letter() -> None:
    for inline in (False, True):
        report = read_report(forwarded(delivery_status(), inline=inline))
        assert (report.kind, report.recipients) == (ReportKind.OTHER, ())


def test_a_letter_of_an_owner_is_a_reply() -> None:
    report = read_report(answer("我已经缴费了，请查收。"))
    assert (report.kind, report.message_ids) == (ReportKind.REPLY, (MESSAGE_ID,))


def test_a_message_about_nothing_of_ours_is_other() -> None:
    raw = plain("本月停水通知，见附件。", From="office@street.example.cn", Subject="停水通知")
    assert read_report(raw).kind is ReportKind.OTHER
