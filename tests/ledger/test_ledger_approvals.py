from __future__ import annotations

import multiprocessing
from datetime import date, timedelta
from decimal import Decimal
from multiprocessing.synchronize import Barrier

import pytest
from ledger_builders import AS_OF, AT, SERIES, account, approve, case, plan, planned

from notices.errors import Refused, UsageMistake
from notices.ledger import ImportedNotice, Ledger, PlannedAccount, Release, StateChange
from notices.model import Channel, PastDelivery, State


def _numbers(ledger: Ledger, *batches: str) -> list[str | None]:
    with ledger.read() as books:
        return [it.notice.number for name in batches for it in books.batches.decisions(name) if it.notice]


def _finish(ledger: Ledger, batch: str, state: State) -> None:
    """Send all deliveries of a batch and give them this final state."""
    with ledger.begin() as books:
        for step in (State.RENDERED, State.SPOOLED, State.HANDED_OVER, state):
            books.deliveries.set_states(
                [
                    StateChange(d.id, step)
                    for it in books.batches.decisions(batch)
                    if it.notice
                    for d in it.notice.deliveries
                ],
                by="clerk",
                at=AT,
            )


def _paper(*units: str) -> list[PlannedAccount]:
    return [planned(account(unit), channels=[Channel.PRINT]) for unit in units]


