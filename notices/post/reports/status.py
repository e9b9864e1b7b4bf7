"""Delivery status notifications (RFC 3464, and RFC 6533 for addresses beyond ASCII), read by the standard library."""

from __future__ import annotations

import base64
import binascii
import email
from collections.abc import Iterator
from email.message import Message

from notices.model import ReportKind
from notices.post.reports.codes import better_status, one_line, reply_in, status_in
from notices.post.reports.parts import MOST_PARTS, STATUSES, Mail, inside, text_of_header
from notices.post.reports.phrases import PHRASES, address_in
from notices.post.reports.report import Recipient

ACTIONS = {
    "failed": ReportKind.FAILED,
    "failure": ReportKind.FAILED,
    "fail": ReportKind.FAILED,
    "error": ReportKind.FAILED,  # what OpenSMTPD writes
    "expired": ReportKind.FAILED,
    "delayed": ReportKind.DELAYED,
    "delivered": ReportKind.DELIVERED,
    "relayed": ReportKind.OTHER,  # handed to a server that sends no reports: neither here nor there
    "expanded": ReportKind.OTHER,  # handed on to several, each with a report of its own
}


def fields_in(mail: Mail) -> list[Message]:
    """The blocks of fields: one about the message, then one for each recipient."""
    return [block for part in mail.parts if part.get_content_type() in STATUSES for block in _blocks(part)]


def _blocks(part: Message) -> list[Message]:
    blocks = inside(part)
    if any("final-recipient" in block or "action" in block for block in blocks):
        return blocks[: MOST_PARTS * 2]
    return [email.message_from_string(text) for text in _uncovered(part, blocks).split("\n\n")[: MOST_PARTS * 2]]


def _uncovered(part: Message, blocks: list[Message]) -> str:
    """The fields of a part that was encoded although it may not be, or that the library did not take apart."""
    raw = "\n\n".join(str(block.get_payload()) for block in blocks) or str(part.get_payload())
    if str(part.get("content-transfer-encoding", "")).strip().lower() == "base64":
        try:
            raw = base64.b64decode(raw, validate=False).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return ""
    return raw.replace("\r\n", "\n").strip()


def recipients_in(mail: Mail) -> tuple[Recipient, ...]:
    """What the notification says of each recipient."""
    return tuple(_recipients(fields_in(mail)))


def _recipients(blocks: list[Message]) -> Iterator[Recipient]:
    for block in blocks:
        kind = ACTIONS.get(_field(block, "action").split(" ")[0].split(";")[0].strip("<>.,()").lower())
        addresses = _addresses(block)
        if kind is None and not ("final-recipient" in block and "status" in block):
            continue
        yield _recipient(block, kind or _kind_of_status(_field(block, "status")), addresses)


def _recipient(block: Message, kind: ReportKind, addresses: list[str]) -> Recipient:
    diagnostic = one_line(_typed(_field(block, "diagnostic-code")))
    status = status_in(_field(block, "status"))
    final = kind is ReportKind.FAILED
    if final and PHRASES.says_expired(diagnostic, status):
        kind = ReportKind.DELAYED
    return Recipient(
        address=addresses[0] if addresses else "",
        kind=kind,
        final=final,
        status=better_status(status, diagnostic),
        reply=reply_in(diagnostic),
        diagnostic=diagnostic,
        also=tuple(addresses[1:]),
    )


def _kind_of_status(status: str) -> ReportKind:
    return {"5": ReportKind.FAILED, "4": ReportKind.DELAYED, "2": ReportKind.DELIVERED}.get(
        status[:1], ReportKind.OTHER
    )


def _addresses(block: Message) -> list[str]:
    """The address that we wrote to, where the report knows it (RFC 3461, ORCPT), then what became of it."""
    names = ("original-recipient", "final-recipient", "x-actual-recipient", "x-original-recipient")
    found = [address_in(_typed(_field(block, name))) for name in names]
    return list(dict.fromkeys(address for address in found if address))


def _field(block: Message, name: str) -> str:
    return text_of_header(block.get(name, ""))


def _typed(value: str) -> str:
    """A field without its type: `rfc822; a@example.com`, `smtp; 550 …`."""
    kind, separator, rest = value.partition(";")
    return rest.strip() if separator and " " not in kind.strip() and "@" not in kind else value.strip()
