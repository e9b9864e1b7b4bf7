"""What the ledger gives back: frozen records of what stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from notices.model import Account, CaseKey, Channel, Decision, Hold, Payment, ReportKind, Slip, State, notice_state

Day = date  # the type, where a field is itself called `date`
SlipSource = Literal["typed", "form", "list"]


@dataclass(frozen=True, slots=True)
class ListFile:
    """An arrears list as received; `rejected` are the problems of its bad rows, `planned_by` who handed it in."""

    file: str
    sha256: str
    sheet: str | None
    rows: int
    rejected: tuple[Mapping[str, Any], ...] = ()
    planned_by: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """A release of a batch; `frozen` is the folder that keeps what its letters are made of."""

    number: int
    by: str
    at: datetime
    letter_date: date
    frozen: str


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A plan: `lists` holds the list it was made of and, after it, those whose accounts were added."""

    id: int
    name: str
    as_of: date
    list_date: date
    planned_by: str
    planned_at: datetime
    again: bool
    lists: tuple[ListFile, ...]
    approvals: tuple[ApprovalRecord, ...]


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """A PDF of many letters: its file below the workspace, its SHA-256, its pages."""

    id: int
    file: str
    sha256: str
    pages: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A notice by one channel; `since` is the moment of its state, `on` the day it was delivered or came back."""

    id: int
    notice_id: int
    channel: Channel
    recipient: str | None
    state: State
    since: datetime
    on: date | None = None
    message_id: str | None = None
    sha256: str | None = None
    attempt: int = 0
    server_code: int | None = None
    server_text: str | None = None
    waybill: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """A notice with its deliveries; money in yuan.

    `number`, `date`, `deadline`, `case_no` and `approval` (the release's number) are None before approval; of an
    imported notice money and approval always are, number and deadline may be. `shard`, `first_page` (from 1) and
    `pages` say where its letter stands.
    """

    id: int
    decision_id: int | None
    case: CaseKey
    owner: str
    tier: str
    number: str | None
    date: Day | None
    deadline: Day | None
    principal: Decimal | None
    late_fee: Decimal | None
    total: Decimal | None
    case_no: int | None
    imported: bool
    approval: int | None
    shard: ShardRecord | None
    first_page: int | None
    pages: int | None
    deliveries: tuple[DeliveryRecord, ...]
    batch: str | None = None
    answered: bool = False

    @property
    def state(self) -> State:
        """Where it stands, from its deliveries; answered once its slip has come back."""
        return State.ANSWERED if self.answered else notice_state(delivery.state for delivery in self.deliveries)


@dataclass(frozen=True, slots=True)
class Outline:
    """An approved notice in so few words that a whole city's fit into memory."""

    notice_id: int
    decision_id: int
    number: str
    approval: int
    estate: str
    account: str
    tier: str
    deliveries: tuple[tuple[int, Channel, State], ...]


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """An account as it stood, what was decided of it, and the notice that came of it."""

    id: int
    batch: str
    account: Account
    decision: Decision
    handler: str | None
    excluded: str | None
    notice: NoticeRecord | None


@dataclass(frozen=True, slots=True)
class MailedRecord:
    """An e-mail that has a Message-ID, and whose it is: what a report is matched against."""

    delivery_id: int
    message_id: str
    recipient: str | None
    number: str | None
    batch: str
    account: str
    handler: str | None


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """What came back by e-mail about a delivery."""

    id: int
    delivery_id: int
    kind: ReportKind
    final: bool
    address: str | None
    status: str | None
    reply: str | None
    diagnostic: str
    sender: str
    dated: datetime | None
    by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class HoldRecord:
    """A hold, promise, plan or wish as entered; once lifted it is no longer given to the rules."""

    id: int
    case: CaseKey
    hold: Hold
    entered_at: datetime
    by: str
    lifted_on: date | None = None
    lifted_by: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A payment as recorded; once taken back, with the reason, it is no longer given to the rules."""

    id: int
    case: CaseKey
    payment: Payment
    note: str
    by: str
    entered_at: datetime
    taken_back_at: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class SlipRecord:
    """A returned slip as entered: `source` is how it came."""

    id: int
    notice_id: int
    number: str
    slip: Slip
    source: SlipSource
    by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A print job: state `spooled`, `handed-over`, `cancelled` or `purged`; `files` gives each file's SHA-256.

    `replaces` is the job of which a supplement prints some letters again.
    """

    number: str
    batch: str
    state: str
    supplement: bool
    letters: int
    sheets: int
    files: Mapping[str, str]
    made_at: datetime
    deliveries: tuple[int, ...]
    replaces: str | None = None

    @property
    def called_off(self) -> bool:
        """Whether nothing of it was or will be printed: its letters go into another job."""
        return self.state == "cancelled"


@dataclass(frozen=True, slots=True)
class PostedRecord:
    """A delivery on paper as the carrier's table may name it: by the notice's number or by its waybill."""

    delivery_id: int
    number: str
    dated: date | None
    batch: str | None
    state: State
    on: date | None
    waybill: str | None


@dataclass(frozen=True, slots=True)
class JobPlace:
    """Where a delivery's letter lies in a print job: position and sheets in the job, pages in a file; all from 1."""

    delivery_id: int
    position: int
    file: str
    first_page: int
    pages: int
    first_sheet: int
    sheets: int


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command that began and, as far as the ledger knows, did not end."""

    id: int
    verb: str
    options: Mapping[str, Any]
    batch: str | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Something that happened: `what` is "delivery", "notice", "hold", … and `what_id` which."""

    id: int
    at: datetime
    by: str
    kind: str
    what: str
    what_id: int
    data: Mapping[str, Any]


class Reach(StrEnum):
    """How far a file has come; each step is written down before it is taken."""

    WAITING = "waiting"  # nothing of it has gone
    CREATING = "creating"  # the printer was asked for an empty job, which prints nothing
    CREATED = "created"  # it has one, and its number is known
    SENDING = "sending"  # the file itself was let go: from here on it may be printed
    SENT = "sent"  # every byte of it has arrived there; what the printer made of it is not known yet
    TAKEN = "taken"  # the folder or the printer has it
    PRINTED = "printed"  # the printer says completed
    CANCELLED = "cancelled"  # the printer will print no more of it
    KEPT_BACK = "kept-back"  # it was not sent, and will not be
    UNKNOWN = "unknown"  # nobody can tell but a person who looks


NOTHING_GONE = frozenset({Reach.WAITING, Reach.CREATING, Reach.CREATED, Reach.KEPT_BACK})
WHOLE = ""  # the name of "all files of the job", where they go as one folder
ENDED = frozenset({Reach.PRINTED, Reach.CANCELLED, Reach.KEPT_BACK})


@dataclass(frozen=True, slots=True)
class HandoverFile:
    """A file on its way: `name` is what it is called there, `printer_job` the printer's number for it."""

    position: int
    file: str
    sha256: str
    name: str
    reach: Reach
    since: datetime
    attempt: int = 0
    printer_job: int | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class HandoverRecord:
    """A print job on its way to one place; `ended_at` is None while `resume` may have to go on."""

    id: int
    job: str
    place: str
    by: str
    started_at: datetime
    ended_at: datetime | None
    files: tuple[HandoverFile, ...]

    @property
    def nothing_gone(self) -> bool:
        """Whether it is certain that the place has nothing of it that could be printed."""
        return all(file.reach in NOTHING_GONE for file in self.files)

    @property
    def open(self) -> bool:
        """Whether there is something left to do."""
        return self.ended_at is None
