"""job cancel, and what job confirm must not cover up: a person says what became of a print job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.errors import Refused, UsageMistake
from notices.flow.leftovers import sweep
from notices.flow.lock import only_one
from notices.flow.people import refuse_strangers
from notices.flow.places import is_printer
from notices.flow.workspace import Workspace
from notices.ledger import ENDED, WHOLE, Books, JobRecord, Ledger, Reach
from notices.messages import say
from notices.model import State
from notices.press import HotFolder
from notices.words import word

SAYABLE = ENDED | {Reach.TAKEN, Reach.UNKNOWN}


@dataclass(frozen=True)
class CancelRequest:
    """Which job, by whom and why; `pulled`: nothing of it was printed, or all of that has been destroyed."""

    job: str
    by: str
    why: str
    at: datetime
    pulled: bool = False


def cancel_job(workspace: Workspace, ledger: Ledger, request: CancelRequest) -> tuple[JobRecord, int]:
    """Call a spooled job off: its letters are rendered again, for the next job; gives the job and how many came back.

    Letters of it that are known to be printed stay handed over. Raises Refused where the job has ended, or without
    `pulled`.
    """
    refuse_strangers(workspace, request.by)
    batch = known_job(ledger, request.job).batch
    with only_one(workspace.batches, batch):
        with ledger.begin() as books:
            job = books.find_job(request.job)
            if job is None or job.state != "spooled":
                raise _ended(request.job, job)
            if not request.pulled:
                raise Refused(
                    say("Print job {job} may be with the shop or at the printer.", job=request.job),
                    say("Take it back there, destroy what was printed of it, then say so with --pulled."),
                )
            back = _call_off(books, job, request)
        with ledger.read() as books:
            sweep(workspace, books, batch)
            return books.find_job(request.job) or job, back


def _call_off(books: Books, job: JobRecord, request: CancelRequest) -> int:
    by, at = request.by, request.at
    handover = books.handover(job.number)
    if handover is not None and handover.open:
        if not is_printer(handover.place):
            HotFolder(Path(handover.place)).clear(job.number)
        books.end_handover(handover, at=at)
    back = 0 if job.supplement else books.take_out_of_job(job.number, job.deliveries, by=by, at=at)
    printed = any(state is State.HANDED_OVER for _, state in books.letters_in(job.number, WHOLE))
    cancelled = job.supplement or not printed
    books.close_job(job.number, cancelled=cancelled, why=request.why, by=by, at=at)
    return back


def refuse_unsent(books: Books, job: JobRecord, *, at: datetime) -> None:
    """See that a job was not called off and is not on its way still; raises Refused.

    Where a person had to judge its way, that has ended with this.
    """
    if job.state == "cancelled":
        raise _ended(job.number, job)
    handover = books.handover(job.number)
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
    books.end_handover(handover, at=at)


def known_job(ledger: Ledger, number: str) -> JobRecord:
    """The job of that number; raises UsageMistake where there is none."""
    with ledger.read() as books:
        job = books.find_job(number)
    if job is None:
        raise UsageMistake(say("There is no print job “{job}”.", job=number), say("`notices job list` shows the jobs."))
    return job


def _ended(number: str, job: JobRecord | None) -> Refused:
    return Refused(
        say("Print job {job} is {state} already.", job=number, state=word(job.state if job else "unknown")),
        say("`notices job list` shows them."),
    )
