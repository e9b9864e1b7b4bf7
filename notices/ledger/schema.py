"""The ledger's tables. Migrations create them; a test checks that both agree."""

from __future__ import annotations

from datetime import date as day
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import JSON, Date, ForeignKey, Index, MetaData, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from notices.ledger.columns import Moment, Names, TextWord, Yuan, word
from notices.ledger.records import JobState, TransferState
from notices.model import Action, Channel, HoldKind, ReportKind, State

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base class of the tables: column types for Python types, and names of constraints."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[object, TypeEngine[Any]]] = {
        str: Text(),
        day: Date(),
        datetime: Moment(),
        Decimal: Yuan(),
        tuple[str, ...]: Names(),
        Action: word(Action),
        Channel: word(Channel),
        HoldKind: word(HoldKind),
        JobState: TextWord(JobState),
        ReportKind: word(ReportKind),
        State: word(State),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


class BatchRow(Base):
    """A plan: its date, the date of its lists, and its author."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    as_of: Mapped[day]
    list_date: Mapped[day]
    planned_by: Mapped[str]
    planned_at: Mapped[datetime]
    again: Mapped[bool]


class ListRow(Base):
    """An arrears list as received; a batch has several if corrected rows were added to it."""

    __tablename__ = "lists"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), index=True)
    file: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    sheet: Mapped[str | None]
    rows: Mapped[int]
    rejected: Mapped[list[Any]]
    received_at: Mapped[datetime]
    planned_by: Mapped[str]


class AccountRow(Base):
    """An account in a list; `unit` and `case_owners` are normalised as in the case, `shown_unit` is as written."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("batch_id", "estate", "unit", "case_owners"),
        Index(None, "estate", "unit"),
        Index(None, "batch_id", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id"))
    key: Mapped[str]
    estate: Mapped[str]
    unit: Mapped[str]
    shown_unit: Mapped[str]
    case_owners: Mapped[tuple[str, ...]]
    owners: Mapped[tuple[str, ...]]
    building: Mapped[str]
    entrance: Mapped[str]
    room: Mapped[str]
    telephone: Mapped[str]
    email: Mapped[str]
    email_confirmed: Mapped[bool]
    address: Mapped[str]
    postcode: Mapped[str]
    area: Mapped[str | None]
    remark: Mapped[str]
    list_rows: Mapped[list[Any]]


class ChargeRow(Base):
    """A charge in a list, with its balance and late fee on the day of the decision."""

    __tablename__ = "charges"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]
    due_date: Mapped[day]
    due: Mapped[Decimal]
    paid: Mapped[Decimal]
    waived: Mapped[Decimal]
    period_start: Mapped[day | None]
    period_end: Mapped[day | None]
    period_text: Mapped[str]
    rate: Mapped[str]
    list_rows: Mapped[list[Any]]
    balance: Mapped[Decimal]
    days_late: Mapped[int]
    late_fee: Mapped[Decimal]
    claimable: Mapped[bool]


class DecisionRow(Base):
    """The rules' decision on an account."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    action: Mapped[Action]
    reason: Mapped[str]
    tier: Mapped[str | None]
    detail: Mapped[dict[str, Any]]
    principal: Mapped[Decimal]
    late_fee: Mapped[Decimal]
    total: Mapped[Decimal]
    oldest_due: Mapped[day | None]
    days_overdue: Mapped[int]
    scope: Mapped[str | None]
    limitation_date: Mapped[day | None]
    channels: Mapped[list[Any]]
    warnings: Mapped[list[Any]]
    handler: Mapped[str | None]
    excluded: Mapped[str | None]


class ApprovalRow(Base):
    """An approval of a batch: who, when, the letters' date, and the folder that keeps their templates and data."""

    __tablename__ = "approvals"
    __table_args__ = (UniqueConstraint("batch_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    number: Mapped[int]
    letter_date: Mapped[day]
    frozen: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class ShardRow(Base):
    """A PDF of many letters."""

    __tablename__ = "shards"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), index=True)
    file: Mapped[str]
    sha256: Mapped[str]
    pages: Mapped[int]
    made_at: Mapped[datetime]


