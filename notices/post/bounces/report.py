"""Data classes for incoming reports about messages that we sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notices.model import ReportKind

PROBLEMS = frozenset(
    {ReportKind.FAILED, ReportKind.DELAYED, ReportKind.COMPLAINT}
)  # kinds that need a person if no notice matches


@dataclass(frozen=True, slots=True)
class Recipient:
    """A report's statement about one address; `also` holds its aliases and the addresses it was expanded from.

    `limits_sender` if the refusal is about our sending, not about the address.
    `status` is the enhanced code of RFC 3463, `reply` the three digits of RFC 5321; None if the report has none.
    """

    address: str
    kind: ReportKind = ReportKind.FAILED
    final: bool = True
    status: str | None = None
    reply: str | None = None
    diagnostic: str = ""
    limits_sender: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """An incoming message, classified and with the facts extracted from it.

    `final` means the server will not retry; a delay is final too if the retry time ran out.
    `message_ids` and `tokens` identify the message of ours that it is about, most reliable first;
    `words` is its subject and text, in which a notice's number may stand;
    `mentioned` holds all addresses in the report itself (not in the returned message), in lower case.
    """

    kind: ReportKind
    recipients: tuple[Recipient, ...] = ()
    final: bool = False
    message_ids: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    mentioned: frozenset[str] = frozenset()
    own_id: str = ""
    date: datetime | None = None
    sender: str = ""
    subject: str = ""
    words: str = ""