def test_approval_gives_number_dates_and_case_and_writes_down_who_and_when(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
        approve(books, "A")
    with ledger.read() as books:
        (record,) = books.batches.decisions("A")
        (approval,) = books.batches.get("A").approvals
        notice = record.notice
        assert notice is not None
        events = [event.kind for event in books.events.of("notice", notice.id)]
        moves = [event.data for event in books.events.of("delivery", notice.deliveries[0].id)]
    assert (notice.number, notice.date, notice.deadline) == ("WTY-2026-000001", AS_OF, AS_OF + timedelta(days=15))
    assert (notice.case_no, notice.approval, notice.state) == (1, 1, State.APPROVED)
    assert (notice.principal, notice.total) == (Decimal("1200.00"), Decimal("1200.00"))
    assert (approval.number, approval.by, approval.at, approval.letter_date) == (1, "lawyer", AT, AS_OF)
    assert approval.frozen == "batches/A/1"
    assert events == ["approved"]
    assert moves == [{"from": "planned", "to": "approved"}]


def test_each_series_runs_on_by_itself_over_batches(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account("1-1"), account("1-2"))
        plan(books, "B", account("1-3"))
        plan(books, "C", account("1-4"))
        approve(books, "A")
        approve(books, "B", series="LAW/{seq:04d}")
        approve(books, "C")
    assert _numbers(ledger, "A", "B", "C") == ["WTY-2026-000001", "WTY-2026-000002", "LAW/0001", "WTY-2026-000003"]


def test_a_refused_approval_takes_no_number(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account("1-1"))
        plan(books, "B", account("1-2"))
    with pytest.raises(UsageMistake), ledger.begin() as books:  # noqa: PT012 - the statements before the error are rolled back
        approve(books, "A")
        books.batches.get("nowhere")
    with ledger.begin() as books:
        approve(books, "B")
    assert _numbers(ledger, "A", "B") == [None, "WTY-2026-000001"]


def test_a_number_that_history_bears_is_passed_over(ledger: Ledger) -> None:
    old = ImportedNotice(case("9-9"), "甲一", "reminder", 0, date(2026, 1, 5), (), number="WTY-2026-000002")
    with ledger.begin() as books:
        books.imports.add([old], by="clerk", at=AT)
        plan(books, "A", *(account(f"1-{number}") for number in range(3)))
        approve(books, "A")
    assert _numbers(ledger, "A") == ["WTY-2026-000001", "WTY-2026-000003", "WTY-2026-000004"]


def _approve_in_a_process(url: str, batch: str, gate: Barrier) -> None:
    ledger = Ledger.open(url)
    with ledger.read() as books:
        units = [it.notice.id for it in books.batches.decisions(batch) if it.notice]
    gate.wait()
    for notice_id in units:
        with ledger.begin() as books:
            release = Release(notice_id, SERIES, AS_OF, 0)
            books.approvals.approve(batch, [release], letter_date=AS_OF, frozen="x", by="lawyer", at=AT)
    ledger.close()


@pytest.mark.slow
def test_two_processes_at_once_leave_no_gap_and_give_no_number_twice(ledger: Ledger, url: str) -> None:
    each = 15
    with ledger.begin() as books:
        for batch in ("A", "B"):
            plan(books, batch, *(account(f"{batch}-{number}") for number in range(each)))
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    workers = [context.Process(target=_approve_in_a_process, args=(url, batch, gate)) for batch in ("A", "B")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    assert [worker.exitcode for worker in workers] == [0, 0]
    numbers = _numbers(ledger, "A", "B")
    assert sorted(number or "" for number in numbers) == [f"WTY-2026-{seq:06d}" for seq in range(1, 2 * each + 1)]


def test_what_is_not_planned_any_more_cannot_be_released(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
        plan(books, "B", account("1-102"))
        approve(books, "A")
        ids = [it.notice.id for name in ("A", "B") for it in books.batches.decisions(name) if it.notice]
    for batch, notice_id in (("A", ids[0]), ("A", ids[1]), ("A", 999)):
        releases = [Release(notice_id, SERIES, AS_OF, 0)]
        with pytest.raises(Refused, match="no longer planned"), ledger.begin() as books:
            books.approvals.approve(batch, releases, letter_date=AS_OF, frozen="x", by="lawyer", at=AT)


def test_two_batches_of_one_list_cannot_both_send_to_an_owner(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
        plan(books, "B", account(), account("1-102"))
        approve(books, "A")
    with pytest.raises(Refused, match="1-101 甲一: reminder WTY-2026-000001"), ledger.begin() as books:
        approve(books, "B")
    assert _numbers(ledger, "A", "B") == ["WTY-2026-000001", None, None]


def test_the_same_tier_again_in_a_case_is_refused_while_the_first_stands(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", *_paper("1-101"))
        approve(books, "A")
        first = books.batches.decisions("A")[0].notice
    assert first is not None
    _finish(ledger, "A", State.DELIVERED)
    with ledger.begin() as books:
        plan(books, "B", *_paper("1-101"))
    with pytest.raises(Refused, match="conflicts"), ledger.begin() as books:
        approve(books, "B", continues=first.id)


def test_the_same_tier_goes_again_after_it_came_back(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", *_paper("1-101"))
        approve(books, "A")
        first = books.batches.decisions("A")[0].notice
    assert first is not None
    _finish(ledger, "A", State.RETURNED)
    with ledger.begin() as books:
        plan(books, "B", *_paper("1-101"))
        approve(books, "B", continues=first.id)
        again = books.batches.decisions("B")[0].notice
    assert again is not None
    assert (again.case_no, again.number) == (first.case_no, "WTY-2026-000002")


def test_a_notice_that_continues_none_opens_the_next_case(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", *_paper("1-101"))
        approve(books, "A")
    _finish(ledger, "A", State.DELIVERED)
    with ledger.begin() as books:
        plan(books, "B", *_paper("1-101", "1-102"))
        approve(books, "B")
        assert [it.notice.case_no for it in books.batches.decisions("B") if it.notice] == [2, 1]


def test_an_excluded_account_stays_planned_with_its_reason_until_it_is_released(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
        books.batches.exclude(books.batches.decisions("A")[0].id, why="is in hospital", by="lawyer", at=AT)
        (kept,) = books.batches.decisions("A")
        assert kept.notice is not None
        assert (kept.excluded, kept.notice.state) == ("is in hospital", State.PLANNED)
        approve(books, "A")
        assert books.batches.decisions("A")[0].excluded is None


def test_deliveries_withdrawn_before_approval_stay_withdrawn(ledger: Ledger) -> None:
    with ledger.begin() as books:
        plan(books, "A", account())
        notice = books.batches.decisions("A")[0].notice
        assert notice is not None
        books.deliveries.set_states([StateChange(notice.deliveries[0].id, State.WITHDRAWN)], by="clerk", at=AT)
        approve(books, "A")
        (after,) = books.notices.with_ids([notice.id])
    assert [it.state for it in after.deliveries] == [State.WITHDRAWN, State.APPROVED]


def test_a_tier_that_history_has_sent_in_the_case_is_refused_too(ledger: Ledger) -> None:
    told = PastDelivery(Channel.PRINT, State.DELIVERED)
    old = ImportedNotice(case(), "甲一", "reminder", 0, date(2026, 9, 1), (told,))
    with ledger.begin() as books:
        books.imports.add([old], by="clerk", at=AT)
        history = books.histories.of_cases({case(): ()}, list_date=AS_OF, as_of=AS_OF)[case()]
        plan(books, "A", *_paper("1-101"))
    with pytest.raises(Refused), ledger.begin() as books:
        approve(books, "A", continues=history.notices[0].id)
