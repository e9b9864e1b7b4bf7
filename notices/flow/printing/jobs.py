"""Confirm, cancel and purge print jobs: a person records what became of a job outside this program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.errors import NoticesError, Refused, UsageMistake
from notices.flow.batch.cleanup import sweep
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.lock import only_one
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.redecide import redecide, why_changed, why_held, why_question
from notices.flow.batch.seals import broken_seals
from notices.flow.batch.whole_letters import ON_PAPER_TOO
from notices.flow.people import refuse_strangers
from notices.flow.printing.handover.destination import destination_of, is_printer
from notices.flow.printing.handover.messages import (
    TO_BE_TAKEN_OUT,
    not_confirmed,
    printed_again,
    to_be_pulled,
)
from notices.flow.printing.job_parts import remove_job
from notices.flow.workspace import Workspace
from notices.ledger import (
    ENDED,
    WHOLE,
    Books,
    DecisionRecord,
    HandoverRecord,
    JobRecord,
    JobState,
    Ledger,
    TransferState,
)
from notices.messages import Message, say
from notices.model import State
from notices.rules.states import OPEN, REPRINTABLE
from notices.spelling import spelt_as
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

    Decides again: letters that were asked back, paid or disputed stay spooled, each with a message, unless `gone` names
    them; so whoever confirms "all" may have left them out. Withdrawn letters that the files still contain are named,
    and so are those of a supplement that should not have been printed again.
    Raises UsageMistake if there is no such job or no such letter in it, Refused if the job was cancelled or is still
    being transferred, or if the ledger is older than what has left.
    """
    refuse_older_ledger(workspace, ledger)
    with only_one(workspace, ledger, _batch_of(ledger, request.job), by=request.by), ledger.begin() as books:
        job = _known_job(books, request.job)
        _end_handover(books, job, at=request.at)
        spooled = _spooled(books, job)
        why = _must_not_go(workspace, books, job, spooled)
        named = spelt_as(request.gone, why)
        if strange := sorted(set(named) - why.keys()):
            raise UsageMistake(
                say(
                    "Nobody was asked to take these out of print job {job}: {notices}.",
                    notices=", ".join(strange),
                    job=job.number,
                ),
                say("Omit --notice: it is for letters that were to be taken out; all others are confirmed without it."),
            )
        staying = {number: spooled[number][0] for number in why if number not in named}
        places = books.jobs.numbered_places(job.number)
        pulled = _withdrawn_inside(books, job)
        repeated = _printed_again_all_the_same(workspace, books, job)
        if job.state is JobState.SPOOLED:
            job = books.jobs.confirm(job.number, by=request.by, at=request.at, staying=staying.values())
        else:
            gone = [key for number, (key, _) in spooled.items() if number not in staying]
            books.jobs.move_all(gone, State.HANDED_OVER, job.number, by=request.by, at=request.at)
        attention = [
            *(to_be_pulled(number, job, places.get(number)) for number in pulled),
            *(printed_again(job, number, reason, places.get(number)) for number, reason in sorted(repeated.items())),
            *(not_confirmed(job, number, why[number], places.get(number)) for number in sorted(staying)),
        ]
        return JobConfirmed(job, tuple(attention))


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


def _spooled(books: Books, job: JobRecord) -> dict[str, tuple[int, DecisionRecord]]:
    """Return the letters of a job that are not recorded as gone: delivery and decision by notice number."""
    if job.supplement or job.is_cancelled:
        return {}
    mine = set(job.own)
    return {
        entry.notice.number: (delivery.id, entry)
        for entry in books.batches.decisions_of_deliveries(job.own)
        if entry.notice is not None and entry.notice.number
        for delivery in entry.notice.deliveries
        if delivery.id in mine and delivery.state is State.SPOOLED
    }


def _must_not_go(
    workspace: Workspace, books: Books, job: JobRecord, spooled: Mapping[str, tuple[int, DecisionRecord]]
) -> dict[str, Message]:
    """Return why letters must not go, by notice number: asked back, decided differently now, or not as approved."""
    why = _objections(workspace, books, job, [entry for _, entry in spooled.values()])
    asked = books.deliveries.recalled([key for key, _ in spooled.values()])
    return {
        number: why.get(entry.id, TO_BE_TAKEN_OUT)
        for number, (key, entry) in spooled.items()
        if entry.id in why or key in asked
    }


