"""Letters that an older ledger holds as spooled, and what is known outside of it to have become of them since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from notices.ledger import WHOLE, Books, DeliveryRecord, JobRecord, JobState, Movement, StateChange
from notices.ledger.reconciling import RECONCILED
from notices.model import Channel, State
from notices.rules.states import LEFT_BY_EMAIL, LEFT_ON_PAPER, NOT_LEFT


@dataclass
class Followed:
    """Result: the notices by what became of them, and the jobs of which nobody knows whether they were printed."""

    numbers: list[tuple[str, str]] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


def follow_spooled(books: Books, movements: Iterable[Movement], *, by: str, at: datetime) -> Followed:
    """Record what became of spooled deliveries: withdrawn, sent, taken out of their job, or perhaps printed in it.

    A letter left in a job or outbox that it has been taken out of would leave a second time, or although it was
    stopped. A letter taken out is `rendered` again, so that the job in which it is now can have it.
    """
    found = Followed()
    jobs: dict[str, JobRecord] = {}
    for movement in movements:
        notice = books.notices.find(movement.notice)
        way = next((it for it in notice.deliveries if it.channel is movement.channel), None) if notice else None
        if notice is None or way is None or way.state is not State.SPOOLED:
            continue
        job = _job_of(books, notice.batch or "", way) if way.channel is Channel.PRINT else None
        if movement.state is State.WITHDRAWN:
            _set(books, way, State.WITHDRAWN, by=by, at=at)
            found.numbers.append(("withdrawn", movement.notice))
        elif movement.state in LEFT_BY_EMAIL and way.channel is Channel.EMAIL:
            _set(books, way, State.SENT, by=by, at=at)
            found.numbers.append(("sent", movement.notice))
        elif job is not None and (movement.state in NOT_LEFT or movement.job not in {None, job.number}):
            books.handovers.return_to_rendered(job.number, [way.id], by=by, at=at)
            jobs[job.number] = job
        elif job is not None and movement.state in LEFT_ON_PAPER and job.number not in found.doubtful:
            found.doubtful.append(job.number)
    for job in jobs.values():
        _close_if_empty(books, job, by=by, at=at)
    for number in found.doubtful:
        books.reconciling.doubt_handover(number, by=by, at=at)
    return found


def _job_of(books: Books, batch: str, way: DeliveryRecord) -> JobRecord | None:
    """Return the job in which a delivery is spooled; None if the ledger has none."""
    mine = (it for it in books.jobs.all(batch) if not it.supplement and it.state is JobState.SPOOLED)
    return next((job for job in mine if way.id in job.inside), None)


def _set(books: Books, way: DeliveryRecord, state: State, *, by: str, at: datetime) -> None:
    books.reconciling.set_states([StateChange(way.id, state, kind=RECONCILED)], by=by, at=at)


def _close_if_empty(books: Books, job: JobRecord, *, by: str, at: datetime) -> None:
    """Close a job out of which every letter was taken: it has evidently been cancelled, or partly printed."""
    states = {state for _, state in books.handovers.letters_in(job.number, WHOLE)}
    if State.SPOOLED in states:
        return
    handover = books.handovers.of_job(job.number)
    if handover is not None and handover.open:
        books.handovers.end(handover, at=at)
    books.handovers.close_job(job.number, cancelled=not states & LEFT_ON_PAPER, why=RECONCILED, by=by, at=at)
