"""Reading an e-mail that was kept: what identifies it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from email import message_from_bytes, policy
from email.errors import MessageError


@dataclass(frozen=True, slots=True, repr=False)  # no repr: it would leak an owner's address into logs
class KeptMessage:
    """Headers of a kept e-mail; None for one that is missing or cannot be read."""

    message_id: str | None
    recipient: str | None
    dated: date | None


def read_kept(content: bytes) -> KeptMessage:
    """Read Message-ID, recipient and date of a message."""
    try:
        message = message_from_bytes(content, policy=policy.default)
        moment = getattr(message["Date"], "datetime", None)
        return KeptMessage(
            message_id=_text(message["Message-ID"]),
            recipient=_text(message["To"]),
            dated=moment.date() if moment else None,
        )
    except (MessageError, ValueError, LookupError):
        return KeptMessage(None, None, None)


def _text(header: object) -> str | None:
    return None if header is None else str(header).strip() or None
