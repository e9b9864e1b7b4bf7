"""Sales, claims and renames in the ledger: who is a new owner, and one owner under two spellings."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from ledger_builders import AT, account, approve, case, charge, plan, planned

from notices.errors import Refused
from notices.ledger import ImportedNotice, Ledger, StateChange
from notices.model import CaseKey, Channel, History, Hold, HoldKind, PastDelivery, Payment, State
from notices.rules.ownership import theirs

JUNE, SEPTEMBER, DECEMBER = date(2026, 6, 1), date(2026, 9, 1), date(2026, 12, 1)
OLD, NEW = case("1-101", "甲一"), case("1-101", "甲壹")


def history(ledger: Ledger, of: CaseKey = OLD, on: date = DECEMBER) -> History:
    with ledger.read() as books:
        return books.histories.of_cases({of: [charge()]}, list_date=on, as_of=on)[of]


def imported(
    of: CaseKey, day: date, tier: str = "reminder", rank: int = 0, state: State = State.SENT
) -> ImportedNotice:
    way = PastDelivery(Channel.PRINT, state, None, day)
    return ImportedNotice(case=of, owner=of.owners[0], tier=tier, tier_rank=rank, date=day, deliveries=(way,))


# --- new owners -------------------------------------------------------------------------------------------------------


def test_an_owner_is_new_since_the_first_list_after_another_owner_had_appeared(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account("1-101", "乙二"), as_of=JUNE)
        plan(books, "B", account(), as_of=SEPTEMBER)
        plan(books, "C", account(), as_of=SEPTEMBER + timedelta(days=30))
    assert history(ledger).new_since == SEPTEMBER
    assert history(ledger, case("1-101", "乙二")).new_since is None
    assert history(ledger, case("1-101", "丙三")).new_since == DECEMBER  # in this list for the first time
    assert history(ledger, case("1-102")).new_since is None


def test_an_imported_notice_is_an_appearance(ledger: Ledger) -> None:
    with ledger.begin() as books:
        books.imports.add([imported(case("1-101", "乙二"), JUNE)], by="clerk", at=AT)
        plan(books, "B", account(), as_of=SEPTEMBER)
    assert history(ledger).new_since == SEPTEMBER
    with ledger.begin() as books:
        books.imports.add([imported(OLD, JUNE - timedelta(days=1))], by="clerk", at=AT)
    assert history(ledger).new_since is None


def test_owners_who_appeared_together_are_not_new_to_each_other(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account("1-101", "乙二"), account(), as_of=JUNE)
    assert history(ledger).new_since is None
    assert history(ledger, case("1-101", "乙二")).new_since is None


def test_of_two_lists_of_one_day_the_second_one_has_the_new_owner(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account("1-101", "乙二"), as_of=JUNE)
        plan(books, "B", account(), as_of=JUNE)
        again = books.histories.of_cases({OLD: [charge()]}, list_date=JUNE, as_of=JUNE, leave_out_batch="B")[OLD]
    assert (again.new_since, history(ledger).new_since) == (JUNE, JUNE)


# --- claims -----------------------------------------------------------------------------------------------------------


def test_the_last_claim_of_an_owner_counts_and_no_other_owners(ledger: Ledger) -> None:
    with ledger.begin() as books:
        before = books.events.last()
        for day in (JUNE, SEPTEMBER):
            books.claims.add(OLD, day, by="clerk", at=AT)
        books.claims.add(case("1-101", "乙二"), DECEMBER, by="clerk", at=AT)
        assert books.events.news_since(before).any  # so that a running `send` decides again
        assert [(it.claimed_from, it.by) for it in books.claims.of_cases([OLD])] == [
            (JUNE, "clerk"),
            (SEPTEMBER, "clerk"),
        ]
        assert [event.by for event in books.events.of("claim", 1)] == ["clerk"]
    assert history(ledger).claimed_from == SEPTEMBER


def test_money_seen_on_the_former_owners_charges_is_no_payment_of_the_new_one(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(charges=[charge(due_date=JUNE)]), as_of=SEPTEMBER)
        books.claims.add(OLD, SEPTEMBER, by="clerk", at=AT)
        paid = [charge(paid="100.00", due_date=JUNE)]
        found = books.histories.of_cases({OLD: paid}, list_date=DECEMBER, as_of=DECEMBER)[OLD]
    assert found.payments == ()
    assert theirs(paid, found.claimed_from) == ()


# --- renames ----------------------------------------------------------------------------------------------------------


def rename(ledger: Ledger, old: CaseKey = OLD, new: CaseKey = NEW) -> None:
    with ledger.begin() as books:
        books.renames.add(old, new, by="clerk", at=AT)


def test_notices_holds_payments_lists_and_claims_of_the_old_spelling_are_the_new_ones(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), as_of=JUNE)
        numbers = approve(books, "A")
        books.holds.add(OLD, Hold(HoldKind.DISPUTED, JUNE), by="clerk", at=AT)
        books.payments.add(OLD, Payment(JUNE, charge().due), by="clerk", at=AT)
        books.claims.add(OLD, JUNE, by="clerk", at=AT)
    rename(ledger)
    for name in (NEW, OLD):  # a list that still has the old spelling means the same owner
        found = history(ledger, name)
        assert [notice.number for notice in found.notices] == list(numbers.values())
        assert (len(found.holds), len(found.payments), found.claimed_from, found.new_since) == (1, 1, JUNE, None)
        assert name.owners in found.known_owners
        with ledger.read() as books:
            assert books.histories.knows(name)
            assert [notice.case for notice in books.notices.of_case(name)] == [NEW]
            assert [record.case for record in books.holds.all(case=name)] == [NEW]
            assert [record.case for record in books.payments.all(name)] == [NEW]
    with ledger.read() as books:
        assert books.batches.cases("A") == {NEW: 1}
        assert books.lists.accounts_of(OLD.estate) == {NEW}


def test_a_renamed_owner_cannot_get_a_tier_a_second_time(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), as_of=JUNE)
        approve(books, "A")
        plan(books, "B", account("1-101", "甲壹"), as_of=JUNE)
    rename(ledger)
    with pytest.raises(Refused, match="conflicts"), ledger.begin() as books:
        approve(books, "B", continues=1)


def test_the_marks_follow_the_deliveries_under_the_new_name(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", planned(account(), channels=[Channel.PRINT]), as_of=JUNE)
        approve(books, "A")
    rename(ledger)
    with ledger.begin() as books:
        books.deliveries.set_states([StateChange(1, State.WITHDRAWN)], by="clerk", at=AT)
        plan(books, "B", account("1-101", "甲壹"), as_of=JUNE)
        approve(books, "B")  # nothing is in its way


def test_two_letters_on_their_way_are_not_merged(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account(), account("1-101", "甲壹"), as_of=JUNE)
        approve(books, "A")
    with pytest.raises(Refused, match="letter on its way"):
        rename(ledger)
    assert history(ledger, NEW).known_owners == {OLD.owners, NEW.owners}


def test_a_chain_of_renames_and_a_rename_back(ledger: Ledger) -> None:
    third = case("1-101", "贾一")
    with ledger.begin() as books:
        plan(books, "A", account(), as_of=JUNE)
    rename(ledger)
    rename(ledger, NEW, third)
    rename(ledger, third, OLD)
    with ledger.read() as books:
        assert {books.renames.today(name) for name in (OLD, NEW, third)} == {OLD}
        assert len(books.renames.of_case(NEW)) == 3
        assert [event.kind for event in books.events.of("rename", 1)] == ["account-renamed"]


def test_history_imported_under_the_old_spelling_is_recognised(ledger: Ledger) -> None:
    with ledger.begin() as books:
        books.imports.add([imported(OLD, JUNE)], by="clerk", at=AT)
    rename(ledger)
    with ledger.begin() as books:
        assert books.imports.add(
            [imported(OLD, JUNE), imported(NEW, SEPTEMBER, "lawyer-letter", 1)], by="x", at=AT
        ) == [
            "same",
            "new",
        ]
    assert [notice.tier for notice in history(ledger, NEW).notices] == ["reminder", "lawyer-letter"]
