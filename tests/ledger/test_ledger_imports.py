from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_builders import AS_OF, AT, approve, case, plan, planned
from ledger_builders import account as an_account

from notices.errors import Refused
from notices.ledger import ImportedNotice, Ledger, StateChange
from notices.model import Channel, History, PastDelivery, State
from notices.rules.case_numbers import Step, generations

TIERS = ("reminder", "lawyer-letter", "follow-up")


def _letter(
    number: str | None = "H-1",
    *,
    unit: str = "1-101",
    tier: str = "reminder",
    day: date = date(2026, 3, 1),
    state: State = State.HANDED_OVER,
    on: date | None = None,
    channel: Channel = Channel.PRINT,
) -> ImportedNotice:
    ways = (PastDelivery(channel, state, on=on),)
    return ImportedNotice(case(unit), "甲一", tier, TIERS.index(tier), day, ways, number=number)


def _import(ledger: Ledger, *letters: ImportedNotice) -> list[str]:
    with ledger.begin() as books:
        return list(books.imports.add(letters, by="clerk", at=AT))


def _history(ledger: Ledger, unit: str = "1-101") -> History:
    with ledger.read() as books:
        return books.histories.of_cases({case(unit): ()}, list_date=AS_OF, as_of=AS_OF)[case(unit)]


def _events(ledger: Ledger) -> int:
    with ledger.read() as books:
        ids = [past.id for past in _history(ledger).notices if past.id]
        return sum(
            len(books.events.of(what, key))
            for notice in books.notices.with_ids(ids)
            for what, key in (("notice", notice.id), *(("delivery", it.id) for it in notice.deliveries))
        )


@pytest.mark.parametrize("number", ["H-1", None])
def test_the_same_file_again_changes_nothing(ledger: Ledger, number: str | None) -> None:
    letters = [_letter(number, state=State.DELIVERED, on=date(2026, 3, 4)), _letter("H-2", tier="lawyer-letter")]
    assert _import(ledger, *letters) == ["new", "new"]
    before = _history(ledger), _events(ledger)
    assert _import(ledger, *letters) == ["same", "same"]
    assert (_history(ledger), _events(ledger)) == before


def test_a_result_that_became_known_updates_the_delivery_with_an_event(ledger: Ledger) -> None:
    _import(ledger, _letter())
    before = _events(ledger)
    assert _import(ledger, _letter(state=State.DELIVERED, on=date(2026, 3, 4))) == ["changed"]
    (notice,) = _history(ledger).notices
    assert notice.deliveries == (PastDelivery(Channel.PRINT, State.DELIVERED, on=date(2026, 3, 4)),)
    assert _events(ledger) == before + 1


def test_an_older_file_without_the_result_does_not_take_it_away(ledger: Ledger) -> None:
    _import(ledger, _letter(state=State.DELIVERED, on=date(2026, 3, 4)))
    assert _import(ledger, _letter()) == ["same"]
    assert _history(ledger).notices[0].state is State.DELIVERED


def test_rows_of_one_number_are_one_notice_by_several_ways(ledger: Ledger) -> None:
    by_mail = _letter(channel=Channel.EMAIL, state=State.BOUNCED)
    assert _import(ledger, _letter(), by_mail) == ["new", "same"]
    (notice,) = _history(ledger).notices
    assert {(it.channel, it.state) for it in notice.deliveries} == {
        (Channel.PRINT, State.HANDED_OVER),
        (Channel.EMAIL, State.BOUNCED),
    }


def test_a_way_that_becomes_known_later_is_added(ledger: Ledger) -> None:
    _import(ledger, _letter())
    assert _import(ledger, _letter(channel=Channel.EMAIL, state=State.BOUNCED)) == ["changed"]
    assert len(_history(ledger).notices[0].deliveries) == 2


