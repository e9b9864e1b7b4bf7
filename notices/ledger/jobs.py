"""Print jobs: deliveries printed together, in printing order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, insert, select, true, update

from notices.errors import Refused, UsageMistake
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
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
            made_for=job.made_for,
        )
        job_id = self.connection.execute(row.returning(schema.jobs.c.id)).scalar_one()
        items = [{**asdict(place), "job_id": job_id, "position": place.position - 1} for place in job.places]
        if items:
            self.connection.execute(insert(schema.job_items), items)
        self._record([NewEvent("printed", "job", job_id)], by=by, at=at)
        if job.replaces is None:
            self.move_all([place.delivery_id for place in job.places], State.SPOOLED, job.number, by=by, at=at)

    def add_version(self, job: JobRecord, following: NewJob, *, by: str, at: datetime) -> None:
        """Record that a job's files were made again with the letters of `following`, in their old positions.

        Raises Refused if the job has changed since it was read.
        """
        version = job.version + 1
        changed = self.connection.execute(
            update(schema.jobs)
            .where(
                schema.jobs.c.number == job.number,
                schema.jobs.c.version == job.version,
                schema.jobs.c.state == JobState.SPOOLED,
            )
            .values(version=version, letters=following.letters, sheets=following.sheets, files=dict(following.files))
        )
        if changed.rowcount != 1:
            raise Refused(
                say("Print job {job} was changed by another process.", job=job.number),
                say("`notices job list` shows the jobs and their states."),
            )
        job_id = self._id(job.number)
        here = {place.delivery_id: place for place in following.places}
        gone = [key for key in job.inside if key not in here]
        item = schema.job_items.c.job_id == job_id
        if gone:
            self.connection.execute(
                update(schema.job_items).where(item, schema.job_items.c.delivery_id.in_(gone)).values(left_out=version)
            )
        self.connection.execute(
            update(schema.job_items)
            .where(item, schema.job_items.c.delivery_id == bindparam("key"))
            .values(file=bindparam("in_file"), first_page=bindparam("from_page")),
            [{"key": key, "in_file": place.file, "from_page": place.first_page} for key, place in here.items()],
        )
        told = {"version": version, "left_out": gone, "files": dict(following.files)}
        self._record([NewEvent("made-again", "job", job_id, told)], by=by, at=at)

    def places(self, number: str) -> list[LetterPosition]:
        """Return the position of each letter that a job's files contain, in printing order.

        Empty for jobs that predate these columns. Pulled letters are left out: see `pulled_places`.
        """
        return self._places(number, schema.job_items.c.left_out.is_(None))

    def pulled_places(self, number: str) -> list[LetterPosition]:
        """Return the position of each letter that a job's files contain and that goes in another job."""
        return self._places(number, schema.job_items.c.left_out > schema.jobs.c.version)

    def numbered_places(self, number: str) -> dict[str, LetterPosition]:
        """Return the position of each letter that any version of a job contained, by notice number.

        A person may have an earlier version in hand.
        """
        places = {place.delivery_id: place for place in self._places(number, true())}
        numbers: dict[str, LetterPosition] = {}
        for portion in chunks(places):
            rows = (
                select(schema.notices.c.number, schema.deliveries.c.id)
                .join(schema.deliveries, schema.deliveries.c.notice_id == schema.notices.c.id)
                .where(schema.deliveries.c.id.in_(portion), schema.notices.c.number.is_not(None))
            )
            numbers |= {row.number: places[row.id] for row in self.connection.execute(rows)}
        return numbers

    def _places(self, number: str, wanted: ColumnElement[bool]) -> list[LetterPosition]:
        known = (
            select(schema.job_items)
            .join(schema.jobs)
            .where(schema.jobs.c.number == number, schema.job_items.c.file.is_not(None), wanted)
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

    def with_id(self, key: int) -> JobRecord | None:
        """Return the print job of that id, or None."""
        found = self._jobs_where(schema.jobs.c.id == key)
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
        job_id = self._id(number)
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
        job_id = self._id(number)
        self._record([NewEvent("confirmed", "job", job_id)], by=by, at=at)
        if not job.supplement:
            gone = [key for key in self._still_spooled(job_id) if key not in staying]
            self.move_all(gone, State.HANDED_OVER, number, by=by, at=at)
        return replace(job, state=JobState.HANDED_OVER)

    def _id(self, number: str) -> int:
        identity: int = self.connection.execute(
            select(schema.jobs.c.id).where(schema.jobs.c.number == number)
        ).scalar_one()
        return identity

    def _still_spooled(self, job_id: int) -> Sequence[int]:
        """Return the job's deliveries that are still spooled, not those withdrawn since."""
        wanted = select(schema.deliveries.c.id).join(schema.job_items).where(schema.job_items.c.job_id == job_id)
        wanted = wanted.where(schema.job_items.c.left_out.is_(None))
        return self.connection.execute(wanted.where(schema.deliveries.c.state == State.SPOOLED)).scalars().all()

    def move_all(self, delivery_ids: Sequence[int], state: State, job: str, *, by: str, at: datetime) -> None:
        """Move deliveries of a job to a state."""
        DeliveriesBook(self.connection).set_states(
            [StateChange(it, state, data={"job": job}) for it in delivery_ids], by=by, at=at
        )

    def _items_where(self, wanted: ColumnElement[bool]) -> defaultdict[int, list[_Item]]:
        """Return the letters of jobs (ids), in the order of their positions."""
        items = defaultdict[int, list[_Item]](list)
        of_jobs = (
            select(
                schema.job_items.c.job_id,
                schema.job_items.c.delivery_id,
                schema.job_items.c.left_out,
                schema.jobs.c.version,
                schema.deliveries.c.state,
            )
            .select_from(schema.job_items)
            .join(schema.jobs, schema.jobs.c.id == schema.job_items.c.job_id)
            .join(schema.batches, schema.batches.c.id == schema.jobs.c.batch_id)
            .join(schema.deliveries, schema.deliveries.c.id == schema.job_items.c.delivery_id)
            .where(wanted)
        )
        for job_id, delivery_id, left_out, version, state in self.connection.execute(
            of_jobs.order_by(schema.job_items.c.job_id, schema.job_items.c.position)
        ):
            inside = left_out is None or left_out > version
            items[job_id].append(_Item(delivery_id, state, inside, pulled=inside and left_out is not None))
        return items

    def _jobs_where(self, wanted: ColumnElement[bool]) -> list[JobRecord]:
        items = self._items_where(wanted)
        rows = (
            select(schema.jobs, schema.batches.c.name.label("batch"))
            .select_from(schema.jobs)
            .join(schema.batches)
            .where(wanted)
            .order_by(schema.jobs.c.id)
        )
        return [
            JobRecord(
                id=row.id,
                number=row.number,
                batch=row.batch,
                state=row.state,
                supplement=row.supplement,
                replaces=row.replaces,
                letters=row.letters,
                sheets=row.sheets,
                files=row.files,
                made_at=row.made_at,
                deliveries=tuple(item.delivery for item in items[row.id]),
                version=row.version,
                made_for=row.made_for,
                left_out=frozenset(item.delivery for item in items[row.id] if not item.inside),
                pulled=frozenset(item.delivery for item in items[row.id] if item.pulled),
                stale=row.state is JobState.SPOOLED and self._is_stale(items[row.id]),
            )
            for row in self.connection.execute(rows).all()
        ]

    def _is_stale(self, items: Sequence[_Item]) -> bool:
        """Return whether the files contain a letter that was withdrawn or pulled, or that someone was to take out."""
        inside = [item for item in items if item.inside]
        if any(item.pulled or item.state is State.WITHDRAWN for item in inside):
            return True
        spooled = [item.delivery for item in inside if item.state is State.SPOOLED]
        return bool(DeliveriesBook(self.connection).recalled(spooled))


class _Item(NamedTuple):
    """A delivery of a job, and whether the files of the present version contain it, as letters to take out do."""

    delivery: int
    state: State
    inside: bool
    pulled: bool
