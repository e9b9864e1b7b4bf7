"""Builders of small accounts, decisions and batches for the ledger's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from notices.ledger import BatchRecord, Books, ListFile, NewBatch, PlannedAccount, Release
from notices.messages import say
from notices.model import (
    ZERO,
    Account,
    Action,
    CaseKey,
    Channel,
    Charge,
    ChargeStanding,
    Decision,
)

AS_OF = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ESTATE = "梧桐苑"
SERIES = "WTY-2026-{seq:06d}"
BOTH = (Channel.EMAIL, Channel.PRINT)


def case(unit: str = "1-101", *owners: str) -> CaseKey:
    return CaseKey.of(ESTATE, unit, owners or ("甲一",))


def charge(
    due: str = "1200.00", *, paid: str = "0.00", due_date: date = date(2026, 1, 31), item: str = "物业费"
) -> Charge:
    return Charge(item=item, due_date=due_date, due=Decimal(due), paid=Decimal(paid))


def account(unit: str = "1-101", *owners: str, charges: Sequence[Charge] | None = None, email: str = "") -> Account:
    return Account(
        estate=ESTATE,
        unit=unit,
        owners=owners or ("甲一",),
        charges=(charge(),) if charges is None else tuple(charges),
        email=email,
        address=f"示例路 {unit}",
        rows=(3,),
    )


def decision(
    of: Account, *, tier: str | None = "reminder", channels: Sequence[Channel] = BOTH, principal: str | None = None
) -> Decision:
    standings = tuple(
        ChargeStanding(it, balance=it.owed, days_late=296, late_fee=Decimal("1.05"), claimable=True)
        for it in of.charges
    )
    owed = Decimal(principal) if principal else sum((it.owed for it in of.charges), ZERO)
    return Decision(
        action=Action.ISSUE if tier else Action.SKIP,
        reason="first-notice" if tier else "paid",
        tier=tier,
        detail=say("{days} days overdue, at least {minimum} yuan.", days=296, minimum=Decimal("100.00")),
        principal=owed,
        late_fee=Decimal("1.05"),
        total=owed,
        oldest_due=date(2026, 1, 31),
        days_overdue=296,
        scope="current-year",
        limitation_date=date(2029, 1, 31),
        channels=tuple(channels) if tier else (),
        warnings=("no-email",),
        standings=standings,
    )


def planned(
    of: Account, *, tier: str | None = "reminder", channels: Sequence[Channel] = BOTH, principal: str | None = None
) -> PlannedAccount:
    recipients = {Channel.EMAIL: of.email or "owner@example.com", Channel.PRINT: of.address}
    return PlannedAccount(of, decision(of, tier=tier, channels=channels, principal=principal), "乙二", recipients)


def plan(
    books: Books,
    name: str,
    *accounts: Account | PlannedAccount,
    as_of: date = AS_OF,
    list_date: date | None = None,
    at: datetime = AT,
) -> BatchRecord:
    batch = NewBatch(
        name=name,
        as_of=as_of,
        list_date=list_date or as_of,
        list=ListFile("arrears.xlsx", f"sha-{name}", "明细", 58, ({"row": 7, "value": "12o.5"},)),
        planned_by="clerk",
    )
    ready = [it if isinstance(it, PlannedAccount) else planned(it) for it in accounts]
    books.batches.create(batch, at=at).write(ready)
    return books.batches.get(name)


def approve(
    books: Books,
    batch: str,
    *,
    series: str = SERIES,
    rank: int = 0,
    continues: int | None = None,
    only: Sequence[int] | None = None,
    at: datetime = AT,
) -> dict[int, str]:
    """Approve all planned notices of a batch, or only some (ids)."""
    record = books.batches.get(batch)
    releases = [
        Release(it.notice.id, series, record.as_of + timedelta(days=15), rank, continues)
        for it in books.batches.decisions(batch)
        if it.notice and it.notice.number is None and (only is None or it.notice.id in only)
    ]
    return books.approvals.approve(
        batch, releases, letter_date=record.as_of, frozen=f"batches/{batch}/1", by="lawyer", at=at
    )
