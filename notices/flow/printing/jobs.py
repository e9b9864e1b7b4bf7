"""job confirm, cancel, purge: a person says what became of a print job."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.errors import NoticesError, Refused, UsageMistake
from notices.flow.batch.cleanup import sweep
from notices.flow.batch.lock import only_one
from notices.flow.people import refuse_strangers
from notices.flow.printing.handover.destination import destination_of, is_printer
from notices.flow.printing.handover.messages import not_confirmed
from notices.flow.workspace import Workspace
from notices.ledger import ENDED, WHOLE, Books, HandoverRecord, JobRecord, Ledger, StateChange, TransferState
from notices.messages import Message, say
from notices.model import State
from notices.words import word

SAYABLE = ENDED | {TransferState.TAKEN, TransferState.UNKNOWN}


@dataclass(frozen=True)
class CancelRequest:
    """Which job, by whom and why; `pulled`: nothing of it was printed, or all of that has been destroyed.

    `password` is the printer's, who is asked to cancel what it still knows.
    """

    job: str
    by: str
    why: str
    at: datetime
    pulled: bool = False
    password: str = ""


@dataclass(frozen=True)
class Cancelled:
    """The job as it stands now, how many letters of it came back, and what its place was asked and said."""

    job: JobRecord
    back: int
    told: tuple[Message, ...]


def cancel_job(workspace: Workspace, ledger: Ledger, request: CancelRequest) -> Cancelled:
    """Call a spooled job off: its letters are rendered again, for the next job.

    Letters of it that are known to be printed stay handed over. Raises Refused where the job has ended, or without
    `pulled`.
    """
    refuse_strangers(workspace, request.by)
    batch = known_job(ledger, request.job).batch
    with only_one(workspace.batches, batch):
        with ledger.read() as books:
            job = books.jobs.find(request.job)
            if job is None or job.state != "spooled":
                raise _ended(request.job, job)
            if not request.pulled:
                raise Refused(
                    say("Print job {job} may be with the shop or at the printer.", job=request.job),
                    say("Take it back there, destroy what was printed of it, then say so with --pulled."),
                )
            handover = books.handovers.of_job(job.number)
        told = tuple(_call_off_there(workspace, handover, request.password)) if handover and handover.open else ()
        with ledger.begin() as books:
            back = _call_off(books, job, request)
        with ledger.read() as books:
            sweep(workspace, books, batch)
            return Cancelled(books.jobs.find(request.job) or job, back, told)


def _call_off_there(workspace: Workspace, handover: HandoverRecord, password: str) -> Iterator[Message]:
    """Have the place print nothing more of it; a printer that cannot be asked is said, for a person to look there."""
    place = destination_of(workspace, handover.place, password)
    try:
        for file in handover.files:
            if file.reach not in ENDED:
                yield from place.call_off(handover.job, file)
    except NoticesError as error:
        if not is_printer(handover.place):
            raise
        yield error.fact
        yield say(
            "See at {printer} that nothing more of print job {job} is printed.", printer=place.name, job=handover.job
        )


def _call_off(books: Books, job: JobRecord, request: CancelRequest) -> int:
    by, at = request.by, request.at
    handover = books.handovers.of_job(job.number)
    if handover is not None and handover.open:
        books.handovers.end(handover, at=at)
    back = 0 if job.supplement else books.handovers.take_out_of_job(job.number, job.deliveries, by=by, at=at)
    printed = any(state is State.HANDED_OVER for _, state in books.handovers.letters_in(job.number, WHOLE))
    cancelled = job.supplement or not printed
    books.handovers.close_job(job.number, cancelled=cancelled, why=request.why, by=by, at=at)
    return back


def refuse_unsent(books: Books, job: JobRecord, *, at: datetime) -> None:
    """See that a job was not called off and is not on its way still; raises Refused.

    Where a person had to judge its way, that has ended with this.
    """
    if job.state == "cancelled":
        raise _ended(job.number, job)
    handover = books.handovers.of_job(job.number)
    if handover is None or not handover.open:
        return
    if any(file.reach not in SAYABLE for file in handover.files):
        raise Refused(
            say("Print job {job} is not whole at {place} yet.", job=job.number, place=handover.place),
            say(
                "`notices resume BATCH` goes on there; `notices job cancel {job} --pulled --why TEXT` calls it off.",
                job=job.number,
            ),
        )
    books.handovers.end(handover, at=at)


def known_job(ledger: Ledger, number: str) -> JobRecord:
    """The job of that number; raises UsageMistake where there is none."""
    with ledger.read() as books:
        job = books.jobs.find(number)
    if job is None:
        raise UsageMistake(say("There is no print job “{job}”.", job=number), say("`notices job list` shows the jobs."))
    return job


def _ended(number: str, job: JobRecord | None) -> Refused:
    return Refused(
        say("Print job {job} is {state} already.", job=number, state=word(job.state if job else "unknown")),
        say("`notices job list` shows them."),
    )


SPOOLED, CANCELLED = "spooled", "cancelled"


@dataclass(frozen=True)
class ConfirmOrder:
    """Which job the shop has done, who says so and when; `gone` are letters that left although they were asked back."""

    number: str
    by: str
    at: datetime
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class JobConfirmed:
    """A confirmed job, and what is to be said of letters of which nobody knows whether they were taken out."""

    job: JobRecord
    attention: tuple[Message, ...] = ()


def confirm_job(workspace: Workspace, ledger: Ledger, order: ConfirmOrder) -> JobConfirmed:
    """Say that the shop has done a job; once said, saying it again changes nothing.

    Letters that somebody was told to take out stay spooled and are said, unless they are named as gone all the same.
    Raises UsageMistake where there is no such job, or no such letter in it, Refused where it was called off or is on
    its way still.
    """
    job = known_job(ledger, order.number)
    with only_one(workspace.batches, job.batch), ledger.begin() as books:
        job = books.jobs.find(job.number) or job
        refuse_unsent(books, job, at=order.at)
        waiting = _asked_back(books, job)
        if strange := sorted(set(order.gone) - waiting.keys()):
            raise UsageMistake(
                say("Nobody asked {notices} back from job {job}.", notices=", ".join(strange), job=job.number),
                say("Without --notice all letters of the job are confirmed that were not asked back."),
            )
        staying = {number: key for number, key in waiting.items() if number not in order.gone}
        if job.state == SPOOLED:
            job = books.jobs.confirm(job.number, by=order.by, at=order.at, staying=staying.values())
        else:
            gone = [StateChange(waiting[number], State.HANDED_OVER, data={"job": job.number}) for number in order.gone]
            books.deliveries.set_states(gone, by=order.by, at=order.at)
        return JobConfirmed(job, tuple(not_confirmed(job, number) for number in sorted(staying)))


def _asked_back(books: Books, job: JobRecord) -> dict[str, int]:
    """The letters of a job that should not go any more, and of which nobody has said that they were taken out."""
    if job.supplement or job.state == CANCELLED:
        return {}
    asked = books.deliveries.asked_back(job.deliveries)
    return {
        notice.number: delivery.id
        for entry in books.batches.decisions(job.batch)
        if (notice := entry.notice) is not None and notice.number
        for delivery in notice.deliveries
        if delivery.id in asked and delivery.state is State.SPOOLED
    }


OPEN = "spooled"
PURGED = "purged"
PROOF = "letters-*.pdf"  # what the evidence of a notice is taken from; their checksums are in the ledger


@dataclass(frozen=True)
class PurgeRequest:
    """Which job, by whom, when."""

    number: str
    by: str
    at: datetime


def purge_job(workspace: Workspace, ledger: Ledger, request: PurgeRequest) -> JobRecord:
    """Remove a job's folder and archive, and of the copy kept in the batch all but the letters.

    Said again, it removes what a cut-off purge left. Raises UsageMistake where there is no such job, Refused where
    nobody has confirmed that the shop is done with it.
    """
    with ledger.read() as books:
        job = books.jobs.find(request.number)
    if job is None:
        raise UsageMistake(
            say("There is no print job “{job}”.", job=request.number), say("`notices job list` shows the jobs.")
        )
    with only_one(workspace.batches, job.batch):
        with ledger.begin() as books:
            job = books.jobs.find(request.number) or job
            if job.state == OPEN:
                raise Refused(
                    say("Print job {job} is not confirmed: the shop may still need its files.", job=job.number),
                    say("When the shop has done it: notices job confirm {job}", job=job.number),
                )
            if job.state != PURGED:
                job = books.jobs.purge(job.number, by=request.by, at=request.at)
        _remove(workspace.print_jobs(job.batch), workspace.sent(job.batch) / job.number, job.number)
    return job


def _remove(jobs: Path, kept: Path, number: str) -> None:
    (jobs / f"{number}.zip").unlink(missing_ok=True)
    folder, hidden = jobs / number, jobs / f".{number}.replaced"
    if folder.exists():
        shutil.rmtree(hidden, ignore_errors=True)
        folder.rename(hidden)  # cut off half way, this must not leave half a job under a job's name
    shutil.rmtree(hidden, ignore_errors=True)
    if kept.is_dir():
        proof = set(kept.glob(PROOF))
        for path in kept.iterdir():
            if path not in proof:
                path.unlink()
