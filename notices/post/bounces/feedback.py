"""Complaints: abuse feedback reports (RFC 5965), sent when an owner marks a message as spam."""

from __future__ import annotations

import re
from collections.abc import Iterator

from notices.model import ReportKind
from notices.post.bounces.parts import RETURNED, Mail, addresses_in, fields_of, name_and_address
from notices.post.bounces.phrases import PHRASES, address_in
from notices.post.bounces.report import Recipient

NOT_COMPLAINTS = frozenset({"not-spam", "auth-failure", "dmarc"})  # RFC 6430, RFC 6591


def is_complaint(mail: Mail) -> bool:
    """Tell whether it is an abuse report, in the standard or an older format."""
    if mail.is_report and mail.part("message/feedback-report") is not None:
        return not any(f"feedback-type: {kind}" in fields_in(mail).lower() for kind in NOT_COMPLAINTS)
    if PHRASES.tells_of_complaint(mail.text) and PHRASES.is_automated_sender(name_and_address(mail.header("from"))[1]):
        return True
    has_original = mail.part(*RETURNED) is not None
    return has_original and PHRASES.is_complaint(mail.header("subject"), addresses_in(mail.headers("from")))


def fields_in(mail: Mail) -> str:
    """Return the report's fields as text."""
    part = mail.part("message/feedback-report")
    return "" if part is None else fields_of(part)


def complaining_recipients(mail: Mail, returned_to: list[str]) -> tuple[Recipient, ...]:
    """Return the complaining recipients: those named in the report, else those of the returned message."""
    lines = [line.partition(":") for line in fields_in(mail).splitlines()]
    named = [address_in(value) for name, _, value in lines if name.lower() == "original-rcpt-to"]
    told = [] if mail.part("message/feedback-report") else [match["address"] for match in _told(mail.text)]
    found = [address for address in named if address] or told or returned_to
    return tuple(Recipient(address, kind=ReportKind.COMPLAINT, final=False) for address in dict.fromkeys(found))


def _told(text: str) -> Iterator[re.Match[str]]:
    return (match for pattern in PHRASES.complained for match in pattern.finditer(text))
