"""print --to: hand each print job over to one destination, once; an interrupted one continues and never restarts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from notices.errors import Refused
from notices.flow.batch.cleanup import sweep
from notices.flow.batch.outgoing import waits_for
from notices.flow.batch.session import BatchSession, InterruptedCommand, Order, open_session
from notices.flow.caller import Caller
from notices.flow.printing.handover.destination import destination_of
from notices.flow.printing.handover.may_leave import ReleaseCheck
from notices.flow.printing.handover.messages import (
    a_person_decides,
    comes_back,
    job_cancelled,
    job_made_again,
    not_confirmed,
    not_printed_again,
    to_be_pulled,
)
from notices.flow.printing.handover.transfer import Destination, HandedOver, Transfer
from notices.flow.printing.make_job import ZIP_PASSWORD, Archiving, Printed, make_job
from notices.flow.workspace import Workspace
from notices.ledger import ENDED, NOTHING_GONE, HandoverFile, HandoverRecord, JobRecord, JobState, Ledger, TransferState
from notices.messages import Message, say
from notices.model import Channel
from notices.settings import PRINT_PASSWORD


class HandOverRequest(Archiving):
    """Options of `print --to`: the folder or printer, and the archive of the new job."""

    to: str


def print_to(workspace: Workspace, ledger: Ledger, order: Order, request: HandOverRequest, caller: Caller) -> Printed:
    """Make a print job and hand it over to a folder or a printer, with all jobs not transferred yet.

    Raises Unusable if the destination cannot take it, before anything is made; Refused if a job is on its way to
    another destination.
    """
    destination = destination_of(workspace, request.to, caller.secret(PRINT_PASSWORD) or "")
    refuse_second_destination(ledger, order.batch, destination.name)  # before the command is recorded for `resume`
    with open_session(workspace, ledger, "hand-over", order, request.stored()) as session:
        refuse_second_destination(ledger, order.batch, destination.name)
        out = HandOverRun(session, destination, caller)
        before = out.go_on()
        if before.given_up:  # stopped at the destination: a person decides when to print again
            return Printed(order.batch, None, None, (*session.withdrawn, *before.attention), handed=before.handed)
        if out.has_something:
            out.destination.refuse_unfit(caller.tell)
        waiting = out.make_ready()
        made = make_job(session, caller.translate, request)
        after = out.hand_over()
        attention = (*made.attention, *waiting, *before.attention, *after.attention)
        return replace(made, attention=attention, handed=(*before.handed, *after.handed))


def resume(command: InterruptedCommand) -> Printed:
    """Finish an interrupted `print --to`."""
    password = command.caller.secret(ZIP_PASSWORD) or ""
    request = HandOverRequest.model_validate(command.options).with_password(password)
    return print_to(command.workspace, command.ledger, command.order, request, command.caller)


def refuse_second_destination(ledger: Ledger, batch: str, place: str) -> None:
    """Raise Refused if a job of the batch is on its way to another destination."""
    with ledger.read() as books:
        ways = [
            (job, books.handovers.of_job(job.number)) for job in books.jobs.all(batch) if job.state is JobState.SPOOLED
        ]
    for job, way in ways:
        if way is not None and way.open and way.place != place and not way.nothing_gone:
            raise Refused(
                say("Print job {job} is on its way to {place}.", job=job.number, place=way.place),
                say(
                    "Finish it with `notices resume {batch}`. If none of it was or will be printed there: "
                    "`notices job cancel {job} --pulled --why TEXT`.",
                    batch=batch,
                    job=job.number,
                ),
            )


@dataclass(frozen=True)
class HandOverResult:
    """Results of handing jobs over, and messages that need a person."""

    handed: tuple[HandedOver, ...]
    attention: tuple[Message, ...]

    @property
    def given_up(self) -> bool:
        """True if the destination will not print a file that it had."""
        return any(each.state in {TransferState.CANCELLED, TransferState.KEPT_BACK} for each in self.handed)


@dataclass(frozen=True)
class HandOverRun:
    """One command's hand-overs to a destination."""

    session: BatchSession
    destination: Destination
    caller: Caller

    def go_on(self) -> HandOverResult:
        """Finish the jobs that the destination may have already, before anything new is made or sent."""
        return self._all([job for job in self._waiting() if self._something_gone(job)])

    def make_ready(self) -> tuple[Message, ...]:
        """Check the untransferred jobs; cancel those that cannot go as they are, so that they are made again.

        Return messages that need a person.
        """
        attention: list[Message] = []
        for job in self._untransferred():
            if (waits := self._check.waits_for_a_person(job)) is not None:
                attention.append(waits)
            elif (why := self._check.unfit(job)) is not None:
                self._cancel(job, why)
        with self.session.ledger.read() as books:
            sweep(self.session.workspace, books, self.session.order.batch)
        return tuple(attention)

    def hand_over(self) -> HandOverResult:
        """Hand over all untransferred jobs."""
        return self._all([job for job in self._untransferred() if self._check.waits_for_a_person(job) is None])

    @property
    def has_something(self) -> bool:
        """True if there is a job to hand over, or letters for a new one."""
        return bool(self._untransferred() or waits_for(self.session, Channel.PRINT))

    @property
    def _check(self) -> ReleaseCheck:
        return ReleaseCheck(self.session)

    def _all(self, jobs: Iterable[JobRecord]) -> HandOverResult:
        handed: list[HandedOver] = []
        attention: list[Message] = []
        for job in jobs:
            done, said = self._one(job)
            handed.append(done)
            attention += said
        return HandOverResult(tuple(handed), tuple(attention))

    def _waiting(self) -> list[JobRecord]:
        """Return the spooled jobs whose hand-over has not ended."""
        with self.session.ledger.read() as books:
            spooled = [job for job in books.jobs.all(self.session.order.batch) if job.state is JobState.SPOOLED]
            return [job for job in spooled if (it := books.handovers.of_job(job.number)) is None or it.open]

    def _untransferred(self) -> list[JobRecord]:
        return [job for job in self._waiting() if not self._something_gone(job)]

    def _one(self, job: JobRecord) -> tuple[HandedOver, list[Message]]:
        handover = self._claimed(job)
        attention: list[Message] = []
        stopped = False
        files: list[HandoverFile] = []
        for file in handover.files:
            transfer = self._transfer_of(
                job, handover, file, may_leave=not stopped and self._check.may_leave(job, file)
            )
            if file.reach not in ENDED:
                self.destination.go_on(transfer)
            attention += self._settle(job, transfer.file)
            stopped = stopped or transfer.state in {TransferState.CANCELLED, TransferState.KEPT_BACK}
            files.append(transfer.file)
        self._close(job, handover, files)
        return HandedOver(job.number, self.destination.name, _least_good(files)), attention

    def _claimed(self, job: JobRecord) -> HandoverRecord:
        now = self.caller.now()
        with self.session.ledger.begin() as books:
            handover = books.handovers.of_job(job.number)
            if handover is not None and handover.place == self.destination.name:
                return handover
            if handover is not None:
                books.handovers.release(handover, by=self.session.order.by, at=now)
            return books.handovers.start(
                job.number, self.destination.name, self.destination.files_of(job, now), by=self.session.order.by, at=now
            )

    def _transfer_of(
        self, job: JobRecord, handover: HandoverRecord, file: HandoverFile, *, may_leave: bool
    ) -> Transfer:
        return Transfer(
            ledger=self.session.ledger,
            handover=handover,
            file=file,
            folder=self.session.workspace.print_jobs(job.batch) / job.number,
            files=job.files,
            may_leave=may_leave,
            caller=self.caller,
            by=self.session.order.by,
        )

    def _settle(self, job: JobRecord, file: HandoverFile) -> list[Message]:
        """Record what a file's final state means for its letters; idempotent."""
        by, now = self.session.order.by, self.caller.now()
        if file.reach in {TransferState.TAKEN, *(NOTHING_GONE - ENDED)}:
            return []
        if file.reach is TransferState.UNKNOWN:
            return [a_person_decides(job, file, self.destination.name)]
        if job.supplement:
            return [] if file.reach is TransferState.PRINTED else [not_printed_again(job, file)]
        with self.session.ledger.begin() as books:
            if file.reach is TransferState.PRINTED:
                kept = books.handovers.mark_printed(job.number, file.file, by=by, at=now)
            else:
                letters = [key for key, _ in books.handovers.letters_in(job.number, file.file)]
                back = books.handovers.return_to_rendered(job.number, letters, by=by, at=now)
        if file.reach is TransferState.PRINTED:
            return [
                *(to_be_pulled(number, job) for number in kept.withdrawn),
                *(not_confirmed(job, number) for number in kept.recalled),
            ]
        return [comes_back(job, file, back)]

    def _close(self, job: JobRecord, handover: HandoverRecord, files: Iterable[HandoverFile]) -> None:
        reached = {file.reach for file in files}
        by, now = self.session.order.by, self.caller.now()
        if reached <= ENDED:
            with self.session.ledger.begin() as books:
                books.handovers.end(handover, at=now)
                books.handovers.close_job(job.number, cancelled=TransferState.PRINTED not in reached, by=by, at=now)
        elif reached == {TransferState.TAKEN}:  # a folder has it; a person confirms the printing
            with self.session.ledger.begin() as books:
                books.handovers.end(handover, at=now)

    def _handover(self, job: JobRecord) -> HandoverRecord | None:
        with self.session.ledger.read() as books:
            return books.handovers.of_job(job.number)

    def _something_gone(self, job: JobRecord) -> bool:
        handover = self._handover(job)
        return handover is not None and not handover.nothing_gone

    def _cancel(self, job: JobRecord, why: Message) -> None:
        by, now = self.session.order.by, self.caller.now()
        with self.session.ledger.begin() as books:
            if (handover := books.handovers.of_job(job.number)) is not None:
                books.handovers.release(handover, by=by, at=now)
            if not job.supplement:
                books.handovers.return_to_rendered(job.number, job.deliveries, by=by, at=now)
            books.handovers.close_job(job.number, cancelled=True, why=str(why), by=by, at=now)
        self.caller.tell(job_cancelled(job, why) if job.supplement else job_made_again(job, why))


def _least_good(files: Iterable[HandoverFile]) -> TransferState:
    order = list(TransferState)
    return max((file.reach for file in files), key=order.index)
