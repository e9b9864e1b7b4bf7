"""Builders for the tests of the rule book: an account due for a reminder, with every detail overridable.

The default day is Monday 23 November 2026; the default charge is 1,000.00 yuan, a hundred days late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from notices.model import (
    Account,
    Channel,
    Charge,
    Decision,
    History,
    Hold,
    HoldKind,
    Instalment,
    PastDelivery,
    PastNotice,
    Payment,
    Period,
    State,
)
from notices.rules.decide import decide
from notices.settings import Policy, Tier

TODAY = date(2026, 11, 23)
EMAIL, PRINT = Channel.EMAIL, Channel.PRINT


def yuan(text: str) -> Decimal:
    return Decimal(text)


def ago(days: int, of: date = TODAY) -> date:
    """Return the date that many days before today (after it if negative)."""
    return of - timedelta(days=days)


def charge(
    due: str = "1000.00",
    *,
    late: int = 100,
    due_date: date | None = None,
    paid: str = "0.00",
    waived: str = "0.00",
    period_end: date | None = None,
) -> Charge:
    period = Period(date(period_end.year, 1, 1), period_end) if period_end else None
    return Charge("物业服务费", due_date or ago(late), yuan(due), yuan(paid), yuan(waived), period)


def account(
    *charges: Charge,
    owners: Sequence[str] = ("张三",),
    email: str = "owner@example.com",
    email_confirmed: bool = True,
    address: str = "示例市示例路1号",
) -> Account:
    return Account(
        estate="示例花园",
        unit="1-1-101",
        owners=tuple(owners),
        charges=charges or (charge(),),
        email=email,
        email_confirmed=email_confirmed,
        address=address,
    )


def delivery(
    channel: Channel = PRINT, state: State = State.DELIVERED, to: str | None = None, on: date | None = None
) -> PastDelivery:
    return PastDelivery(channel, state, to, on)


def notice(
    tier: str = "reminder",
    *deliveries: PastDelivery,
    sent_ago: int = 30,
    dated: date | None = None,
    deadline: date | None = None,
) -> PastNotice:
    """Build a notice, delivered on paper by default."""
    return PastNotice(tier, dated or ago(sent_ago), deliveries or (delivery(),), deadline=deadline)


def returned(tier: str = "reminder", sent_ago: int = 30) -> PastNotice:
    return notice(tier, delivery(PRINT, State.RETURNED), sent_ago=sent_ago)


def hold(kind: HoldKind, *, until: date | None = None, registered: date | None = None) -> Hold:
    return Hold(kind, registered or ago(10), until)


def promise(until: date, amount: str | None = None, registered: date | None = None) -> Hold:
    return Hold(HoldKind.PROMISE, registered or ago(20), until, yuan(amount) if amount else None)


def plan(*parts: tuple[date, str], registered: date | None = None) -> Hold:
    instalments = tuple(Instalment(day, yuan(amount)) for day, amount in parts)
    return Hold(HoldKind.INSTALMENTS, registered or ago(60), instalments=instalments)


def payment(amount: str, day: date) -> Payment:
    return Payment(day, yuan(amount))


def decided(
    *charges: Charge,
    of: Account | None = None,
    notices: Iterable[PastNotice] = (),
    holds: Iterable[Hold] = (),
    payments: Iterable[Payment] = (),
    settled_on: date | None = None,
    new_since: date | None = None,
    claimed_from: date | None = None,
    list_date: date = TODAY,
    policy: Policy | None = None,
    as_of: date = TODAY,
) -> Decision:
    history = History(
        list_date=list_date,
        notices=tuple(notices),
        holds=tuple(holds),
        payments=tuple(payments),
        settled_on=settled_on,
        new_since=new_since,
        claimed_from=claimed_from,
    )
    return decide(of or account(*charges), history, policy or Policy(), as_of)


def outcome(decision: Decision) -> str:
    """Return action, reason and tier as one string: "issue first-notice reminder"."""
    return " ".join(part for part in (decision.action, decision.reason, decision.tier) if part)


def policy_of(*tiers: Tier, **figures: object) -> Policy:
    return Policy.model_validate({"tiers": tiers} | figures if tiers else figures)
