"""Output records: immutable copies of what the ledger contains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from notices.model import (
    FAILED,
    Account,
    CaseKey,
    Channel,
    Decision,
    Hold,
    Payment,
    ReportKind,
    Role,
    Slip,
    State,
    notice_state,
)

Day = date  # the type, where a field is itself called `date`
REFUSED = "refused"  # cause of a return: the addressee would not take the letter (拒收)
SlipSource = Literal["typed", "form", "list", "scan", "taken-back"]


@dataclass(frozen=True, slots=True)
class ListFile:
    """An arrears list as received; `rejected` are the problems of its bad rows, `planned_by` its planner."""

    file: str
    sha256: str
    sheet: str | None
    rows: int
    rejected: tuple[Mapping[str, Any], ...] = ()
    planned_by: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """An approval of a batch; `frozen` is the folder that keeps the templates and settings of its letters.

    `files` is its seal: the SHA-256 of each file in that folder. It is None for an approval by an earlier version of
    this program, which sealed none, and empty if the seal is gone.
    """

    number: int
    by: str
    at: datetime
    letter_date: date
    frozen: str
    files: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DiscardRecord:
    """The discarding of a batch: who, when and why."""

    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A planned batch; `lists` has the list it was planned from, then those whose accounts were added."""

    id: int
    name: str
    as_of: date
    list_date: date
    planned_by: str
    planned_at: datetime
    again: bool
    lists: tuple[ListFile, ...]
    approvals: tuple[ApprovalRecord, ...]
    discarded: DiscardRecord | None = None


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """A PDF of many letters: its path in the workspace, SHA-256 and number of pages."""

    id: int
    file: str
    sha256: str
    pages: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A notice by one channel; `since` is when it got its state, `on` the day it was delivered or returned.

    `cause` is REFUSED if it came back because the addressee would not take it. Deliveries with one `letter_id` leave
    in one letter, which the notice of the delivery with that id leads; None for a letter of its own.
    """

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
    cause: str | None = None
    letter_id: int | None = None

    @property
    def is_led(self) -> bool:
        """True if another notice leads the letter that it leaves in."""
        return self.letter_id not in {None, self.id}


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """A notice with its deliveries; money in yuan.

    `number`, `date`, `deadline`, `case_no` and `approval` (its number in the batch) are None before approval. For an
    imported notice money and approval are always None, number and deadline may be. `shard`, `first_page` (from 1)
    and `pages` give the position of its letter.
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
        """State of the notice, derived from its deliveries; ANSWERED once its slip has come back."""
        return State.ANSWERED if self.answered else notice_state(delivery.state for delivery in self.deliveries)


@dataclass(frozen=True, slots=True)
class NoticeSummary:
    """Compact form of an approved notice, so that those of a large batch fit in memory.

    `led` are those of its deliveries (ids) that leave in a letter which another notice leads.
    """

    notice_id: int
    decision_id: int
    number: str
    approval: int
    estate: str
    account: str
    tier: str
    deliveries: tuple[tuple[int, Channel, State], ...]
    led: frozenset[int] = frozenset()


def state_in_batch(state: State, excluded: str | None) -> State:
    """Return the state of a notice in its batch: a planned one that was left out is excluded."""
    return State.EXCLUDED if state is State.PLANNED and excluded is not None else state


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """An account as listed, the decision on it, and its notice if there is one."""

    id: int
    batch: str
    account: Account
    decision: Decision
    handler: str | None
    excluded: str | None
    notice: NoticeRecord | None

    @property
    def state(self) -> State | None:
        """State of its notice, None if there is none; a planned notice that was left out is excluded."""
        return state_in_batch(self.notice.state, self.excluded) if self.notice else None


