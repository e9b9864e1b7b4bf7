from __future__ import annotations

from dataclasses import replace

import pytest
from ledger_builders import AT, account, approve, plan, planned

from notices.errors import Refused, UsageMistake
from notices.ledger import JobRecord, JobState, Ledger, LetterPosition, NewJob, StateChange
from notices.model import Channel, State


def _ready(ledger: Ledger) -> list[int]:
    """Plan, approve and render two letters."""
    with ledger.begin() as books:
        plan(books, "A", *(planned(account(unit), channels=[Channel.PRINT]) for unit in ("1-1", "1-2")))
        approve(books, "A")
        ids = [it.notice.deliveries[0].id for it in books.batches.decisions("A") if it.notice]
        books.deliveries.set_states([StateChange(key, State.RENDERED) for key in ids], by="clerk", at=AT)
    return ids


def _job(ids: list[int]) -> NewJob:
    return NewJob("A-1", "A", _places(ids), letters=2, sheets=3, files={"letters.pdf": "abc"})


def _places(ids: list[int]) -> tuple[LetterPosition, ...]:
    return tuple(
        LetterPosition(
            key, position, "letters.pdf", first_page=2 * position - 1, pages=2, first_sheet=position, sheets=1
        )
        for position, key in enumerate(reversed(ids), start=1)
    )


def _states(ledger: Ledger) -> list[State]:
    with ledger.read() as books:
        return [it.notice.state for it in books.batches.decisions("A") if it.notice]


def test_a_job_keeps_the_order_of_printing_and_spools_its_deliveries(ledger: Ledger) -> None:
    ids = _ready(ledger)
    with ledger.begin() as books:
        books.jobs.add(_job(ids), by="clerk", at=AT)
        (job,) = books.jobs.all("A")
        assert tuple(books.jobs.places("A-1")) == _places(ids)
    expected = JobRecord("A-1", "A", JobState.SPOOLED, False, 2, 3, {"letters.pdf": "abc"}, AT, tuple(reversed(ids)))
    assert job == expected
    assert _states(ledger) == [State.SPOOLED, State.SPOOLED]


def test_a_delivery_goes_into_one_job_only(ledger: Ledger) -> None:
    ids = _ready(ledger)
    with ledger.begin() as books:
        books.jobs.add(_job(ids), by="clerk", at=AT)
    with pytest.raises(Refused), ledger.begin() as books:
        books.jobs.add(replace(_job(ids), number="A-2"), by="clerk", at=AT)
    with ledger.read() as books:
        assert [job.number for job in books.jobs.all()] == ["A-1"]


def test_a_supplement_changes_no_state(ledger: Ledger) -> None:
    ids = _ready(ledger)
    with ledger.begin() as books:
        books.jobs.add(_job(ids), by="clerk", at=AT)
        books.jobs.add(replace(_job(ids), number="A-2", replaces="A-1"), by="clerk", at=AT)
        books.jobs.confirm("A-2", by="clerk", at=AT)
    assert _states(ledger) == [State.SPOOLED, State.SPOOLED]


def test_a_confirmed_job_has_handed_over_what_was_not_pulled_out(ledger: Ledger) -> None:
    ids = _ready(ledger)
    with ledger.begin() as books:
        books.jobs.add(_job(ids), by="clerk", at=AT)
        books.deliveries.set_states([StateChange(ids[0], State.WITHDRAWN)], by="clerk", at=AT)
        assert books.jobs.confirm("A-1", by="clerk", at=AT).state is JobState.HANDED_OVER
        found = books.jobs.find("A-1")
        assert found is not None
        assert found.state is JobState.HANDED_OVER
    assert _states(ledger) == [State.WITHDRAWN, State.HANDED_OVER]


def test_a_job_is_confirmed_once_and_an_unknown_one_is_named(ledger: Ledger) -> None:
    ids = _ready(ledger)
    with ledger.begin() as books:
        books.jobs.add(_job(ids), by="clerk", at=AT)
        books.jobs.confirm("A-1", by="clerk", at=AT)
    with pytest.raises(Refused, match="A-1"), ledger.begin() as books:
        books.jobs.confirm("A-1", by="clerk", at=AT)
    with pytest.raises(UsageMistake, match="A-9"), ledger.begin() as books:
        books.jobs.confirm("A-9", by="clerk", at=AT)


def test_what_began_and_did_not_end_is_remembered_with_its_options(ledger: Ledger) -> None:
    with ledger.begin() as books:
        for verb in ("approve", "render", "render"):
            books.commands.start(verb, {"tier": "reminder"}, batch="A", at=AT)
        books.commands.start("render", {}, batch="B", at=AT)
        books.commands.finish("render", batch="A", at=AT)
    with ledger.read() as books:
        assert [(it.verb, it.options, it.started_at) for it in books.commands.unfinished("A")] == [
            ("approve", {"tier": "reminder"}, AT)
        ]
        assert [it.verb for it in books.commands.unfinished("B")] == ["render"]
