"""job confirm: the shop has done a job, and what of it nobody took out has left the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notices.errors import UsageMistake
from notices.flow.cancel import known_job, refuse_unsent
from notices.flow.lock import only_one
from notices.flow.workspace import Workspace
from notices.ledger import Books, JobRecord, Ledger, StateChange
from notices.messages import Message, say
from notices.model import State

SPOOLED, CANCELLED = "spooled", "cancelled"


@dataclass(frozen=True)
class ConfirmOrder:
    """Which job the shop has done, who says so and when; `gone` are letters that left although they were asked back."""

    number: str
    by: str
    at: datetime
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Confirmed:
    """A confirmed job, and what is to be said of letters of which nobody knows whether they were taken out."""

    job: JobRecord
    attention: tuple[Message, ...] = ()


def confirm_job(workspace: Workspace, ledger: Ledger, order: ConfirmOrder) -> Confirmed:
    """Say that the shop has done a job; once said, saying it again changes nothing.

    Letters that somebody was told to take out stay spooled and are said, unless they are named as gone all the same.
    Raises UsageMistake where there is no such job, or no such letter in it, Refused where it was called off or is on
    its way still.
    """
    job = known_job(ledger, order.number)
    with only_one(workspace.batches, job.batch), ledger.begin() as books:
        job = books.find_job(job.number) or job
        refuse_unsent(books, job, at=order.at)
        waiting = _asked_back(books, job)
        if strange := sorted(set(order.gone) - waiting.keys()):
            raise UsageMistake(
                say("Nobody asked {notices} back from job {job}.", notices=", ".join(strange), job=job.number),
                say("Without --notice all letters of the job are confirmed that were not asked back."),
            )
        staying = {number: key for number, key in waiting.items() if number not in order.gone}
        if job.state == SPOOLED:
            job = books.confirm_job(job.number, by=order.by, at=order.at, staying=staying.values())
        else:
            gone = [StateChange(waiting[number], State.HANDED_OVER, data={"job": job.number}) for number in order.gone]
            books.set_states(gone, by=order.by, at=order.at)
        return Confirmed(job, tuple(to_be_told(job, number) for number in sorted(staying)))


def _asked_back(books: Books, job: JobRecord) -> dict[str, int]:
    """The letters of a job that should not go any more, and of which nobody has said that they were taken out."""
    if job.supplement or job.state == CANCELLED:
        return {}
    asked = books.asked_back(job.deliveries)
    return {
        notice.number: delivery.id
        for entry in books.decisions(job.batch)
        if (notice := entry.notice) is not None and notice.number
        for delivery in notice.deliveries
        if delivery.id in asked and delivery.state is State.SPOOLED
    }


def to_be_told(job: JobRecord, notice: str) -> Message:
    """Of a letter that somebody was told to take out of its job nobody knows whether it left with it."""
    return say(
        "{notice} was asked back and is not confirmed. If it was taken out: `notices withdraw {notice} --pulled --by "
        "NAME --why TEXT`; if it has gone all the same: `notices job confirm {job} --notice {notice}`.",
        notice=notice,
        job=job.number,
    )
