"""print: proved letters leave the house on paper, each once and written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from notices.errors import UsageMistake
from notices.files import keep
from notices.flow.lock import only_one
from notices.flow.ready import Ready, going_by, still_sound
from notices.flow.stage import Order, Stage, not_rendered, stage
from notices.flow.workspace import Workspace
from notices.ledger import JobRecord, Ledger, NewJob
from notices.messages import Message, Translator, say
from notices.model import Channel
from notices.press import JobResult, PrintItem, build_job


@dataclass(frozen=True)
class Printed:
    """What `print` did: the job, None where there was nothing to print, and what needs a person."""

    batch: str
    job: str | None
    result: JobResult | None
    attention: tuple[Message, ...]


def print_batch(workspace: Workspace, ledger: Ledger, order: Order, translate: Translator) -> Printed:
    """Make a print job of all proved letters that go on paper, in walking order."""
    with stage(workspace, ledger, "print", order) as at:
        sound, changed = still_sound(at, at.entries(), Channel.PRINT)
        attention = (*at.taken_back, *changed, *not_rendered(going_by(at.entries(), Channel.PRINT)))
        with ledger.read() as books:
            made = len(books.jobs(order.batch))
        job = f"{order.batch}-P{made + 1:02d}"
        if not sound:
            return Printed(order.batch, None, None, attention)
        result = build_job(
            job,
            [_print_item(at, ready) for ready in sound],
            workspace.print_jobs(order.batch),
            duplex=workspace.settings.print.duplex,
            dated=order.at.date(),
            translate=translate,
        )
        keep_job(workspace, order.batch, job, result)
        _record_job(at, job, result, {ready.notice.number: ready for ready in sound})
        return Printed(order.batch, job, result, attention)


def _print_item(at: Stage, ready: Ready) -> PrintItem:
    account = ready.entry.account
    return PrintItem(
        number=ready.notice.number or "",
        tier_title=at.frozen.tier(ready.entry).title,
        estate=account.estate,
        unit=account.unit,
        building=account.building,
        entrance=account.entrance,
        room=account.room,
        recipient=account.owner,
        postcode=account.postcode,
        address=ready.delivery.recipient or account.address,
        source=ready.source,
        source_sha256=ready.sha256,
        first=ready.notice.first_page or 0,
        count=ready.notice.pages or 0,
    )


def keep_job(workspace: Workspace, batch: str, job: str, result: JobResult) -> None:
    """Keep what goes to the print shop as evidence, in the batch's own folder."""
    for name in result.files:
        keep(result.folder / name, workspace.sent(batch) / job)


def _record_job(at: Stage, job: str, result: JobResult, letters: Mapping[str | None, Ready]) -> None:
    deliveries = tuple(letters[placed.item.number].delivery.id for placed in result.placed)
    with at.ledger.begin() as books:
        books.add_job(
            NewJob(job, at.order.batch, deliveries, result.letters, result.sheets, result.files),
            by=at.order.by,
            at=at.order.at,
        )


def jobs(ledger: Ledger) -> list[JobRecord]:
    """All print jobs, in the order in which they were made."""
    with ledger.read() as books:
        return books.jobs()


def confirm_job(workspace: Workspace, ledger: Ledger, number: str, *, by: str, at: datetime) -> JobRecord:
    """Say that the shop has done a job; once said, saying it again changes nothing. Raises UsageMistake."""
    with ledger.read() as books:
        job = books.find_job(number)
    if job is None:
        raise UsageMistake(say("There is no print job “{job}”.", job=number), say("`notices job list` shows the jobs."))
    if job.state == "handed-over":
        return job
    with only_one(workspace.batches, job.batch), ledger.begin() as books:
        return books.confirm_job(number, by=by, at=at)
