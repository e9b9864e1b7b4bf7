"""Reports and automatic messages in forms of their own, and advice about reports that is none."""

from __future__ import annotations

import pytest
from returned_mail import MESSAGE_ID, OWNER, SENDER, delivery_status, plain

from notices.model import ReportKind
from notices.post.bounces import read_report

TRANSCRIPT = f"Error: not delivered\n\n550 - no such user here\n\n  MAIL FROM: {SENDER}\n  RCPT TO: {OWNER}\n"
JSON = (
    '{ "Type": "Notification", "Message": "{\\"notificationType\\":\\"Bounce\\",\\"bounce\\":{\\"bounceType\\":'
    f'\\"Permanent\\",\\"bouncedRecipients\\":[{{\\"emailAddress\\":\\"{OWNER}\\",\\"action\\":\\"failed\\"}}]}}}}" }}'
)


def test_a_transcript_under_a_reply_subject_is_a_report() -> None:
    report = read_report(plain(TRANSCRIPT, From="post_master@carrier.example", Subject="Re: notice"))
    assert (report.kind, [each.address for each in report.recipients]) == (ReportKind.FAILED, [OWNER])


def test_a_person_at_postmaster_who_quotes_a_transcript_has_written_a_reply() -> None:
    quoted = "".join(f"> {line}\n" for line in TRANSCRIPT.splitlines())
    raw = plain(f"请看下面：\n{quoted}", From="postmaster@corp.example", Subject="Re: notice", In_Reply_To=MESSAGE_ID)
    assert read_report(raw).kind is ReportKind.REPLY


def test_a_notification_in_json_inside_json_is_a_report() -> None:
    report = read_report(plain(JSON, From="no-reply@service.example", Subject="Notification Message"))
    assert (report.kind, [each.address for each in report.recipients]) == (ReportKind.FAILED, [OWNER])


@pytest.mark.parametrize(
    "reason",
    [
        "Could not deliver for the last 432000 seconds. Giving up.",
        "Delivery failed 20 attempts.",
        "Your message was not delivered within 0 days and 1 hours.\nRemote host is not responding.",
    ],
)
def test_giving_up_after_a_time_says_nothing_against_the_address(reason: str) -> None:
    text = f"There was an error delivering your mail to <{OWNER}>.\n\n{reason}\n\nMessage headers follow.\n"
    report = read_report(plain(text, From="MAILER-DAEMON <>", Subject="Mail delivery failed"))
    assert (report.kind, report.final) == (ReportKind.DELAYED, True)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("这是来自QQ邮箱的假期自动回复邮件。\n\n您好，我最近正在休假中。", "Re: 催费函（编号：N-1）"),
        ("【自动回复】您的来信已收到。", "回复：催费函"),
        ("这是发给您的邮件收条，您的邮件已被阅读。", "收条：催费函"),
        ("您发送给张三的邮件“催费函”已被对方阅读。", "Re: 催费函"),
        ("This is an automatic reply. I am away.", "Re: notice"),
    ],
)
def test_automatic_replies_and_receipts_are_no_personal_replies(text: str, subject: str) -> None:
    raw = plain(text, From=OWNER, Subject=subject, In_Reply_To=MESSAGE_ID)
    assert read_report(raw).kind is ReportKind.AUTO_REPLY


def test_a_person_who_mentions_an_automatic_reply_has_replied() -> None:
    raw = plain("我收到了你们的自动回复，但费用不对。", From=OWNER, Subject="Re: 催费函", In_Reply_To=MESSAGE_ID)
    assert read_report(raw).kind is ReportKind.REPLY


@pytest.mark.parametrize("subject", ["Re: 自动回复功能", "回执：云杉苑1-1-101"])
def test_a_person_who_returns_the_slip_has_replied(subject: str) -> None:
    raw = plain("我的意见见附件。", From=OWNER, Subject=subject, In_Reply_To=MESSAGE_ID)
    assert read_report(raw).kind is ReportKind.REPLY


def test_advice_about_reports_from_postmaster_is_none() -> None:
    text = f"如果邮件无法投递，请检查地址。有问题请联系管理员（{SENDER}）。"
    assert read_report(plain(text, From="postmaster@corp.example", Subject="关于退信的说明")).kind is ReportKind.OTHER


def test_a_report_that_a_server_limits_us_says_so() -> None:
    (told,) = read_report(
        delivery_status(status="5.7.1", diagnostic="smtp; 550 Connection frequency limited")
    ).recipients
    assert told.limits_sender
    (told,) = read_report(delivery_status()).recipients
    assert not told.limits_sender
