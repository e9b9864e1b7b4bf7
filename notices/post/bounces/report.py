"""The nouns of what comes back: a message that somebody or some server sent us about one of ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notices.model import ReportKind

PROBLEMS = frozenset({ReportKind.FAILED, ReportKind.DELAYED, ReportKind.COMPLAINT})  # what must not be about nobody


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a report says of one address; `also` are the addresses that it was an alias of, or that stood for it.

    `status` is the enhanced code of RFC 3463, `reply` the three digits of RFC 5321; None where the report has none.
    """

    address: str
    kind: ReportKind = ReportKind.FAILED
    final: bool = True
    status: str | None = None
    reply: str | None = None
    diagnostic: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A message that came back, understood as far as it goes.

    `final` says that the server will not try again: a delay may be final too, where time ran out.
    `message_ids` and `tokens` are what it says about which message of ours it is about, the surest first;
    `mentioned` are all addresses that the report itself (not the message it returns) names, in lower case.
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
