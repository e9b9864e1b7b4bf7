from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from ledger_builders import AS_OF, AT, account, approve, case, charge, plan, planned

from notices.ledger import Books, ImportedNotice, Ledger, ListFile, StateChange
from notices.model import CaseKey, Channel, Charge, History, Hold, HoldKind, PastDelivery, Payment, Period, Slip, State

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
LATER = AT + timedelta(hours=1)


def _history(
    ledger: Ledger,
    charges: Sequence[Charge] = (),
    *,
    of: CaseKey | None = None,
    list_date: date = AS_OF,
    as_of: date = AS_OF,
) -> History:
    key = of or case()
    with ledger.read() as books:
        return books.histories.of_cases({key: charges}, list_date=list_date, as_of=as_of)[key]


def _list(books: Books, name: str, day: date, *charges: Charge, principal: str | None = None) -> None:
    plan(books, name, planned(account(charges=charges), tier=None, principal=principal), as_of=day)


def _pay(books: Books, day: date, amount: str, of: CaseKey | None = None) -> None:
    books.payments.add(of or case(), Payment(day, Decimal(amount)), by="clerk", at=AT)


def _seen(day: date, amount: str) -> Payment:
    return Payment(day, Decimal(amount), seen_in_list=True)


# --- payments ---------------------------------------------------------------------------------------------------------


def test_the_rise_of_what_lists_show_as_paid_is_a_payment_dated_with_the_newer_list(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge(paid="100.00"))
        _list(books, "B", OCTOBER, charge(paid="250.00"))
    assert _history(ledger, [charge(paid="300.00")]).payments == (_seen(OCTOBER, "150.00"), _seen(AS_OF, "50.00"))


def test_without_an_earlier_list_nothing_is_known_to_have_risen(ledger: Ledger) -> None:
    assert _history(ledger, [charge(paid="300.00")]).payments == ()


def test_what_was_recorded_between_two_lists_is_not_counted_twice(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge())
        _pay(books, SEPTEMBER, "1.00")  # dated the older list's day: already included in it
        _pay(books, date(2026, 9, 15), "40.00")
        _pay(books, OCTOBER, "60.00")  # dated the newer list's day: included in it
        _list(books, "B", OCTOBER, charge(paid="250.00"))
    seen = [it for it in _history(ledger, [charge(paid="250.00")]).payments if it.seen_in_list]
    assert seen == [_seen(OCTOBER, "150.00")]


def test_a_rise_wholly_recorded_or_a_fall_is_no_payment(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge(paid="100.00"))
        _pay(books, date(2026, 9, 15), "200.00")
        _list(books, "B", OCTOBER, charge(paid="200.00"))
    assert [it for it in _history(ledger, [charge(paid="50.00")]).payments if it.seen_in_list] == []


def test_charges_are_matched_by_item_due_date_and_period_and_new_ones_start_from_nothing(ledger: Ledger) -> None:
    year = Period(date(2025, 1, 1), date(2025, 12, 31))
    old = [
        charge(paid="100.00"),
        charge(item="停车费", paid="70.00"),
        Charge("水费", SEPTEMBER, Decimal("9.00"), Decimal("4.00"), period=year),
    ]
    new = [
        charge(paid="110.00"),
        charge(item="停车费", paid="5.00", due_date=date(2026, 2, 28)),
        Charge("水费", SEPTEMBER, Decimal("9.00"), Decimal("5.00"), period=year),
        Charge("水费", SEPTEMBER, Decimal("9.00"), Decimal("2.00")),
    ]
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, *old)
    assert _history(ledger, new).payments == (_seen(AS_OF, "18.00"),)


def test_a_list_without_the_account_is_passed_over(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge(paid="100.00"))
        plan(books, "B", account("9-9"), as_of=OCTOBER)
    assert _history(ledger, [charge(paid="130.00")]).payments == (_seen(AS_OF, "30.00"),)


def test_a_later_list_is_none_of_the_earlier_ones(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge(paid="100.00"))
        _list(books, "B", AS_OF, charge(paid="900.00"))
    assert _history(ledger, [charge(paid="120.00")], list_date=OCTOBER).payments == (_seen(OCTOBER, "20.00"),)


