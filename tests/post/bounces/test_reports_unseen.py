"""Kinds of reports that the rules once missed: other words for the same act, several recipients, cut or odd forms."""

from __future__ import annotations

import pytest
from returned_mail import MESSAGE_ID, OWNER, SENDER, delivery_status, html, plain

from notices.model import ReportKind
from notices.post.bounces import read_report

OTHER = "li.si@example.org"
DAEMON, POSTMASTER = "MAILER-DAEMON@mx.example.cn", "postmaster@mx.example.cn"
MAIL_OF_SCHEMA = (
    "Sorry, your mail is returned...\nOriginal mail information:\nSubject notice\nTo {}\n\nReason:\n"
    "User suspended.\n550\n"
)

FAILURES = {
    "another word for not delivered": (
        f"您的邮件没有传递给:\n\n  {OWNER}\n\n因为用户未列在目录中\n",
        POSTMASTER,
        "传递失败: 用户不在目录中",
    ),
    "another word for sent to": (f"您寄给 {OWNER} 的信件投递失败：收件人不存在\n", POSTMASTER, "邮件投递失败通知信"),
    "refused by a gateway": (f"您发送给 {OWNER} 的邮件被对方的网关拒收。\n550 denied\n", POSTMASTER, "邮件被拒收通知"),
    "blocked by a filter": (
        f"Your message to: {OWNER}\nwas blocked by our Firewall.\n",
        POSTMASTER,
        "**Message you sent blocked by our filter**",
    ),
    "a subject without a verb": (
        f"UNDELIVERABLE MAIL\n\nYour message cannot be delivered:\n\n<{OWNER}>:\n550 no\n",
        POSTMASTER,
        "NOTICE: mail delivery status.",
    ),
    "the sent mail's facts come first": (MAIL_OF_SCHEMA.format(OWNER), POSTMASTER, "System bounce"),
    "a name before the address": (f"您的邮件无法送达：张三<{OWNER}>，该用户不存在。", POSTMASTER, "系统退信"),
    "a sender that is no daemon": (
        f"抱歉，您的邮件被退回来了……\n无法发送到 {OWNER}\n550 no\n",
        "10000@mail.example.cn",
        "来自wuye.example.cn的退信",
    ),
    "a subject that says neither": (
        f"以下收件人永久性投递失败：\n\n    {OWNER}\n\n550 5.1.1\n",
        POSTMASTER,
        "系统通知",
    ),
    "a state in brackets": (f"以下收件人投递不成功：\n\n{OWNER}\n", POSTMASTER, "投递状态通知（失败）"),
    "Russian": (
        f"Сбой доставки следующим получателям:\n\n{OWNER}\n\n#550 5.1.1 ##",
        POSTMASTER,
        "Не удается доставить: notice",
    ),
    "Italian": (
        f"Il recapito non è riuscito:\n\n{OWNER}\n\n#550 5.1.1 ##",
        POSTMASTER,
        "Recapito non riuscito: notice",
    ),
}


@pytest.mark.parametrize(("text", "sender", "subject"), FAILURES.values(), ids=FAILURES)
def test_a_failure_in_other_words_is_known_with_its_address(text: str, sender: str, subject: str) -> None:
    report = read_report(plain(text, From=sender, Subject=subject))
    assert (report.kind, [it.address for it in report.recipients]) == (ReportKind.FAILED, [OWNER])


def test_an_address_behind_a_link_is_read() -> None:
    raw = html(
        f"<p>您的邮件被退回，收件人 <a href='mailto:{OWNER}?x=1'>张三</a> 不存在。</p>", From=POSTMASTER, Subject="退信"
    )
    assert [it.address for it in read_report(raw).recipients] == [OWNER]


def test_each_refused_recipient_is_named() -> None:
    raw = plain(f"Could not deliver to:\n\n {OWNER}: 550 unknown\n {OTHER}: 552 full\n", From=DAEMON)
    assert {it.address for it in read_report(raw).recipients} == {OWNER, OTHER}


