"""Watch a job at the printer until it is printed, cancelled, or makes no progress for too long."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic, sleep

from notices.errors import Unusable
from notices.flow.printing.handover.transfer import Transfer
from notices.ledger import TransferState
from notices.messages import Message, say
from notices.press.ipp import (
    OutcomeUnknown,
    Printer,
    PrinterJob,
    PrinterJobState,
    PrinterUnreachable,
    printer_problems,
    reason_words,
)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
ENDS = {
    PrinterJobState.COMPLETED: TransferState.PRINTED,
    PrinterJobState.CANCELED: TransferState.CANCELLED,
    PrinterJobState.ABORTED: TransferState.CANCELLED,
}
STATES = {
    PrinterJobState.PENDING: say("is waiting"),
    PrinterJobState.HELD: say("is held"),
    PrinterJobState.PROCESSING: say("is printing"),
    PrinterJobState.STOPPED: say("has stopped"),
}
FORGOTTEN = say("The printer has no record of the job.")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds without progress that are tolerated while a job prints, and while it is held or something is wrong."""

    printing: float
    stopped: float


@dataclass(frozen=True, slots=True)
class PrinterView:
    """Result of one query: the job, or the error that hides it, and what is wrong with the printer."""

    job: PrinterJob | None
    trouble: Unusable | None = None
    wrong: tuple[Message, ...] = ()

    @property
    def gone(self) -> bool:
        """True if the printer answered that it does not know the job."""
        return self.job is None and self.trouble is None

    @property
    def blocked(self) -> bool:
        """True if a person has to do something before the job goes on."""
        held = self.job is not None and self.job.state in {PrinterJobState.HELD, PrinterJobState.STOPPED}
        return held or bool(self.wrong) or self.trouble is not None


@dataclass(frozen=True)
class ProgressWatcher:
    """Watches the jobs of one printer."""

    printer: Printer
    timeouts: Timeouts

    def until_ended(self, transfer: Transfer) -> None:
        """Poll the job until it has ended, and record that; raises Unusable if there is no progress for too long."""
        seen: PrinterView | None = None
        moved, pause = monotonic(), FIRST_PAUSE
        while True:
            view = self._look(transfer)
            if view.gone:
                transfer.record(TransferState.UNKNOWN, told=str(FORGOTTEN))
                return
            if view.job is not None and view.job.state in ENDS:
                transfer.record(ENDS[view.job.state], told=told(view.job))
                return
            if seen is None or (view.job, view.wrong) != (seen.job, seen.wrong):
                seen, moved, pause = view, monotonic(), FIRST_PAUSE
                transfer.caller.tell(_progress_message(transfer, view))
            if monotonic() - moved >= (self.timeouts.stopped if view.blocked else self.timeouts.printing):
                raise view.trouble or _no_progress(self.printer.uri, transfer, view)
            sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _look(self, transfer: Transfer) -> PrinterView:
        try:
            there = self.printer.job(transfer.file.printer_job or 0)
            printing = there is not None and there.state not in ENDS
            wrong = tuple(printer_problems(self.printer.condition(), warned=True)) if printing else ()
        except (OutcomeUnknown, PrinterUnreachable) as error:
            return PrinterView(None, error)
        if there is not None and there.name not in {None, transfer.file.name}:
            return PrinterView(None)  # job numbers restart when a printer is switched off: this is another job
        return PrinterView(there, None, wrong)


def told(there: PrinterJob | None) -> str | None:
    """Return what the printer says of a job, as kept in the ledger."""
    if there is None:
        return None
    counted = f"{there.printed} printed" if there.printed else ""
    return "; ".join(part for part in (there.state.name.lower(), *there.reasons, there.message, counted) if part)


def _progress_message(transfer: Transfer, view: PrinterView) -> Message:
    if view.job is None:
        return view.trouble.fact if view.trouble else FORGOTTEN
    state = STATES[view.job.state]
    reason = next(iter((*view.wrong, *map(reason_words, view.job.reasons))), None)
    if reason is None:
        return say("{file} {state}.", file=transfer.file.name, state=state)
    return say("{file} {state}: {reason}", file=transfer.file.name, state=state, reason=reason)


def _no_progress(printer: str, transfer: Transfer, view: PrinterView) -> Unusable:
    state = STATES[view.job.state] if view.job else say("is held")
    details = list(view.wrong)
    if view.job is not None and (view.job.reasons or view.job.message):
        details.append(say("The printer says: {reason}.", reason=told(view.job)))
    return Unusable(
        say(
            "{file} {state} at {printer} and makes no progress.", file=transfer.file.name, state=state, printer=printer
        ),
        say("Fix the printer, then run `notices resume BATCH`; nothing is sent twice."),
        details,
    )
