"""Confirm, cancel and purge print jobs: a person records what became of a job outside this program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.errors import NoticesError, Refused, UsageMistake
from notices.files import remove_folder
from notices.flow.batch.cleanup import sweep
from notices.flow.batch.lock import only_one
from notices.flow.batch.seals import broken_seals
from notices.flow.people import refuse_strangers
from notices.flow.printing.handover.destination import destination_of, is_printer
from notices.flow.printing.handover.messages import not_confirmed
from notices.flow.workspace import Workspace
from notices.ledger import (
    ENDED,
    WHOLE,
    Books,
    HandoverRecord,
    JobRecord,
    JobState,
    Ledger,
    StateChange,
    TransferState,
)
from notices.messages import Message, say
from notices.model import State
from notices.words import word

TRANSFERRED = ENDED | {TransferState.TAKEN, TransferState.UNKNOWN}  # a person can say what became of such a file
LETTERS = "letters-*.pdf"  # kept as evidence of the notices; the ledger has their checksums


@dataclass(frozen=True)
class ConfirmRequest:
    """A job that was printed, by whom and when; `gone` are notices that were asked back and sent all the same."""

    job: str
    by: str
    at: datetime
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class CancelRequest:
    """A job to cancel, by whom and why; `pulled`: none of it was printed, or all that was has been destroyed.

    `password` is for the printer, which is asked to cancel what it still has of the job.
    """

    job: str
    by: str
    why: str
    at: datetime
    pulled: bool = False
    password: str = ""


@dataclass(frozen=True)
class PurgeRequest:
    """A job whose files are to be removed, by whom and when."""

    job: str
    by: str
    at: datetime


@dataclass(frozen=True)
class JobConfirmed:
    """A confirmed job, with a message for each letter that was asked back and may or may not have left."""

    job: JobRecord
    attention: tuple[Message, ...] = ()


@dataclass(frozen=True)
class JobCancelled:
    """A cancelled job, the number of letters that came back, and what its destination was asked and answered."""

    job: JobRecord
    back: int
    told: tuple[Message, ...]


def list_jobs(ledger: Ledger) -> list[JobRecord]:
    """Return all print jobs, oldest first."""
    with ledger.read() as books:
        return books.jobs.all()


def confirm_job(workspace: Workspace, ledger: Ledger, request: ConfirmRequest) -> JobConfirmed:
    """Record that a job was printed and handed over; repeating it changes nothing.

    Letters that were asked back stay spooled, each with a message, unless `gone` names them. Raises UsageMistake if
    there is no such job or no such letter in it, Refused if the job was cancelled or is still being transferred.
    """
    with only_one(workspace.batches, _batch_of(ledger, request.job)), ledger.begin() as books:
        job = _known_job(books, request.job)
        _end_handover(books, job, at=request.at)
        waiting = _recalled(books, job)
        if strange := sorted(set(request.gone) - waiting.keys()):
            raise UsageMistake(
                say(
                    "Nobody was asked to take these out of print job {job}: {notices}.",
                    notices=", ".join(strange),
                    job=job.number,
                ),
                say("Omit --notice: it is for letters that were to be taken out; all others are confirmed without it."),
            )
        staying = {number: key for number, key in waiting.items() if number not in request.gone}
        if job.state is JobState.SPOOLED:
            job = books.jobs.confirm(job.number, by=request.by, at=request.at, staying=staying.values())
        else:
            gone = [StateChange(waiting[it], State.HANDED_OVER, data={"job": job.number}) for it in request.gone]
            books.deliveries.set_states(gone, by=request.by, at=request.at)
        return JobConfirmed(job, tuple(not_confirmed(job, number) for number in sorted(staying)))


def _end_handover(books: Books, job: JobRecord, *, at: datetime) -> None:
    """End a job's open hand-over; raises Refused if the job was cancelled or a file is still being transferred."""
    if job.is_cancelled:
        raise _ended(job)
    handover = books.handovers.of_job(job.number)
    if handover is None or not handover.open:
        return
    if any(file.reach not in TRANSFERRED for file in handover.files):
        raise Refused(
            say("Print job {job} is not completely transferred to {place}.", job=job.number, place=handover.place),
            say(
                "Finish it with `notices resume BATCH`, or cancel it: `notices job cancel {job} --pulled --why TEXT`.",
                job=job.number,
            ),
        )
    books.handovers.end(handover, at=at)


