"""Checks before a print job is handed over: its letters still stand, its files are unchanged, its sides fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.flow.batch.departure import last_look
from notices.flow.batch.redecide import redecide
from notices.flow.batch.seals import CHANGED_JOB, broken_seals, not_as_approved
from notices.flow.batch.session import BatchSession
from notices.flow.batch.whole_letters import ON_PAPER_TOO, number_of
from notices.flow.printing.handover.messages import (
    has_left_already,
    held_back,
    holds_what_should_stay,
    made_for_other_sides,
    was_changed,
    was_printed_already,
)
from notices.ledger import WHOLE, Books, DecisionRecord, HandoverFile, JobRecord
from notices.messages import Message, say
from notices.model import State
from notices.pdf import DamagedPdf, page_count, sha256_of
from notices.rules.states import LEFT_ON_PAPER, OPEN, REPRINTABLE


@dataclass(frozen=True)
class StoppedLetters:
    """Letters of a file that must not leave: their notices' deliveries, and a message for each by decision."""

    deliveries: frozenset[int]
    messages: Mapping[int, Message]


def stopped_letters(
    session: BatchSession, books: Books, of: tuple[JobRecord, HandoverFile], *, by: str, at: datetime
) -> StoppedLetters:
    """Decide again about the letters in a file if anything was recorded since the session was opened.

    Those that must not go are asked back, or withdrawn where they are in no job.
    """
    job, file = of
    if not books.events.news_since(session.basis).any:
        return StoppedLetters(frozenset(), {})
    letters = [key for key, _ in books.handovers.letters_in(job.number, file.file)]
    entries = books.batches.decisions_of_deliveries(letters)
    reach = ON_PAPER_TOO if job.supplement else OPEN
    stopped = last_look(books, session.frozen, entries, since=None, by=by, at=at, reach=reach).stopped
    notices = [entry.notice for entry in entries if entry.notice and entry.id in stopped]
    return StoppedLetters(frozenset(d.id for notice in notices for d in notice.deliveries), stopped)


def broken_letters(session: BatchSession, books: Books, of: tuple[JobRecord, HandoverFile]) -> StoppedLetters:
    """Compare the seals of the letters in a file, and of its job, as they are at this moment.

    Of a job with a broken seal no letter may leave; the deliveries are those of letters whose own seal is broken.
    """
    job, file = of
    letters = [key for key, _ in books.handovers.letters_in(job.number, file.file)]
    entries = [entry for entry in books.batches.decisions_of_deliveries(letters) if entry.notice]
    broken = broken_seals(books, session.frozen.batch, entries)
    of_all = dict.fromkeys((_notice_id(entry) for entry in entries), CHANGED_JOB)
    reasons = {**(of_all if books.seals.is_changed_job(job.number) else {}), **broken}
    return StoppedLetters(
        frozenset(d.id for it in entries if it.notice and it.notice.id in broken for d in it.notice.deliveries),
        {it.id: not_as_approved(it, reasons[_notice_id(it)]) for it in entries if _notice_id(it) in reasons},
    )


