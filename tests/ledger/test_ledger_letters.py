"""Letters of several notices: what becomes of one delivery becomes of all, until a notice is withdrawn."""

from __future__ import annotations

from datetime import date

import pytest
from ledger_builders import AT, account, approve, case, plan, planned

from notices.ledger import Books, Ledger, LetterPosition, MailFacts, NewJob, RenderedLetter, StateChange
from notices.model import Channel, State

MAIL, PAPER = Channel.EMAIL, Channel.PRINT
UNITS = ("1-101", "S-1", "P-1")


@pytest.fixture
def books_of(ledger: Ledger) -> Ledger:
    with ledger.begin() as books:
        plan(books, "A", *(planned(account(unit, email="a@example.com")) for unit in UNITS))
        numbers = approve(books, "A")
        books.letters.join([sorted(numbers)], by="clerk", at=AT)
    return ledger


def states(books: Books, channel: Channel = MAIL) -> list[State]:
    return [
        way.state
        for entry in books.batches.decisions("A")
        if entry.notice
        for way in entry.notice.deliveries
        if way.channel is channel
    ]


def deliveries(books: Books, channel: Channel = MAIL) -> list[int]:
    return [
        way.id
        for entry in books.batches.decisions("A")
        if entry.notice
        for way in entry.notice.deliveries
        if way.channel is channel
    ]


def move(books: Books, key: int, *following: State, **more: object) -> None:
    for state in following:
        books.deliveries.set_states([StateChange(key, state, **more)], by="clerk", at=AT)  # type: ignore[arg-type]


def rendered(books: Books) -> None:
    shard = books.notices.add_shard("A", file="x.pdf", sha256="abc", pages=2, at=AT)
    ids = [entry.notice.id for entry in books.batches.decisions("A") if entry.notice]
    books.notices.set_rendered([RenderedLetter(key, shard, 1, 2) for key in ids], by="clerk", at=AT)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_becomes_of_one_becomes_of_all_whichever_it_is_told_of(books_of: Ledger, place: int) -> None:
    with books_of.begin() as books:
        rendered(books)
        key = deliveries(books)[place]
        move(books, key, State.SENDING, mail=MailFacts("<id>", "abc"))
        move(books, key, State.SENT)
        move(books, key, State.BOUNCED, on=date(2026, 11, 24))
        assert states(books) == [State.BOUNCED] * 3
        assert states(books, PAPER) == [State.RENDERED] * 3
        ways = books.deliveries.with_ids(deliveries(books)).values()
        assert {(way.message_id, way.sha256, way.on) for way in ways} == {("<id>", "abc", date(2026, 11, 24))}


def test_each_change_is_an_event_of_every_notice_and_one_attempt_to_send(books_of: Ledger) -> None:
    with books_of.begin() as books:
        rendered(books)
        move(books, deliveries(books)[1], State.SENDING, data={"server": "mail:25"})
        for key in deliveries(books):
            assert books.events.of("delivery", key)[-1].kind == "sending"
        assert len(books.attempts.attempts_since(AT, "mail:25")) == 1


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_withdrawn_notice_takes_the_letter_back_to_be_made_again_without_it(books_of: Ledger, place: int) -> None:
    with books_of.begin() as books:
        rendered(books)
        gone = deliveries(books)[place]
        move(books, gone, State.WITHDRAWN)
        ways = books.deliveries.with_ids(deliveries(books))
        assert (ways[gone].state, ways[gone].letter_id) == (State.WITHDRAWN, None)
        rest = [way for key, way in ways.items() if key != gone]
        assert [way.state for way in rest] == [State.SET_ASIDE, State.SET_ASIDE]
        assert {way.letter_id for way in rest} == {rest[0].id}  # the first of them leads it now


def test_the_last_notice_of_a_letter_has_a_letter_of_its_own(books_of: Ledger) -> None:
    with books_of.begin() as books:
        for key in deliveries(books)[:2]:
            move(books, key, State.WITHDRAWN)
        assert states(books) == [State.WITHDRAWN, State.WITHDRAWN, State.APPROVED]
        assert books.deliveries.with_ids(deliveries(books)[2:])[deliveries(books)[2]].letter_id is None
        assert [it.kind for it in books.events.of("delivery", deliveries(books)[2])][-1] == "letter-changed"


def test_what_has_left_stays_one_letter_when_the_rest_is_withdrawn(books_of: Ledger) -> None:
    with books_of.begin() as books:
        rendered(books)
        move(books, deliveries(books)[0], State.SENDING, State.SENT)
        move(books, deliveries(books, PAPER)[0], State.WITHDRAWN)
        move(books, deliveries(books)[2], State.BOUNCED)
        assert states(books) == [State.BOUNCED] * 3
        assert states(books, PAPER) == [State.WITHDRAWN, State.SET_ASIDE, State.SET_ASIDE]