def _recalled(books: Books, job: JobRecord) -> dict[str, int]:
    """Return the deliveries of a job, by notice number, that were asked back and not recorded as taken out.

    A letter whose data are not those that were approved counts as asked back: a person must look at what was printed.
    """
    if job.supplement or job.is_cancelled:
        return {}
    entries = [
        entry
        for entry in books.batches.decisions(job.batch)
        if entry.notice and any(delivery.id in job.deliveries for delivery in entry.notice.deliveries)
    ]
    broken = broken_seals(books, books.batches.get(job.batch), entries)
    asked = books.deliveries.recalled(job.deliveries) | {
        delivery.id
        for entry in entries
        if entry.notice and entry.notice.id in broken
        for delivery in entry.notice.deliveries
    }
    return {
        notice.number: delivery.id
        for entry in entries
        if (notice := entry.notice) is not None and notice.number
        for delivery in notice.deliveries
        if delivery.id in asked and delivery.state is State.SPOOLED
    }


def cancel_job(workspace: Workspace, ledger: Ledger, request: CancelRequest) -> JobCancelled:
    """Cancel a spooled job: its letters are `rendered` again, for the next job.

    Letters that were certainly printed stay handed over. Raises Refused if the job has ended, or without `pulled`.
    """
    refuse_strangers(workspace, request.by)
    batch = _batch_of(ledger, request.job)
    with only_one(workspace.batches, batch):
        with ledger.read() as books:
            job = _known_job(books, request.job)
            handover = books.handovers.of_job(job.number)
        if job.state is not JobState.SPOOLED:
            raise _ended(job)
        if not request.pulled:
            raise Refused(
                say("Print job {job} may be with the shop or at the printer.", job=job.number),
                say("Get it back, destroy what was printed of it, then say so with --pulled."),
            )
        told = tuple(_cancel_there(workspace, handover, request.password)) if handover and handover.open else ()
        with ledger.begin() as books:
            back = _take_back(books, job, request)
        with ledger.read() as books:
            sweep(workspace, books, batch)
            return JobCancelled(_known_job(books, job.number), back, told)


def _cancel_there(workspace: Workspace, handover: HandoverRecord, password: str) -> Iterator[Message]:
    """Cancel a job at its destination; a printer that cannot be asked gives a message, for a person to check."""
    destination = destination_of(workspace, handover.place, password)
    try:
        for file in handover.files:
            if file.reach not in ENDED:
                yield from destination.call_off(handover.job, file)
    except NoticesError as error:
        if not is_printer(handover.place):
            raise
        yield error.fact
        yield say("Check at {printer} that print job {job} is not printed.", printer=destination.name, job=handover.job)


def _take_back(books: Books, job: JobRecord, request: CancelRequest) -> int:
    """Record a job as cancelled; return the number of letters taken out of it."""
    by, at = request.by, request.at
    handover = books.handovers.of_job(job.number)
    if handover is not None and handover.open:
        books.handovers.end(handover, at=at)
    back = 0 if job.supplement else books.handovers.return_to_rendered(job.number, job.deliveries, by=by, at=at)
    printed = any(state is State.HANDED_OVER for _, state in books.handovers.letters_in(job.number, WHOLE))
    cancelled = job.supplement or not printed
    books.handovers.close_job(job.number, cancelled=cancelled, why=request.why, by=by, at=at)
    return back


def purge_job(workspace: Workspace, ledger: Ledger, request: PurgeRequest) -> JobRecord:
    """Remove a job's folder and archive, and all but the letters from the copy kept in the batch.

    Repeating it removes what an interrupted purge left. Raises UsageMistake if there is no such job, Refused if it is
    not confirmed.
    """
    with only_one(workspace.batches, _batch_of(ledger, request.job)):
        with ledger.begin() as books:
            job = _known_job(books, request.job)
            if job.state is JobState.SPOOLED:
                raise Refused(
                    say("Print job {job} is not confirmed: the shop may still need its files.", job=job.number),
                    say("When the shop has printed and posted it: notices job confirm {job}", job=job.number),
                )
            if job.state is not JobState.PURGED:
                job = books.jobs.purge(job.number, by=request.by, at=request.at)
        _remove_files(workspace.print_jobs(job.batch), workspace.sent(job.batch) / job.number, job.number)
    return job


def _remove_files(jobs: Path, kept: Path, number: str) -> None:
    (jobs / f"{number}.zip").unlink(missing_ok=True)
    remove_folder(jobs / number)
    if kept.is_dir():
        letters = set(kept.glob(LETTERS))
        for path in kept.iterdir():
            if path not in letters:
                path.unlink()


def _batch_of(ledger: Ledger, number: str) -> str:
    with ledger.read() as books:
        return _known_job(books, number).batch


def _known_job(books: Books, number: str) -> JobRecord:
    """Return the job of that number; raises UsageMistake if there is none."""
    job = books.jobs.find(number)
    if job is None:
        raise UsageMistake(
            say("There is no print job “{job}”.", job=number),
            say("`notices job list` shows the jobs and their states."),
        )
    return job


def _ended(job: JobRecord) -> Refused:
    return Refused(
        say("Print job {job} is already {state}.", job=job.number, state=word(job.state)),
        say("`notices job list` shows the jobs and their states."),
    )
