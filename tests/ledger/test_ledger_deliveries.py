from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from ledger_builders import AS_OF, AT, account, approve, plan, planned

from notices.errors import Refused
from notices.ledger import Ledger, MailFacts, NoticeRecord, RenderedLetter, StateChange
from notices.model import Channel, State
from notices.rules.states import NEXT, may_follow

LATER = AT + timedelta(hours=1)


def _approved(ledger: Ledger, *units: str) -> list[NoticeRecord]:
    with ledger.begin() as books:
        plan(books, "A", *(account(unit) for unit in units or ("1-101",)))
        approve(books, "A")
        return [it.notice for it in books.batches.decisions("A") if it.notice]


def _through(ledger: Ledger, delivery_id: int, *states: State) -> None:
    with ledger.begin() as books:
        for state in states:
            books.deliveries.set_states([StateChange(delivery_id, state)], by="clerk", at=LATER)


def _again(ledger: Ledger, notice: NoticeRecord) -> NoticeRecord:
    with ledger.read() as books:
        return books.notices.with_ids([notice.id])[0]


MAILED = (State.RENDERED, State.SPOOLED, State.SENT)
PRINTED = (State.RENDERED, State.SPOOLED, State.HANDED_OVER)


def test_a_change_of_state_and_its_event_are_written_together(ledger: Ledger) -> None:
    (notice,) = _approved(ledger)
    delivery = notice.deliveries[0]
    change = StateChange(delivery.id, State.RENDERED, kind="rendered", data={"shard": 1})
    with ledger.begin() as books:
        books.deliveries.set_states([change], by="clerk", at=LATER)
    with ledger.read() as books:
        event = books.events.of("delivery", delivery.id)[-1]
        now = books.notices.with_ids([notice.id])[0].deliveries[0]
    assert (now.state, now.since) == (State.RENDERED, LATER)
    assert (event.at, event.by, event.kind) == (LATER, "clerk", "rendered")
    assert event.data == {"from": "approved", "to": "rendered", "shard": 1}


def test_one_impossible_change_moves_none_and_is_named(ledger: Ledger) -> None:
    first, second = _approved(ledger, "1-1", "1-2")
    changes = [
        StateChange(first.deliveries[0].id, State.RENDERED),
        StateChange(second.deliveries[0].id, State.SENT),
    ]
    with pytest.raises(Refused, match="000002 by email is approved; it cannot become sent"), ledger.begin() as books:
        books.deliveries.set_states(changes, by="clerk", at=AT)
    assert _again(ledger, first).state is State.APPROVED


def test_the_command_line_s_story_of_states_is_what_may_happen() -> None:
    told = {
        (State.SENDING, State.SENT),
        (State.SENDING, State.DEFERRED),
        (State.SENDING, State.REFUSED),
        (State.SENDING, State.UNKNOWN),
        (State.SENDING, State.RENDERED),
        (State.UNKNOWN, State.SENT),
        (State.UNKNOWN, State.RENDERED),
        (State.SPOOLED, State.SENT),
    }
    assert all(may_follow(Channel.EMAIL, now, then) for now, then in told)
    assert may_follow(Channel.PRINT, State.SPOOLED, State.HANDED_OVER)
    assert not may_follow(Channel.EMAIL, State.SPOOLED, State.HANDED_OVER)
    assert not may_follow(Channel.PRINT, State.SPOOLED, State.SENT)
    withdrawable = {now for now in NEXT if State.WITHDRAWN in NEXT[now]}
    assert withdrawable == {
        State.PLANNED,
        State.APPROVED,
        State.RENDERED,
        State.SET_ASIDE,
        State.DEFERRED,
        State.SPOOLED,
    }


def test_nothing_comes_back_to_before_it_left() -> None:
    gone = {State.SENT, State.HANDED_OVER, State.DELIVERED, State.BOUNCED, State.RETURNED, State.REFUSED}
    before = {State.PLANNED, State.APPROVED, State.RENDERED, State.SPOOLED, State.SENDING, State.WITHDRAWN}
    assert not any(may_follow(channel, now, then) for channel in Channel for now, then in product(gone, before))
    after = {(channel, then) for channel in Channel for then in NEXT if may_follow(channel, State.WITHDRAWN, then)}
    assert after == {(Channel.PRINT, State.HANDED_OVER)}, "only the carrier can tell that it went all the same"


def test_one_delivery_cannot_change_twice_in_one_call(ledger: Ledger) -> None:
    (notice,) = _approved(ledger)
    twice = [StateChange(notice.deliveries[0].id, state) for state in (State.RENDERED, State.SET_ASIDE)]
    with pytest.raises(ValueError, match="one delivery"), ledger.begin() as books:
        books.deliveries.set_states(twice, by="clerk", at=AT)


def test_what_is_known_of_a_message_stays_when_its_state_goes_on(ledger: Ledger) -> None:
    (notice,) = _approved(ledger)
    mail = notice.deliveries[0]
    _through(ledger, mail.id, State.RENDERED)
    with ledger.begin() as books:
        facts = MailFacts(message_id="<1@example.com>", sha256="abc")
        books.deliveries.set_states([StateChange(mail.id, State.SENDING, mail=facts)], by="clerk", at=AT)
        answer = MailFacts(server_code=250, server_text="queued")
        books.deliveries.set_states([StateChange(mail.id, State.SENT, mail=answer)], by="clerk", at=AT)
        books.deliveries.set_states([StateChange(mail.id, State.BOUNCED, on=date(2026, 11, 25))], by="clerk", at=AT)
    now = _again(ledger, notice).deliveries[0]
    assert (now.message_id, now.sha256, now.server_code, now.server_text) == ("<1@example.com>", "abc", 250, "queued")
    assert (now.attempt, now.on, now.state) == (1, date(2026, 11, 25), State.BOUNCED)