def test_payments_of_another_owner_or_a_like_unit_are_not_this_one_s(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _pay(books, NOVEMBER, "5.00", case("1-101", "乙二"))
        _pay(books, NOVEMBER, "5.00", case("1-1010"))
        _pay(books, NOVEMBER, "7.00")
    assert _history(ledger).payments == (Payment(NOVEMBER, Decimal("7.00")),)


# --- settled on -------------------------------------------------------------------------------------------------------


def test_a_batch_that_found_nothing_claimable_settles_the_case_on_its_day(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge(), principal="0.00")
        _list(books, "B", OCTOBER, charge(), principal="500.00")
    assert _history(ledger, [charge()]).settled_on == SEPTEMBER


def test_a_settlement_after_the_day_in_question_is_not_known_on_it(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge(), principal="0.00")
    assert _history(ledger, [charge()], as_of=SEPTEMBER - timedelta(days=1)).settled_on is None


@pytest.mark.parametrize(
    ("paid", "settled"),
    [("1199.99", None), ("1200.00", date(2026, 9, 20)), ("1300.00", date(2026, 9, 20))],
)
def test_a_payment_that_pays_all_that_was_due_settles_the_case_on_its_day(
    ledger: Ledger, paid: str, settled: date | None
) -> None:
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge())
        _pay(books, date(2026, 9, 20), paid)
    assert _history(ledger, [charge()]).settled_on == settled


def test_payments_add_up_until_the_case_is_settled(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge())
        for day, amount in ((5, "600.00"), (9, "600.00")):
            _pay(books, date(2026, 9, day), amount)
    assert _history(ledger, [charge()]).settled_on == date(2026, 9, 9)


def test_a_payment_of_the_list_s_day_is_in_the_list_already_and_settles_nothing(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge())
        _pay(books, SEPTEMBER, "1200.00")
    assert _history(ledger, [charge()]).settled_on is None


def test_what_is_not_due_yet_does_not_keep_a_case_from_being_settled(ledger: Ledger) -> None:
    paid_on = date(2026, 9, 20)
    with ledger.begin() as books:
        _list(books, "A", SEPTEMBER, charge(), charge(due_date=paid_on))
        _pay(books, paid_on, "1200.00")
    assert _history(ledger, [charge()]).settled_on == paid_on


# --- notices ----------------------------------------------------------------------------------------------------------


def _old(
    day: date, state: State = State.DELIVERED, *, to: str | None = None, of: CaseKey | None = None
) -> ImportedNotice:
    ways = (PastDelivery(Channel.PRINT, state, to, day), PastDelivery(Channel.EMAIL, State.BOUNCED, to, day))
    return ImportedNotice(of or case(), "甲一", "reminder", 0, day, ways)


def _addresses(ledger: Ledger) -> list[str | None]:
    return [
        delivery.to
        for notice in _history(ledger).notices
        for delivery in notice.deliveries
        if delivery.channel is Channel.EMAIL
    ]


def test_own_notices_count_from_approval_on_and_withdrawn_ones_not(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), as_of=SEPTEMBER)
    assert _history(ledger).notices == ()
    with ledger.begin() as books:
        approve(books, "A")
        (notice,) = (it.notice for it in books.batches.decisions("A"))
    assert notice is not None
    (past,) = _history(ledger).notices
    assert (past.id, past.number, past.date, past.deadline) == (notice.id, notice.number, SEPTEMBER, notice.deadline)
    assert past.state is State.APPROVED
    with ledger.begin() as books:
        books.deliveries.set_states(
            [StateChange(it.id, State.WITHDRAWN) for it in notice.deliveries], by="clerk", at=AT
        )
    assert _history(ledger).notices == ()