def letters_to_stay(workspace: Workspace, books: Books, job: JobRecord) -> dict[str, Message]:
    """Return why letters of a job that waits must not be printed as it is, by notice number; decided at this moment."""
    if job.supplement:
        return _printed_again_all_the_same(workspace, books, job)
    return _must_not_go(workspace, books, job, _spooled(books, job))


def _printed_again_all_the_same(workspace: Workspace, books: Books, job: JobRecord) -> dict[str, Message]:
    """Return why letters of a supplement should not have been printed again, by notice number.

    Their states are those of the job that it repeats. Withdrawn letters are left to `_withdrawn_inside`.
    """
    if not job.supplement or job.state is not JobState.SPOOLED:
        return {}
    inside = set(job.inside)
    states = {
        entry.id: (entry, each.state)
        for entry in books.batches.decisions_of_deliveries(job.inside)
        if entry.notice is not None and entry.notice.number
        for each in entry.notice.deliveries
        if each.id in inside - job.pulled and each.state is not State.WITHDRAWN
    }
    why = _objections(workspace, books, job, [entry for entry, _ in states.values()])
    why = {
        **{key: say("it is {state}", state=word(now)) for key, (_, now) in states.items() if now not in REPRINTABLE},
        **why,
    }
    return {
        entry.notice.number: why[entry.id]
        for entry, _ in states.values()
        if entry.notice is not None and entry.notice.number and entry.id in why
    }


def _objections(
    workspace: Workspace, books: Books, job: JobRecord, entries: Sequence[DecisionRecord]
) -> dict[int, Message]:
    """Return the decisions (ids) that would be made differently now, are asked about or not as approved, with why."""
    batch = books.batches.get(job.batch)
    reach = ON_PAPER_TOO if job.supplement else OPEN
    redecided = redecide(books, batch, entries, Frozen(workspace, batch).policy, reach)
    why = {
        **{entry.id: why_changed(books, batch, entry, now) for entry, now in redecided.changed},
        **{entry.id: why_question(question) for entry, question in redecided.asked},
        **{entry.id: why_held(books, batch, redecided, causes) for entry, causes in redecided.held},
    }
    broken = broken_seals(books, batch, entries)
    return why | {entry.id: broken[entry.notice.id] for entry in entries if entry.notice and entry.notice.id in broken}


def _withdrawn_inside(books: Books, job: JobRecord) -> list[str]:
    """Return the notices of letters that were withdrawn, but are in the files of a job to be confirmed."""
    if job.state is not JobState.SPOOLED:
        return []
    inside = set(job.inside)
    return sorted(
        entry.notice.number
        for entry in books.batches.decisions_of_deliveries(job.inside)
        if entry.notice is not None and entry.notice.number
        if any(
            each.id in job.pulled or (each.id in inside and each.state is State.WITHDRAWN)
            for each in entry.notice.deliveries
        )
    )


def cancel_job(workspace: Workspace, ledger: Ledger, request: CancelRequest) -> JobCancelled:
    """Cancel a spooled job: its letters are `rendered` again, for the next job.

    Letters that were certainly printed stay handed over. Raises Refused if the job has ended, without `pulled`, or if
    the ledger is older than what has left: the job may have been confirmed since.
    """
    refuse_strangers(workspace, request.by)
    refuse_older_ledger(workspace, ledger)
    batch = _batch_of(ledger, request.job)
    with only_one(workspace, ledger, batch, by=request.by):
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
    with only_one(workspace, ledger, _batch_of(ledger, request.job), by=request.by):
        with ledger.begin() as books:
            job = _known_job(books, request.job)
            if job.state is JobState.SPOOLED:
                raise Refused(
                    say("Print job {job} is not confirmed: the shop may still need its files.", job=job.number),
                    say("When the shop has printed and posted it: notices job confirm {job}", job=job.number),
                )
            if job.state is not JobState.PURGED:
                job = books.jobs.purge(job.number, by=request.by, at=request.at)
        remove_job(workspace, job.batch, job.number)
        for version in range(1, job.version + 1):
            _keep_letters_only(workspace.kept_job(job.batch, job.number, version))
    return job


def _keep_letters_only(kept: Path) -> None:
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
