"""Input records: data to be written to the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from notices.ledger.records import DoubtfulMark, LetterPosition, LineState, ListFile
from notices.model import ZERO, Account, CaseKey, Channel, Decision, PastDelivery, Payment, ReportKind, Role, State

Day = date  # the type, where a field is itself called `date`

Outcome = Literal["new", "changed", "same", "taken", "own"]
"""Result of importing a notice; nothing is written if its number belongs to another case (`taken`) or to a notice of
this program (`own`)."""


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A plan to record; `again` is true if the same list was deliberately planned for the same day again."""

    name: str
    as_of: date
    list_date: date
    list: ListFile
    planned_by: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class PlannedAccount:
    """An account, its decision, and the recipient for each channel of the decision."""

    account: Account
    decision: Decision
    handler: str | None = None
    recipients: Mapping[Channel, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Release:
    """A planned notice to approve.

    `series` is the number's pattern with everything but the running number filled in, such as
    `YGHY-2026-{seq:06d}`; `continues` is the id of the case's last notice, None if this one opens a new case; `first`
    is the least running number of the series.
    """

    notice_id: int
    series: str
    deadline: date
    tier_rank: int
    continues: int | None = None
    first: int = 1


@dataclass(frozen=True, slots=True)
class ImportedNotice:
    """A notice sent before this program was used; states `sent` and `handed-over` mean that the result is unknown."""

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
    """An e-mail's Message-ID and SHA-256, and the server's reply."""

    message_id: str | None = None
    sha256: str | None = None
    server_code: int | None = None
    server_text: str | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """A delivery's next state; `kind` is the event's (default: the state), `on` the day of delivery or return.

    `cause` is why it came back, if that is known (`records.REFUSED`).
    """

    delivery_id: int
    state: State
    kind: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    on: date | None = None
    cause: str | None = None
    mail: MailFacts = MailFacts()


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """Position of a notice's letter: shard, first page (from 1) and number of pages."""

    notice_id: int
    shard_id: int
    first_page: int
    pages: int


@dataclass(frozen=True, slots=True)
class NewJob:
    """A print job to record: `places` of its letters in printing order, `files` with their SHA-256.

    For a supplement, `replaces` is the job whose letters it prints again. `made_for` is the folder or printer that
    will get it at once, None if a person carries it.
    """

    number: str
    batch: str
    places: tuple[LetterPosition, ...]
    letters: int
    sheets: int
    files: Mapping[str, str]
    replaces: str | None = None
    made_for: str | None = None


@dataclass(frozen=True, slots=True)
class OutsideJob:
    """A print job that is known from outside an older ledger: its deliveries (ids) with their places, if known.

    `cancelled` if it is known that nothing of it was printed; otherwise a person must say what became of it.
    """

    number: str
    batch: str
    deliveries: tuple[int, ...]
    places: Mapping[int, LetterPosition]
    files: Mapping[str, str]
    replaces: str | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class NewWorkOrder:
    """A work order to open: the objection with its words on the slip, who does it, from when and until when."""

    case: CaseKey
    notice_id: int
    slip_id: int
    objection: str
    label: str
    note: str
    handler: str
    opened_on: date
    due: date


@dataclass(frozen=True, slots=True)
class NewReply:
    """A letter of reply that was made; `subject` names what it is about, `principal` the sum that it names."""

    number: str
    kind: str
    subject: str
    case: CaseKey
    account_id: int
    notice_id: int | None
    principal: Decimal | None
    date: Day
    file: str
    sha256: str
    pages: int
    recipients: Mapping[Channel, str]


@dataclass(frozen=True, slots=True)
class ReplyChange:
    """The next state of a letter of reply by one channel; `kind` is that of the event, by default the state."""

    delivery_id: int
    state: State
    kind: str | None = None
    on: date | None = None
    cause: str | None = None
    job: str | None = None
    mail: MailFacts = MailFacts()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report (such as a bounce) on a delivery; `key` identifies it, `final` means that no other will follow."""

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


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line of a statement to record; one that is booked has the case, and `waiting` is what waits for a person.

    One that is booked to several cases, as the sum of one letter, has the `shares` of each in yuan instead.
    """

    key: str
    reference: str | None
    format: str
    file: str
    row: int
    date: date
    amount: Decimal
    state: LineState
    why: str
    payer: str = ""
    text: str = ""
    returned: Decimal = ZERO
    waiting: Decimal = ZERO
    candidates: tuple[tuple[CaseKey, str], ...] = ()
    case: CaseKey | None = None
    shares: tuple[tuple[CaseKey, Decimal], ...] = ()

    @property
    def booked(self) -> tuple[tuple[CaseKey, Decimal], ...]:
        """The cases to which it is booked, each with its part in yuan."""
        return self.shares or (((self.case, self.amount - self.returned),) if self.case is not None else ())


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment to record, with its case and a remark."""

    case: CaseKey
    payment: Payment
    note: str


@dataclass(frozen=True, slots=True)
class DecisionFilter:
    """Selection of decisions by what they have; an empty value selects all. `text` is part of an account or number."""

    action: str = ""
    tier: str = ""
    reason: str = ""
    estate: str = ""
    building: str = ""
    handler: str = ""
    warning: str = ""
    state: str = ""
    text: str = field(default="", repr=False)
    left_out: bool = False
    limitation_until: date | None = None


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user of the page to add; `password` is the hash of theirs."""

    name: str
    role: Role
    names: bool
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewScan:
    """A slip read from page `page` of the file with the checksum `sha256`; the fields are those of ScanRecord."""

    notice_id: int
    sha256: str
    page: int
    objections: tuple[str, ...]
    doubtful: tuple[DoubtfulMark, ...]
    signed: bool | None
    picture: str
    written: tuple[str, ...]