def test_the_day_a_delivery_was_made_is_given_where_it_is_on_record(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", planned(account(), channels=[Channel.PRINT]), as_of=SEPTEMBER)
        approve(books, "A")
        (notice,) = (it.notice for it in books.batches.decisions("A"))
        assert notice is not None
        for change in (State.RENDERED, State.SPOOLED, State.HANDED_OVER):
            books.deliveries.set_states([StateChange(notice.deliveries[0].id, change)], by="clerk", at=AT)
        done = StateChange(notice.deliveries[0].id, State.DELIVERED, on=date(2026, 9, 7))
        books.deliveries.set_states([done], by="clerk", at=AT)
    (past,) = _history(ledger).notices
    assert past.deliveries == (PastDelivery(Channel.PRINT, State.DELIVERED, "示例路 1-101", date(2026, 9, 7)),)


def test_notices_of_other_owners_and_like_units_are_not_this_case_s(ledger: Ledger) -> None:
    with ledger.begin() as books:
        others = [_old(SEPTEMBER, of=case("1-101", "乙二")), _old(SEPTEMBER, of=case("1-1010"))]
        books.imports.add([*others, _old(OCTOBER)], by="clerk", at=AT)
    assert [it.date for it in _history(ledger).notices] == [OCTOBER]


def test_joint_owners_are_one_case_in_any_order(ledger: Ledger) -> None:
    with ledger.begin() as books:
        books.imports.add([_old(OCTOBER, of=case("1-101", "乙二", "甲一"))], by="clerk", at=AT)
    assert len(_history(ledger, of=case("1-101", "甲一", "乙二")).notices) == 1


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], None),
        ([("before@example.com", SEPTEMBER)], "before@example.com"),
        ([("older@example.com", SEPTEMBER), ("before@example.com", date(2026, 9, 30))], "before@example.com"),
        ([("before@example.com", SEPTEMBER), ("that-day@example.com", OCTOBER)], "that-day@example.com"),
        ([("after@example.com", NOVEMBER), ("later@example.com", date(2026, 11, 2))], "after@example.com"),
    ],
)
def test_where_an_imported_notice_went_is_what_the_nearest_list_knew(
    ledger: Ledger, known: list[tuple[str, date]], expected: str | None
) -> None:
    with ledger.begin() as books:
        books.imports.add([_old(OCTOBER)], by="clerk", at=AT)
        for email, day in known:
            plan(books, email, planned(account(email=email), tier=None), as_of=day)
    assert _addresses(ledger) == [expected]


def test_an_imported_address_that_is_known_stays(ledger: Ledger) -> None:
    with ledger.begin() as books:
        books.imports.add([_old(OCTOBER, to="told@example.com")], by="clerk", at=AT)
        plan(books, "A", planned(account(email="list@example.com"), tier=None), as_of=NOVEMBER)
    assert _addresses(ledger) == ["told@example.com"]


# --- holds, owners, deciding again ------------------------------------------------------------------------------------


def test_holds_come_in_the_order_of_entry_and_lifted_ones_not(ledger: Ledger) -> None:
    wishes = [Hold(kind, NOVEMBER) for kind in (HoldKind.PAPER_ONLY, HoldKind.EMAIL_ONLY, HoldKind.DISPUTED)]
    with ledger.begin() as books:
        ids = [books.holds.add(case(), it, by="clerk", at=AT) for it in wishes]
        assert ids[2] is not None
        books.holds.lift(ids[2], by="clerk", at=AT)
    assert _history(ledger).holds == tuple(wishes[:2])


def test_owners_are_known_from_earlier_batches_and_imported_history_but_not_from_holds(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account("1-101", "乙二"), as_of=SEPTEMBER)
        plan(books, "late", account("1-101", "戊五"), as_of=date(2026, 12, 1))
        books.imports.add([_old(SEPTEMBER, of=case("1-101", "丙三"))], by="clerk", at=AT)
        books.holds.add(case("1-101", "丁四"), Hold(HoldKind.DISPUTED, SEPTEMBER), by="clerk", at=AT)
    assert _history(ledger).known_owners == {("乙二",), ("丙三",)}


def _again(books: Books, *, since: bool = True) -> History:
    return books.histories.of_cases(
        {case(): [charge()]},
        list_date=OCTOBER,
        as_of=OCTOBER,
        leave_out_batch="A",
        again=since,
    )[case()]


