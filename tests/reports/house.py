"""A house with two rounds of letters, whose figures are worked out by hand in the tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from ledger.ledger_builders import account, approve, case, charge, plan, planned

from notices.flow.workspace import Workspace
from notices.ledger import Books, Ledger, PlannedAccount, StateChange
from notices.model import Channel, Hold, HoldKind, Payment, Slip, State

ROUND_1, ROUND_2, TODAY = date(2026, 9, 1), date(2026, 11, 20), date(2026, 11, 23)
PAPER = (Channel.PRINT,)


@dataclass(frozen=True)
class House:
    """Workspace and open ledger."""

    workspace: Workspace
    ledger: Ledger


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)  # noon in Shanghai


def owing(
    unit: str, *owners: str, building: str, tier: str, due_date: date = date(2026, 1, 31), paid: str = "0.00"
) -> PlannedAccount:
    home = replace(
        account(unit, *owners, charges=[charge("1200.00", due_date=due_date, paid=paid)]),
        building=building,
        telephone=f"1390000{unit[-3:].zfill(4)}",
    )
    return planned(home, tier=tier, channels=PAPER)


def hand_over(books: Books, batch: str, day: date) -> dict[str, int]:
    """Let all letters of a batch leave on a day; return the delivery of each unit."""
    found: dict[str, int] = {}
    for entry in books.batches.decisions(batch):
        if entry.notice is not None:
            found[entry.account.unit] = entry.notice.deliveries[0].id
    for state in (State.RENDERED, State.SPOOLED, State.HANDED_OVER):
        books.deliveries.set_states([StateChange(it, state) for it in found.values()], at=noon(day), by="clerk")
    return found


def pay(books: Books, unit: str, owner: str, day: date, amount: str) -> int:
    return books.payments.add(case(unit, owner), Payment(day, Decimal(amount)), by="cashier", at=noon(day))


def slip(books: Books, batch: str, unit: str, day: date, *objections: str, promise: date | None = None) -> None:
    notice = next(it.notice for it in books.batches.decisions(batch) if it.account.unit == unit)
    assert notice is not None
    books.slips.add(notice.id, Slip(objections, day, promise=promise), "typed", by="clerk", at=noon(day))


def fill(books: Books) -> None:
    """Record two rounds.

    Autumn, a lawyer's letter to five owners, 1,200.00 each: 甲一 pays on day 9; 乙一 half on day 9, half on day 24;
    丙一 returns a slip on day 11; 丁一 promises on day 4 to pay everything by day 19, and pays nothing; 戊一's letter
    comes back. Winter, a reminder to two, 丙一 and 己一: both return a slip on the next day, and 己一 promises 300.00.
    """
    autumn = [
        owing("1-101", "甲一", building="1", tier="lawyer-letter"),
        owing("1-102", "乙一", building="1", tier="lawyer-letter"),
        owing("2-201", "丙一", building="2", tier="lawyer-letter"),
        owing("2-202", "丁一", building="2", tier="lawyer-letter", due_date=date(2024, 3, 31)),
        owing("3-301", "戊一", building="3", tier="lawyer-letter", due_date=date(2024, 2, 28)),
    ]
    plan(books, "autumn", *autumn, as_of=ROUND_1, at=noon(ROUND_1))
    approve(books, "autumn", at=noon(ROUND_1))
    ways = hand_over(books, "autumn", ROUND_1)
    books.deliveries.set_states(
        [StateChange(ways["3-301"], State.RETURNED, on=date(2026, 9, 8))], at=noon(date(2026, 9, 9)), by="clerk"
    )
    pay(books, "1-101", "甲一", date(2026, 9, 10), "1200.00")
    pay(books, "1-102", "乙一", date(2026, 9, 10), "600.00")
    pay(books, "1-102", "乙一", date(2026, 9, 25), "600.00")
    wrong = pay(books, "2-201", "丙一", date(2026, 9, 3), "1200.00")
    books.payments.take_back(wrong, why="another's", by="cashier", at=noon(date(2026, 9, 4)))
    slip(books, "autumn", "2-201", date(2026, 9, 12), "service-poor")
    promise = Hold(HoldKind.PROMISE, registered=date(2026, 9, 5), until=date(2026, 9, 20))
    books.holds.add(case("2-202", "丁一"), promise, by="clerk", at=noon(date(2026, 9, 5)))

    winter = [
        owing("2-201", "丙一", building="2", tier="reminder"),
        owing("3-302", "己一", building="3", tier="reminder"),
    ]
    plan(books, "winter", *winter, as_of=ROUND_2, at=noon(ROUND_2))
    approve(books, "winter", series="WTY-W-{seq:06d}", at=noon(ROUND_2))
    hand_over(books, "winter", ROUND_2)
    slip(books, "winter", "3-302", date(2026, 11, 21), "service-poor", "no-money-now")
    slip(books, "winter", "2-201", date(2026, 11, 21), "service-poor")
    later = Hold(HoldKind.PROMISE, registered=date(2026, 11, 21), until=date(2026, 12, 24), amount=Decimal("300.00"))
    books.holds.add(case("3-302", "己一"), later, by="clerk", at=noon(date(2026, 11, 21)))
