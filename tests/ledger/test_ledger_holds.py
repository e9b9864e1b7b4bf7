from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from ledger_builders import AT, case

from notices.errors import UsageMistake
from notices.ledger import Ledger
from notices.model import Hold, HoldKind, Instalment, Payment

PLAN = Hold(
    HoldKind.INSTALMENTS,
    date(2026, 11, 1),
    instalments=(Instalment(date(2026, 12, 1), Decimal("100.00")), Instalment(date(2027, 1, 1), Decimal("50.50"))),
    note="每月一期",
)
DISPUTE = Hold(HoldKind.DISPUTED, date(2026, 11, 2))
PROMISE = Hold(HoldKind.PROMISE, date(2026, 11, 1), until=date(2026, 11, 30), amount=Decimal("300.00"))


def test_holds_come_back_as_entered_and_in_the_order_of_entry(ledger: Ledger) -> None:
    with ledger.begin() as books:
        ids = [books.holds.add(case(), hold, by="clerk", at=AT) for hold in (PLAN, DISPUTE, PROMISE)]
    with ledger.read() as books:
        records = books.holds.all(case=case())
    assert [it.hold for it in records] == [PLAN, DISPUTE, PROMISE]
    assert [it.id for it in records] == ids
    assert {(it.by, it.entered_at, it.case) for it in records} == {("clerk", AT, case())}


def test_the_same_hold_again_is_not_added_twice(ledger: Ledger) -> None:
    with ledger.begin() as books:
        for hold in (PLAN, DISPUTE):
            assert books.holds.add(case(), hold, by="clerk", at=AT) is not None
            assert books.holds.add(case(), hold, by="other", at=AT) is None
        other_parts = Hold(PLAN.kind, PLAN.registered, instalments=PLAN.instalments[:1], note=PLAN.note)
        assert books.holds.add(case(), other_parts, by="clerk", at=AT) is not None
        assert books.holds.add(case("1-102"), DISPUTE, by="clerk", at=AT) is not None


def test_a_lifted_hold_says_by_whom_and_is_listed_on_request_only(ledger: Ledger) -> None:
    with ledger.begin() as books:
        hold = books.holds.add(case(), DISPUTE, by="clerk", at=AT)
        assert hold is not None
        books.holds.lift(hold, by="manager", at=AT + timedelta(days=1))
        assert books.holds.all() == []
        (record,) = books.holds.all(include_lifted=True)
        assert (record.lifted_on, record.lifted_by) == (date(2026, 11, 24), "manager")
        assert [it.kind for it in books.events.of("hold", hold)] == ["hold-added", "hold-lifted"]


def test_importing_again_does_not_bring_a_lifted_hold_back_but_a_person_can(ledger: Ledger) -> None:
    with ledger.begin() as books:
        hold = books.holds.add(case(), DISPUTE, by="clerk", at=AT)
        assert hold is not None
        books.holds.lift(hold, by="manager", at=AT)
        assert books.holds.add(case(), DISPUTE, by="clerk", at=AT) is None
        assert books.holds.add(case(), DISPUTE, by="clerk", at=AT, revive=True) is not None
        assert books.holds.add(case(), DISPUTE, by="clerk", at=AT, revive=True) is None


@pytest.mark.parametrize("wrong", [99, 1])
def test_only_a_hold_in_force_can_be_lifted(ledger: Ledger, wrong: int) -> None:
    with ledger.begin() as books:
        assert books.holds.add(case(), DISPUTE, by="clerk", at=AT) == 1
        books.holds.lift(1, by="manager", at=AT)
    with pytest.raises(UsageMistake, match=str(wrong)), ledger.begin() as books:
        books.holds.lift(wrong, by="manager", at=AT)


def test_holds_are_listed_by_estate(ledger: Ledger) -> None:
    elsewhere = type(case())("别处", "1-101", ("甲一",))
    with ledger.begin() as books:
        books.holds.add(case(), DISPUTE, by="clerk", at=AT)
        books.holds.add(elsewhere, PLAN, by="clerk", at=AT)
        assert [it.hold for it in books.holds.all(estate="别处")] == [PLAN]


def test_payments_stand_in_the_order_of_their_dates(ledger: Ledger) -> None:
    with ledger.begin() as books:
        for day in (9, 3):
            payment = Payment(date(2026, 11, day), Decimal("10.00"))
            books.payments.add(case(), payment, note=f"{day}", by="clerk", at=AT)
        books.payments.add(case("1-10"), Payment(date(2026, 11, 1), Decimal("1.00")), by="clerk", at=AT)
        assert [it.note for it in books.payments.all(case())] == ["3", "9"]
        assert len(books.payments.all()) == 3
