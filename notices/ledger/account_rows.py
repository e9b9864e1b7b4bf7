"""Bulk insert of a plan: accounts, charges, decisions, and the planned notices and deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from notices.ledger import schema
from notices.ledger.base import FEW_UNITS, Values, insert_all
from notices.ledger.events import LAST
from notices.ledger.inputs import PlannedAccount
from notices.ledger.message_json import as_data
from notices.ledger.records import ListFile
from notices.model import Account, Action, ChargeStanding, State


class AccountWriter:
    """Writer of a list's planned accounts into a batch; the list is inserted at once, accounts by `write`.

    The event of the plan has been recorded just before.
    """

    def __init__(self, connection: Connection, batch_id: int, source: ListFile, at: datetime) -> None:
        self._connection = connection
        self._batch_id = batch_id
        self._at = at
        planned = select(LAST).scalar_subquery()
        row = insert(schema.lists).values({**_list(batch_id, source, at), "planned_event": planned})
        self._list_id = connection.execute(row.returning(schema.lists.c.id)).scalar_one()

    def write(self, accounts: Sequence[PlannedAccount]) -> None:
        """Insert accounts with their charges, decisions and planned notices, in chunks."""
        for start in range(0, len(accounts), FEW_UNITS):
            portion = accounts[start : start + FEW_UNITS]
            _write_portion(self._connection, self._batch_id, self._list_id, portion, at=self._at)


def _write_portion(
    connection: Connection, batch_id: int, list_id: int, accounts: Sequence[PlannedAccount], *, at: datetime
) -> None:
    account_ids = insert_all(connection, schema.accounts, [_account(batch_id, list_id, it.account) for it in accounts])
    charges = [
        _charge(account_id, position, standing)
        for account_id, planned in zip(account_ids, accounts, strict=True)
        for position, standing in enumerate(_standings(planned))
    ]
    if charges:
        connection.execute(insert(schema.charges), charges)
    decided = [_decision(account_id, it) for account_id, it in zip(account_ids, accounts, strict=True)]
    decision_ids = insert_all(connection, schema.decisions, decided)
    issued = [
        (decision_id, it)
        for decision_id, it in zip(decision_ids, accounts, strict=True)
        if it.decision.action is Action.ISSUE
    ]
    notice_ids = insert_all(connection, schema.notices, [_notice(decision_id, it) for decision_id, it in issued])
    deliveries = [
        delivery
        for notice_id, (_, it) in zip(notice_ids, issued, strict=True)
        for delivery in _deliveries(notice_id, it, at)
    ]
    if deliveries:
        connection.execute(insert(schema.deliveries), deliveries)


def _list(batch_id: int, source: ListFile, at: datetime) -> Values:
    return {
        "batch_id": batch_id,
        "file": source.file,
        "sha256": source.sha256,
        "sheet": source.sheet,
        "rows": source.rows,
        "rejected": [dict(problem) for problem in source.rejected],
        "received_at": at,
        "planned_by": source.planned_by,
    }


def _account(batch_id: int, list_id: int, account: Account) -> Values:
    return {
        "batch_id": batch_id,
        "list_id": list_id,
        "key": account.key,
        "estate": account.estate,
        "unit": account.case.unit,
        "shown_unit": account.unit,
        "case_owners": account.case.owners,
        "owners": account.owners,
        "building": account.building,
        "entrance": account.entrance,
        "room": account.room,
        "telephone": account.telephone,
        "email": account.email,
        "email_confirmed": account.email_confirmed,
        "address": account.address,
        "postcode": account.postcode,
        "area": None if account.area is None else str(account.area),
        "remark": account.remark,
        "list_rows": list(account.rows),
        "written_unit": account.written_unit,
        "owner_kind": account.owner_kind,
    }


def _standings(planned: PlannedAccount) -> tuple[ChargeStanding, ...]:
    standings = planned.decision.standings
    if tuple(standing.charge for standing in standings) != planned.account.charges:
        raise ValueError("a decision must say how each charge of its account stands")
    return standings


def _charge(account_id: int, position: int, standing: ChargeStanding) -> Values:
    charge = standing.charge
    return {
        "account_id": account_id,
        "position": position,
        "item": charge.item,
        "due_date": charge.due_date,
        "due": charge.due,
        "paid": charge.paid,
        "waived": charge.waived,
        "period_start": charge.period.start if charge.period else None,
        "period_end": charge.period.end if charge.period else None,
        "period_text": charge.period_text,
        "rate": charge.rate,
        "list_rows": list(charge.rows),
        "balance": standing.balance,
        "days_late": standing.days_late,
        "late_fee": standing.late_fee,
        "claimable": standing.claimable,
    }


def _decision(account_id: int, planned: PlannedAccount) -> Values:
    decision = planned.decision
    return {
        "account_id": account_id,
        "action": decision.action,
        "reason": decision.reason,
        "tier": decision.tier,
        "detail": as_data(decision.detail),
        "principal": decision.principal,
        "late_fee": decision.late_fee,
        "total": decision.total,
        "oldest_due": decision.oldest_due,
        "days_overdue": decision.days_overdue,
        "scope": decision.scope,
        "limitation_date": decision.limitation_date,
        "channels": [channel.value for channel in decision.channels],
        "warnings": list(decision.warnings),
        "handler": planned.handler,
        "excluded": None,
    }


def _notice(decision_id: int, planned: PlannedAccount) -> Values:
    account, decision = planned.account, planned.decision
    return {
        "decision_id": decision_id,
        "imported": False,
        "estate": account.estate,
        "unit": account.case.unit,
        "owner": account.owner,
        "case_owners": account.case.owners,
        "tier": decision.tier,
        "principal": decision.principal,
        "late_fee": decision.late_fee,
        "total": decision.total,
    }


def _deliveries(notice_id: int, planned: PlannedAccount, at: datetime) -> list[Values]:
    return [
        {
            "notice_id": notice_id,
            "channel": channel,
            "recipient": planned.recipients.get(channel),
            "state": State.PLANNED,
            "since": at,
            "attempt": 0,
        }
        for channel in planned.decision.channels
    ]
