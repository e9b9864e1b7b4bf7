"""Handing files to a printer, each once: an empty job first, which prints nothing, then its document, then its state.

IPP lets a client ask what became of each step: a job that was created by a request whose answer got lost is found by
its name, a document that may have arrived is asked for under the job's number. So nothing is repeated before the
printer has said what it has; where it cannot say, a person must.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from time import sleep

from notices.errors import DataNeedsPerson, Unusable
from notices.flow.printing.handover.progress import FORGOTTEN, ProgressWatcher, Timeouts, told
from notices.flow.printing.handover.transfer import Transfer
from notices.ledger import ENDED, HandoverFile, JobRecord, TransferState
from notices.messages import Message, say
from notices.pdf import sha256_of
from notices.press.ipp import (
    Declined,
    Printer,
    PrinterJob,
    PrinterJobState,
    Status,
    Unanswered,
    Unreached,
    Value,
    Wish,
    doubts,
    job_template,
    unfit,
)

TRIES = 3  # of a request that got lost, each after asking what became of it
PAUSE_SECONDS = 1.0
SETTLED = ENDED | {TransferState.UNKNOWN}
BUSY = frozenset({Status.ERROR_BUSY, Status.ERROR_TEMPORARY, Status.ERROR_TOO_MANY_JOBS})
GONE = frozenset({Status.ERROR_NOT_FOUND, Status.ERROR_GONE, Status.ERROR_NOT_POSSIBLE, Status.ERROR_JOB_CANCELED})


@dataclass
class PrinterDestination:
    """A printer or a queue, what it is asked for, and how long it may be busy or stand still."""

    printer: Printer
    wish: Wish
    timeouts: Timeouts
    template: Mapping[str, Value] = field(default_factory=dict)  # empty until the printer was asked
    in_two_steps: bool = True

    @property
    def name(self) -> str:
        """The printer's address."""
        return self.printer.uri

    def files_of(self, job: JobRecord, at: datetime) -> tuple[HandoverFile, ...]:
        """The letters, one job of the printer's for each file, and nothing else."""
        letters = sorted(name for name in job.files if PurePath(name).match("letters-*.pdf"))
        return tuple(
            HandoverFile(
                place, name, job.files[name], _called(job.number, place, job.files[name], 1), TransferState.WAITING, at
            )
            for place, name in enumerate(letters, start=1)
        )

    def refuse_unfit(self, tell: Callable[[Message], None]) -> None:
        """Ask the printer what it can do; raises Unusable where it cannot print these letters as they are meant."""
        if self.template:
            return
        can = self.printer.capabilities()
        wrong = unfit(can, self.wish)
        if wrong:
            raise Unusable(
                say("{printer} cannot print this now.", printer=self.name),
                say("Put it in order or choose another printer; then `notices resume BATCH` goes on."),
                wrong,
            )
        for doubt in doubts(can, self.wish):
            tell(doubt)
        self.template = job_template(can, self.wish)
        self.in_two_steps = can.takes_jobs_in_two_steps

    def call_off(self, job: str, file: HandoverFile) -> Iterator[Message]:
        """Have the printer cancel a file that it still knows; raises where it cannot be asked."""
        if file.reach is TransferState.WAITING:
            return
        there = self._known(file)
        if there is None:
            yield say("{printer} does not know {file} of print job {job}.", printer=self.name, file=file.file, job=job)
        elif there.state is PrinterJobState.COMPLETED:
            yield say(
                "{printer} says that it has printed {file} of print job {job}: destroy what came out.",
                printer=self.name,
                file=file.file,
                job=job,
            )
        elif there.state not in {PrinterJobState.CANCELED, PrinterJobState.ABORTED}:
            self.printer.cancel(there.id)
            yield say("{printer} cancels {file} of print job {job}.", printer=self.name, file=file.file, job=job)

    def go_on(self, transfer: Transfer) -> None:
        """Bring a file to its end at the printer; raises Unusable where the printer gives up, and `resume` goes on."""
        lost, waited = 0, 0.0
        while transfer.state not in SETTLED:
            try:
                self._step(transfer)
            except (Unanswered, Unreached):
                lost += 1
                if lost == TRIES:
                    raise
                sleep(PAUSE_SECONDS * lost)
            except Declined as refusal:
                if refusal.status not in BUSY or waited >= self.timeouts.stopped:
                    raise
                if not waited:
                    transfer.caller.tell(say("{printer} is busy; waiting.", printer=self.name))
                sleep(PAUSE_SECONDS)
                waited += PAUSE_SECONDS

    def _step(self, transfer: Transfer) -> None:
        if transfer.state is TransferState.TAKEN:
            ProgressWatcher(self.printer, self.timeouts).to_its_end(transfer)
        elif transfer.state in {TransferState.SENDING, TransferState.SENT}:
            self._what_became_of_it(transfer)
        elif not transfer.may_leave:
            self._keep_back(transfer)
        elif transfer.state is TransferState.WAITING:
            self._begin(transfer)
        elif transfer.state is TransferState.CREATING:
            self._create(transfer)
        else:
            self._send(transfer)

    def _begin(self, transfer: Transfer) -> None:
        self.refuse_unfit(transfer.caller.tell)
        file = transfer.file
        if not transfer.source.is_file() or sha256_of(transfer.source) != file.sha256:
            raise DataNeedsPerson(
                say("{file} was changed since print job {job} was made.", file=file.file, job=transfer.handover.job),
                say(
                    "Cancel the job with `notices job cancel {job} --pulled --why TEXT`, and print again.",
                    job=transfer.handover.job,
                ),
            )
        attempt = file.attempt + 1
        name = _called(transfer.handover.job, file.position, file.sha256, attempt)
        transfer.record(TransferState.CREATING, attempt=attempt, name=name, printer_job=None, told=None)

    def _create(self, transfer: Transfer) -> None:
        """Find the job that an earlier request may have created, or create one."""
        there = self._found(transfer.file)
        if there is not None:
            transfer.record(_stands(there), printer_job=there.id)
            return
        self.refuse_unfit(transfer.caller.tell)
        try:
            if self.in_two_steps:
                transfer.record(
                    TransferState.CREATED, printer_job=self.printer.create_job(transfer.file.name, self.template)
                )
            else:
                self._print_in_one_step(transfer)
        except Declined as refusal:
            if refusal.status == Status.ERROR_OPERATION_NOT_SUPPORTED and self.in_two_steps:
                self.in_two_steps = False
                return
            if refusal.status not in BUSY:
                transfer.record(TransferState.WAITING)
            raise

    def _print_in_one_step(self, transfer: Transfer) -> None:
        transfer.record(TransferState.SENDING)
        try:
            job = self.printer.print_job(
                transfer.file.name, self.template, transfer.source, lambda: transfer.record(TransferState.SENT)
            )
        except Unreached:
            transfer.record(TransferState.CREATING)
            raise
        transfer.record(TransferState.TAKEN, printer_job=job)

    def _send(self, transfer: Transfer) -> None:
        """Let the document go: the one request after which it may be printed."""
        job = transfer.file.printer_job or 0
        transfer.record(TransferState.SENDING)
        try:
            self.printer.send_document(
                job, transfer.file.file, transfer.source, lambda: transfer.record(TransferState.SENT)
            )
        except Declined as refusal:
            self._cancel(job)
            transfer.record(TransferState.WAITING, printer_job=None)
            if refusal.status not in GONE:
                raise
            raise Unanswered(refusal.fact, refusal.remedy) from refusal  # it gave the empty job up: try with another
        except Unreached:
            transfer.record(TransferState.CREATED)
            raise
        transfer.record(TransferState.TAKEN)

    def _what_became_of_it(self, transfer: Transfer) -> None:
        """The document was let go and no answer is known: ask, and repeat only what certainly printed nothing."""
        there = self._known(transfer.file)
        if there is None:
            transfer.record(TransferState.UNKNOWN, told=str(FORGOTTEN))
        elif there.waits_for_its_document:
            self._give_up(transfer, there.id)
        elif transfer.state is TransferState.SENT or there.kilobytes == _kilobytes(transfer):
            transfer.record(TransferState.TAKEN, printer_job=there.id)
        elif there.state is PrinterJobState.COMPLETED:
            cut_short = there.kilobytes is not None  # it counted less than was to come
            transfer.record(
                TransferState.CANCELLED if cut_short else TransferState.UNKNOWN, printer_job=there.id, told=told(there)
            )
        else:
            self._give_up(transfer, there.id)

    def _give_up(self, transfer: Transfer, job: int) -> None:
        """Cancel a job whose document did not come, or not whole; a new one may follow where nothing was printed."""
        self._cancel(job)
        there = self.printer.job(job)
        if there is not None and there.ended_before_it_began:
            transfer.record(TransferState.WAITING, printer_job=None)
        elif there is not None and there.state not in {PrinterJobState.CANCELED, PrinterJobState.ABORTED}:
            transfer.record(TransferState.UNKNOWN, printer_job=job, told=told(there))
        else:
            transfer.record(TransferState.CANCELLED, printer_job=job, told=told(there))

    def _keep_back(self, transfer: Transfer) -> None:
        if transfer.file.printer_job is not None:
            self._cancel(transfer.file.printer_job)
        transfer.record(TransferState.KEPT_BACK)

    def _known(self, file: HandoverFile) -> PrinterJob | None:
        """The printer's job for this file: by its number, and never another one that has the number now."""
        if file.printer_job is None:
            return self._found(file)
        there = self.printer.job(file.printer_job)
        return there if there is not None and there.name in {None, file.name} else None

    def _found(self, file: HandoverFile) -> PrinterJob | None:
        """By its name; of several the one that has a document."""
        found = self.printer.jobs_named(file.name)
        return min(found, key=lambda job: (job.waits_for_its_document, job.id), default=None)

    def _cancel(self, job: int) -> None:
        try:
            self.printer.cancel(job)
        except Declined:
            return  # it has ended already


def _called(job: str, position: int, sha256: str, attempt: int) -> str:
    """What a file is called at the printer: the job's number, the file's, and what makes it this workspace's own."""
    again = f"-{attempt}" if attempt > 1 else ""
    return f"{job}/{position:02d} {sha256[:8]}{again}"


def _kilobytes(transfer: Transfer) -> int:
    """The file's size as a printer counts it: units of 1024 octets, rounded up (RFC 8011, section 5.3.17.1)."""
    return -(-transfer.source.stat().st_size // 1024)


def _stands(there: PrinterJob) -> TransferState:
    """How far a file has come whose job was found by its name."""
    if there.waits_for_its_document:
        return TransferState.CREATED
    return TransferState.WAITING if there.ended_before_it_began else TransferState.SENDING
