"""Hand-overs of print jobs: one place per job, every step recorded before it is taken and after."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import insert, or_, select, true, update

from notices.errors import Refused
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.deliveries import DeliveriesBook
from notices.ledger.inputs import StateChange
from notices.ledger.jobs import JobsBook
from notices.ledger.reconciling import without_letter
from notices.ledger.records import WHOLE, HandoverFile, HandoverRecord, JobState
from notices.messages import say
from notices.model import State

FILE_COLUMNS = ("position", "file", "sha256", "name", "reach", "since", "attempt", "printer_job", "told")


@dataclass(frozen=True, slots=True)
class LettersHeldBack:
    """Numbers of notices whose printed letters must not leave: withdrawn, or asked back but not withdrawn."""

    withdrawn: tuple[str, ...]
    recalled: tuple[str, ...]


class HandoversBook(Book):
    """Ledger operations for handing over print jobs."""

    def start(self, job: str, place: str, files: Sequence[HandoverFile], *, by: str, at: datetime) -> HandoverRecord:
        """Claim a job for a place before anything is transferred; raises Refused if another place has claimed it."""
        job_id = self._job_id(job)
        row = insert(schema.handovers).values(job_id=job_id, claim=job, place=place, by=by, started_at=at)
        key = self.connection.execute(row.returning(schema.handovers.c.id)).scalar_one()
        rows = [{"handover_id": key, **{name: getattr(file, name) for name in FILE_COLUMNS}} for file in files]
        self.connection.execute(insert(schema.handover_files), rows)
        self._record([NewEvent("hand-over-started", "job", job_id, {"place": place})], by=by, at=at)
        return HandoverRecord(key, job, place, by, at, None, tuple(files))

    def ever_started(self, job: str) -> bool:
        """Return whether a hand-over of a job was ever started, released ones included."""
        wanted = select(schema.handovers.c.id).join(schema.jobs).where(schema.jobs.c.number == job)
        return self.connection.execute(wanted).first() is not None

    def of_job(self, job: str) -> HandoverRecord | None:
        """Return a job's hand-over, open or ended; None if it has none."""
        wanted = select(schema.handovers).where(schema.handovers.c.claim == job)
        row = self.connection.execute(wanted).one_or_none()
        if row is None:
            return None
        of_it = select(schema.handover_files).where(schema.handover_files.c.handover_id == row.id)
        files = self.connection.execute(of_it.order_by(schema.handover_files.c.position))
        return HandoverRecord(
            row.id,
            job,
            row.place,
            row.by,
            row.started_at,
            row.ended_at,
            tuple(HandoverFile(**{name: getattr(file, name) for name in FILE_COLUMNS}) for file in files),
        )

    def move_file(
        self, handover: HandoverRecord, file: HandoverFile, following: HandoverFile, *, by: str, at: datetime
    ) -> HandoverFile:
        """Record a file's next step; raises Refused if its recorded step is no longer that of `file`."""
        following = replace(following, since=at)
        moved = self.connection.execute(
            update(schema.handover_files)
            .where(
                schema.handover_files.c.handover_id == handover.id,
                schema.handover_files.c.position == file.position,
                schema.handover_files.c.reach == file.reach,
                schema.handover_files.c.attempt == file.attempt,
            )
            .values({name: getattr(following, name) for name in FILE_COLUMNS[4:]})
        )
        if moved.rowcount != 1:
            raise Refused(
                say("{file} of print job {job} was updated by another process.", file=file.file, job=handover.job),
                say("Try again with `notices resume BATCH`."),
            )
        told = {
            "place": handover.place,
            "file": file.file,
            "sha256": file.sha256,
            "attempt": following.attempt,
            "printer_job": following.printer_job,
            "told": following.told,
        }
        happening = NewEvent(f"file-{following.reach.value}", "job", self._job_id(handover.job), told)
        self._record([happening], by=by, at=at)
        return following

    def release(self, handover: HandoverRecord, *, by: str, at: datetime) -> None:
        """End a hand-over that transferred nothing, so that the job can go to another place."""
        self._end(handover, claim=None, at=at)
        data = {"place": handover.place}
        self._record([NewEvent("hand-over-released", "job", self._job_id(handover.job), data)], by=by, at=at)

    def end(self, handover: HandoverRecord, *, at: datetime) -> None:
        """End a hand-over whose files have all reached their final step."""
        self._end(handover, claim=handover.job, at=at)

    def letters_in(self, job: str, file: str) -> tuple[tuple[int, State], ...]:
        """Return the deliveries whose letters are in a file of a job, in printing order, each with its state.

        Letters left out of the job's present version are not in its files. Of a letter that was pulled, to go in
        another job, the state is `withdrawn`, whatever has become of it there.
        """
        pulled = schema.job_items.c.left_out.is_not(None)
        wanted = (
            select(schema.deliveries.c.id, schema.deliveries.c.state, pulled)
            .select_from(schema.deliveries)
            .join(schema.job_items)
            .join(schema.jobs, schema.jobs.c.id == schema.job_items.c.job_id)
        )
        here = true() if file == WHOLE else or_(schema.job_items.c.file == file, schema.job_items.c.file.is_(None))
        inside = or_(schema.job_items.c.left_out.is_(None), schema.job_items.c.left_out > schema.jobs.c.version)
        rows = self.connection.execute(
            wanted.where(schema.jobs.c.number == job, here, inside).order_by(schema.job_items.c.position)
        )
        return tuple((key, State.WITHDRAWN if gone else state) for key, state, gone in rows)

    def mark_printed(
        self, job: str, file: str, *, staying: Collection[int] = (), by: str, at: datetime
    ) -> LettersHeldBack:
        """Move a printed file's spooled letters to `handed-over`; return those withdrawn or asked back.

        Deliveries in `staying` (ids) count as asked back.
        """
        letters = self.letters_in(job, file)
        spooled = [key for key, state in letters if state is State.SPOOLED]
        asked = {*DeliveriesBook(self.connection).recalled(spooled), *(key for key in spooled if key in staying)}
        JobsBook(self.connection).move_all(
            [key for key in spooled if key not in asked], State.HANDED_OVER, job, by=by, at=at
        )
        withdrawn = [key for key, state in letters if state is State.WITHDRAWN]
        return LettersHeldBack(self._numbers(withdrawn), self._numbers(asked))

    def return_to_rendered(self, job: str, deliveries: Collection[int], *, by: str, at: datetime) -> int:
        """Move spooled letters that a job will not print back to `rendered`; return how many there were.

        Of a job that was found outside of an older ledger, the ledger may have no letters; they are set aside.
        """
        rows = (
            select(schema.deliveries.c.id)
            .select_from(schema.deliveries)
            .join(schema.job_items)
            .join(schema.jobs, schema.jobs.c.id == schema.job_items.c.job_id)
            .where(schema.jobs.c.number == job, schema.job_items.c.left_out.is_(None))
        )
        spooled = self.connection.execute(rows.where(schema.deliveries.c.state == State.SPOOLED)).scalars()
        chosen = sorted(set(spooled) & set(deliveries))
        without = without_letter(self.connection, chosen)
        changes = [
            StateChange(
                it, State.SET_ASIDE if it in without else State.RENDERED, kind="taken-out-of-job", data={"job": job}
            )
            for it in chosen
        ]
        DeliveriesBook(self.connection).set_states(changes, by=by, at=at)
        return len(changes)

    def close_job(self, job: str, *, cancelled: bool, why: str = "", by: str, at: datetime) -> None:
        """Close a job as handed over or cancelled; the states of its letters are not changed here."""
        state = JobState.CANCELLED if cancelled else JobState.HANDED_OVER
        changed = self.connection.execute(
            update(schema.jobs)
            .where(schema.jobs.c.number == job, schema.jobs.c.state == JobState.SPOOLED)
            .values(state=state)
        )
        if changed.rowcount != 1:
            raise Refused(
                say("Print job {job} has already ended.", job=job),
                say("`notices job list` shows the jobs and their states."),
            )
        data = {"why": why} if why else {}
        self._record([NewEvent(state.value, "job", self._job_id(job), data)], by=by, at=at)

    def _end(self, handover: HandoverRecord, *, claim: str | None, at: datetime) -> None:
        row = update(schema.handovers).where(
            schema.handovers.c.id == handover.id, schema.handovers.c.ended_at.is_(None)
        )
        self.connection.execute(row.values(claim=claim, ended_at=at))

    def _numbers(self, deliveries: Collection[int]) -> tuple[str, ...]:
        wanted = select(schema.notices.c.number).join(schema.deliveries).where(schema.deliveries.c.id.in_(deliveries))
        return tuple(number or "" for number in self.connection.execute(wanted.order_by(schema.notices.c.id)).scalars())

    def _job_id(self, job: str) -> int:
        identity: int = self.connection.execute(
            select(schema.jobs.c.id).where(schema.jobs.c.number == job)
        ).scalar_one()
        return identity