@dataclass(frozen=True)
class ReleaseCheck:
    """Checks on the jobs of a batch, made afresh at each call, because the ledger and the files may have changed."""

    session: BatchSession

    def may_leave(self, job: JobRecord, file: HandoverFile) -> bool:
        """Return whether every letter in a file may be sent; a file is handed over whole."""
        if not self._has_its_sides(job):
            return False
        if job.supplement:
            return not self._should_stay(job)
        with self.session.ledger.read() as books:
            letters = books.handovers.letters_in(job.number, file.file)
        changed = self._changed_deliveries()
        return all(state is State.SPOOLED and key not in changed for key, state in letters)

    def waits_for_a_person(self, job: JobRecord) -> Message | None:
        """Return why an untransferred job must wait for a person, or None."""
        if job.supplement:
            return None if self._is_void(job) else self._supplement_waits(job)
        if (again := self._printed_again_by(job)) is not None:
            return was_printed_already(job, again)
        with self.session.ledger.read() as books:
            letters = books.handovers.letters_in(job.number, WHOLE)
        if any(state in LEFT_ON_PAPER for _, state in letters):
            return has_left_already(job)
        changed = self._changed_deliveries()
        return held_back(job) if any(key in changed and state is State.SPOOLED for key, state in letters) else None

    def unfit(self, job: JobRecord) -> Message | None:
        """Return why an untransferred job must be cancelled and made again, or None."""
        if job.supplement:
            return say("the job that it prints again was cancelled") if self._is_void(job) else None
        with self.session.ledger.read() as books:
            letters = books.handovers.letters_in(job.number, WHOLE)
        if any(state is not State.SPOOLED for _, state in letters):
            return say("a letter was taken out of it")
        if changed := self._changed_files(job):
            return say("{files} is missing or was changed", files=changed)
        return None if self._has_its_sides(job) else say("[print] duplex has changed")

    def _supplement_waits(self, job: JobRecord) -> Message | None:
        if staying := self._should_stay(job):
            return holds_what_should_stay(job, staying)
        if changed := self._changed_files(job):
            return was_changed(job, changed)
        return None if self._has_its_sides(job) else made_for_other_sides(job)

    def _is_void(self, supplement: JobRecord) -> bool:
        """Return whether the job that a supplement prints again was cancelled: its letters go into the next one."""
        with self.session.ledger.read() as books:
            whole = books.jobs.find(supplement.replaces or "")
        return whole is not None and whole.is_cancelled

    def _changed_files(self, job: JobRecord) -> str:
        folder = self.session.workspace.print_jobs(job.batch) / job.number
        return ", ".join(name for name, sha256 in job.files.items() if not _is_still(folder / name, sha256))

    def _has_its_sides(self, job: JobRecord) -> bool:
        """Return whether a job fits today's [print] duplex; else a letter could begin on the back of another."""
        folder = self.session.workspace.print_jobs(job.batch) / job.number
        try:
            pages = sum(page_count(path) for path in folder.glob("letters-*.pdf"))
        except DamagedPdf:
            return False
        return pages == job.sheets * (2 if self.session.workspace.settings.print.duplex else 1)

    def _changed_deliveries(self) -> frozenset[int]:
        """Return the deliveries of notices that would be decided differently, are asked about or not as approved."""
        told = self.session.redecided
        waiting = (entry for found in (told.asked, told.held) for entry, _ in found)
        notices = [entry.notice for entry in (*self.session.stopped, *waiting) if entry.notice]
        return frozenset(delivery.id for notice in notices for delivery in notice.deliveries)

    def _should_stay(self, supplement: JobRecord) -> tuple[str, ...]:
        """Return the notices of a supplement that must not be printed again: changed, or not in a printed state."""
        with self.session.ledger.read() as books:
            entries = {
                delivery.id: (entry, delivery.state)
                for entry in books.batches.decisions(supplement.batch)
                if entry.notice and entry.notice.approval is not None
                for delivery in entry.notice.deliveries
                if delivery.id in supplement.deliveries
            }
            mine = [entry for entry, _ in entries.values()]
            batch = books.batches.get(supplement.batch)
            broken = broken_seals(books, batch, mine)
            redecided = redecide(books, batch, mine, self.session.frozen.policy, ON_PAPER_TOO)
        changed = set(redecided.stopped)
        changed |= {entry.id for entry in mine if entry.notice and entry.notice.id in broken}
        return tuple(
            number_of(entry) for entry, state in entries.values() if entry.id in changed or state not in REPRINTABLE
        )

    def _printed_again_by(self, job: JobRecord) -> str | None:
        """Return a supplement of a job, which shows that the job was printed already, or None."""
        with self.session.ledger.read() as books:
            others = books.jobs.all(job.batch)
        return next((each.number for each in others if each.replaces == job.number and not each.is_cancelled), None)


def _is_still(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _notice_id(entry: DecisionRecord) -> int:
    return entry.notice.id if entry.notice else 0
