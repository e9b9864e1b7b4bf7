"""Queries for the past of many cases at once: accounts, charges and notices, one query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, select

from notices.ledger import schema
from notices.ledger.base import chunks, in_units_of
from notices.ledger.discards import counts
from notices.ledger.records import REFUSED
from notices.ledger.spellings import spellings
from notices.model import ZERO, CaseKey, Charge, PastDelivery, Period

Day = date  # the type, where a field is itself called `date`


@dataclass(frozen=True, slots=True)
class HistoryScope:
    """The dates and limits for reading histories.

    `list_date` and `as_of` are those of the plan; `leave_out_batch` names the batch whose own notices and accounts are
    ignored. To decide `again`, everything recorded by now counts, whatever its date.
    """

    list_date: date
    as_of: date
    leave_out_batch: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class EarlierAccount:
    """An account in an earlier list, and the principal (yuan) of its decision."""

    id: int
    batch: int
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
    batch: str | None
    deliveries: tuple[PastDelivery, ...]


def earlier_accounts(
    connection: Connection, cases: Collection[CaseKey], view: HistoryScope
) -> dict[CaseKey, list[EarlierAccount]]:
    """Return the accounts of these units in earlier lists, in list order, including those of former owners."""
    rows = connection.execute(
        select(
            schema.accounts.c.id,
            schema.accounts.c.batch_id,
            schema.accounts.c.estate,
            schema.accounts.c.unit,
            schema.accounts.c.case_owners,
            schema.accounts.c.email,
            schema.accounts.c.address,
            schema.batches.c.list_date,
            schema.batches.c.as_of,
            schema.decisions.c.principal,
        )
        .select_from(schema.accounts)
        .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
        .join(schema.decisions, schema.decisions.c.account_id == schema.accounts.c.id)
        .where(in_units_of(schema.accounts, cases, connection), _earlier(view), counts())
        .order_by(schema.batches.c.list_date, schema.batches.c.id)
    ).all()
    accounts = defaultdict[CaseKey, list[EarlierAccount]](list)
    known = spellings(connection)
    for key, batch, estate, unit, owners, email, address, list_date, as_of, principal in rows:
        case = known.today(CaseKey(estate, unit, owners))
        accounts[case].append(EarlierAccount(key, batch, email, address, list_date, as_of, principal))
    return accounts


def _earlier(view: HistoryScope) -> ColumnElement[bool]:
    if view.leave_out_batch is None:
        return schema.batches.c.list_date <= view.list_date
    own = select(schema.batches.c.id).where(schema.batches.c.name == view.leave_out_batch).scalar_subquery()
    older = schema.batches.c.list_date < view.list_date
    same_day = schema.batches.c.list_date == view.list_date
    return (older & (schema.batches.c.id != own)) | (same_day & (schema.batches.c.id < own))


def accounts_with_payments(connection: Connection, cases: Collection[CaseKey]) -> set[int]:
    """Return the ids of these units' accounts that have a fully or partly paid charge."""
    chosen = (
        select(schema.charges.c.account_id)
        .join(schema.accounts)
        .where(in_units_of(schema.accounts, cases, connection), schema.charges.c.paid != ZERO)
    )
    return set(connection.execute(chosen.distinct()).scalars())


def charges_of(connection: Connection, account_ids: Collection[int]) -> dict[int, list[Charge]]:
    """Return the charges of each account in its list, with the fields needed for balances and for naming it."""
    charges = defaultdict[int, list[Charge]](list)
    for portion in chunks(account_ids):
        rows = connection.execute(
            select(
                schema.charges.c.account_id,
                schema.charges.c.item,
                schema.charges.c.due_date,
                schema.charges.c.due,
                schema.charges.c.paid,
                schema.charges.c.waived,
                schema.charges.c.period_start,
                schema.charges.c.period_end,
                schema.charges.c.period_text,
            )
            .where(schema.charges.c.account_id.in_(portion))
            .order_by(schema.charges.c.account_id, schema.charges.c.position)
        ).all()
        for account_id, item, due_date, due, paid, waived, start, end, text in rows:
            period = Period(start, end) if start and end else None
            charges[account_id].append(Charge(item, due_date, due, paid, waived, period, text))
    return charges


def stored_notices(connection: Connection, cases: Collection[CaseKey]) -> list[StoredNotice]:
    """Return all notices to these units, including those to former owners, planned ones and withdrawn ones."""
    deliveries = _deliveries(connection, cases)
    rows = connection.execute(
        select(
            schema.notices.c.id,
            schema.notices.c.estate,
            schema.notices.c.unit,
            schema.notices.c.case_owners,
            schema.notices.c.tier,
            schema.notices.c.number,
            schema.notices.c.date,
            schema.notices.c.deadline,
            schema.notices.c.imported,
            schema.batches.c.name.label("batch"),
        )
        .select_from(schema.notices)
        .outerjoin(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
        .outerjoin(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
        .outerjoin(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
        .where(in_units_of(schema.notices, cases, connection))
        .order_by(schema.notices.c.date, schema.notices.c.id)
    ).all()
    known = spellings(connection)
    return [
        StoredNotice(
            id=row.id,
            case=known.today(CaseKey(row.estate, row.unit, row.case_owners)),
            tier=row.tier,
            number=row.number,
            date=row.date,
            deadline=row.deadline,
            imported=row.imported,
            batch=row.batch,
            deliveries=tuple(deliveries[row.id]),
        )
        for row in rows
    ]


def _deliveries(connection: Connection, cases: Collection[CaseKey]) -> dict[int, list[PastDelivery]]:
    chosen = (
        select(
            schema.deliveries.c.notice_id,
            schema.deliveries.c.channel,
            schema.deliveries.c.state,
            schema.deliveries.c.recipient,
            schema.deliveries.c.on,
            schema.deliveries.c.cause,
        )
        .join(schema.notices)
        .where(in_units_of(schema.notices, cases, connection))
        .order_by(schema.deliveries.c.id)
    )
    deliveries = defaultdict[int, list[PastDelivery]](list)
    for notice_id, channel, state, recipient, day, cause in connection.execute(chosen).all():
        deliveries[notice_id].append(PastDelivery(channel, state, recipient, day, refused=cause == REFUSED))
    return deliveries
