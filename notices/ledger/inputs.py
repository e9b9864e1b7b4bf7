"""What the ledger is given to write down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from notices.ledger.records import JobPlace, ListFile
from notices.model import Account, CaseKey, Channel, Decision, PastDelivery, ReportKind, State

Day = date  # the type, where a field is itself called `date`

Outcome = Literal["new", "changed", "same", "taken", "own"]
"""Of an imported notice; nothing was written where its number is another account's (`taken`) or ours (`own`)."""


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A plan about to be recorded; `again` where the same list was planned for the same day on purpose."""

    name: str
    as_of: date
    list_date: date
    list: ListFile
    planned_by: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class PlannedAccount:
    """An account, its decision, and for each of the decision's channels to whom it would go."""

    account: Account
    decision: Decision
    handler: str | None = None
    recipients: Mapping[Channel, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Release:
    """A planned notice to be released.

    `series` is the number's pattern with everything but the running number filled in, such as
    `YGHY-2026-{seq:06d}`; `continues` is the id of the case's last notice, None where this one opens a case.
    """

    notice_id: int
    series: str
    deadline: date
    tier_rank: int
    continues: int | None = None


@dataclass(frozen=True, slots=True)
class ImportedNotice:
    """A notice sent before this program was used; a state of `sent` or `handed-over` says that no result is known."""

    case: CaseKey
    owner: str
    tier: str
    tier_rank: int
    date: Day
    deliveries: tuple[PastDelivery, ...]
    number: str | None = None
    deadline: Day | None = None


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What is known of an e-mail: its Message-ID and SHA-256, and what the server answered."""

    message_id: str | None = None
    sha256: str | None = None
    server_code: int | None = None
    server_text: str | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """A delivery's next state; `kind` names what happened, `on` the day it was delivered or came back."""

    delivery_id: int
    state: State
    kind: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    on: date | None = None
    mail: MailFacts = MailFacts()


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """Where a notice's letter stands: shard, first page (from 1) and how many pages."""

    notice_id: int
    shard_id: int
    first_page: int
    pages: int


@dataclass(frozen=True, slots=True)
class NewJob:
    """A print job about to be recorded: `places` of its letters in the order of printing, `files` with their SHA-256.

    A supplement names the job of which it prints letters again.
    """

    number: str
    batch: str
    places: tuple[JobPlace, ...]
    letters: int
    sheets: int
    files: Mapping[str, str]
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class NewReport:
    """What came back about a delivery; `key` is the same for the same report, `final` says that nothing follows."""

    key: str
    delivery_id: int
    kind: ReportKind
    final: bool
    address: str | None = None
    status: str | None = None
    reply: str | None = None
    diagnostic: str = ""
    sender: str = ""
    dated: datetime | None = None
