"""Sample bounces, receipts and replies; all names and addresses are invented."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

OWNER = "zhang.san@example.com"
SENDER = "notices@wuye.example.cn"
NUMBER = "YGHY-2026-000123"
MESSAGE_ID = f"<{NUMBER}.0123456789abcdef0123@wuye.example.cn>"
RETURN_PATH = f"bounces+{NUMBER}.0123456789abcdef0123@wuye.example.cn"


def notice(message_id: str = MESSAGE_ID, to: str = OWNER) -> EmailMessage:
    """Return a notice's e-mail as quoted by the bouncing server."""
    message = EmailMessage()
    message["Return-Path"] = f"<{RETURN_PATH}>"
    message["From"] = f"示例物业 <{SENDER}>"
    message["To"] = to
    message["Subject"] = "物业费催缴通知"
    message["Message-ID"] = message_id
    message["Date"] = "Mon, 23 Nov 2026 09:30:00 +0800"
    message.set_content("尊敬的业主：请见附件。\n")
    return message


def fields(text: str, subtype: str) -> MIMEBase:
    """Return a part made of fields, such as message/delivery-status."""
    part = MIMEBase("message", subtype)
    part.set_payload([_block(block) for block in text.strip().split("\n\n")])
    return part


def _block(text: str) -> Message:
    block = Message()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        block[name] = value.strip()
    return block


def delivery_status(
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <zhang.san@example.com>: User unknown",
    to: str = OWNER,
    original: Message | None = None,
    more: str = "",
    subject: str = "Undelivered Mail Returned to Sender",
    message_id: str = "<20261123013001.ABCDEF@mx.example.cn>",
) -> bytes:
    """Return a delivery status notification as Postfix writes it (RFC 3464)."""
    report = MIMEMultipart("report", **{"report-type": "delivery-status"})
    report["Return-Path"] = "<>"
    report["From"] = "MAILER-DAEMON@mx.example.cn (Mail Delivery System)"
    report["To"] = RETURN_PATH
    report["Subject"] = subject
    report["Date"] = "Mon, 23 Nov 2026 09:30:01 +0800"
    report["Message-ID"] = message_id
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(f"This is the mail system at host mx.example.cn.\n\n<{to}>: {diagnostic}\n"))
    told = (
        "Reporting-MTA: dns; mx.example.cn\n\n"
        f"Final-Recipient: rfc822; {to}\n{more}Action: {action}\nStatus: {status}\nDiagnostic-Code: {diagnostic}"
    )
    report.attach(fields(told, "delivery-status"))
    report.attach(MIMEMessage(original or notice()))
    return report.as_bytes()


def plain(text: str, **headers: str) -> bytes:
    """Return a plain-text message; keyword arguments are headers, with _ for -."""
    return _with_text(MIMEText(text, "plain", "utf-8"), headers)


def html(text: str, **headers: str) -> bytes:
    """Return an HTML message."""
    return _with_text(MIMEText(text, "html", "utf-8"), headers)


def _with_text(message: MIMEText, headers: dict[str, str]) -> bytes:
    usual = {"From": "MAILER-DAEMON@mx.example.cn", "To": SENDER, "Subject": "failure notice"}
    for name, value in {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        if value:
            message[name] = value
    return message.as_bytes()


def complaint(original: Message | None = None, kind: str = "abuse") -> bytes:
    """Return an abuse feedback report (RFC 5965)."""
    report = MIMEMultipart("report", **{"report-type": "feedback-report"})
    report["From"] = "fbl@provider.example"
    report["To"] = SENDER
    report["Subject"] = "FW: 物业费催缴通知"
    report.attach(MIMEText("This is an email abuse report."))
    report.attach(fields(f"Feedback-Type: {kind}\nUser-Agent: FBL/1.0\nVersion: 1", "feedback-report"))
    report.attach(MIMEMessage(original or notice()))
    return report.as_bytes()


def receipt(disposition: str, text: str = "您的邮件已被阅读。") -> bytes:
    """Return a read receipt (RFC 8098)."""
    report = MIMEMultipart("report", **{"report-type": "disposition-notification"})
    report["From"] = OWNER
    report["To"] = SENDER
    report["Subject"] = "已读: 物业费催缴通知"
    report.attach(MIMEText(text, "plain", "utf-8"))
    told = f"Final-Recipient: rfc822; {OWNER}\nOriginal-Message-ID: {MESSAGE_ID}\nDisposition: {disposition}"
    report.attach(fields(told, "disposition-notification"))
    return report.as_bytes()


def answer(text: str, **headers: str) -> bytes:
    """Return an owner's reply to a notice."""
    return plain(text, **{"From": OWNER, "Subject": "回复：物业费催缴通知", "In_Reply_To": MESSAGE_ID, **headers})


def forwarded(report: bytes, *, inline: bool) -> bytes:
    """Return a message forwarding a report, attached or with its parts inlined."""
    message = MIMEMultipart("mixed")
    message["From"] = "colleague@wuye.example.cn"
    message["To"] = SENDER
    message["Subject"] = "转发：Undelivered Mail Returned to Sender"
    message.attach(MIMEText("这个地址又退信了，请看一下。", "plain", "utf-8"))
    inner = message_from_bytes(report)
    for part in inner.get_payload() if inline else [MIMEMessage(inner)]:
        message.attach(part)
    return message.as_bytes()