def test_letters_that_are_rendered_know_their_pages_and_move_what_waited_for_it(ledger: Ledger) -> None:
    (notice,) = _approved(ledger)
    with ledger.begin() as books:
        books.deliveries.set_states([StateChange(notice.deliveries[0].id, State.WITHDRAWN)], by="clerk", at=AT)
        shard = books.notices.add_shard("A", file="output/A/letters/1.pdf", sha256="abc", pages=9, at=AT)
        books.notices.set_rendered([RenderedLetter(notice.id, shard, 4, 3)], by="clerk", at=LATER)
    now = _again(ledger, notice)
    assert now.shard is not None
    assert (now.shard.file, now.first_page, now.pages) == ("output/A/letters/1.pdf", 4, 3)
    assert [it.state for it in now.deliveries] == [State.WITHDRAWN, State.RENDERED]


def test_rendering_again_changes_the_pages_and_no_state(ledger: Ledger) -> None:
    (notice,) = _approved(ledger)
    _through(ledger, notice.deliveries[1].id, *PRINTED)
    with ledger.begin() as books:
        for file in ("1.pdf", "2.pdf"):
            shard = books.notices.add_shard("A", file=file, sha256=file, pages=3, at=AT)
            books.notices.set_rendered([RenderedLetter(notice.id, shard, 1, 3)], by="clerk", at=LATER)
        assert [shard.file for shard in books.notices.shards("A")] == ["2.pdf"]
    assert [it.state for it in _again(ledger, notice).deliveries] == [State.RENDERED, State.HANDED_OVER]


def test_a_notice_that_came_back_by_all_ways_gives_its_place_free(ledger: Ledger) -> None:
    (notice,) = _approved(ledger)
    mail, paper = notice.deliveries
    _through(ledger, mail.id, *MAILED, State.BOUNCED)
    with pytest.raises(Refused, match="conflicts"):
        _send_again(ledger, "B", notice)
    _through(ledger, paper.id, *PRINTED, State.RETURNED)
    assert _send_again(ledger, "C", notice).case_no == notice.case_no


def _send_again(ledger: Ledger, batch: str, notice: NoticeRecord) -> NoticeRecord:
    with ledger.begin() as books:
        plan(books, batch, planned(account(notice.case.unit), channels=[Channel.PRINT]))
        approve(books, batch, continues=notice.id)
        sent = books.batches.decisions(batch)[0].notice
    assert sent is not None
    return sent


def test_a_result_can_be_corrected_even_where_the_place_was_taken_since(ledger: Ledger) -> None:
    (notice,) = _approved(ledger)
    mail, paper = notice.deliveries
    _through(ledger, mail.id, State.WITHDRAWN)
    _through(ledger, paper.id, *PRINTED, State.RETURNED)
    second = _send_again(ledger, "B", notice)
    _through(ledger, paper.id, State.DELIVERED)
    _through(ledger, second.deliveries[0].id, *PRINTED)
    assert _again(ledger, notice).state is State.DELIVERED
    assert _again(ledger, second).state is State.HANDED_OVER


def test_a_corrected_result_takes_its_free_place_again(ledger: Ledger) -> None:
    (notice,) = _approved(ledger)
    mail, paper = notice.deliveries
    _through(ledger, mail.id, State.WITHDRAWN)
    _through(ledger, paper.id, *PRINTED, State.RETURNED, State.DELIVERED)
    with pytest.raises(Refused, match="conflicts"):
        _send_again(ledger, "B", notice)


def test_a_withdrawn_notice_gives_its_place_free(ledger: Ledger) -> None:
    (notice,) = _approved(ledger)
    for delivery in notice.deliveries:
        _through(ledger, delivery.id, State.WITHDRAWN)
    with ledger.begin() as books:
        plan(books, "B", account())
        approve(books, "B")
    assert _again(ledger, notice).state is State.WITHDRAWN


def test_the_earlier_step_of_a_letter_is_the_last_of_a_lower_tier_in_its_case(ledger: Ledger) -> None:
    (first,) = _approved(ledger)
    _through(ledger, first.deliveries[0].id, *MAILED)
    _through(ledger, first.deliveries[1].id, *PRINTED)
    with ledger.begin() as books:
        plan(books, "B", planned(account(), tier="lawyer-letter", channels=[Channel.PRINT]))
        approve(books, "B", rank=1, continues=first.id)
        lawyer = books.batches.decisions("B")[0].notice
    assert lawyer is not None
    _through(ledger, lawyer.deliveries[0].id, *PRINTED, State.RETURNED)
    with ledger.begin() as books:
        plan(books, "C", planned(account(), tier="lawyer-letter", channels=[Channel.PRINT]))
        approve(books, "C", rank=1, continues=lawyer.id)
        again = books.batches.decisions("C")[0].notice
        assert again is not None
        steps = books.notices.earlier_steps([first.id, lawyer.id, again.id])
    assert {key: step.number for key, step in steps.items()} == {lawyer.id: first.number, again.id: first.number}


def test_a_notice_is_found_by_its_number(ledger: Ledger) -> None:
    (notice,) = _approved(ledger)
    with ledger.read() as books:
        assert books.notices.find("WTY-2026-000001") == notice
        assert books.notices.find("WTY-2026-00000") is None
    assert notice.date == AS_OF