def test_a_reason_is_that_of_its_own_recipient() -> None:
    text = f"could not be delivered:\n\n  {OWNER}\n    retry timeout exceeded\n  {OTHER}\n    unrouteable address\n"
    kinds = {it.address: it.kind for it in read_report(plain(text, From=DAEMON)).recipients}
    assert kinds == {OWNER: ReportKind.DELAYED, OTHER: ReportKind.FAILED}


@pytest.mark.parametrize("reason", ["mailbox is full: retry timeout exceeded", "对方邮箱已满，多次尝试后仍失败"])
def test_a_mailbox_that_stayed_full_is_a_failure_of_the_address(reason: str) -> None:
    text = f"This message could not be delivered:\n\n  {OWNER}\n    {reason}\n"
    assert read_report(plain(text, From=DAEMON)).kind is ReportKind.FAILED


def test_a_server_that_was_never_reached_says_nothing_against_the_address() -> None:
    text = (
        f"This could not be delivered to:\n\n<{OWNER}>:\nCould not deliver the message in the time limit specified.\n"
    )
    report = read_report(plain(text, From=DAEMON))
    assert (report.kind, report.final) == (ReportKind.DELAYED, True)


def test_somebody_to_ask_is_no_recipient() -> None:
    text = (
        "Your message could not be delivered.\n\nFor further assistance, please contact <support@isp.example>\n\n"
        f"---- Original message ----\nMessage-ID: {MESSAGE_ID}\nTo: {OWNER}\n"
    )
    assert [it.address for it in read_report(plain(text, From=DAEMON)).recipients] == [OWNER]


def test_fields_that_end_before_the_action_are_read_by_the_words_beside_them() -> None:
    whole = delivery_status()
    cut = whole[: whole.index(b"Action: failed") + 5]
    report = read_report(cut)
    assert (report.kind, [it.address for it in report.recipients]) == (ReportKind.FAILED, [OWNER])


def test_a_recipient_whom_the_fields_spoil_is_taken_from_the_words() -> None:
    raw = delivery_status(to="PLACE", diagnostic=f"smtp; 550 <{OWNER}>").replace(b"rfc822; PLACE", b"rfc822; @relay")
    assert [it.address for it in read_report(raw).recipients] == [OWNER]


@pytest.mark.parametrize(
    "text",
    [
        f"请看：抱歉，您的邮件被退回来了……\n无法发送到 {OWNER}\n550 no\n",
        f"我把退信抄给你：\n\n收件人：{OWNER}\n退信原因：收件人不存在\nThis message is generated by Coremail.\n",
    ],
)
def test_a_person_who_copies_a_report_says_something_first(text: str) -> None:
    assert read_report(plain(text, From="li@corp.example", Subject="退信")).kind is ReportKind.OTHER


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        (POSTMASTER, "邮件系统升级：部分邮件可能无法投递", f"升级期间部分邮件可能无法投递，请联系 {SENDER}。"),
        (POSTMASTER, "您的邮箱空间不足", f"您的邮箱 {SENDER} 空间已满，将无法接收新邮件。"),
        (POSTMASTER, "邮件退回通知", "您寄出的 EMS 邮件 EX123456789CN（收件人：林甲）因地址不详被退回。"),
        (
            "noreply@exmail.example",
            "您的邮件发送量达到上限提醒",
            f"您的邮箱 {SENDER} 今日发送量已达上限，暂时无法发送。",
        ),
        ("helpdesk@corp.example", "Ticket 42: mail delivery failure", f"User {OWNER} reports 550 5.1.1"),
        ("no-reply@express.example", "Delivery failed: your parcel", "Your parcel could not be delivered. 550"),
        ("nagios@corp.example", "PROBLEM: mail delivery failed", "CRITICAL - mail delivery failed, queue 500"),
    ],
)
def test_mail_about_delivery_that_is_no_report_stays_ordinary(sender: str, subject: str, text: str) -> None:
    assert read_report(plain(text, From=sender, Subject=subject)).kind is ReportKind.OTHER
