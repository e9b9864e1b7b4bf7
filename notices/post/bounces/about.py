"""Identification of our message that a report is about: Message-IDs, tokens and returned headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string
from email.message import Message

from notices.post.bounces.parts import RETURNED, Mail, addresses_in, decoded_header, fields_of, subparts, text_of
from notices.post.bounces.phrases import PHRASES
from notices.post.bounces.status import fields_in
from notices.post.verp import token_of_envelope_id, token_of_return_path

MESSAGE_ID = re.compile(r"<[^<>@\s]{1,200}@[^<>@\s]{1,200}>")
LABELLED = re.compile(r"(?:message-id|邮件\s*ID)\s*[:：]\s*(<[^<>@\s]{1,200}@[^<>@\s]{1,200}>)", re.IGNORECASE)
RECIPIENTS = re.compile(r"^[> ]*(?:to|收件人)\s*[:：]\s*(.{1,400})$", re.IGNORECASE | re.MULTILINE)
ARRIVED_AT = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to", "apparently-to")
FIELDS = frozenset({"message/disposition-notification", "message/feedback-report"})
MOST_IDS = 100


def returned_headers(mail: Mail) -> list[Message]:
    """Return the headers of the returned messages."""
    found: list[Message] = []
    for part in mail.parts:
        if part.get_content_type() not in RETURNED:
            continue
        found += subparts(part) or [message_from_string(text_of(part))]
    return found


def returned_to(mail: Mail) -> list[str]:
    """Return the recipients of the returned or quoted message."""
    values = [to for each in returned_headers(mail) if (to := decoded_header(each, "to"))]
    if not values:
        values = [found[1] for found in RECIPIENTS.finditer(PHRASES.cut(mail.text)[1])][:1]
    return list(dict.fromkeys(addresses_in(values)))


def message_ids(mail: Mail) -> tuple[str, ...]:
    """Return the Message-IDs it names, most reliable first: returned, then quoted, then replied to."""
    return tuple(dict.fromkeys(list(_message_ids(mail))[:MOST_IDS]))


def _message_ids(mail: Mail) -> Iterator[str]:
    for returned in returned_headers(mail):
        yield from MESSAGE_ID.findall(decoded_header(returned, "message-id"))
    for block in fields_in(mail):
        for name in ("original-message-id", "x-original-message-id"):
            yield from MESSAGE_ID.findall(decoded_header(block, name))
    for part in mail.parts:
        if part.get_content_type() in FIELDS:
            yield from LABELLED.findall(fields_of(part))
    yield from LABELLED.findall(mail.text)
    for value in mail.headers("x-original-message-id", "original-message-id", "in-reply-to"):
        yield from MESSAGE_ID.findall(value)
    for value in mail.headers("references"):
        yield from reversed(MESSAGE_ID.findall(value))


def tokens(mail: Mail) -> tuple[str, ...]:
    """Return the notice tokens in the addresses it was sent to and in the returned message's envelope."""
    return tuple(dict.fromkeys(token for token in _tokens(mail) if token))


def _tokens(mail: Mail) -> Iterator[str | None]:
    for address in addresses_in(mail.headers(*ARRIVED_AT)):
        yield token_of_return_path(address)
    for returned in returned_headers(mail):
        yield token_of_return_path(decoded_header(returned, "return-path"))
    for block in fields_in(mail):
        yield token_of_envelope_id(decoded_header(block, "original-envelope-id"))