def test_all_notices_of_a_letter_can_be_withdrawn_at_once(books_of: Ledger) -> None:
    with books_of.begin() as books:
        changes = [StateChange(key, State.WITHDRAWN) for key in deliveries(books)]
        books.deliveries.set_states(changes, by="clerk", at=AT)
        assert states(books) == [State.WITHDRAWN] * 3


@pytest.mark.parametrize("place", [0, 1])
def test_a_letter_pulled_out_of_a_print_job_goes_in_another_one(books_of: Ledger, place: int) -> None:
    with books_of.begin() as books:
        rendered(books)
        keys = deliveries(books, PAPER)
        lead = keys[0]
        books.jobs.add(
            NewJob("A-P01", "A", (LetterPosition(lead, 1, "l.pdf", 1, 2, 1, 1),), 1, 1, {"l.pdf": "abc"}),
            by="clerk",
            at=AT,
        )
        assert states(books, PAPER) == [State.SPOOLED] * 3
        move(books, keys[place], State.WITHDRAWN)
        job = books.jobs.find("A-P01")
        assert job is not None
        assert job.stale
        assert job.inside == (lead,)  # the paper is there until the job is made again
        rest = [key for key in keys if key != keys[place]]
        assert {books.deliveries.with_ids(rest)[key].state for key in rest} == {State.SET_ASIDE}
        rendered(books)
        books.jobs.add(
            NewJob("A-P02", "A", (LetterPosition(rest[0], 1, "l.pdf", 1, 2, 1, 1),), 1, 1, {"l.pdf": "abc"}),
            by="clerk",
            at=AT,
        )
        books.jobs.confirm("A-P01", by="clerk", at=AT)
        assert {books.deliveries.with_ids(rest)[key].state for key in rest} == {State.SPOOLED}  # not the other job's
        books.jobs.confirm("A-P02", by="clerk", at=AT)
        assert {books.deliveries.with_ids(rest)[key].state for key in rest} == {State.HANDED_OVER}


def test_notices_of_different_channels_cannot_be_one_letter(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", planned(account("1-101")), planned(account("S-1"), channels=[PAPER]))
        numbers = approve(books, "A")
        with pytest.raises(ValueError, match="same channels"):
            books.letters.join([sorted(numbers)], by="clerk", at=AT)


def test_the_mates_of_a_notice_name_their_letter(books_of: Ledger) -> None:
    with books_of.read() as books:
        first, *others = [entry.notice for entry in books.batches.decisions("A") if entry.notice]
        for each in (first, *others):
            mates = books.letters.mates_of([each.id])[each.id]
            assert {it.letter_number for it in mates} == {first.number}
            assert {it.notice_id for it in mates} == {first.id, *(it.id for it in others)}
        assert books.letters.with_mates([others[0].id]) == {first.id, *(it.id for it in others)}
        assert [it.led for it in books.batches.summaries("A")] == [
            frozenset(way.id for way in each.deliveries if each is not first) for each in (first, *others)
        ]


def test_the_last_word_about_two_accounts_is_on_record(ledger: Ledger) -> None:
    with ledger.begin() as books:
        books.joins.add(case("1-101"), case("S-1"), together=True, by="clerk", at=AT)
        books.joins.add(case("S-1"), case("1-101"), together=False, by="lawyer", at=AT)
        assert [(it.together, it.by) for it in books.joins.of_case(case("S-1"))] == [(True, "clerk"), (False, "lawyer")]
        assert books.joins.of_case(case("P-1")) == []


@pytest.mark.parametrize("together", [False, True])
def test_a_word_about_an_owner_who_turns_out_to_be_two_joins_nobody_and_keeps_both_apart(
    ledger: Ledger, *, together: bool
) -> None:
    with ledger.begin() as books:
        for unit in ("1-101", "S-1"):
            books.renames.add(case(unit, "Old"), case(unit, "New"), by="clerk", at=AT)
        books.joins.add(case("1-101", "New"), case("S-1", "New"), together=together, by="clerk", at=AT)
        for unit in ("1-101", "S-1"):
            (rename,) = books.renames.of_case(case(unit, "New"))
            books.renames.take_back(rename, by="clerk", at=AT)
        books.joins.add(case("1-101", "New"), case("P-1", "New"), together=together, by="clerk", at=AT)
        said = {(it.one.owners, it.other.unit, it.together) for it in books.joins.all()}
        apart = {(("New",), "S-1", False), (("Old",), "S-1", False)}
        assert said == {(("New",), "P-1", together), *(() if together else apart)}