class NoticeRow(Base):
    """A notice, from its plan on, or an imported one sent before this program was used.

    `slot` names estate, unit, owners, case and tier while the notice counts; its unique constraint forbids two
    notices of one tier in one case. It is NULL before approval, and once the notice is withdrawn or undelivered.
    `pending` names the owner while the notice is on its way out, so that two are never sent at once.
    """

    __tablename__ = "notices"
    __table_args__ = (Index(None, "estate", "unit"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"), unique=True)
    imported: Mapped[bool]
    number: Mapped[str | None] = mapped_column(unique=True)
    estate: Mapped[str]
    unit: Mapped[str]
    owner: Mapped[str]
    case_owners: Mapped[tuple[str, ...]]
    tier: Mapped[str]
    tier_rank: Mapped[int | None]
    case_no: Mapped[int | None]
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"))
    slot: Mapped[str | None] = mapped_column(unique=True)
    pending: Mapped[str | None] = mapped_column(unique=True)
    date: Mapped[day | None]
    deadline: Mapped[day | None]
    principal: Mapped[Decimal | None]
    late_fee: Mapped[Decimal | None]
    total: Mapped[Decimal | None]
    approval_id: Mapped[int | None] = mapped_column(ForeignKey("approvals.id"))
    shard_id: Mapped[int | None] = mapped_column(ForeignKey("shards.id"))
    first_page: Mapped[int | None]
    pages: Mapped[int | None]
    entered_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """A notice by one channel."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("notice_id", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    channel: Mapped[Channel]
    recipient: Mapped[str | None]
    state: Mapped[State]
    since: Mapped[datetime]
    on: Mapped[day | None]
    message_id: Mapped[str | None] = mapped_column(index=True)
    sha256: Mapped[str | None]
    attempt: Mapped[int]
    server_code: Mapped[int | None]
    server_text: Mapped[str | None]
    waybill: Mapped[str | None] = mapped_column(index=True)


class ReportRow(Base):
    """A report received by e-mail on a delivery; append-only, enforced by triggers.

    `key` identifies the report, so that importing a mailbox again adds nothing.
    """

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    kind: Mapped[ReportKind]
    final: Mapped[bool]
    address: Mapped[str | None]
    status: Mapped[str | None]
    reply: Mapped[str | None]
    diagnostic: Mapped[str]
    sender: Mapped[str]
    dated: Mapped[datetime | None]
    by: Mapped[str]
    entered_at: Mapped[datetime]


class EventRow(Base):
    """An event; append-only, enforced by triggers."""

    __tablename__ = "events"
    __table_args__ = (Index(None, "what", "what_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    kind: Mapped[str]
    what: Mapped[str]
    what_id: Mapped[int]
    data: Mapped[dict[str, Any]]


class HoldRow(Base):
    """A hold registered for an owner; ids are in the order of entry."""

    __tablename__ = "holds"
    __table_args__ = (Index(None, "estate", "unit"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate: Mapped[str]
    unit: Mapped[str]
    case_owners: Mapped[tuple[str, ...]]
    kind: Mapped[HoldKind]
    registered: Mapped[day]
    until: Mapped[day | None]
    amount: Mapped[Decimal | None]
    note: Mapped[str]
    by: Mapped[str]
    entered_at: Mapped[datetime]
    lifted_on: Mapped[day | None]
    lifted_by: Mapped[str | None]


class InstalmentRow(Base):
    """One instalment of an instalment plan."""

    __tablename__ = "instalments"

    hold_id: Mapped[int] = mapped_column(ForeignKey("holds.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    date: Mapped[day]
    amount: Mapped[Decimal]


class PaymentRow(Base):
    """A recorded payment."""

    __tablename__ = "payments"
    __table_args__ = (Index(None, "estate", "unit"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate: Mapped[str]
    unit: Mapped[str]
    case_owners: Mapped[tuple[str, ...]]
    date: Mapped[day]
    amount: Mapped[Decimal]
    note: Mapped[str]
    by: Mapped[str]
    entered_at: Mapped[datetime]


class ReversalRow(Base):
    """The reversal of a payment entered by mistake; decisions no longer count the payment."""

    __tablename__ = "payment_reversals"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), unique=True)
    why: Mapped[str]
    by: Mapped[str]
    entered_at: Mapped[datetime]


class SlipRow(Base):
    """A returned reason slip; if a notice has several, the last one counts.

    `fingerprint` is a hash of the content, unique within a notice, so that the same slip is recorded only once.
    """

    __tablename__ = "slips"
    __table_args__ = (UniqueConstraint("notice_id", "fingerprint"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    fingerprint: Mapped[str]
    source: Mapped[str]
    objections: Mapped[tuple[str, ...]]
    note: Mapped[str]
    promise: Mapped[day | None]
    instalments: Mapped[str]
    telephone: Mapped[str]
    received: Mapped[day]
    by: Mapped[str]
    entered_at: Mapped[datetime]


class SeriesRow(Base):
    """A series of notice numbers: its pattern and its next number."""

    __tablename__ = "series"

    pattern: Mapped[str] = mapped_column(primary_key=True)
    next_value: Mapped[int]


class JobRow(Base):
    """A print job; a supplement prints letters of the job `replaces` again and changes no delivery."""

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), index=True)
    state: Mapped[JobState]
    supplement: Mapped[bool]
    letters: Mapped[int]
    sheets: Mapped[int]
    files: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    replaces: Mapped[str | None]


class JobItemRow(Base):
    """A delivery in a print job: its position (from 0), file, page in the file and sheet in the job (from 1).

    In a supplement it keeps its position and sheet of the job being replaced.
    """

    __tablename__ = "job_items"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    file: Mapped[str | None]
    first_page: Mapped[int | None]
    pages: Mapped[int | None]
    first_sheet: Mapped[int | None]
    sheets: Mapped[int | None]


class CommandRow(Base):
    """A command that changes a batch, recorded before it starts so that `resume` can finish an interrupted one."""

    __tablename__ = "commands"

    id: Mapped[int] = mapped_column(primary_key=True)
    verb: Mapped[str]
    options: Mapped[dict[str, Any]]
    batch: Mapped[str | None] = mapped_column(index=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class HandoverRow(Base):
    """The hand-over of a print job to one place.

    `claim` is the job's number while the place may have received any of it; its unique constraint keeps a job from
    going to two places. It is NULL once it is certain that nothing went there.
    """

    __tablename__ = "handovers"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), index=True)
    claim: Mapped[str | None] = mapped_column(unique=True)
    place: Mapped[str]
    by: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class HandoverFileRow(Base):
    """A file of a hand-over: `name` is its name at the destination, `printer_job` the printer's job number for it."""

    __tablename__ = "handover_files"
    __table_args__ = (UniqueConstraint("handover_id", "file"),)

    handover_id: Mapped[int] = mapped_column(ForeignKey("handovers.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    file: Mapped[str]
    sha256: Mapped[str]
    name: Mapped[str]
    reach: Mapped[TransferState] = mapped_column(word(TransferState))
    since: Mapped[datetime]
    attempt: Mapped[int]
    printer_job: Mapped[int | None]
    told: Mapped[str | None]
