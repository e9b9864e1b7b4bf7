"""Print jobs made again without letters that were withdrawn: same number, same positions, next version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from notices.errors import DataNeedsPerson
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.lock import only_one
from notices.flow.batch.seals import broken_seals, not_as_approved
from notices.flow.batch.session import Order
from notices.flow.batch.whole_letters import number_of
from notices.flow.printing.handover.messages import sheets_of
from notices.flow.printing.houses import origin_of
from notices.flow.printing.job_parts import (
    SourcePages,
    keep_job,
    language_of_shop,
    place_in,
    print_item,
    remove_job,
    with_contact,
)
from notices.flow.workspace import Workspace
from notices.ledger import DecisionRecord, HandoverRecord, JobRecord, JobState, Ledger, LetterPosition, NewJob
from notices.messages import NOTHING, Message, Translator, say
from notices.model import State
from notices.press import JobOrder, JobResult, PrintItem, Replaced, build_job
from notices.workers.pool import WorkerPool


@dataclass(frozen=True)
class PulledLetter:
    """A withdrawn letter that a job contained: the job as it is now, the letter's place, and what a person must do."""

    notice: str
    job: JobRecord
    place: LetterPosition
    message: Message


@dataclass(frozen=True)
class _Withdrawn:
    """A job, its hand-over, its letters that stay, and those that were withdrawn, with their notice numbers."""

    job: JobRecord
    handover: HandoverRecord | None
    staying: Sequence[tuple[LetterPosition, DecisionRecord]]
    gone: Sequence[tuple[LetterPosition, str]]

    @property
    def is_here(self) -> bool:
        """True if the program has handed none of it over; a person may have carried it to the shop all the same."""
        return self.handover is None or self.handover.nothing_gone


def made_again(workspace: Workspace, ledger: Ledger, order: Order, translate: Translator) -> tuple[Message, ...]:
    """Make stale jobs again, as `make_stale_jobs_again`; return the messages about those that are not at the shop."""
    pulled = make_stale_jobs_again(workspace, ledger, order, translate, only_here=True)
    return tuple(each.message for each in pulled)


def after_withdrawal(workspace: Workspace, ledger: Ledger, order: Order, translate: Translator) -> list[PulledLetter]:
    """Make the jobs of a batch again out of which a letter was withdrawn; see `make_stale_jobs_again`."""
    with only_one(workspace, ledger, order.batch, by=order.by):
        return make_stale_jobs_again(workspace, ledger, order, translate)


def make_stale_jobs_again(
    workspace: Workspace, ledger: Ledger, order: Order, translate: Translator, *, only_here: bool = False
) -> list[PulledLetter]:
    """Make each spooled job again that contains withdrawn letters, without them; the caller has locked the batch.

    A job that was handed over stays as it is: the sheets to take out are named. Each other letter keeps its position
    and its sheets, because the shop may have an earlier version. A job without any letter left is cancelled. With
    `only_here`, jobs that were handed over are passed over.
    """
    pulled: list[PulledLetter] = []
    for job in _stale(ledger, order.batch):
        if job.gone and (job.is_here or not only_here):
            pulled += _make_again(workspace, ledger, job, order, translate)
    return pulled


def _stale(ledger: Ledger, batch: str) -> list[_Withdrawn]:
    with ledger.read() as books:
        jobs = [job for job in books.jobs.all(batch) if job.stale]
        if not jobs:
            return []
        letters = {
            delivery.id: (entry, delivery.state)
            for entry in books.batches.decisions(batch)
            if entry.notice
            for delivery in entry.notice.deliveries
        }
        return [
            _Withdrawn(
                job,
                books.handovers.of_job(job.number),
                staying=[
                    (place, letters[place.delivery_id][0])
                    for place in books.jobs.places(job.number)
                    if letters[place.delivery_id][1] is not State.WITHDRAWN
                ],
                gone=[
                    (place, number_of(letters[place.delivery_id][0]))
                    for place in books.jobs.places(job.number)
                    if letters[place.delivery_id][1] is State.WITHDRAWN
                ]
                + [(place, number_of(letters[place.delivery_id][0])) for place in books.jobs.pulled_places(job.number)],
            )
            for job in jobs
        ]


def _make_again(
    workspace: Workspace, ledger: Ledger, stale: _Withdrawn, order: Order, translate: Translator
) -> list[PulledLetter]:
    job = stale.job
    if not stale.is_here:
        return [PulledLetter(number, job, place, _at_the_shop(stale, number, place)) for place, number in stale.gone]
    if not stale.staying:
        return _cancel(workspace, ledger, stale, order)
    try:
        result = _build(workspace, ledger, stale, order, translate)
    except DataNeedsPerson as changed:
        return [PulledLetter(number, job, place, _not_made(job, number, changed)) for place, number in stale.gone]
    following = replace(job, version=job.version + 1)
    had_archive = (workspace.print_jobs(job.batch) / f"{job.number}.zip").exists()
    (workspace.print_jobs(job.batch) / f"{job.number}.zip").unlink(missing_ok=True)
    keep_job(result, workspace.kept_job(job.batch, job.number, following.version))
    _record(ledger, stale, result, order)
    return [
        PulledLetter(number, following, place, _left_out(following, number, place, had_archive=had_archive))
        for place, number in stale.gone
    ]


