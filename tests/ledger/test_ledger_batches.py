from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from ledger_builders import AS_OF, AT, ESTATE, account, approve, charge, plan, planned

from notices.errors import Refused, UsageMistake
from notices.ledger import Ledger, ListFile, schema
from notices.messages import say
from notices.model import FAILED, NOTICE_ORDER, Account, Channel, Charge, Period, Slip, State

FULL = Account(
    estate=ESTATE,
    unit="3-2-501",
    owners=("丁四", "丙三"),
    charges=(
        Charge(
            item="物业费",
            due_date=date(2025, 12, 31),
            due=Decimal("1200.10"),
            paid=Decimal("200.05"),
            waived=Decimal("0.05"),
            period=Period(date(2025, 1, 1), date(2025, 12, 31)),
            period_text="2025年度",
            rate="2.5元/㎡·月",
            rows=(4, 9),
        ),
        Charge(item="停车费", due_date=date(2026, 12, 31), due=Decimal("-30.00")),
    ),
    building="3",
    entrance="2",
    room="501",
    telephone="00000000000",
    email="d@example.com",
    email_confirmed=True,
    address="示例路1号",
    postcode="000000",
    area=Decimal("89.755"),
    remark="长期出租",
    rows=(4, 9),
)


def test_a_decision_comes_back_as_it_was_recorded(ledger: Ledger) -> None:
    entry = planned(FULL, tier="lawyer-letter")
    with ledger.begin() as books:
        plan(books, "A", entry)
    with ledger.read() as books:
        (record,) = books.batches.decisions("A")
    assert record.account == FULL
    assert record.decision == replace(entry.decision, detail=record.decision.detail)
    assert record.decision.standings == entry.decision.standings
    assert str(record.decision.detail) == str(entry.decision.detail)
    assert record.decision.detail.text == entry.decision.detail.text
    assert (record.handler, record.excluded, record.batch) == ("乙二", None, "A")


