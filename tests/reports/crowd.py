"""A crowd of invented owners, written straight into the ledger's tables: two rounds of letters and what came of them.

Everything follows from an owner's number, so a test can work out the figures: of each hundred owners the first ten pay
all on day 10 and the next five on day 20; five return a slip, three promise, and two letters come back.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, text

from notices.ledger import Ledger, schema
from notices.model import ZERO, Action, Channel, HoldKind, State

ESTATES = ("梧桐苑", "银杏里", "听雨台")
HANDLERS = ("周一帆", "郑二月", "孙三立", "吴四维")
OBJECTIONS = ("service-poor", "no-money-now", "out-of-warranty", "fee-too-high", "not-living-here")
OWED = Decimal("1200.00")
ROUNDS = (("2026秋", date(2026, 9, 1), "lawyer-letter"), ("2026冬", date(2026, 10, 20), "follow-up"))
PAYS_EARLY, PAYS_LATE, RETURNS_SLIP, PROMISES, COMES_BACK = (
    range(10),
    range(10, 15),
    range(15, 20),
    range(20, 23),
    (23, 24),
)


def settle(ledger: Ledger, owners: int) -> None:
    """Write two rounds of letters to so many owners; in the second only to those who have not paid."""
    with ledger.engine.begin() as connection:
        # Sealing every row and linking every event takes minutes, and a report reads neither seals nor links.
        for trigger in (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        ):
            connection.execute(text(f'DROP TRIGGER "{trigger}"'))
        for position, (batch, day, tier) in enumerate(ROUNDS, start=1):
            numbers = [n for n in range(owners) if position == 1 or n % 100 not in (*PAYS_EARLY, *PAYS_LATE)]
            _write_round(connection, position, batch, day, tier, numbers, owners)


def _write_round(
    connection: Any, position: int, batch: str, day: date, tier: str, numbers: list[int], owners: int
) -> None:
    at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    first = (position - 1) * owners + 1
    ids = {n: first + n for n in numbers}
    connection.execute(
        insert(schema.batches).values(
            id=position, name=batch, as_of=day, list_date=day, planned_by="clerk", planned_at=at, again=False
        )
    )
    connection.execute(
        insert(schema.lists).values(
            id=position, batch_id=position, file="list.xlsx", sha256=batch, rows=len(numbers), rejected=[],
            received_at=at, planned_by="clerk",
        )
    )  # fmt: skip
    connection.execute(
        insert(schema.approvals).values(
            id=position, batch_id=position, number=1, letter_date=day, frozen="", by="lawyer", at=at
        )
    )
    homes = {n: _home(n) for n in numbers}
    connection.execute(insert(schema.accounts), [_account(position, ids[n], homes[n]) for n in numbers])
    due = [date(2024 + n % 3, 1 + n % 12, 1) for n in range(36)]
    connection.execute(
        insert(schema.charges),
        [_charge(ids[n], place, due[(n + place) % 36], OWED / 3) for n in numbers for place in range(3)],
    )
    connection.execute(insert(schema.decisions), [_decision(ids[n], n, tier, due[n % 36]) for n in numbers])
    connection.execute(insert(schema.notices), [_notice(position, ids[n], homes[n], tier, day) for n in numbers])
    connection.execute(insert(schema.deliveries), [_delivery(ids[n], n, at) for n in numbers])
    connection.execute(insert(schema.events), [_event(first + place, ids[n], at) for place, n in enumerate(numbers)])
    _replies(connection, position, day, at, numbers, ids, homes)


def _home(n: int) -> tuple[str, str, str, str]:
    """Return estate, building, unit and owner."""
    building = str(n // 40 % 12 + 1)
    return ESTATES[n % 100 % len(ESTATES)], building, f"{building}-{n // 480 + 1}-{n}", f"业主{n}"


def _account(batch: int, key: int, home: tuple[str, str, str, str]) -> dict[str, Any]:
    estate, building, unit, owner = home
    return {
        "id": key, "batch_id": batch, "list_id": batch, "key": f"{estate}/{unit}/{owner}", "estate": estate,
        "unit": unit, "shown_unit": unit, "case_owners": (owner,), "owners": (owner,), "building": building,
        "entrance": "", "room": "", "telephone": "13900000000", "email": "", "email_confirmed": False,
        "address": "示例路", "postcode": "", "area": None, "remark": "", "list_rows": [], "owner_kind": None,
    }  # fmt: skip


def _charge(account: int, place: int, due: date, owed: Decimal) -> dict[str, Any]:
    return {
        "account_id": account, "position": place, "item": "物业费", "due_date": due, "due": owed, "paid": ZERO,
        "waived": ZERO, "period_start": None, "period_end": None, "period_text": str(due), "rate": "",
        "list_rows": [], "balance": owed, "days_late": 1, "late_fee": ZERO, "claimable": True,
    }  # fmt: skip


def _decision(key: int, n: int, tier: str, oldest: date) -> dict[str, Any]:
    return {
        "id": key, "account_id": key, "action": Action.ISSUE, "reason": "first-notice", "tier": tier, "detail": {},
        "principal": OWED, "late_fee": ZERO, "total": OWED, "oldest_due": oldest, "days_overdue": 100, "scope": "mixed",
        "limitation_date": None, "channels": ["print"], "warnings": [], "handler": HANDLERS[n % 7 % len(HANDLERS)],
    }  # fmt: skip


def _notice(approval: int, key: int, home: tuple[str, str, str, str], tier: str, day: date) -> dict[str, Any]:
    estate, _, unit, owner = home
    return {
        "id": key, "decision_id": key, "imported": False, "number": f"N-{key}", "estate": estate, "unit": unit,
        "owner": owner, "case_owners": (owner,), "tier": tier, "tier_rank": 1, "case_no": 1, "slot": f"{tier}/{key}",
        "date": day, "deadline": day + timedelta(days=15), "principal": OWED, "late_fee": ZERO, "total": OWED,
        "approval_id": approval,
    }  # fmt: skip


def _delivery(key: int, n: int, at: datetime) -> dict[str, Any]:
    back = n % 100 in COMES_BACK
    state = State.RETURNED if back else State.DELIVERED if n % 2 else State.HANDED_OVER
    return {
        "id": key, "notice_id": key, "channel": Channel.PRINT, "recipient": "示例路", "state": state, "since": at,
        "on": None if state is State.HANDED_OVER else (at + timedelta(days=4)).date(), "attempt": 0,
    }  # fmt: skip


def _event(key: int, delivery: int, at: datetime) -> dict[str, Any]:
    return {
        "id": key, "at": at, "by": "clerk", "kind": "handed-over", "what": "delivery", "what_id": delivery,
        "data": {"from": "spooled", "to": "handed-over"}, "digest": "", "link": "",
    }  # fmt: skip


def _replies(
    connection: Any, position: int, day: date, at: datetime, numbers: list[int], ids: dict[int, int], homes: Any
) -> None:
    def whose(n: int) -> dict[str, Any]:
        estate, _, unit, owner = homes[n]
        return {"estate": estate, "unit": unit, "case_owners": (owner,), "by": "clerk", "entered_at": at}

    paid = [
        {**whose(n), "date": day + timedelta(days=later + n % 5), "amount": OWED, "note": ""}
        for days, later in ((PAYS_EARLY, 8), (PAYS_LATE, 18))
        for n in numbers
        if n % 100 in days
    ]
    if position == 2:
        paid = [
            {**whose(n), "date": day + timedelta(days=3 + n % 9), "amount": OWED / 2, "note": ""}
            for n in numbers
            if n % 100 in (40, 41, 42)
        ]
    slips = [
        {
            "notice_id": ids[n], "fingerprint": str(n), "source": "typed", "note": "", "promise": None,
            "objections": tuple(OBJECTIONS[: 1 + (n // 100 + n + position) % 3]), "instalments": "", "telephone": "",
            "received": day + timedelta(days=9), "by": "clerk", "entered_at": at,
        }
        for n in numbers
        if n % 100 in RETURNS_SLIP
    ]  # fmt: skip
    promises = [
        {
            **whose(n), "kind": HoldKind.PROMISE, "registered": day + timedelta(days=5), "note": "",
            "until": day + timedelta(days=12 if n % 2 else 90), "amount": OWED / 2,
        }
        for n in numbers
        if n % 100 in PROMISES and position == 1
    ]  # fmt: skip
    for table, rows in ((schema.payments, paid), (schema.slips, slips), (schema.holds, promises)):
        if rows:
            connection.execute(insert(table), rows)