@dataclass(frozen=True, slots=True)
class MailedRecord:
    """An e-mail with its Message-ID and account, used to match incoming reports; `reply` for a letter of reply."""

    delivery_id: int
    message_id: str
    recipient: str | None
    number: str | None
    batch: str
    account: str
    handler: str | None
    reply: bool = False


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """A report received by e-mail on a delivery, such as a bounce or a reply."""

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
    """A hold, promise, plan or wish as entered; once lifted, the rules ignore it."""

    id: int
    case: CaseKey
    hold: Hold
    entered_at: datetime
    by: str
    lifted_on: date | None = None
    lifted_by: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentAnswer:
    """An answer whether a batch's list includes a payment that was entered after it."""

    batch_id: int
    batch: str
    in_list: bool
    by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A payment as recorded; once reversed, with the reason in `why`, the rules ignore it.

    `entered_event` is its place in the order of events.
    """

    id: int
    case: CaseKey
    payment: Payment
    note: str
    by: str
    entered_at: datetime
    entered_event: int
    taken_back_at: datetime | None = None
    why: str | None = None


class LineState(StrEnum):
    """State of a line of a statement."""

    BOOKED = "booked"  # a payment, or several, of the whole amount
    PROPOSED = "proposed"  # waits for a person
    IGNORED = "ignored"  # not money of an owner, for the reason given
    REFUSED = "refused"  # a person said that it is no owner's payment
    RETURNED = "returned"  # given back to the payer


@dataclass(frozen=True, slots=True)
class CandidateRecord:
    """An account that a line may be for, with the reason."""

    case: CaseKey
    why: str


@dataclass(frozen=True, slots=True)
class LineRecord:
    """A line of a statement as recorded; money in yuan.

    `waiting` is what waits for a person, `returned` what was given back; `payments` are those booked from it that were
    not taken back.
    """

    id: int
    key: str
    reference: str | None
    format: str
    file: str
    row: int
    date: Day
    amount: Decimal
    returned: Decimal
    waiting: Decimal
    payer: str
    text: str
    state: LineState
    why: str
    candidates: tuple[CandidateRecord, ...]
    payments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """A claim as entered: charges that begin on `claimed_from` or later are this owner's."""

    id: int
    case: CaseKey
    claimed_from: date
    by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class JoinRecord:
    """A person's word that two accounts are one owner's, or (not `together`) that they are not."""

    id: int
    one: CaseKey
    other: CaseKey
    together: bool
    by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class RenameRecord:
    """A rename as entered: the account under its old spelling and under its new one; `undone_at` if it was undone."""

    id: int
    old: CaseKey
    new: CaseKey
    by: str
    entered_at: datetime
    undone_by: str | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SinceRename:
    """Something recorded under an account's new name after its rename; `name` is a number, or that of a batch."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class SlipRecord:
    """A returned reason slip as entered; `source` is how it was received, or that the entry before is taken back."""

    id: int
    notice_id: int
    number: str
    slip: Slip
    source: SlipSource
    by: str
    entered_at: datetime

    @property
    def takes_back(self) -> bool:
        """True for the entry that takes the earlier one back: its slip is not about this notice after all."""
        return self.source == "taken-back"


@dataclass(frozen=True, slots=True)
class WorkOrderRecord:
    """A work order that an objection opened; open until `closed_on`, with what was done in `result`."""

    number: int
    case: CaseKey
    notice_id: int
    notice: str
    slip_id: int
    objection: str
    label: str
    note: str
    handler: str
    opened_on: Day
    due: Day
    by: str
    result: str | None = None
    closed_on: Day | None = None
    closed_by: str | None = None

    @property
    def is_open(self) -> bool:
        """True until a person has closed it, or a corrected slip has withdrawn it."""
        return self.closed_on is None

    @property
    def state(self) -> str:
        """State: "open", "closed" with what was done, or "withdrawn" where the slip was corrected."""
        if self.is_open:
            return "open"
        return "closed" if self.result is not None else "withdrawn"


@dataclass(frozen=True, slots=True)
class ReplyDelivery:
    """A letter of reply by one channel; `job` is the print job that has it."""

    id: int
    channel: Channel
    recipient: str
    state: State
    since: datetime
    on: date | None = None
    cause: str | None = None
    job: str | None = None
    message_id: str | None = None
    sha256: str | None = None
    attempt: int = 0
    server_code: int | None = None
    server_text: str | None = None
    waybill: str | None = None


@dataclass(frozen=True, slots=True)
class ReplyRecord:
    """A letter of reply: its kind, what it is about, the notice it refers to, and its file in the workspace."""

    id: int
    number: str
    kind: str
    subject: str
    case: CaseKey
    account_id: int
    batch: str
    notice_id: int | None
    notice: str | None
    principal: Decimal | None
    date: Day
    file: str
    sha256: str
    pages: int
    by: str
    entered_at: datetime
    deliveries: tuple[ReplyDelivery, ...]

    @property
    def may_have_left(self) -> bool:
        """True if it lies ready by one of its ways, or has left or may have."""
        return any(way.state is not State.RENDERED and way.state is not State.WITHDRAWN for way in self.deliveries)

    @property
    def came_back(self) -> bool:
        """True if it failed by every way that it went."""
        return self.may_have_left and all(way.state in {*FAILED, State.WITHDRAWN} for way in self.deliveries)


@dataclass(frozen=True, slots=True)
class DoubtfulMark:
    """A box of which a scan does not say whether it is marked: the objection's code, the share that is inked, from 0
    to 1, and the file of its cut-out below the workspace.
    """

    objection: str
    ink: float
    picture: str


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """A scanned slip: the clear marks, the doubtful ones, and the files kept of it, below the workspace.

    `page` is its page in the file with the checksum `sha256`. `signed` is None if the scan does not say. `written` are
    pictures of handwriting. It waits for a person while `slip_id` is None.
    """

    id: int
    notice_id: int
    number: str
    slip_id: int | None
    sha256: str
    page: int
    received: Day
    objections: tuple[str, ...]
    doubtful: tuple[DoubtfulMark, ...]
    signed: bool | None
    picture: str
    written: tuple[str, ...]
    by: str
    entered_at: datetime


class JobState(StrEnum):
    """State of a print job."""

    SPOOLED = "spooled"  # made; its letters are not recorded as printed yet
    HANDED_OVER = "handed-over"  # printed
    CANCELLED = "cancelled"  # not printed; its letters go into another job
    PURGED = "purged"  # printed, and its files are removed


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A print job; `files` gives each file's SHA-256.

    For a supplement, `replaces` is the job whose letters it prints again. `left_out` are deliveries that an earlier
    `version` contained. `made_for` is the folder or printer of the `print --to` that made it, None if a person was to
    carry it. A spooled job is `stale` while its files contain a letter that was withdrawn, asked back or `pulled`:
    taken out by hand, to be made again and to go in another job.
    """

    number: str
    batch: str
    state: JobState
    supplement: bool
    letters: int
    sheets: int
    files: Mapping[str, str]
    made_at: datetime
    deliveries: tuple[int, ...]
    replaces: str | None = None
    version: int = 1
    made_for: str | None = None
    left_out: frozenset[int] = frozenset()
    pulled: frozenset[int] = frozenset()
    stale: bool = False
    id: int = field(default=0, compare=False)

    @property
    def inside(self) -> tuple[int, ...]:
        """Deliveries that the files of the present version contain, in printing order."""
        return tuple(key for key in self.deliveries if key not in self.left_out)

    @property
    def own(self) -> tuple[int, ...]:
        """Deliveries that this job is to print: those inside without the pulled ones, which go in another job."""
        return tuple(key for key in self.inside if key not in self.pulled)

    @property
    def is_cancelled(self) -> bool:
        """True if the job was cancelled: nothing of it is printed, and its letters go into another job."""
        return self.state is JobState.CANCELLED