def test_what_is_issued_has_a_planned_delivery_to_a_recipient_for_each_channel_and_no_number(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", FULL, planned(account("1-102"), tier=None))
    with ledger.read() as books:
        issued, skipped = books.batches.decisions("A")
    assert skipped.notice is None
    assert issued.notice is not None
    assert (issued.notice.number, issued.notice.date, issued.notice.state) == (None, None, State.PLANNED)
    assert [(it.channel, it.recipient) for it in issued.notice.deliveries] == [
        (Channel.EMAIL, "d@example.com"),
        (Channel.PRINT, "示例路1号"),
    ]


def test_a_sentence_within_a_sentence_is_kept_for_translation(ledger: Ledger) -> None:
    entry = planned(account())
    detail = say("{outer}.", outer=say("within {days} days", days=3))
    with ledger.begin() as books:
        plan(books, "A", replace(entry, decision=replace(entry.decision, detail=detail)))
    with ledger.read() as books:
        assert books.batches.decisions("A")[0].decision.detail == detail


def test_one_account_is_found_by_what_a_person_types(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account("1-1"), account("1-10"))
        plan(books, "B", account("1-1"))
    with ledger.read() as books:
        assert [it.account.unit for it in books.batches.decisions("A", f"{ESTATE}/1-1/甲一")] == ["1-1"]
        assert books.batches.decisions("A", f"{ESTATE}/1-2/甲一") == []


def test_decisions_come_in_the_order_of_the_list_however_many(ledger: Ledger) -> None:
    units = [f"{number % 7}-{number}" for number in range(1_200)]
    with ledger.begin() as books:
        plan(books, "A", *(account(unit) for unit in units))
    with ledger.read() as books:
        records = books.batches.decisions("A")
    assert [it.account.unit for it in records] == units
    assert all(it.notice and it.notice.case == it.account.case for it in records)


def test_a_charge_that_the_decision_does_not_know_is_not_lost_but_refused(ledger: Ledger) -> None:
    entry = planned(account())
    lost = replace(entry, account=account(charges=[charge(), charge(item="停车费")]))
    with pytest.raises(ValueError, match="each charge"), ledger.begin() as books:
        plan(books, "A", lost)


def test_a_second_batch_of_one_name_is_refused_and_leaves_nothing(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
    with pytest.raises(Refused, match="already exists"), ledger.begin() as books:  # noqa: PT012 - the statements before the error are rolled back
        plan(books, "B", account())
        plan(books, "A", account("1-102"))
    with ledger.read() as books:
        assert [batch.name for batch in books.batches.all()] == ["A"]
        assert len(books.batches.decisions("A")) == 1


def test_one_account_stands_once_in_a_batch_whatever_the_order_of_its_owners(ledger: Ledger) -> None:
    with pytest.raises(Refused, match="already has one of these accounts"), ledger.begin() as books:
        plan(books, "A", account("1-101", "甲一", "乙二"), account("1-101", "乙二", "甲一"))


def test_the_same_file_planned_for_the_same_day_is_known(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
    with ledger.read() as books:
        assert books.batches.planned_from("sha-A", AS_OF) == ["A"]
        assert books.batches.planned_from("sha-A", date(2026, 11, 24)) == []
        assert books.batches.planned_from("sha-B", AS_OF) == []


def test_corrected_rows_join_their_batch_with_the_list_they_came_in(ledger: Ledger) -> None:
    extra = ListFile("corrected.xlsx", "sha-corrected", None, 1)
    with ledger.begin() as books:
        plan(books, "A", account())
        books.batches.add_list("A", extra, by="clerk", at=AT).write([planned(account("1-102"))])
        batch = books.batches.get("A")
        assert [it.file for it in batch.lists] == ["arrears.xlsx", "corrected.xlsx"]
        assert batch.lists[0].rejected == ({"row": 7, "value": "12o.5"},)
        assert [it.account.unit for it in books.batches.decisions("A")] == ["1-101", "1-102"]
        assert books.batches.planned_from("sha-corrected", AS_OF) == ["A"]


def test_a_batch_of_which_anything_is_approved_takes_no_more_accounts(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
        approve(books, "A")
    with pytest.raises(Refused, match="already approved"), ledger.begin() as books:
        books.batches.add_list("A", ListFile("x", "y", None, 1), by="clerk", at=AT)


def test_an_unknown_batch_is_named(ledger: Ledger) -> None:
    with ledger.read() as books:
        assert books.batches.find("nowhere") is None
        with pytest.raises(UsageMistake, match="nowhere"):
            books.batches.get("nowhere")


def test_states_are_counted_as_the_decisions_tell_them(ledger: Ledger) -> None:
    """Compare with whole decisions: each state of two deliveries, left out or not, answered and taken back."""
    pairs = list(product([*NOTICE_ORDER, *FAILED, State.WITHDRAWN], repeat=2))
    with ledger.begin() as books:
        plan(books, "A", *(planned(account(f"1-{place}", email="d@example.com")) for place, _ in enumerate(pairs)))
        plan(books, "A2", planned(account("2-1"), tier=None), planned(account("2-2")))
        entries = books.batches.decisions("A")
        for place, (entry, states) in enumerate(zip(entries, pairs, strict=True)):
            assert entry.notice is not None
            for delivery, state in zip(entry.notice.deliveries, states, strict=True):
                its = schema.deliveries.update().where(schema.deliveries.c.id == delivery.id)
                books.batches.connection.execute(its.values(state=state))
            if place % 3 == 0:
                books.batches.exclude(entry.id, why="asked", by="clerk", at=AT)
            if place % 5 == 0:
                slip = Slip(("amount",), AS_OF)
                books.slips.add(entry.notice.id, slip, "typed" if place % 2 else "taken-back", by="clerk", at=AT)
    with ledger.read() as books:
        for batch in ("A", "A2"):
            whole = [(it.state, it.decision.total) for it in books.batches.decisions(batch) if it.state]
            assert list(books.batches.states(batch)) == whole
        assert {state for state, _ in books.batches.states("A")} >= {State.ANSWERED, State.EXCLUDED, State.UNDELIVERED}
