"""Queries for the past of many cases at once: accounts, charges and notices, one query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, select

from notices.ledger.base import chunks, in_units_of
from notices.ledger.schema import AccountRow, BatchRow, ChargeRow, DecisionRow, DeliveryRow, NoticeRow
from notices.model import ZERO, CaseKey, Charge, PastDelivery, Period

Day = date  # the type, where a field is itself called `date`


@dataclass(frozen=True, slots=True)
class HistoryScope:
    """The dates and limits for reading histories.

    `list_date` and `as_of` are those of the plan. To decide again, `leave_out_batch` names the batch whose own
    notices and accounts are ignored, and entries made after `entered_since` count whatever their date.
    """

    list_date: date
    as_of: date
    leave_out_batch: str | None = None
    entered_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class EarlierAccount:
    """An account in an earlier list, and the principal (yuan) of its decision."""

    id: int
    email: str
    address: str
    list_date: date
    as_of: date
    principal: Decimal


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice with its deliveries, imported or of this program (then with its batch)."""

    id: int
    case: CaseKey
    tier: str
    number: str | None
    date: Day | None
    deadline: Day | None
    imported: bool
    entered_at: datetime | None
    batch: str | None
    deliveries: tuple[PastDelivery, ...]


def earlier_accounts(
    connection: Connection, cases: Collection[CaseKey], view: HistoryScope
) -> dict[CaseKey, list[EarlierAccount]]:
    """Return the accounts of these units in earlier lists, in list order, including those of former owners."""
    rows = connection.execute(
        select(
            AccountRow.id,
            AccountRow.estate,
            AccountRow.unit,
            AccountRow.case_owners,
            AccountRow.email,
            AccountRow.address,
            BatchRow.list_date,
            BatchRow.as_of,
            DecisionRow.principal,
        )
        .join(BatchRow, AccountRow.batch_id == BatchRow.id)
        .join(DecisionRow, DecisionRow.account_id == AccountRow.id)
        .where(in_units_of(AccountRow, cases), _earlier(view))
        .order_by(BatchRow.list_date, BatchRow.id)
    ).all()
    accounts = defaultdict[CaseKey, list[EarlierAccount]](list)
    for key, estate, unit, owners, email, address, list_date, as_of, principal in rows:
        case = CaseKey(estate, unit, owners)
        accounts[case].append(EarlierAccount(key, email, address, list_date, as_of, principal))
    return accounts


def _earlier(view: HistoryScope) -> ColumnElement[bool]:
    if view.leave_out_batch is None:
        return BatchRow.list_date <= view.list_date
    own = select(BatchRow.id).where(BatchRow.name == view.leave_out_batch).scalar_subquery()
    older = BatchRow.list_date < view.list_date
    same_day = BatchRow.list_date == view.list_date
    return (older & (BatchRow.id != own)) | (same_day & (BatchRow.id < own))


def accounts_with_payments(connection: Connection, cases: Collection[CaseKey]) -> set[int]:
    """Return the ids of these units' accounts that have a fully or partly paid charge."""
    chosen = select(ChargeRow.account_id).join(AccountRow).where(in_units_of(AccountRow, cases), ChargeRow.paid != ZERO)
    return set(connection.execute(chosen.distinct()).scalars())


def charges_of(connection: Connection, account_ids: Collection[int]) -> dict[int, list[Charge]]:
    """Return the charges of each account in its list, with the fields needed for balances."""
    charges = defaultdict[int, list[Charge]](list)
    for portion in chunks(account_ids):
        rows = connection.execute(
            select(
                ChargeRow.account_id,
                ChargeRow.item,
                ChargeRow.due_date,
                ChargeRow.due,
                ChargeRow.paid,
                ChargeRow.waived,
                ChargeRow.period_start,
                ChargeRow.period_end,
            )
            .where(ChargeRow.account_id.in_(portion))
            .order_by(ChargeRow.account_id, ChargeRow.position)
        ).all()
        for account_id, item, due_date, due, paid, waived, start, end in rows:
            period = Period(start, end) if start and end else None
            charges[account_id].append(Charge(item, due_date, due, paid, waived, period))
    return charges


def stored_notices(connection: Connection, cases: Collection[CaseKey]) -> list[StoredNotice]:
    """Return all notices to these units, including those to former owners, planned ones and withdrawn ones."""
    deliveries = _deliveries(connection, cases)
    rows = connection.execute(
        select(
            NoticeRow.id,
            NoticeRow.estate,
            NoticeRow.unit,
            NoticeRow.case_owners,
            NoticeRow.tier,
            NoticeRow.number,
            NoticeRow.date,
            NoticeRow.deadline,
            NoticeRow.imported,
            NoticeRow.entered_at,
            BatchRow.name.label("batch"),
        )
        .outerjoin(DecisionRow, NoticeRow.decision_id == DecisionRow.id)
        .outerjoin(AccountRow, DecisionRow.account_id == AccountRow.id)
        .outerjoin(BatchRow, AccountRow.batch_id == BatchRow.id)
        .where(in_units_of(NoticeRow, cases))
        .order_by(NoticeRow.date, NoticeRow.id)
    ).all()
    return [
        StoredNotice(
            id=row.id,
            case=CaseKey(row.estate, row.unit, row.case_owners),
            tier=row.tier,
            number=row.number,
            date=row.date,
            deadline=row.deadline,
            imported=row.imported,
            entered_at=row.entered_at,
            batch=row.batch,
            deliveries=tuple(deliveries[row.id]),
        )
        for row in rows
    ]


def _deliveries(connection: Connection, cases: Collection[CaseKey]) -> dict[int, list[PastDelivery]]:
    chosen = (
        select(DeliveryRow.notice_id, DeliveryRow.channel, DeliveryRow.state, DeliveryRow.recipient, DeliveryRow.on)
        .join(NoticeRow)
        .where(in_units_of(NoticeRow, cases))
        .order_by(DeliveryRow.id)
    )
    deliveries = defaultdict[int, list[PastDelivery]](list)
    for notice_id, channel, state, recipient, day in connection.execute(chosen).all():
        deliveries[notice_id].append(PastDelivery(channel, state, recipient, day))
    return deliveries