@dataclass(frozen=True, slots=True)
class CarrierRecord:
    """A print delivery, with the notice numbers and the waybill by which the carrier's table may name it.

    `printed` is true if it was ever in a print job, `reply` for a letter of reply. Of a letter for several units it is
    the delivery of the notice that leads it; `inside` are the numbers of the others.
    """

    delivery_id: int
    number: str
    dated: date | None
    batch: str | None
    state: State
    on: date | None
    waybill: str | None
    printed: bool
    reply: bool = False
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterPosition:
    """Position of a delivery's letter in a print job: position and sheets in the job, pages in a file; all from 1."""

    delivery_id: int
    position: int
    file: str
    first_page: int
    pages: int
    first_sheet: int
    sheets: int


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command that was started and is not recorded as finished."""

    id: int
    verb: str
    options: Mapping[str, Any]
    batch: str | None
    started_at: datetime


class Head(NamedTuple):
    """The end of the chain of events: id and link of the last one; id 0 and an empty link if there is none."""

    id: int
    link: str


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event; `what` is the type of object ("delivery", "notice", "hold", …) and `what_id` its id."""

    id: int
    at: datetime
    by: str
    kind: str
    what: str
    what_id: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WaitingDeliveries:
    """Number of deliveries of a batch that wait in a state, of one tier and channel."""

    batch_id: int
    batch: str
    tier: str
    channel: Channel
    state: State
    count: int