def test_deciding_again_leaves_the_batch_s_own_notices_and_accounts_out(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", planned(account(), principal="0.00"), as_of=OCTOBER)
        approve(books, "A")
        history = _again(books)
        assert (history.notices, history.known_owners, history.settled_on) == ((), frozenset(), None)
        without = books.histories.of_cases({case(): [charge()]}, list_date=OCTOBER, as_of=OCTOBER)[case()]
        assert (len(without.notices), without.settled_on) == (1, OCTOBER)


def test_deciding_again_does_not_take_a_later_batch_of_the_same_day_for_an_earlier_one(ledger: Ledger) -> None:
    with ledger.begin() as books:
        _list(books, "before", OCTOBER, charge(paid="10.00"))
        _list(books, "A", OCTOBER, charge(paid="50.00"))
        _list(books, "after", OCTOBER, charge(paid="99.00"))
        history = books.histories.of_cases(
            {case(): [charge(paid="50.00")]}, list_date=OCTOBER, as_of=OCTOBER, leave_out_batch="A"
        )[case()]
    assert history.payments == (_seen(OCTOBER, "40.00"),)


@pytest.mark.parametrize("planned_first", [True, False])
def test_deciding_again_counts_holds_and_notices_whatever_their_date_and_whenever_they_were_entered(
    ledger: Ledger, planned_first: bool
) -> None:
    tomorrow = OCTOBER + timedelta(days=1)
    with ledger.begin() as books:
        if planned_first:
            plan(books, "A", account(), as_of=OCTOBER)
        books.holds.add(case(), Hold(HoldKind.DISPUTED, tomorrow), by="clerk", at=AT)
        books.imports.add([_old(tomorrow)], by="clerk", at=AT)
        plan(books, "B", account(), as_of=tomorrow)
        approve(books, "B")
        if not planned_first:
            plan(books, "A", account(), as_of=OCTOBER)
        again, plain = _again(books), _again(books, since=False)
    assert [it.registered for it in again.holds] == [OCTOBER]
    assert [it.date for it in again.notices] == [OCTOBER, OCTOBER]
    assert [it.registered for it in plain.holds] == [tomorrow]
    assert [it.date for it in plain.notices] == [tomorrow, tomorrow]


def test_deciding_again_knows_of_a_letter_of_a_later_date_that_has_gone(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), as_of=OCTOBER)
        books.imports.add([_old(OCTOBER)], by="clerk", at=AT)
        assert not _again(books).dated_later
        books.imports.add([_old(OCTOBER + timedelta(days=1))], by="clerk", at=AT)
        assert (_again(books).dated_later, _again(books, since=False).dated_later) == (True, False)


CLOCKS = {
    "right": (AT, LATER),
    "put back": (LATER, AT),
    "a second machine far ahead": (AT + timedelta(days=40), AT),
    "stopped": (AT, AT),
}


@pytest.mark.parametrize(("planned_at", "entered_at"), CLOCKS.values(), ids=CLOCKS.keys())
def test_a_payment_of_the_lists_own_day_entered_since_the_plan_counts_as_made_after_it_whatever_clocks_say(
    ledger: Ledger, planned_at: datetime, entered_at: datetime
) -> None:
    with ledger.begin() as books:
        books.payments.add(case(), Payment(OCTOBER, Decimal("5.00")), by="clerk", at=entered_at)
        plan(books, "A", account(), as_of=OCTOBER, at=planned_at)
    with ledger.begin() as books:
        books.payments.add(case(), Payment(OCTOBER, Decimal("6.00")), by="clerk", at=entered_at)
        paid = {it.amount: it.date for it in _again(books).payments}
    assert paid == {Decimal("5.00"): OCTOBER, Decimal("6.00"): OCTOBER + timedelta(days=1)}


def test_accounts_added_to_a_batch_have_their_own_place_in_the_order(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), as_of=OCTOBER)
        for unit in ("1-101", "1-102"):
            books.payments.add(case(unit), Payment(OCTOBER, Decimal("5.00")), by="clerk", at=AT)
        books.batches.add_list("A", ListFile("more.xlsx", "sha-more", "明细", 1), by="clerk", at=AT).write(
            [planned(account("1-102"))]
        )
        late = books.late_payments.of_cases("A", [case("1-101"), case("1-102")])
    assert [(key.unit, len(found)) for key, found in late.items()] == [("1-101", 1)]


ANSWERS = {"nobody has said": None, "the list has it": True, "the list does not have it": False}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_payment_of_before_the_list_entered_since_the_plan_counts_if_somebody_says_that_the_list_lacks_it(
    ledger: Ledger, answer: bool | None
) -> None:
    with ledger.begin() as books:
        batch = plan(books, "A", account(), as_of=OCTOBER)
        payment = books.payments.add(case(), Payment(SEPTEMBER, Decimal("5.00")), by="clerk", at=AT)
        if answer is not None:
            books.late_payments.answer(
                payment, batch.id, in_list=not answer, by="clerk", at=AT
            )  # corrected by the next
            books.late_payments.answer(payment, batch.id, in_list=answer, by="clerk", at=AT)
        (late,) = books.late_payments.of_cases("A", [case()])[case()]
        days = [it.date for it in _again(books).payments]
    assert days == [OCTOBER + timedelta(days=1) if answer is False else SEPTEMBER]
    assert (late.unanswered, late.counts, late.in_list) == (answer is None, answer is False, answer)


