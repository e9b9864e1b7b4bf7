"""Print jobs: deliveries printed together, in printing order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, true, update

from notices.errors import Refused, UsageMistake
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.deliveries import DeliveriesBook
from notices.ledger.inputs import NewJob, StateChange
from notices.ledger.records import JobRecord, JobState, LetterPosition
from notices.messages import say
from notices.model import State
from notices.words import word


class JobsBook(Book):
    """Ledger operations for print jobs."""

    def add(self, job: NewJob, *, by: str, at: datetime) -> None:
        """Record a print job; its deliveries become `spooled`, unless it is a supplement.

        Raises Refused if a job of that number exists or one of the deliveries is not rendered.
        """
        batch_id = select(schema.batches.c.id).where(schema.batches.c.name == job.batch).scalar_subquery()
        row = insert(schema.jobs).values(
            number=job.number,
            batch_id=batch_id,
            state=JobState.SPOOLED,
            supplement=job.replaces is not None,
            replaces=job.replaces,
            letters=job.letters,
            sheets=job.sheets,
            files=dict(job.files),
            made_at=at,
        )
        job_id = self.connection.execute(row.returning(schema.jobs.c.id)).scalar_one()
        items = [{**asdict(place), "job_id": job_id, "position": place.position - 1} for place in job.places]
        if items:
            self.connection.execute(insert(schema.job_items), items)
        self._record([NewEvent("printed", "job", job_id)], by=by, at=at)
        if job.replaces is None:
            self.move_all([place.delivery_id for place in job.places], State.SPOOLED, job.number, by=by, at=at)

    def places(self, number: str) -> list[LetterPosition]:
        """Return the position of each letter of a job, in printing order; empty for jobs that predate these columns."""
        known = (
            select(schema.job_items)
            .join(schema.jobs)
            .where(schema.jobs.c.number == number, schema.job_items.c.file.is_not(None))
        )
        return [
            LetterPosition(
                delivery_id=row.delivery_id,
                position=row.position + 1,
                file=row.file,
                first_page=row.first_page,
                pages=row.pages,
                first_sheet=row.first_sheet,
                sheets=row.sheets,
            )
            for row in self.connection.execute(known.order_by(schema.job_items.c.position))
        ]

    def all(self, batch: str | None = None) -> list[JobRecord]:
        """Return the print jobs of a batch, or all, oldest first."""
        return self._jobs_where(true() if batch is None else schema.batches.c.name == batch)

    def find(self, number: str) -> JobRecord | None:
        """Return the print job of that number, or None."""
        found = self._jobs_where(schema.jobs.c.number == number)
        return found[0] if found else None

    def purge(self, number: str, *, by: str, at: datetime) -> JobRecord:
        """Mark a job as purged (its files are removed, the record stays); raises Refused if it is open or unknown."""
        job = self.find(number)
        if job is None or job.state is JobState.SPOOLED:
            raise Refused(
                say("Print job {job} is still open.", job=number),
                say("`notices job list` shows the jobs and their states."),
            )
        self.connection.execute(update(schema.jobs).where(schema.jobs.c.number == number).values(state=JobState.PURGED))
        job_id = self.connection.execute(select(schema.jobs.c.id).where(schema.jobs.c.number == number)).scalar_one()
        self._record([NewEvent("purged", "job", job_id)], by=by, at=at)
        return replace(job, state=JobState.PURGED)

    def confirm(self, number: str, *, by: str, at: datetime, staying: Collection[int] = ()) -> JobRecord:
        """Confirm that a job was printed: its spooled deliveries become `handed-over`; return the job.

        Deliveries in `staying` (ids) keep their state, because it is unknown whether they left. Raises UsageMistake
        if there is no such job, Refused if it is no longer open.
        """
        job = self.find(number)
        if job is None:
            raise UsageMistake(
                say("There is no print job “{job}”.", job=number),
                say("`notices job list` shows the jobs and their states."),
            )
        if job.state is not JobState.SPOOLED:
            raise Refused(
                say("Print job {job} is already {state}.", job=number, state=word(job.state)),
                say("`notices job list` shows the jobs and their states."),
            )
        self.connection.execute(
            update(schema.jobs).where(schema.jobs.c.number == number).values(state=JobState.HANDED_OVER)
        )
        job_id = self.connection.execute(select(schema.jobs.c.id).where(schema.jobs.c.number == number)).scalar_one()
        self._record([NewEvent("confirmed", "job", job_id)], by=by, at=at)
        if not job.supplement:
            gone = [key for key in self._still_spooled(job_id) if key not in staying]
            self.move_all(gone, State.HANDED_OVER, number, by=by, at=at)
        return replace(job, state=JobState.HANDED_OVER)

    def _still_spooled(self, job_id: int) -> Sequence[int]:
        """Return the job's deliveries that are still spooled, not those withdrawn since."""
        wanted = select(schema.deliveries.c.id).join(schema.job_items).where(schema.job_items.c.job_id == job_id)
        return self.connection.execute(wanted.where(schema.deliveries.c.state == State.SPOOLED)).scalars().all()

    def move_all(self, delivery_ids: Sequence[int], state: State, job: str, *, by: str, at: datetime) -> None:
        """Move deliveries of a job to a state."""
        DeliveriesBook(self.connection).set_states(
            [StateChange(it, state, data={"job": job}) for it in delivery_ids], by=by, at=at
        )

    def _jobs_where(self, wanted: ColumnElement[bool]) -> list[JobRecord]:
        items = defaultdict[int, list[int]](list)
        of_jobs = (
            select(schema.job_items.c.job_id, schema.job_items.c.delivery_id)
            .select_from(schema.job_items)
            .join(schema.jobs)
            .join(schema.batches)
            .where(wanted)
        )
        for job_id, delivery_id in self.connection.execute(
            of_jobs.order_by(schema.job_items.c.job_id, schema.job_items.c.position)
        ):
            items[job_id].append(delivery_id)
        rows = (
            select(schema.jobs, schema.batches.c.name.label("batch"))
            .select_from(schema.jobs)
            .join(schema.batches)
            .where(wanted)
            .order_by(schema.jobs.c.id)
        )
        return [
            JobRecord(
                number=row.number,
                batch=row.batch,
                state=row.state,
                supplement=row.supplement,
                replaces=row.replaces,
                letters=row.letters,
                sheets=row.sheets,
                files=row.files,
                made_at=row.made_at,
                deliveries=tuple(items[row.id]),
            )
            for row in self.connection.execute(rows)
        ]
