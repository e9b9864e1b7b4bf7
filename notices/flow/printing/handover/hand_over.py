"""print --to: hand each print job over to one destination, once; an interrupted one continues and never restarts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from notices.errors import Refused
from notices.flow.batch.cleanup import sweep
from notices.flow.batch.outgoing import waits_for
from notices.flow.batch.session import BatchSession, InterruptedCommand, Order, open_session
from notices.flow.caller import Caller
from notices.flow.printing.handover.destination import destination_of
from notices.flow.printing.handover.may_leave import ReleaseCheck, StoppedLetters, broken_letters, stopped_letters
from notices.flow.printing.handover.messages import (
    TO_BE_TAKEN_OUT,
    a_person_decides,
    comes_back,
    job_cancelled,
    job_made_again,
    not_confirmed,
    not_printed_again,
    to_be_pulled,
)
from notices.flow.printing.handover.transfer import Destination, HandedOver, Transfer
from notices.flow.printing.houses import refuse_unknown_tier
from notices.flow.printing.make_job import ZIP_PASSWORD, Printed, PrintOptions, make_jobs
from notices.flow.printing.remake import made_again
from notices.flow.workspace import Workspace
from notices.ledger import (
    ENDED,
    NOTHING_GONE,
    WHOLE,
    Books,
    HandoverFile,
    HandoverRecord,
    JobRecord,
    JobState,
    Ledger,
    TransferState,
)
from notices.messages import Message, say
from notices.model import Channel, State
from notices.rules.states import LEFT_ON_PAPER
from notices.settings import PRINT_PASSWORD


class HandOverRequest(PrintOptions):
    """Options of `print --to`: the folder or printer, the tier, and the archive of the new jobs.

    With `again`, jobs that may have been carried to the shop by hand are handed over too.
    """

    to: str
    again: bool = False


def print_to(workspace: Workspace, ledger: Ledger, order: Order, request: HandOverRequest, caller: Caller) -> Printed:
    """Make a print job and hand it over to a folder or a printer, with all jobs not transferred yet.

    Raises Unusable if the destination cannot take it, before anything is made; Refused if a job is on its way to
    another destination, or may have been carried to the shop by hand.
    """
    destination = destination_of(workspace, request.to, caller.secret(PRINT_PASSWORD) or "")
    refuse_second_destination(ledger, order.batch, destination.name)  # before the command is recorded for `resume`
    if not request.again:
        refuse_carried_by_hand(ledger, order.batch)
    refuse_unknown_tier(ledger, order.batch, request.tier)
    with open_session(workspace, ledger, "hand-over", order, request.stored()) as session:
        refuse_second_destination(ledger, order.batch, destination.name)
        out = HandOverRun(session, destination, caller)
        before = out.go_on()
        if before.given_up:  # stopped at the destination: a person decides when to print again
            return Printed(order.batch, (), (*session.withdrawn, *before.attention), handed=before.handed)
        if out.has_something:
            out.destination.refuse_unfit(caller.tell)
        again = made_again(workspace, ledger, order, caller.translate)
        waiting = out.make_ready()
        made = make_jobs(session, caller.translate, request, made_for=destination.name)
        after = out.hand_over()
        attention = (*again, *made.attention, *waiting, *before.attention, *after.attention)
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


def refuse_carried_by_hand(ledger: Ledger, batch: str) -> None:
    """Raise Refused if a spooled job was made without `--to`: a person may have carried it to the shop.

    Carrying leaves no trace. Jobs that stay here anyway are not named: those that were printed evidently, and
    supplements of a cancelled job.
    """
    with ledger.read() as books:
        jobs = books.jobs.all(batch)
        cancelled = {job.number for job in jobs if job.is_cancelled}
        printed = {job.replaces for job in jobs if job.supplement and not job.is_cancelled}
        carried = [
            job.number
            for job in jobs
            if job.state is JobState.SPOOLED
            and job.made_for is None
            and job.replaces not in cancelled
            and job.number not in printed
            and not books.handovers.ever_started(job.number)
            and not any(state in LEFT_ON_PAPER for _, state in _own_letters(books, job))
        ]
    if carried:
        raise Refused(
            say(
                "Print job(s) {jobs}: made without --to, so perhaps carried to the shop by hand.",
                jobs=", ".join(carried),
            ),
            say("If it was: `notices job confirm JOB`. If it is still here, hand it over with --again."),
        )


def _own_letters(books: Books, job: JobRecord) -> tuple[tuple[int, State], ...]:
    """Return a job's letters with their states; none for a supplement, whose letters have the job's states."""
    return () if job.supplement else books.handovers.letters_in(job.number, WHOLE)


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
    kept: dict[int, Message] = field(default_factory=dict)  # decisions whose letter was stopped, each with its message

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
            last_look=partial(self._may_leave_now, job, file),
            caller=self.caller,
            by=self.session.order.by,
        )

    def _may_leave_now(self, job: JobRecord, file: HandoverFile, books: Books) -> bool:
        """Return whether every letter in a file may leave, with everything that is in the ledger by now."""
        broken = broken_letters(self.session, books, (job, file))  # first: what follows may change the same rows
        if broken.messages:
            self.kept.update(broken.messages)
            return False
        if not job.supplement and any(
            state is not State.SPOOLED for _, state in books.handovers.letters_in(job.number, file.file)
        ):
            return False
        stopped = self._stopped(books, job, file)
        self.kept.update(stopped.messages)
        return not stopped.messages

    def _stopped(self, books: Books, job: JobRecord, file: HandoverFile) -> StoppedLetters:
        return stopped_letters(self.session, books, (job, file), by=self.session.order.by, at=self.caller.now())

    def _settle(self, job: JobRecord, file: HandoverFile) -> list[Message]:
        """Record what a file's final state means for its letters; idempotent."""
        if file.reach in {TransferState.TAKEN, *(NOTHING_GONE - ENDED)}:
            return []
        if file.reach is TransferState.UNKNOWN:
            return [a_person_decides(job, file, self.destination.name)]
        if job.supplement:
            return [] if file.reach is TransferState.PRINTED else [*self.kept.values(), not_printed_again(job, file)]
        return self._printed(job, file) if file.reach is TransferState.PRINTED else self._came_back(job, file)

    def _printed(self, job: JobRecord, file: HandoverFile) -> list[Message]:
        """Record a printed file's letters as handed over, but not those that must not go: they are still here."""
        by, now = self.session.order.by, self.caller.now()
        with self.session.ledger.begin() as books:
            staying = self._stopped(books, job, file).deliveries
            held = books.handovers.mark_printed(job.number, file.file, staying=staying, by=by, at=now)
            places = books.jobs.numbered_places(job.number)
        return [
            *(to_be_pulled(number, job, places.get(number)) for number in held.withdrawn),
            *(not_confirmed(job, number, TO_BE_TAKEN_OUT, places.get(number)) for number in held.recalled),
        ]

    def _came_back(self, job: JobRecord, file: HandoverFile) -> list[Message]:
        """Take back the letters of a file that was not printed; withdraw those that must not go."""
        by, now = self.session.order.by, self.caller.now()
        with self.session.ledger.begin() as books:
            broken = broken_letters(self.session, books, (job, file))
            letters = [key for key, _ in books.handovers.letters_in(job.number, file.file)]
            sound = [key for key in letters if key not in broken.deliveries]  # the others are left for a person to see
            back = books.handovers.return_to_rendered(job.number, sound, by=by, at=now)
            stopped = self._stopped(books, job, file).messages if back else {}
        return [comes_back(job, file, back - len(stopped)), *{**broken.messages, **stopped}.values()]

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