@dataclass(frozen=True, slots=True)
class WaitingRelease:
    """Notices that wait to be released: how many, what they demand, and a mark that others would not have."""

    count: int
    total: Decimal
    mark: str


@dataclass(frozen=True, slots=True)
class BatchDates:
    """Number of a batch's accounts for which a date is near, and the nearest date."""

    batch_id: int
    batch: str
    count: int
    nearest: date


@dataclass(frozen=True, slots=True)
class DecisionSums:
    """Number of decisions, and the sums of their amounts in yuan."""

    count: int
    principal: Decimal
    late_fee: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class DecisionChoices:
    """Values that a batch's decisions can be filtered by: each value with the number of decisions that have it."""

    actions: Mapping[str, int]
    tiers: Mapping[str, int]
    reasons: Mapping[str, int]
    warnings: Mapping[str, int]
    handlers: Mapping[str, int]
    estates: Mapping[str, int]
    buildings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A user of the page; `password` is the hash of theirs, and `names` lets a viewer see names and amounts."""

    id: int
    name: str
    role: Role
    names: bool
    password: str = field(repr=False)
    disabled: bool
    by: str
    entered_at: datetime


class TransferState(StrEnum):
    """Progress of a file's hand-over; each step is recorded before it is taken."""

    WAITING = "waiting"  # nothing has been transferred
    CREATING = "creating"  # the printer was asked to create an empty job, which prints nothing
    CREATED = "created"  # the printer has created the job, and its number is known
    SENDING = "sending"  # transfer of the file has begun: from here on it may be printed
    SENT = "sent"  # every byte has been transferred; the printer's answer is not known yet
    TAKEN = "taken"  # accepted by the folder or the printer
    PRINTED = "printed"  # the printer reports it completed
    CANCELLED = "cancelled"  # the printer will print no more of it
    KEPT_BACK = "kept-back"  # not sent, and will not be
    UNKNOWN = "unknown"  # only a person who checks on site can tell


NOTHING_GONE = frozenset(
    {TransferState.WAITING, TransferState.CREATING, TransferState.CREATED, TransferState.KEPT_BACK}
)
WHOLE = ""  # stands for all files of the job, if they are handed over as one folder
ENDED = frozenset({TransferState.PRINTED, TransferState.CANCELLED, TransferState.KEPT_BACK})


@dataclass(frozen=True, slots=True)
class HandoverFile:
    """A file of a hand-over: `name` is its name at the destination, `printer_job` the printer's job number for it."""

    position: int
    file: str
    sha256: str
    name: str
    reach: TransferState
    since: datetime
    attempt: int = 0
    printer_job: int | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class HandoverRecord:
    """The hand-over of a print job to one place; `ended_at` is None while it is open, so that `resume` continues it."""

    id: int
    job: str
    place: str
    by: str
    started_at: datetime
    ended_at: datetime | None
    files: tuple[HandoverFile, ...]

    @property
    def nothing_gone(self) -> bool:
        """True if it is certain that the place has received nothing that could be printed."""
        return all(file.reach in NOTHING_GONE for file in self.files)

    @property
    def open(self) -> bool:
        """True while the hand-over has not ended."""
        return self.ended_at is None