def test_an_answer_about_the_list_of_one_batch_is_none_about_another_s(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), as_of=OCTOBER)
        other = plan(books, "B", account(), as_of=NOVEMBER)
        payment = books.payments.add(case(), Payment(SEPTEMBER, Decimal("5.00")), by="clerk", at=AT)
        books.late_payments.answer(payment, other.id, in_list=True, by="clerk", at=AT)
        unanswered = {name: books.late_payments.of_cases(name, [case()])[case()][0].unanswered for name in ("A", "B")}
        assert unanswered == {"A": True, "B": False}
        assert books.late_payments.asking(payment) == {"A": True, "B": True}


def test_what_was_recorded_since_an_event_is_news_unless_it_only_tells_that_letters_left(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", planned(account(), channels=[Channel.EMAIL]))
        approve(books, "A")
        (notice,) = (it.notice for it in books.batches.decisions("A"))
        assert notice is not None
        delivery = notice.deliveries[0].id
        basis = books.events.last()
        assert books.events.news_since(basis) == (basis, False)
        for state in (State.RENDERED, State.SENDING, State.SENT):
            books.deliveries.set_states([StateChange(delivery, state)], by="clerk", at=AT)
        assert books.events.news_since(basis) == (basis + 3, False)
        basis += 3
        books.deliveries.set_states([StateChange(delivery, State.BOUNCED, on=AS_OF)], by="clerk", at=AT)
        assert books.events.news_since(basis).any


NEWS: dict[str, Callable[[Books], object]] = {
    "payment": lambda books: books.payments.add(case(), Payment(AS_OF, Decimal("5.00")), by="clerk", at=AT),
    "payment taken back": lambda books: books.payments.take_back(1, why="a mistake", by="clerk", at=AT),
    "answer about a payment": lambda books: books.late_payments.answer(1, 1, in_list=True, by="clerk", at=AT),
    "hold": lambda books: books.holds.add(case(), Hold(HoldKind.HARDSHIP, AS_OF), by="clerk", at=AT),
    "hold lifted": lambda books: books.holds.lift(1, by="clerk", at=AT),
    "imported notice": lambda books: books.imports.add([_old(NOVEMBER)], by="clerk", at=AT),
    "imported notice corrected": lambda books: books.imports.add([_old(OCTOBER, State.RETURNED)], by="clerk", at=AT),
    "another list": lambda books: plan(books, "B", account("1-105")),
    "approval": lambda books: approve(books, "A"),
    "slip": lambda books: books.slips.add(1, Slip(("amount",), AS_OF), "typed", by="clerk", at=AT),
}


@pytest.mark.parametrize("entry", NEWS.values(), ids=NEWS.keys())
def test_every_entry_that_a_decision_may_depend_on_is_news(ledger: Ledger, entry: Callable[[Books], object]) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
        books.imports.add([_old(OCTOBER)], by="clerk", at=AT)
        books.payments.add(case(), Payment(AS_OF, Decimal("7.00")), by="clerk", at=AT)
        books.holds.add(case(), Hold(HoldKind.DISPUTED, AS_OF), by="clerk", at=AT)
        basis = books.events.last()
    with ledger.begin() as books:
        entry(books)
    with ledger.read() as books:
        assert books.events.news_since(basis).any


def test_many_cases_at_once_give_what_each_gives_alone(ledger: Ledger) -> None:
    units = [f"{number}-1" for number in range(700)]
    with ledger.begin() as books:
        plan(books, "A", *(account(unit) for unit in units), as_of=SEPTEMBER)
        approve(books, "A")
        _pay(books, OCTOBER, "3.00", case("5-1"))
    current = {case(unit): [charge(paid="2.00")] for unit in units}
    with ledger.read() as books:
        together = books.histories.of_cases(current, list_date=AS_OF, as_of=AS_OF)
        alone = {
            key: books.histories.of_cases({key: current[key]}, list_date=AS_OF, as_of=AS_OF)[key]
            for key in list(current)[:9]
        }
    assert {key: together[key] for key in alone} == alone
    assert len(together) == len(units)
    assert all(len(history.notices) == 1 for history in together.values())


def test_a_unit_that_was_listed_or_written_to_is_known(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account("1-1"))
        books.imports.add([_old(SEPTEMBER, of=case("1-2"))], by="clerk", at=AT)
        known = [books.histories.knows(case(unit)) for unit in ("1-1", "1-2", "1-3")]
    assert known == [True, True, False]
