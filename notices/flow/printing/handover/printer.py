"""Hand files to a printer, each once: create an empty job, which prints nothing, send its document, watch its state.

With IPP a client can query the outcome of each step: if the answer to "create" is lost, the job is found by its name;
if a document may have arrived, the job's number tells. So no request is repeated before the printer was asked what it
has; if it cannot tell, a person must.
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
    OutcomeUnknown,
    Printer,
    PrinterJob,
    PrinterJobState,
    PrinterRefused,
    PrinterUnreachable,
    PrintSettings,
    Status,
    Value,
    blocking_problems,
    job_template,
    print_warnings,
)

TRIES = 3  # of a request without an answer, each after querying its outcome
PAUSE_SECONDS = 1.0
SETTLED = ENDED | {TransferState.UNKNOWN}
BUSY = frozenset({Status.ERROR_BUSY, Status.ERROR_TEMPORARY, Status.ERROR_TOO_MANY_JOBS})
GONE = frozenset({Status.ERROR_NOT_FOUND, Status.ERROR_GONE, Status.ERROR_NOT_POSSIBLE, Status.ERROR_JOB_CANCELED})


@dataclass
class PrinterDestination:
    """A printer or queue, the print options wanted, and how long it may be busy or make no progress."""

    printer: Printer
    wish: PrintSettings
    timeouts: Timeouts
    template: Mapping[str, Value] = field(default_factory=dict)  # empty until the printer's capabilities are known
    in_two_steps: bool = True

    @property
    def name(self) -> str:
        """Address of the printer."""
        return self.printer.uri

    def files_of(self, job: JobRecord, at: datetime) -> tuple[HandoverFile, ...]:
        """Return the PDFs of letters, each a job of its own at the printer."""
        letters = sorted(name for name in job.files if PurePath(name).match("letters-*.pdf"))
        return tuple(
            HandoverFile(
                place,
                name,
                job.files[name],
                _name_there(job.number, place, job.files[name], 1),
                TransferState.WAITING,
                at,
            )
            for place, name in enumerate(letters, start=1)
        )

    def refuse_unfit(self, tell: Callable[[Message], None]) -> None:
        """Query the printer's capabilities; raises Unusable if it cannot print these letters as set."""
        if self.template:
            return
        can = self.printer.capabilities()
        wrong = blocking_problems(can, self.wish)
        if wrong:
            raise Unusable(
                say("{printer} cannot print this now.", printer=self.name),
                say("Fix it or choose another printer, then run `notices resume BATCH`."),
                wrong,
            )
        for doubt in print_warnings(can, self.wish):
            tell(doubt)
        self.template = job_template(can, self.wish)
        self.in_two_steps = can.takes_jobs_in_two_steps

    def call_off(self, job: str, file: HandoverFile) -> Iterator[Message]:
        """Cancel a file that the printer still knows; raises Unusable if it cannot be asked."""
        if file.reach is TransferState.WAITING:
            return
        found = self._known(file)
        if found is None:
            yield say(
                "{printer} has no record of {file} of print job {job}.", printer=self.name, file=file.file, job=job
            )
        elif found.state is PrinterJobState.COMPLETED:
            yield say(
                "{printer} has already printed {file} of print job {job}: destroy the sheets.",
                printer=self.name,
                file=file.file,
                job=job,
            )
        elif found.state not in {PrinterJobState.CANCELED, PrinterJobState.ABORTED}:
            self.printer.cancel(found.id)
            yield say("{printer} cancels {file} of print job {job}.", printer=self.name, file=file.file, job=job)

    def go_on(self, transfer: Transfer) -> None:
        """Transfer a file and watch it to its end; raises Unusable if the printer fails, and `resume` continues."""
        lost, waited = 0, 0.0
        while transfer.state not in SETTLED:
            try:
                self._step(transfer)
            except (OutcomeUnknown, PrinterUnreachable):
                lost += 1
                if lost == TRIES:
                    raise
                sleep(PAUSE_SECONDS * lost)
            except PrinterRefused as refusal:
                if refusal.status not in BUSY or waited >= self.timeouts.stopped:
                    raise
                if not waited:
                    transfer.caller.tell(say("{printer} is busy; waiting.", printer=self.name))
                sleep(PAUSE_SECONDS)
                waited += PAUSE_SECONDS

    def _step(self, transfer: Transfer) -> None:
        if transfer.state is TransferState.TAKEN:
            ProgressWatcher(self.printer, self.timeouts).until_ended(transfer)
        elif transfer.state in {TransferState.SENDING, TransferState.SENT}:
            self._query_outcome(transfer)
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
        name = _name_there(transfer.handover.job, file.position, file.sha256, attempt)
        transfer.record(TransferState.CREATING, attempt=attempt, name=name, printer_job=None, told=None)

    def _create(self, transfer: Transfer) -> None:
        """Create a job, unless an earlier request has created it."""
        found = self._found(transfer.file)
        if found is not None:
            transfer.record(_state_of(found), printer_job=found.id)
            return
        self.refuse_unfit(transfer.caller.tell)
        try:
            if self.in_two_steps:
                transfer.record(
                    TransferState.CREATED, printer_job=self.printer.create_job(transfer.file.name, self.template)
                )
            else:
                self._print_at_once(transfer)
        except PrinterRefused as refusal:
            if refusal.status == Status.ERROR_OPERATION_NOT_SUPPORTED and self.in_two_steps:
                self.in_two_steps = False
                return
            if refusal.status not in BUSY:
                transfer.record(TransferState.WAITING)
            raise

    def _print_at_once(self, transfer: Transfer) -> None:
        if not transfer.mark_leaving():
            return
        try:
            job = self.printer.print_job(
                transfer.file.name, self.template, transfer.source, lambda: transfer.record(TransferState.SENT)
            )
        except PrinterUnreachable:
            transfer.record(TransferState.CREATING)
            raise
        transfer.record(TransferState.TAKEN, printer_job=job)

    def _send(self, transfer: Transfer) -> None:
        """Send the document: the one request after which it may be printed."""
        job = transfer.file.printer_job or 0
        if not transfer.mark_leaving():
            return
        try:
            self.printer.send_document(
                job, transfer.file.file, transfer.source, lambda: transfer.record(TransferState.SENT)
            )
        except PrinterRefused as refusal:
            self._cancel(job)
            transfer.record(TransferState.WAITING, printer_job=None)
            if refusal.status not in GONE:
                raise
            raise OutcomeUnknown(refusal.fact, refusal.remedy) from refusal  # the empty job is gone: try with another
        except PrinterUnreachable:
            transfer.record(TransferState.CREATED)
            raise
        transfer.record(TransferState.TAKEN)

    def _query_outcome(self, transfer: Transfer) -> None:
        """Query the outcome of a document sent without an answer; repeat only if certainly nothing was printed."""
        found = self._known(transfer.file)
        if found is None:
            transfer.record(TransferState.UNKNOWN, told=str(FORGOTTEN))
        elif found.is_waiting_for_document:
            self._give_up(transfer, found.id)
        elif transfer.state is TransferState.SENT or found.kilobytes == _kilobytes(transfer):
            transfer.record(TransferState.TAKEN, printer_job=found.id)
        elif found.state is PrinterJobState.COMPLETED:
            cut_short = found.kilobytes is not None  # it received fewer bytes than were to come
            transfer.record(
                TransferState.CANCELLED if cut_short else TransferState.UNKNOWN, printer_job=found.id, told=told(found)
            )
        else:
            self._give_up(transfer, found.id)

    def _give_up(self, transfer: Transfer, job: int) -> None:
        """Cancel a job whose document is missing or incomplete; try again only if nothing was printed."""
        self._cancel(job)
        found = self.printer.job(job)
        if found is not None and found.ended_before_it_began:
            transfer.record(TransferState.WAITING, printer_job=None)
        elif found is not None and found.state not in {PrinterJobState.CANCELED, PrinterJobState.ABORTED}:
            transfer.record(TransferState.UNKNOWN, printer_job=job, told=told(found))
        else:
            transfer.record(TransferState.CANCELLED, printer_job=job, told=told(found))

    def _keep_back(self, transfer: Transfer) -> None:
        if transfer.file.printer_job is not None:
            self._cancel(transfer.file.printer_job)
        transfer.record(TransferState.KEPT_BACK)

    def _known(self, file: HandoverFile) -> PrinterJob | None:
        """Find the printer's job for a file by its number, unless another job has that number now."""
        if file.printer_job is None:
            return self._found(file)
        found = self.printer.job(file.printer_job)
        return found if found is not None and found.name in {None, file.name} else None

    def _found(self, file: HandoverFile) -> PrinterJob | None:
        """Find the printer's job for a file by its name; of several, one that has its document."""
        named = self.printer.jobs_named(file.name)
        return min(named, key=lambda job: (job.is_waiting_for_document, job.id), default=None)

    def _cancel(self, job: int) -> None:
        try:
            self.printer.cancel(job)
        except PrinterRefused:
            return  # it has already ended


def _name_there(job: str, position: int, sha256: str, attempt: int) -> str:
    """Return a file's name at the printer; the checksum makes it unique to this workspace."""
    again = f"-{attempt}" if attempt > 1 else ""
    return f"{job}/{position:02d} {sha256[:8]}{again}"


def _kilobytes(transfer: Transfer) -> int:
    """Return the file's size as printers count it: units of 1024 octets, rounded up (RFC 8011, section 5.3.17.1)."""
    return -(-transfer.source.stat().st_size // 1024)


def _state_of(found: PrinterJob) -> TransferState:
    """Return the state of a file whose job was found by its name."""
    if found.is_waiting_for_document:
        return TransferState.CREATED
    return TransferState.WAITING if found.ended_before_it_began else TransferState.SENDING
