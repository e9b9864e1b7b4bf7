"""Delivery status notifications (RFC 3464; RFC 6533 for non-ASCII addresses), parsed by the standard library."""

from __future__ import annotations

import base64
import binascii
import email
import re
from collections.abc import Iterator
from email.message import Message

from notices.model import ReportKind
from notices.post.bounces.codes import more_specific_status, one_line, reply_in, status_in
from notices.post.bounces.parts import (
    MOST_HEADER,
    MOST_PARTS,
    STATUSES,
    Mail,
    decoded_header,
    raw_values,
    subparts,
    text_of_header,
)
from notices.post.bounces.phrases import PHRASES, address_in
from notices.post.bounces.report import Recipient
from notices.post.sender_limits import limits_sender

ACTIONS = {
    "failed": ReportKind.FAILED,
    "failure": ReportKind.FAILED,
    "fail": ReportKind.FAILED,
    "error": ReportKind.FAILED,  # written by OpenSMTPD
    "expired": ReportKind.FAILED,
    "delayed": ReportKind.DELAYED,
    "delivered": ReportKind.DELIVERED,
    "relayed": ReportKind.OTHER,  # handed to a server that sends no reports: outcome unknown
    "expanded": ReportKind.OTHER,  # forwarded to several recipients, each with its own report
}


ANY_SCRIPT = re.compile(r"[^\s<>()\",;:@]{1,128}@[^\s<>()\",;:@]{1,253}")


def fields_in(mail: Mail) -> list[Message]:
    """Return the blocks of fields: one about the message, then one per recipient."""
    return [block for part in mail.parts if part.get_content_type() in STATUSES for block in _blocks(part)]


def _blocks(part: Message) -> list[Message]:
    blocks = subparts(part)
    if any("final-recipient" in block or "action" in block for block in blocks):
        return blocks[: MOST_PARTS * 2]
    texts = _uncovered(part, blocks).split(b"\n\n")[: MOST_PARTS * 2]
    return [email.message_from_bytes(text) for text in texts]


def _uncovered(part: Message, blocks: list[Message]) -> bytes:
    """Return the fields of a part that the library did not parse, or that was base64-encoded against the RFC."""
    contents = (each.get_payload(decode=True) for each in blocks or [part])
    raw = b"\n\n".join(content for content in contents if isinstance(content, bytes))
    if decoded_header(part, "content-transfer-encoding").lower() == "base64":
        try:
            raw = base64.b64decode(raw, validate=False)
        except (binascii.Error, ValueError):
            return b""
    return raw.replace(b"\r\n", b"\n").strip()


def recipients_in(mail: Mail) -> tuple[Recipient, ...]:
    """Return the notification's statement about each recipient."""
    blocks = fields_in(mail)
    words = PHRASES.cut(mail.text)[0] if blocks else ""
    return tuple(_recipients(blocks, words))


def _recipients(blocks: list[Message], words: str) -> Iterator[Recipient]:
    common: ReportKind | None = None
    for block in blocks:
        action = decoded_header(block, "action").split(" ")[0].split(";")[0].strip("<>.,()").lower()
        named = any(_addresses(block))
        if action in ACTIONS:
            yield _recipient(block, ACTIONS[action], words)
            common = common if named else ACTIONS[action]  # a message-level action applies to each recipient
        elif named:  # the required action is missing or non-standard
            yield _recipient(block, _worse(common, _kind_of_codes(block) or _kind_of_words(words)), words)


def _recipient(block: Message, kind: ReportKind, words: str) -> Recipient:
    """Parse one block; `words`, the accompanying text, may give the reason if the block does not."""
    addresses = _addresses(block)
    diagnostic = one_line(_typed(decoded_header(block, "diagnostic-code")))
    status = status_in(decoded_header(block, "status"))
    final = kind is ReportKind.FAILED
    if final and PHRASES.says_expired(diagnostic or words):
        kind = ReportKind.DELAYED
    reply = reply_in(diagnostic)
    return Recipient(
        address=addresses[0] if addresses else "",
        kind=kind,
        final=final,
        status=more_specific_status(status, diagnostic),
        reply=reply,
        limits_sender=final and limits_sender(int(reply or (status or "0")[0] + "00"), diagnostic),
        diagnostic=diagnostic,
        also=tuple(addresses[1:]),
    )


def _kind_of_codes(block: Message) -> ReportKind | None:
    code = status_in(decoded_header(block, "status")) or reply_in(decoded_header(block, "diagnostic-code")) or ""
    return {"5": ReportKind.FAILED, "4": ReportKind.DELAYED, "2": ReportKind.DELIVERED}.get(code[:1])


def _kind_of_words(words: str) -> ReportKind:
    """Return the kind that the text says, for fields that were cut off before they say one."""
    if PHRASES.text("delayed", words):
        return ReportKind.DELAYED
    return ReportKind.FAILED if PHRASES.text("failed", words) else ReportKind.OTHER


def _worse(common: ReportKind | None, own: ReportKind) -> ReportKind:
    """Combine the message-level kind with the recipient's own; the worse one wins."""
    told = (common, own)
    return next((kind for kind in (ReportKind.FAILED, ReportKind.DELAYED) if kind in told), common or own)


def _addresses(block: Message) -> list[str]:
    """Return the address we wrote to, if the report has it (RFC 3461, ORCPT), then the ones it was expanded to."""
    names = ("original-recipient", "final-recipient", "x-actual-recipient", "x-original-recipient")
    found = [_address(next(raw_values(block, name), "")[:MOST_HEADER]) for name in names]
    return list(dict.fromkeys(address for address in found if address))


def _address(value: str) -> str:
    """Return the address in a field, in any script; an ASCII value is not decoded, even if it looks like RFC 2047."""
    plain = address_in(_typed(value))
    if plain or value.isascii():
        return plain
    found = ANY_SCRIPT.search(_typed(text_of_header(value)))
    return found[0] if found else ""


def _typed(value: str) -> str:
    """Strip the type from a field such as `rfc822; a@example.com` or `smtp; 550 …`."""
    kind, separator, rest = value.partition(";")
    return rest.strip() if separator and " " not in kind.strip() and "@" not in kind else value.strip()
