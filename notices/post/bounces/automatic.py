"""Automatic replies (RFC 3834) and read receipts (RFC 8098)."""

from __future__ import annotations

from notices.post.bounces.parts import Mail, fields_of
from notices.post.bounces.phrases import PHRASES, address_in

# Headers from before the standard, found only in automatic replies.
MARKS = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder", "x-apple-action", "x-mail-autoreply")
MOST_OPENING = 200  # characters in which an automatic reply says what it is
RECEIPT = "message/disposition-notification"


def is_auto_reply(mail: Mail) -> bool:
    """Tell an automatic reply by its headers or its subject."""
    submitted = mail.header("auto-submitted").lower()
    if submitted.startswith("auto-replied") or any(mail.header(name) for name in MARKS):
        return True
    answers = bool(mail.header("in-reply-to")) or PHRASES.subject("answer", mail.header("subject"))
    if answers and (submitted.startswith("auto-") or mail.header("precedence").lower() in {"auto_reply", "auto-reply"}):
        return True
    if PHRASES.is_auto_reply(mail.header("subject")):
        return True
    return answers and PHRASES.text("auto_reply", PHRASES.cut(mail.text)[0][:MOST_OPENING])


def receipt_fields(mail: Mail) -> str | None:
    """Return the fields of a read receipt as text; None for any other message."""
    part = mail.part(RECEIPT)
    return None if part is None else fields_of(part)


def receipt_recipients(mail: Mail) -> list[str]:
    """Return the recipient that the fields of a read receipt name."""
    lines = (line.partition(":") for line in (receipt_fields(mail) or "").splitlines())
    found = (address_in(value) for name, _, value in lines if name.strip().lower() == "final-recipient")
    return [address for address in found if address]
