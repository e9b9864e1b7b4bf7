"""A 5xx that limits or distrusts the sender is told from one that refuses the address; in doubt it is the address."""

from __future__ import annotations

import pytest

from notices.post.sender_limits import limits_sender

ABOUT_US = [
    "Connection frequency limited",
    "Ip frequency limited [1.2.3.4]",
    "Mail content denied",
    "Domain frequency limited",
    "Suspected spam ip",
    "SPF check failed",
    "User has no permission",
    "RP:TRC mx1,abc 1234 https://example.com/help",
    "MI:STC smtp5,the sender has sent too many messages today",
    "DT:SPM smtp8,spam suspected",
    "HL:IPB the IP is blocked",
    "Reject by behaviour spam at Rcpt State(Connection IP address:1.2.3.4)",
    "5.7.1 Message rejected due to IP reputation",
    "5.7.1 [1.2.3.4] is listed in a blocklist",
    "5.7.26 unauthenticated sender",
    "5.7.705 Access denied, tenant has exceeded threshold",
    "5.4.5 Daily user sending limit exceeded",
    "Message rejected under policy",
    "You have exceeded the number of messages per hour",
    "5.7.1 Relay access denied",
    "发信频率过高，请稍后再试",
    "超过每日发送限额",
    "该IP因垃圾邮件已被拦截",
    "发件人信誉过低",
    "邮件数量超过上限",
    "5.7.1 Mail rejected: sending rate exceeded",
    "5.1.8 Access denied, bad outbound sender",
    "Maximum number of messages per hour exceeded",
    "SMTP limit exceeded",
    "5.7.1 Try again later, greylisted",
    "Suspicious activity detected, sending suspended",
    "mail from address must be same as authorization user",
    "5.7.232 tenant external recipient rate limit exceeded",
    "Requested action not taken: message volume",
]
ABOUT_THE_ADDRESS = [
    "5.1.1 User unknown",
    "No such user here",
    "Mailbox not found",
    "Mailbox unavailable or access denied",
    "5.2.2 Mailbox full, over quota",
    "The recipient's mailbox exceeded its storage quota",
    "Mail is rejected by recipients",
    "5.7.133 Sender not authenticated for group",
    "5.1.1 user unknown; see our policy",
    "Invalid rcptto",
    "5.3.4 Message size exceeds fixed limit",
    "Message too large: exceeds the limit",
    "5.4.6 too many hops",
    "收件人不存在",
    "邮箱空间不足，超过限额",
    "Requested action not taken",
    "Recipient has exceeded mailbox limit",
    "Too many messages in the recipient's mailbox",
    "mail box limit",
    "",
]


@pytest.mark.parametrize("text", ABOUT_US)
def test_a_refusal_about_the_sender(text: str) -> None:
    assert limits_sender(550, text)
    assert not limits_sender(450, text)


@pytest.mark.parametrize("text", ABOUT_THE_ADDRESS)
def test_a_refusal_about_the_address_or_the_message(text: str) -> None:
    assert not limits_sender(550, text)
