"""Following a job at the printer until it is printed, cancelled, or has stood still for too long."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic, sleep

from notices.errors import Unusable
from notices.flow.printing.handover.transfer import Passage
from notices.ledger import Reach
from notices.messages import Message, say
from notices.press.ipp import JobState, Printer, PrinterJob, Unanswered, Unreached, not_ready, reason_words

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
ENDS = {
    JobState.COMPLETED: Reach.PRINTED,
    JobState.CANCELED: Reach.CANCELLED,
    JobState.ABORTED: Reach.CANCELLED,
}
STATES = {
    JobState.PENDING: say("waits its turn"),
    JobState.HELD: say("is held"),
    JobState.PROCESSING: say("is printing"),
    JobState.STOPPED: say("has stopped"),
}
FORGOTTEN = say("The printer does not know the job, or knows it no longer.")


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a job may show no progress while it prints, and while something is wrong or it is held."""

    printing: float
    stopped: float


@dataclass(frozen=True, slots=True)
class Sight:
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
        held = self.job is not None and self.job.state in {JobState.HELD, JobState.STOPPED}
        return held or bool(self.wrong) or self.trouble is not None


@dataclass(frozen=True)
class Following:
    """Watching one printer."""

    printer: Printer
    patience: Patience

    def to_its_end(self, passage: Passage) -> None:
        """Look until the job has ended, and write that down; raises Unusable where nothing has moved for too long."""
        seen: Sight | None = None
        moved, pause = monotonic(), FIRST_PAUSE
        while True:
            sight = self._look(passage)
            if sight.gone:
                passage.move(Reach.UNKNOWN, told=str(FORGOTTEN))
                return
            if sight.job is not None and sight.job.state in ENDS:
                passage.move(ENDS[sight.job.state], told=told(sight.job))
                return
            if seen is None or (sight.job, sight.wrong) != (seen.job, seen.wrong):
                seen, moved, pause = sight, monotonic(), FIRST_PAUSE
                passage.hand.tell(_standing(passage, sight))
            if monotonic() - moved >= (self.patience.stopped if sight.stands else self.patience.printing):
                raise sight.trouble or _stands_still(self.printer.uri, passage, sight)
            sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _look(self, passage: Passage) -> Sight:
        try:
            there = self.printer.job(passage.file.printer_job or 0)
            printing = there is not None and there.state not in ENDS
            wrong = tuple(not_ready(self.printer.condition(), warned=True)) if printing else ()
        except (Unanswered, Unreached) as error:
            return Sight(None, error)
        if there is not None and there.name not in {None, passage.file.name}:
            return Sight(None)  # switched off and on, it counts from one again: this is somebody else's
        return Sight(there, None, wrong)


def told(there: PrinterJob | None) -> str | None:
    """What the printer says of a job, to be kept."""
    if there is None:
        return None
    counted = f"{there.printed} printed" if there.printed else ""
    return "; ".join(part for part in (there.state.name.lower(), *there.reasons, there.message, counted) if part)


def _standing(passage: Passage, sight: Sight) -> Message:
    if sight.job is None:
        return sight.trouble.fact if sight.trouble else FORGOTTEN
    state = STATES[sight.job.state]
    reason = next(iter((*sight.wrong, *map(reason_words, sight.job.reasons))), None)
    if reason is None:
        return say("{file} {state}.", file=passage.file.name, state=state)
    return say("{file} {state}: {reason}", file=passage.file.name, state=state, reason=reason)


def _stands_still(printer: str, passage: Passage, sight: Sight) -> Unusable:
    state = STATES[sight.job.state] if sight.job else say("is held")
    details = list(sight.wrong)
    if sight.job is not None and (sight.job.reasons or sight.job.message):
        details.append(say("It says: {reason}.", reason=told(sight.job)))
    return Unusable(
        say("{file} {state} at {printer} and does not go on.", file=passage.file.name, state=state, printer=printer),
        say("See what the printer needs. When it prints again, `notices resume BATCH` goes on; nothing is sent twice."),
        details,
    )