def test_a_number_of_another_account_is_told_and_nothing_of_it_written(ledger: Ledger) -> None:
    assert _import(ledger, _letter(), _letter(unit="1-102")) == ["new", "taken"]
    assert _import(ledger, _letter(unit="1-103")) == ["taken"]
    assert _history(ledger, "1-102").notices == _history(ledger, "1-103").notices == ()


def test_a_number_that_becomes_known_is_given_to_the_notice_without_one(ledger: Ledger) -> None:
    _import(ledger, _letter(None))
    assert _import(ledger, _letter("H-1")) == ["changed"]
    assert [it.number for it in _history(ledger).notices] == ["H-1"]


def test_a_notice_of_this_program_is_not_rewritten_by_history(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", planned(an_account(), channels=[Channel.PRINT]))
        approve(books, "A")
    told = _letter("WTY-2026-000001", day=AS_OF, state=State.RETURNED)
    assert _import(ledger, told) == ["own"]
    assert _history(ledger).notices[0].state is State.APPROVED


def test_what_history_sent_stands_in_the_way_of_the_same_tier_in_the_case(ledger: Ledger) -> None:
    _import(ledger, _letter())
    continued = _history(ledger).notices[0].id
    with ledger.begin() as books:
        plan(books, "A", planned(an_account(), channels=[Channel.PRINT]))
    with pytest.raises(Refused, match="H-1"), ledger.begin() as books:
        approve(books, "A", continues=continued)
    _import(ledger, _letter(state=State.RETURNED))
    with ledger.begin() as books:
        approve(books, "A", continues=continued)


def _case_numbers(ledger: Ledger) -> dict[str | None, int | None]:
    with ledger.read() as books:
        ids = [past.id for past in _history(ledger).notices if past.id]
        return {notice.number: notice.case_no for notice in books.notices.with_ids(ids)}


LETTERS = (
    _letter("a", day=date(2024, 1, 1)),
    _letter("b", day=date(2024, 2, 1), tier="lawyer-letter"),
    _letter("c", day=date(2025, 1, 1), state=State.RETURNED),
    _letter("d", day=date(2025, 2, 1)),
)


@pytest.mark.parametrize("order", list(permutations(LETTERS))[::5])
def test_cases_follow_the_dates_in_whatever_order_letters_become_known(
    ledger: Ledger, order: tuple[ImportedNotice, ...]
) -> None:
    for letter in order:
        _import(ledger, letter)
    assert _case_numbers(ledger) == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_a_letter_of_this_program_stays_in_the_case_that_it_continues(ledger: Ledger) -> None:
    _import(ledger, _letter("d", day=date(2026, 2, 1)))
    continued = _history(ledger).notices[0].id
    with ledger.begin() as books:
        plan(books, "A", planned(an_account(), tier="lawyer-letter", channels=[Channel.PRINT]))
        approve(books, "A", rank=1, continues=continued)
    _import(ledger, *(replace(letter, number=f"old-{letter.number}") for letter in LETTERS[:2]))
    numbers = _case_numbers(ledger)
    assert numbers["d"] == numbers["WTY-2026-000001"] == 2
    with ledger.begin() as books:
        (notice,) = (it.notice for it in books.batches.decisions("A"))
        assert notice is not None
        books.deliveries.set_states([StateChange(notice.deliveries[0].id, State.RENDERED)], by="clerk", at=AT)


steps = st.lists(
    st.tuples(st.integers(0, 2), st.booleans(), st.booleans(), st.none() | st.integers(0, 9)), max_size=10
).map(
    lambda drawn: [
        Step(key, TIERS[rank], rank, counts, imported, continues)
        for key, (rank, counts, imported, continues) in enumerate(drawn)
    ]
)


@given(steps)
def test_no_case_ever_holds_one_tier_twice_among_what_counts(history: list[Step]) -> None:
    numbers = generations(history)
    held = [(numbers[step.id], step.tier) for step in history if step.counts]
    assert len(held) == len(set(held))
    assert set(numbers) == {step.id for step in history}
    assert sorted(set(numbers.values())) == list(range(1, len(set(numbers.values())) + 1))
