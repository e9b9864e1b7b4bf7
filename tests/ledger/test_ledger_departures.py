"""Random entries and steps with random clocks: nothing is marked as leaving that was stopped before."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_builders import AS_OF, AT, account, approve, case, plan
from sqlalchemy import text

from notices.flow.batch.departure import mark_leaving
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.redecide import redecide, withdraw_changed
from notices.ledger import BatchRecord, Books, DecisionRecord, Ledger, PlannedAccount, StateChange
from notices.model import Channel, Hold, HoldKind, Payment, State
from notices.rules.decide import decide
from notices.settings import Policy

BEFORE, AFTER, LONG_AFTER = date(2026, 11, 10), date(2026, 11, 23), date(2026, 12, 24)
UNITS = range(3)
CLOCKS = (AT, AT - timedelta(days=3), AT + timedelta(minutes=10), datetime(2020, 1, 1, tzinfo=AT.tzinfo))
ENTRIES = ("pays after", "pays before", "disputes", "undoes", "seen", "not seen")
STEPS = ("approve", "open", "leave", *ENTRIES)
_fresh = count(1)

Step = tuple[str, int, datetime]


def steps(kinds: Sequence[str], most: int) -> st.SearchStrategy[list[Step]]:
    each = st.tuples(st.sampled_from(kinds), st.sampled_from(UNITS), st.sampled_from(CLOCKS))
    return st.lists(each, max_size=most)


@dataclass
class AnyBatch:
    """What the last look needs to know of a batch: its record and its policy."""

    batch: BatchRecord

    def policy(self, _: DecisionRecord) -> Policy:
        return Policy()


@dataclass
class Desk:
    """A batch of some units with e-mail, and somebody who enters things about them."""

    ledger: Ledger
    name: str = field(default_factory=lambda: f"B{next(_fresh)}")
    basis: int = 0
    queue: dict[int, DecisionRecord] = field(default_factory=dict)
    payments: dict[int, list[int]] = field(default_factory=lambda: {unit: [] for unit in UNITS})

    def unit(self, number: int) -> str:
        return f"{self.name}-{number}"

    def plan(self) -> None:
        accounts = [account(self.unit(number), email="owner@example.com") for number in UNITS]
        with self.ledger.begin() as books:
            histories = books.histories.of_cases({it.case: it.charges for it in accounts}, list_date=AS_OF, as_of=AS_OF)
            decided = [decide(it, histories[it.case], Policy(), AS_OF) for it in accounts]
            to = {Channel.EMAIL: "owner@example.com", Channel.PRINT: "1 Sample Road"}
            plan(books, self.name, *(PlannedAccount(it, d, None, to) for it, d in zip(accounts, decided, strict=True)))

    def do(self, step: Step) -> None:
        kind, number, at = step
        with self.ledger.begin() as books:
            getattr(self, "_" + kind.replace(" ", "_"))(books, number, at)

    def _pays_after(self, books: Books, number: int, at: datetime) -> None:
        self._pay(books, number, AFTER, at)

    def _pays_before(self, books: Books, number: int, at: datetime) -> None:
        self._pay(books, number, BEFORE, at)

    def _pay(self, books: Books, number: int, on: date, at: datetime) -> None:
        paid = books.payments.add(case(self.unit(number)), Payment(on, Decimal(1200)), by="clerk", at=at)
        self.payments[number].append(paid)

    def _disputes(self, books: Books, number: int, at: datetime) -> None:
        books.holds.add(case(self.unit(number)), Hold(HoldKind.DISPUTED, LONG_AFTER), by="clerk", at=at, revive=True)

    def _undoes(self, books: Books, number: int, at: datetime) -> None:
        if self.payments[number]:
            books.payments.take_back(self.payments[number].pop(), why="a mistake", by="clerk", at=at)

    def _seen(self, books: Books, number: int, at: datetime, *, in_list: bool = True) -> None:
        batch = books.batches.find(self.name)
        if batch and self.payments[number]:
            books.late_payments.answer(self.payments[number][-1], batch.id, in_list=in_list, by="clerk", at=at)

    def _not_seen(self, books: Books, number: int, at: datetime) -> None:
        self._seen(books, number, at, in_list=False)

    def _decide(self, books: Books, state: State, at: datetime) -> list[DecisionRecord]:
        batch = books.batches.get(self.name)
        entries = [
            it
            for it in books.batches.decisions(self.name)
            if it.notice and any(delivery.state is state for delivery in it.notice.deliveries)
        ]
        redecided = redecide(books, batch, entries, AnyBatch(batch).policy)
        withdraw_changed(books, redecided, by="clerk", at=at)
        return [entry for entry, _ in redecided.standing]

    def _approve(self, books: Books, _: int, at: datetime) -> None:
        standing = self._decide(books, State.PLANNED, at)
        for entry in standing:
            assert entry.notice is not None
            approve(books, self.name, only=[entry.notice.id], at=at)
            rendered = [StateChange(delivery.id, State.RENDERED) for delivery in entry.notice.deliveries]
            books.deliveries.set_states(rendered, by="clerk", at=at)

    def _open(self, books: Books, _: int, at: datetime) -> None:
        self.queue = {entry.id: entry for entry in self._decide(books, State.RENDERED, at)}
        self.basis = books.events.last()

    def _leave(self, books: Books, number: int, at: datetime) -> None:
        for entry in [it for it in self.queue.values() if it.account.unit == self.unit(number)]:
            del self.queue[entry.id]
            assert entry.notice is not None
            frozen = cast("Frozen", AnyBatch(books.batches.get(self.name)))
            for way in entry.notice.deliveries:  # into the outbox and into a print job
                change = StateChange(way.id, State.SPOOLED, kind="outbox" if way.channel is Channel.EMAIL else None)
                mark_leaving(books, frozen, [(entry, change)], since=self.basis, by="clerk", at=at)


def happenings(ledger: Ledger, name: str) -> Iterator[Any]:
    """Yield the events of a batch's units in their order, each with its unit, and its payment and the day of that."""
    wanted = text("""
        SELECT events.id, events.kind, COALESCE(payments.unit, holds.unit, notices.unit) AS unit,
               payments.id AS payment, CAST(payments.date AS TEXT) AS paid_on
          FROM events
          LEFT JOIN payments ON events.what = 'payment' AND events.what_id = payments.id
          LEFT JOIN holds ON events.what = 'hold' AND events.what_id = holds.id
          LEFT JOIN deliveries ON events.what = 'delivery' AND events.what_id = deliveries.id
          LEFT JOIN notices ON deliveries.notice_id = notices.id
         WHERE COALESCE(payments.unit, holds.unit, notices.unit) LIKE :units ORDER BY events.id""")
    with ledger.engine.connect() as connection:
        yield from connection.execute(wanted, {"units": f"{name}-%"}).all()


