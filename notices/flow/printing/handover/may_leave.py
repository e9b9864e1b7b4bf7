"""What keeps a print job here: letters that should not go any more, files that changed, sides that are not its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from notices.flow.batch.redecide import redecide
from notices.flow.batch.session import BatchSession
from notices.flow.printing.handover.messages import (
    has_left_already,
    held_back,
    holds_what_should_stay,
    made_for_other_sides,
    was_changed,
    was_printed_already,
)
from notices.ledger import WHOLE, DecisionRecord, HandoverFile, JobRecord
from notices.messages import Message, say
from notices.model import State
from notices.pdf import DamagedPdf, page_count, sha256_of
from notices.rules.states import LEFT_ON_PAPER, REPRINTABLE


@dataclass(frozen=True)
class ReleaseCheck:
    """Whether jobs of a batch may leave; asked anew each time, for much can have happened since they were made."""

    at: BatchSession

    def may_leave(self, job: JobRecord, file: HandoverFile) -> bool:
        """Whether every letter in a file still stands: a page cannot be left out of it."""
        if not self._has_its_sides(job):
            return False
        if job.supplement:
            return not self._should_stay(job)
        with self.at.ledger.read() as books:
            letters = books.handovers.letters_in(job.number, file.file)
        fallen = self._fallen()
        return all(state is State.SPOOLED and key not in fallen for key, state in letters)

    def waits_for_a_person(self, job: JobRecord) -> Message | None:
        """Why a job that has gone nowhere stays until somebody has seen to it; None where it need not."""
        if job.supplement:
            return None if self._is_void(job) else self._supplement_waits(job)
        if (again := self._printed_again_by(job)) is not None:
            return was_printed_already(job, again)
        with self.at.ledger.read() as books:
            letters = books.handovers.letters_in(job.number, WHOLE)
        if any(state in LEFT_ON_PAPER for _, state in letters):
            return has_left_already(job)
        fallen = self._fallen()
        return held_back(job) if any(key in fallen and state is State.SPOOLED for key, state in letters) else None

    def unfit(self, job: JobRecord) -> Message | None:
        """Why a job of which nothing has gone cannot go as it is, and is cancelled; None where it can."""
        if job.supplement:
            return say("the job that it prints again was called off") if self._is_void(job) else None
        with self.at.ledger.read() as books:
            letters = books.handovers.letters_in(job.number, WHOLE)
        if any(state is not State.SPOOLED for _, state in letters):
            return say("a letter was taken out of it")
        if changed := self._changed_files(job):
            return say("{files} is gone or was changed", files=changed)
        return None if self._has_its_sides(job) else say("[print] duplex was changed since")

    def _supplement_waits(self, job: JobRecord) -> Message | None:
        if staying := self._should_stay(job):
            return holds_what_should_stay(job, staying)
        if changed := self._changed_files(job):
            return was_changed(job, changed)
        return None if self._has_its_sides(job) else made_for_other_sides(job)

    def _is_void(self, supplement: JobRecord) -> bool:
        """Whether the job that it prints again was called off: its letters go into the next one."""
        with self.at.ledger.read() as books:
            whole = books.jobs.find(supplement.replaces or "")
        return whole is not None and whole.called_off

    def _changed_files(self, job: JobRecord) -> str:
        folder = self.at.workspace.print_jobs(job.batch) / job.number
        return ", ".join(name for name, sha256 in job.files.items() if not _is_still(folder / name, sha256))

    def _has_its_sides(self, job: JobRecord) -> bool:
        """Whether it was made for the sides that are set now: else a letter could begin on the back of another."""
        folder = self.at.workspace.print_jobs(job.batch) / job.number
        try:
            pages = sum(page_count(path) for path in folder.glob("letters-*.pdf"))
        except DamagedPdf:
            return False
        return pages == job.sheets * (2 if self.at.workspace.settings.print.duplex else 1)

    def _fallen(self) -> frozenset[int]:
        """The deliveries of notices that would be decided differently now."""
        notices = [entry.notice for entry, _ in self.at.redecided.changed if entry.notice]
        return frozenset(delivery.id for notice in notices for delivery in notice.deliveries)

    def _should_stay(self, supplement: JobRecord) -> tuple[str, ...]:
        """The notices of a supplement that are not printed again any more, those handed over before among them."""
        with self.at.ledger.read() as books:
            entries = {
                delivery.id: (entry, delivery.state)
                for entry in books.batches.decisions(supplement.batch)
                if entry.notice and entry.notice.approval is not None
                for delivery in entry.notice.deliveries
                if delivery.id in supplement.deliveries
            }
            mine = [entry for entry, _ in entries.values()]
            changed = redecide(books, books.batches.get(supplement.batch), mine, self.at.frozen.policy).changed
        fallen = {entry.id for entry, _ in changed}
        return tuple(
            _number(entry) for entry, state in entries.values() if entry.id in fallen or state not in REPRINTABLE
        )

    def _printed_again_by(self, job: JobRecord) -> str | None:
        """The supplement that shows that somebody has printed a job already."""
        with self.at.ledger.read() as books:
            others = books.jobs.all(job.batch)
        return next((each.number for each in others if each.replaces == job.number and not each.called_off), None)


def _is_still(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _number(entry: DecisionRecord) -> str:
    return (entry.notice.number if entry.notice else None) or ""