def _build(workspace: Workspace, ledger: Ledger, stale: _Withdrawn, order: Order, translate: Translator) -> JobResult:
    job = stale.job
    with ledger.read() as books:
        batch = books.batches.get(job.batch)
        entries = [entry for _, entry in stale.staying]
        units = books.letters.units_of([place.delivery_id for place, _ in stale.staying])
        _refuse_broken_seals(entries, broken_seals(books, batch, entries))
    frozen = Frozen(workspace, batch)
    duplex = any(place.pages != place.sheets for place, _ in stale.staying)  # as the job was, whatever is set today
    how = with_contact(workspace.settings, stale.staying[0][1].account.estate)
    items = [
        replace(_unchanged(workspace, frozen, job, place, entry), units=units.get(place.delivery_id, ()))
        for place, entry in stale.staying
    ]
    result = build_job(
        JobOrder(
            job.number,
            how.model_copy(update={"duplex": duplex}),
            order.at.date(),
            translate=translate,
            cover=language_of_shop(workspace.settings, items),
            replaces=job.replaces,
            version=job.version + 1,
            without=tuple((number, place.first_sheet, place.sheets) for place, number in stale.gone),
            origin=origin_of(frozen, entries),
        ),
        items,
        workspace.print_jobs(job.batch),
        WorkerPool,
    )
    if result.unfit:
        raise DataNeedsPerson(
            say("{count} letter(s) failed a print check.", count=len(result.unfit)),
            say("Cancel the job: its letters go into the next one."),
        )
    return result


def _refuse_broken_seals(entries: Sequence[DecisionRecord], broken: Mapping[int, Message]) -> None:
    """Raise DataNeedsPerson if a letter's data are not those approved: the manifest would give a false address."""
    for entry in entries:
        if entry.notice and entry.notice.id in broken:
            raise DataNeedsPerson(
                not_as_approved(entry, broken[entry.notice.id]),
                say("Cancel the job: its letters go into the next one."),
            )


def _unchanged(
    workspace: Workspace, frozen: Frozen, job: JobRecord, place: LetterPosition, entry: DecisionRecord
) -> PrintItem:
    """Return a letter as it is in the present version: pages, blank backs and enclosures together, in its position."""
    kept = workspace.kept_job(job.batch, job.number, job.version) / place.file
    pages = SourcePages(kept, job.files[place.file], place.first_page, place.pages)
    return replace(
        print_item(frozen, entry, place.delivery_id, pages),
        replaces=Replaced(job.replaces or "", place.position, place.first_sheet, place.sheets),
    )


def _record(ledger: Ledger, stale: _Withdrawn, result: JobResult, order: Order) -> None:
    job = stale.job
    deliveries: Mapping[str, int] = {number_of(entry): place.delivery_id for place, entry in stale.staying}
    places = tuple(place_in(placed, deliveries[placed.item.number]) for placed in result.placed)
    made = NewJob(job.number, job.batch, places, result.letters, result.sheets, result.files, job.replaces)
    with ledger.begin() as books:
        if stale.handover is not None:
            books.handovers.release(stale.handover, by=order.by, at=order.at)
        books.jobs.add_version(job, made, by=order.by, at=order.at)


def _cancel(workspace: Workspace, ledger: Ledger, stale: _Withdrawn, order: Order) -> list[PulledLetter]:
    job, why = stale.job, say("all its letters were withdrawn")
    with ledger.begin() as books:
        if stale.handover is not None:
            books.handovers.release(stale.handover, by=order.by, at=order.at)
        books.handovers.close_job(job.number, cancelled=True, why=str(why), by=order.by, at=order.at)
    remove_job(workspace, job.batch, job.number)
    cancelled = replace(job, state=JobState.CANCELLED)
    told = say("Print job {job} is cancelled: {why}.", job=job.number, why=why)
    return [PulledLetter(number, cancelled, place, told) for place, number in stale.gone]


def _left_out(job: JobRecord, notice: str, place: LetterPosition, *, had_archive: bool) -> Message:
    return say(
        "{notice}: left out of print job {job}, which is version {version} now{archive}. If the shop has an earlier "
        "version, have {sheets} taken out there and destroyed.",
        notice=notice,
        job=job.number,
        version=job.version,
        archive=say(" (its archive was removed)") if had_archive else NOTHING,
        sheets=sheets_of(place),
    )


def _at_the_shop(stale: _Withdrawn, notice: str, place: LetterPosition) -> Message:
    return say(
        "{notice}: print job {job} was handed over to {where} with it. Have {sheets} taken out there and destroyed.",
        notice=notice,
        job=stale.job.number,
        where=stale.handover.place if stale.handover else "",
        sheets=sheets_of(place),
    )


def _not_made(job: JobRecord, notice: str, why: DataNeedsPerson) -> Message:
    return say(
        "{notice}: print job {job} still contains it and cannot be made again: {why} Cancel it with "
        "`notices job cancel {job} --pulled --why TEXT`.",
        notice=notice,
        job=job.number,
        why=why.fact,
    )
