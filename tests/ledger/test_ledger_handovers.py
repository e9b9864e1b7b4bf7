from __future__ import annotations

import pytest
from ledger_builders import AT, account, approve, plan, planned

from notices.errors import Refused
from notices.ledger import (
    WHOLE,
    HandoverFile,
    HandoverRecord,
    Ledger,
    LetterPosition,
    NewJob,
    StateChange,
    TransferState,
)
from notices.model import Channel, State

FILES = tuple(
    HandoverFile(place, f"letters-{place:02d}.pdf", "abc", f"A-1/{place:02d} abc", TransferState.WAITING, AT)
    for place in (1, 2)
)


@pytest.fixture
def spooled(ledger: Ledger) -> list[int]:
    """Make a print job of two letters, each in its own file."""
    with ledger.begin() as books:
        plan(books, "A", *(planned(account(unit), channels=[Channel.PRINT]) for unit in ("1-1", "1-2")))
        approve(books, "A")
        ids = [it.notice.deliveries[0].id for it in books.batches.decisions("A") if it.notice]
        books.deliveries.set_states([StateChange(key, State.RENDERED) for key in ids], by="clerk", at=AT)
        places = tuple(
            LetterPosition(key, at, f"letters-{at:02d}.pdf", 1, 1, at, 1) for at, key in enumerate(ids, start=1)
        )
        books.jobs.add(NewJob("A-1", "A", places, 2, 2, {file.file: "abc" for file in FILES}), by="clerk", at=AT)
    return ids


def start(ledger: Ledger, place: str = "/hot") -> HandoverRecord:
    with ledger.begin() as books:
        return books.handovers.start("A-1", place, FILES, by="clerk", at=AT)


def move(ledger: Ledger, handover: HandoverRecord, file: HandoverFile, *reaches: TransferState) -> HandoverFile:
    for reach in reaches:
        following = HandoverFile(file.position, file.file, file.sha256, file.name, reach, AT)
        with ledger.begin() as books:
            file = books.handovers.move_file(handover, file, following, by="clerk", at=AT)
    return file


def states(ledger: Ledger) -> list[State]:
    with ledger.read() as books:
        return [it.notice.state for it in books.batches.decisions("A") if it.notice]


def test_a_job_is_claimed_for_one_place_until_it_is_certain_that_nothing_went_there(
    ledger: Ledger, spooled: list[int]
) -> None:
    first = start(ledger)
    with pytest.raises(Refused, match="another place"):
        start(ledger, "/other")
    with ledger.begin() as books:
        assert books.handovers.of_job("A-1") == first
        books.handovers.release(first, by="clerk", at=AT)
    second = start(ledger, "/other")
    with ledger.read() as books:
        assert books.handovers.of_job("A-1") == second


def test_a_file_moves_on_only_from_where_it_stands(ledger: Ledger, spooled: list[int]) -> None:
    handover = start(ledger)
    move(ledger, handover, FILES[0], TransferState.SENDING)
    with pytest.raises(Refused):
        move(ledger, handover, FILES[0], TransferState.SENDING)
    with ledger.read() as books:
        found = books.handovers.of_job("A-1")
    assert found is not None
    assert [file.reach for file in found.files] == [TransferState.SENDING, TransferState.WAITING]
    assert not found.nothing_gone


def test_a_printed_file_hands_over_its_own_letters_and_tells_what_was_withdrawn(
    ledger: Ledger, spooled: list[int]
) -> None:
    with ledger.begin() as books:
        kept = books.handovers.mark_printed("A-1", "letters-01.pdf", by="clerk", at=AT)
    assert (kept.withdrawn, states(ledger)) == ((), [State.HANDED_OVER, State.SPOOLED])
    with ledger.begin() as books:
        books.deliveries.set_states([StateChange(spooled[1], State.WITHDRAWN)], by="clerk", at=AT)
        kept = books.handovers.mark_printed("A-1", "letters-02.pdf", by="clerk", at=AT)
    assert len(kept.withdrawn) == 1
    assert states(ledger) == [State.HANDED_OVER, State.WITHDRAWN]


def test_what_a_job_will_not_print_waits_for_the_next_one_and_what_it_printed_does_not(
    ledger: Ledger, spooled: list[int]
) -> None:
    with ledger.begin() as books:
        books.handovers.mark_printed("A-1", "letters-01.pdf", by="clerk", at=AT)
        assert books.handovers.return_to_rendered("A-1", spooled, by="clerk", at=AT) == 1
        books.handovers.close_job("A-1", cancelled=False, by="clerk", at=AT)
    assert states(ledger) == [State.HANDED_OVER, State.RENDERED]
    with pytest.raises(Refused), ledger.begin() as books:
        books.handovers.close_job("A-1", cancelled=True, by="clerk", at=AT)


def test_all_letters_of_a_job_go_as_a_whole_to_a_folder(ledger: Ledger, spooled: list[int]) -> None:
    with ledger.read() as books:
        assert [key for key, _ in books.handovers.letters_in("A-1", WHOLE)] == spooled
        assert [key for key, _ in books.handovers.letters_in("A-1", "letters-02.pdf")] == spooled[1:]


def test_every_step_is_an_event_of_the_job(ledger: Ledger, spooled: list[int]) -> None:
    handover = start(ledger)
    move(ledger, handover, FILES[0], TransferState.SENDING, TransferState.TAKEN)
    with ledger.read() as books:
        kinds = [event.kind for event in books.events.of("job", 1)]
    assert kinds == ["printed", "hand-over-started", "file-sending", "file-taken"]
