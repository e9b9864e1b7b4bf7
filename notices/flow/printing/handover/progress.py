"""Following a job at the printer until it is printed, cancelled, or has stood still for too long."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic, sleep

from notices.errors import Unusable
from notices.flow.printing.handover.transfer import Transfer
from notices.ledger import TransferState
from notices.messages import Message, say
from notices.press.ipp import Printer, PrinterJob, PrinterJobState, Unanswered, Unreached, not_ready, reason_words

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
ENDS = {
    PrinterJobState.COMPLETED: TransferState.PRINTED,
    PrinterJobState.CANCELED: TransferState.CANCELLED,
    PrinterJobState.ABORTED: TransferState.CANCELLED,
}
STATES = {
    PrinterJobState.PENDING: say("waits its turn"),
    PrinterJobState.HELD: say("is held"),
    PrinterJobState.PROCESSING: say("is printing"),
    PrinterJobState.STOPPED: say("has stopped"),
}
FORGOTTEN = say("The printer does not know the job, or knows it no longer.")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How many seconds a job may show no progress while it prints, and while something is wrong or it is held."""

    printing: float
    stopped: float


@dataclass(frozen=True, slots=True)
class PrinterView:
    """What one look at the printer showed: the job, or why it cannot be seen; and what is wrong with the printer."""

    job: PrinterJob | None
    trouble: Unusable | None = None
    wrong: tuple[Message, ...] = ()

    @property
    def gone(self) -> bool:
        """Whether the printer answered that it does not know the job."""
        return self.job is None and self.trouble is None

    @property
    def stands(self) -> bool:
        """Whether somebody has to do something before it goes on."""
        held = self.job is not None and self.job.state in {PrinterJobState.HELD, PrinterJobState.STOPPED}
        return held or bool(self.wrong) or self.trouble is not None


@dataclass(frozen=True)
class ProgressWatcher:
    """Watching one printer."""

    printer: Printer
    timeouts: Timeouts

    def to_its_end(self, transfer: Transfer) -> None:
        """Look until the job has ended, and write that down; raises Unusable where nothing has moved for too long."""
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
                transfer.caller.tell(_standing(transfer, view))
            if monotonic() - moved >= (self.timeouts.stopped if view.stands else self.timeouts.printing):
                raise view.trouble or _stands_still(self.printer.uri, transfer, view)
            sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _look(self, transfer: Transfer) -> PrinterView:
        try:
            there = self.printer.job(transfer.file.printer_job or 0)
            printing = there is not None and there.state not in ENDS
            wrong = tuple(not_ready(self.printer.condition(), warned=True)) if printing else ()
        except (Unanswered, Unreached) as error:
            return PrinterView(None, error)
        if there is not None and there.name not in {None, transfer.file.name}:
            return PrinterView(None)  # switched off and on, it counts from one again: this is somebody else's
        return PrinterView(there, None, wrong)


def told(there: PrinterJob | None) -> str | None:
    """What the printer says of a job, to be kept."""
    if there is None:
        return None
    counted = f"{there.printed} printed" if there.printed else ""
    return "; ".join(part for part in (there.state.name.lower(), *there.reasons, there.message, counted) if part)


def _standing(transfer: Transfer, view: PrinterView) -> Message:
    if view.job is None:
        return view.trouble.fact if view.trouble else FORGOTTEN
    state = STATES[view.job.state]
    reason = next(iter((*view.wrong, *map(reason_words, view.job.reasons))), None)
    if reason is None:
        return say("{file} {state}.", file=transfer.file.name, state=state)
    return say("{file} {state}: {reason}", file=transfer.file.name, state=state, reason=reason)


def _stands_still(printer: str, transfer: Transfer, view: PrinterView) -> Unusable:
    state = STATES[view.job.state] if view.job else say("is held")
    details = list(view.wrong)
    if view.job is not None and (view.job.reasons or view.job.message):
        details.append(say("It says: {reason}.", reason=told(view.job)))
    return Unusable(
        say("{file} {state} at {printer} and does not go on.", file=transfer.file.name, state=state, printer=printer),
        say("See what the printer needs. When it prints again, `notices resume BATCH` goes on; nothing is sent twice."),
        details,
    )
