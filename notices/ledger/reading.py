"""Conversion of rows to records: notices with their deliveries, decisions with their accounts and charges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from notices.ledger import schema
from notices.ledger.base import chunks
from notices.ledger.message_json import as_message
from notices.ledger.records import DecisionRecord, DeliveryRecord, NoticeRecord, ShardRecord
from notices.ledger.spellings import spellings
from notices.model import Account, CaseKey, Channel, Charge, ChargeStanding, Decision, Period

AnyRow = Row[*tuple[Any, ...]]
Ids = Select[int]  # a query for ids


def notices_of(connection: Connection, ids: Ids) -> list[NoticeRecord]:
    """Return the notices of these ids with their deliveries, in id order."""
    return [notice for portion in _portions(connection, ids) for notice in _notices(connection, portion)]


def _portions(connection: Connection, ids: Ids) -> Iterator[Sequence[int]]:
    """Yield the ids in order and in portions that a statement can name.

    PostgreSQL reads whole tables for an id that it has to look up in one query within another.
    """
    yield from chunks(sorted(set(connection.execute(ids).scalars())))


def _notices(connection: Connection, ids: Sequence[int]) -> list[NoticeRecord]:
    deliveries = _deliveries(connection, ids)
    shards = _shards(connection, ids)
    answered = answered_notices(connection, ids)
    rows = connection.execute(
        select(schema.notices, schema.approvals.c.number.label("approval"), schema.batches.c.name.label("batch"))
        .select_from(schema.notices)
        .outerjoin(schema.approvals, schema.notices.c.approval_id == schema.approvals.c.id)
        .outerjoin(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
        .outerjoin(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
        .outerjoin(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
        .where(schema.notices.c.id.in_(ids))
        .order_by(schema.notices.c.id)
    ).all()
    known = spellings(connection)
    return [
        _notice(
            row,
            known.today(CaseKey(row.estate, row.unit, row.case_owners)),
            deliveries[row.id],
            shards.get(row.shard_id),
            answered=row.id in answered,
        )
        for row in rows
    ]


def answered_notices(connection: Connection, ids: Ids | Sequence[int]) -> set[int]:
    """Return those of these notices (ids) whose slip has come back and was not taken back."""
    columns = schema.slips.c
    slips = select(columns.notice_id, columns.source).where(columns.notice_id.in_(ids)).order_by(columns.id)
    last: dict[int, str] = {row.notice_id: row.source for row in connection.execute(slips)}
    return {key for key, source in last.items() if source != "taken-back"}


def decisions_of(connection: Connection, account_ids: Ids) -> list[DecisionRecord]:
    """Return the decisions on these accounts with their notices, in planning order."""
    return [entry for portion in _portions(connection, account_ids) for entry in _decisions(connection, portion)]


def _decisions(connection: Connection, account_ids: Sequence[int]) -> list[DecisionRecord]:
    standings = _standings(connection, account_ids)
    wanted = (
        select(schema.notices.c.id)
        .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
        .where(schema.decisions.c.account_id.in_(account_ids))
    )
    notices = {notice.decision_id: notice for notice in notices_of(connection, wanted)}
    rows = connection.execute(
        select(
            schema.accounts,
            schema.batches.c.name.label("batch"),
            schema.decisions.c.id.label("decision_id"),
            *(column for column in schema.decisions.c if column.name not in {"id", "account_id"}),
        )
        .select_from(schema.accounts)
        .join(schema.decisions, schema.decisions.c.account_id == schema.accounts.c.id)
        .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
        .where(schema.accounts.c.id.in_(account_ids))
        .order_by(schema.accounts.c.id)
    ).all()
    return [
        DecisionRecord(
            id=row.decision_id,
            batch=row.batch,
            account=account_in(row, tuple(standing.charge for standing in standings[row.id])),
            decision=_decision(row, tuple(standings[row.id])),
            handler=row.handler,
            excluded=row.excluded,
            notice=notices.get(row.decision_id),
        )
        for row in rows
    ]


def account_in(row: AnyRow, charges: tuple[Charge, ...]) -> Account:
    """Build an Account from a row of the table `accounts`."""
    return Account(
        estate=row.estate,
        unit=row.shown_unit,
        owners=row.owners,
        charges=charges,
        building=row.building,
        entrance=row.entrance,
        room=row.room,
        telephone=row.telephone,
        email=row.email,
        email_confirmed=row.email_confirmed,
        address=row.address,
        postcode=row.postcode,
        area=None if row.area is None else Decimal(row.area),
        remark=row.remark,
        rows=tuple(row.list_rows),
        written_unit=row.written_unit,
        owner_kind=row.owner_kind,
    )


def charge_in(row: AnyRow) -> Charge:
    """Build a Charge from a row of the table `charges`."""
    return Charge(
        item=row.item,
        due_date=row.due_date,
        due=row.due,
        paid=row.paid,
        waived=row.waived,
        period=Period(row.period_start, row.period_end) if row.period_start and row.period_end else None,
        period_text=row.period_text,
        rate=row.rate,
        rows=tuple(row.list_rows),
    )


def shard_in(row: AnyRow) -> ShardRecord:
    """Build a ShardRecord from a row of the table `shards`."""
    return ShardRecord(row.id, row.file, row.sha256, row.pages, row.made_at)


def _standings(connection: Connection, account_ids: Sequence[int]) -> dict[int, list[ChargeStanding]]:
    rows = connection.execute(
        select(schema.charges)
        .where(schema.charges.c.account_id.in_(account_ids))
        .order_by(schema.charges.c.account_id, schema.charges.c.position)
    ).all()
    standings = defaultdict[int, list[ChargeStanding]](list)
    for row in rows:
        standings[row.account_id].append(
            ChargeStanding(charge_in(row), row.balance, row.days_late, row.late_fee, row.claimable)
        )
    return standings


def _decision(row: AnyRow, standings: tuple[ChargeStanding, ...]) -> Decision:
    return Decision(
        action=row.action,
        reason=row.reason,
        tier=row.tier,
        detail=as_message(row.detail),
        principal=row.principal,
        late_fee=row.late_fee,
        total=row.total,
        oldest_due=row.oldest_due,
        days_overdue=row.days_overdue,
        scope=row.scope,
        limitation_date=row.limitation_date,
        channels=tuple(Channel(channel) for channel in row.channels),
        warnings=tuple(row.warnings),
        standings=standings,
    )


def _notice(
    row: AnyRow, case: CaseKey, deliveries: list[DeliveryRecord], shard: ShardRecord | None, *, answered: bool
) -> NoticeRecord:
    return NoticeRecord(
        id=row.id,
        decision_id=row.decision_id,
        case=case,
        owner=row.owner,
        tier=row.tier,
        number=row.number,
        date=row.date,
        deadline=row.deadline,
        principal=row.principal,
        late_fee=row.late_fee,
        total=row.total,
        case_no=row.case_no,
        imported=row.imported,
        approval=row.approval,
        shard=shard,
        first_page=row.first_page,
        pages=row.pages,
        deliveries=tuple(deliveries),
        batch=row.batch,
        answered=answered,
    )


def _deliveries(connection: Connection, notice_ids: Sequence[int]) -> dict[int, list[DeliveryRecord]]:
    rows = connection.execute(
        select(schema.deliveries).where(schema.deliveries.c.notice_id.in_(notice_ids)).order_by(schema.deliveries.c.id)
    ).all()
    deliveries = defaultdict[int, list[DeliveryRecord]](list)
    for row in rows:
        deliveries[row.notice_id].append(DeliveryRecord(**row._mapping))
    return deliveries


def _shards(connection: Connection, notice_ids: Sequence[int]) -> dict[int, ShardRecord]:
    holding = select(schema.notices.c.shard_id).where(
        schema.notices.c.id.in_(notice_ids), schema.notices.c.shard_id.is_not(None)
    )
    rows = connection.execute(select(schema.shards).where(schema.shards.c.id.in_(holding)))
    return {row.id: shard_in(row) for row in rows}
