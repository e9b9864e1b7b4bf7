"""Taking into an older ledger what is known outside of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.deliveries import DeliveriesBook
from notices.ledger.inputs import OutsideJob, StateChange
from notices.ledger.records import ENDED, WHOLE, JobState, TransferState
from notices.model import State

RECONCILED = "reconciled"  # kind of all events recorded here
PLACE = "?"  # where such a job went, if it went anywhere, is not known


def without_letter(connection: Connection, delivery_ids: Collection[int]) -> frozenset[int]:
    """Return those of these deliveries that were reconciled in a ledger that has no letter of them."""
    found: set[int] = set()
    for portion in chunks(delivery_ids):
        wanted = (
            select(schema.deliveries.c.id)
            .select_from(schema.deliveries)
            .join(schema.notices)
            .join(schema.events, schema.events.c.what_id == schema.deliveries.c.id)
            .where(
                schema.deliveries.c.id.in_(portion),
                schema.notices.c.shard_id.is_(None),
                schema.events.c.what == "delivery",
                schema.events.c.kind == RECONCILED,
            )
        )
        found.update(connection.execute(wanted).scalars())
    return frozenset(found)


class ReconcilingBook(Book):
    """Ledger operations for `ledger reconcile`."""

    def set_states(self, changes: Sequence[StateChange], *, by: str, at: datetime) -> None:
        """Change states to what is known outside."""
        DeliveriesBook(self.connection).set_states(changes, by=by, at=at)

    def add_job(self, job: OutsideJob, *, by: str, at: datetime) -> None:
        """Record a job with its deliveries as `spooled`, and in such a way that nothing hands it over by itself."""
        batch_id = select(schema.batches.c.id).where(schema.batches.c.name == job.batch).scalar_subquery()
        row = insert(schema.jobs).values(
            number=job.number,
            batch_id=batch_id,
            state=JobState.CANCELLED if job.cancelled else JobState.SPOOLED,
            supplement=job.replaces is not None,
            replaces=job.replaces,
            letters=len(job.deliveries),
            sheets=sum(place.sheets for place in job.places.values()),
            files=dict(job.files),
            made_at=at,
        )
        job_id = self.connection.execute(row.returning(schema.jobs.c.id)).scalar_one()
        self._add_items(job_id, job)
        self._record([NewEvent(RECONCILED, "job", job_id)], by=by, at=at)
        if job.cancelled:
            return
        if job.replaces is None:
            changes = [
                StateChange(key, State.SPOOLED, kind=RECONCILED, data={"job": job.number}) for key in job.deliveries
            ]
            self.set_states(changes, by=by, at=at)
        self.doubt_handover(job.number, by=by, at=at)

    def _add_items(self, job_id: int, job: OutsideJob) -> None:
        unknown = dict.fromkeys(("file", "first_page", "pages", "first_sheet", "sheets"))
        items: list[dict[str, Any]] = []
        for position, key in enumerate(job.deliveries):
            place = job.places.get(key)
            facts = asdict(place) if place else {"delivery_id": key, **unknown}
            items.append({**facts, "job_id": job_id, "position": place.position - 1 if place else position})
        if items:
            self.connection.execute(insert(schema.job_items), items)

    def doubt_handover(self, job: str, *, by: str, at: datetime) -> None:
        """Record that it is unknown what a place has received of a job; a person confirms or cancels the job."""
        job_id = self.connection.execute(select(schema.jobs.c.id).where(schema.jobs.c.number == job)).scalar_one()
        key = self.connection.execute(
            select(schema.handovers.c.id).where(schema.handovers.c.claim == job)
        ).scalar_one_or_none()
        if key is None:
            row = insert(schema.handovers).values(
                job_id=job_id, claim=job, place=PLACE, by=by, started_at=at, ended_at=at
            )
            key = self.connection.execute(row.returning(schema.handovers.c.id)).scalar_one()
            file = {"position": 0, "file": WHOLE, "sha256": "", "name": "", "attempt": 0}
            self.connection.execute(
                insert(schema.handover_files).values(handover_id=key, reach=TransferState.UNKNOWN, since=at, **file)
            )
        else:
            self.connection.execute(
                update(schema.handover_files)
                .where(schema.handover_files.c.handover_id == key, schema.handover_files.c.reach.not_in(ENDED))
                .values(reach=TransferState.UNKNOWN, since=at)
            )
            self.connection.execute(update(schema.handovers).where(schema.handovers.c.id == key).values(ended_at=at))
        self._record([NewEvent(RECONCILED, "job", job_id, {"handover": "unknown"})], by=by, at=at)

    def advance_series(self, series: Mapping[str, int]) -> dict[str, int]:
        """Move the series on to these next numbers, never back; return those that moved."""
        now = {row.pattern: row.next_value for row in self.connection.execute(select(schema.series))}
        ahead = {pattern: value for pattern, value in series.items() if value > now.get(pattern, 1)}
        for pattern, value in ahead.items():
            if pattern in now:
                row = update(schema.series).where(schema.series.c.pattern == pattern)
                self.connection.execute(row.values(next_value=value))
            else:
                self.connection.execute(insert(schema.series).values(pattern=pattern, next_value=value))
        return ahead

    def record(self, facts: Mapping[str, Any], *, by: str, at: datetime) -> None:
        """Record that the ledger was reconciled, with what was lost and what could not be recorded."""
        self._record([NewEvent(RECONCILED, "ledger", 0, facts)], by=by, at=at)

    def unrecorded(self) -> list[str]:
        """Return the numbers that earlier calls could not record and that are still unknown."""
        told = select(schema.events.c.data).where(schema.events.c.what == "ledger", schema.events.c.kind == RECONCILED)
        numbers = {number for data in self.connection.execute(told).scalars() for number in data.get("unrecorded", ())}
        known = select(schema.notices.c.number).where(schema.notices.c.number.in_(numbers))
        return sorted(numbers - set(self.connection.execute(known).scalars()))

    def doubtful_mails(self) -> list[str]:
        """Return the notices whose e-mails were made `unknown` here and are so still."""
        chosen = select(schema.events.c.what_id).where(
            schema.events.c.what == "delivery", schema.events.c.kind == RECONCILED
        )
        wanted = (
            select(schema.notices.c.number)
            .join(schema.deliveries)
            .where(schema.deliveries.c.id.in_(chosen), schema.deliveries.c.state == State.UNKNOWN)
        )
        return [number for number in self.connection.execute(wanted.order_by(schema.notices.c.id)).scalars() if number]

    def doubtful_jobs(self) -> list[str]:
        """Return the print jobs that were recorded or doubted here and are still open."""
        chosen = select(schema.events.c.what_id).where(
            schema.events.c.what == "job", schema.events.c.kind == RECONCILED
        )
        wanted = select(schema.jobs.c.number).where(
            schema.jobs.c.id.in_(chosen), schema.jobs.c.state == JobState.SPOOLED
        )
        return list(self.connection.execute(wanted.order_by(schema.jobs.c.id)).scalars())