@dataclass
class Owner:
    """What is known about an owner so far, by the order of events: the test's own rule book."""

    disputed: bool = False
    payments: dict[int, str] = field(default_factory=dict)  # "counts", "asked", "in the list" or "known to the plan"
    left: bool = False

    @property
    def stopped(self) -> bool:
        return self.disputed or bool({"counts", "asked"} & set(self.payments.values()))

    def learns(self, happening: Any, *, planned: bool) -> None:
        payment, early = happening.payment, happening.paid_on == BEFORE.isoformat()
        match happening.kind:
            case "hold-added":
                self.disputed = True
            case "payment-added" if planned:
                self.payments[payment] = "asked" if early else "counts"
            case "payment-added":
                self.payments[payment] = "known to the plan"
            case "payment-taken-back":
                self.payments.pop(payment)
            case "payment-seen" if early and self.payments.get(payment) in {"asked", "counts"}:
                self.payments[payment] = "in the list"
            case "payment-not-seen" if early and self.payments.get(payment) in {"asked", "in the list"}:
                self.payments[payment] = "counts"


QUICK = 8
MANY = int(os.environ.get("NOTICES_INTERLEAVINGS", "60"))
LEISURELY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
PHASES = {
    "before": steps(ENTRIES[:3], 2),
    "approving": steps(STEPS, 4),
    "sending": steps(STEPS, 4),
    "leaving": steps(ENTRIES, 4),
}


@settings(LEISURELY, max_examples=QUICK)
@given(**PHASES)
def test_nothing_is_marked_as_leaving_after_an_entry_that_stops_it(
    ledger: Ledger, before: list[Step], approving: list[Step], sending: list[Step], leaving: list[Step]
) -> None:
    nothing_leaves_that_is_stopped(ledger, before, approving, sending, leaving)


@pytest.mark.slow
@pytest.mark.timeout(0)
@settings(LEISURELY, max_examples=MANY)
@given(**PHASES)
def test_in_many_interleavings_nothing_is_marked_as_leaving_after_an_entry_that_stops_it(
    ledger: Ledger, before: list[Step], approving: list[Step], sending: list[Step], leaving: list[Step]
) -> None:
    nothing_leaves_that_is_stopped(ledger, before, approving, sending, leaving)


def nothing_leaves_that_is_stopped(
    ledger: Ledger, before: list[Step], approving: list[Step], sending: list[Step], leaving: list[Step]
) -> None:
    desk = Desk(ledger)
    approve_all, open_all = ("approve", 0, AT), ("open", 0, AT)
    leave_all = [("leave", number, AT) for number in UNITS]
    after = [*approving, approve_all, *sending, open_all, *leaving, *leave_all, approve_all, open_all, *leave_all]
    for step in before:
        desk.do(step)
    with ledger.read() as books:
        planned_after = books.events.last()
    desk.plan()
    for step in after:
        desk.do(step)
    owners = {desk.unit(number): Owner() for number in UNITS}
    for it in happenings(ledger, desk.name):
        owner = owners[it.unit]
        if it.kind in {"outbox", "spooled"}:
            assert not owner.stopped
            owner.left = True
        owner.learns(it, planned=it.id > planned_after)
    with ledger.read() as books:
        issued = {it.account.unit: it.notice.state for it in books.batches.decisions(desk.name) if it.notice}
    for unit, state in issued.items():  # what nothing stops goes
        if not owners[unit].stopped and state is not State.WITHDRAWN:
            assert owners[unit].left
