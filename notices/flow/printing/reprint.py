"""print --notice, --from-sheet, --spoiled: print letters of an earlier job again, exactly as they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from notices.errors import Refused, Unusable, UsageMistake
from notices.flow.batch.options import CommandOptions
from notices.flow.batch.redecide import redecide, why_asked, why_changed
from notices.flow.batch.seals import broken_seals, not_as_approved
from notices.flow.batch.session import BatchSession, InterruptedCommand, Order, open_session
from notices.flow.printing.make_job import (
    ZIP_PASSWORD,
    Archiving,
    Printed,
    SourcePages,
    keep_job,
    language_of_shop,
    next_job,
    place_in,
    print_item,
    put_into_archive,
)
from notices.flow.workspace import Workspace
from notices.ledger import DecisionRecord, JobRecord, JobState, Ledger, LetterPosition, NewJob
from notices.messages import Message, Translator, say
from notices.model import Channel
from notices.press import JobOrder, PrintItem, Replaced, Spoiled, build_job
from notices.press import read_spoiled as spoiled_in
from notices.rules.states import REPRINTABLE
from notices.words import word
from notices.workers.pool import WorkerPool


def _spoiled(value: object) -> object:
    return Spoiled(*value) if isinstance(value, list) else value


# A spoiled sheet, stored as a list of its fields.
StoredSpoiled = Annotated[
    Spoiled, BeforeValidator(_spoiled), PlainSerializer(lambda each: list(astuple(each)), when_used="json")
]


class ReprintRequest(CommandOptions):
    """Letters to print again: by notice, by spoiled sheet, or all from a sheet on; `job` is the job they are in."""

    notices: tuple[str, ...] = ()
    spoiled: tuple[StoredSpoiled, ...] = ()
    from_sheet: int | None = None
    job: str | None = None


@dataclass
class _Chosen:
    """Chosen letters by job and position, and a message for each that cannot be printed again."""

    places: dict[str, dict[int, LetterPosition]] = field(default_factory=dict)
    missing: list[Message] = field(default_factory=list)

    def add(self, job: str, place: LetterPosition) -> None:
        self.places.setdefault(job, {})[place.position] = place


def read_spoiled(path: Path) -> tuple[Spoiled, ...]:
    """Read a list of spoiled sheets from a text file; raises Unusable if it cannot be read."""
    try:
        return spoiled_in(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(
            say("{file} cannot be read as text.", file=path.name),
            say("Save it as plain text (UTF-8), one notice or one scanned code a line."),
        ) from error


def print_again(
    workspace: Workspace,
    ledger: Ledger,
    order: Order,
    request: ReprintRequest,
    translate: Translator,
    archiving: Archiving,
) -> Printed:
    """Make a supplement of letters of an earlier job; no delivery changes its state.

    The pages come from the copy kept of that job, with its marks and enclosures. Letters that must not be sent any
    more are left out, each with a message. Raises UsageMistake if the letters are from several jobs.
    """
    options = {**request.stored(), **archiving.stored()}
    jobs, chosen = _chosen(ledger, order.batch, request)  # a usage mistake must not become a command to resume
    with open_session(workspace, ledger, "supplement", order, options) as session:
        for job, wanted in chosen.places.items():
            return _make(session, jobs[job], _still_wanted(session, wanted, chosen), chosen, translate, archiving)
        return Printed(order.batch, None, None, (*session.withdrawn, *chosen.missing))


def resume(command: InterruptedCommand) -> Printed:
    """Finish an interrupted reprint."""
    request = ReprintRequest.model_validate(command.options)
    archiving = Archiving.model_validate(command.options).with_password(command.caller.secret(ZIP_PASSWORD) or "")
    translate = command.caller.translate
    return print_again(command.workspace, command.ledger, command.order, request, translate, archiving)


def waits_already(ledger: Ledger, batch: str, request: ReprintRequest) -> bool:
    """Return whether a supplement of exactly these letters waits untransferred, so that no second one is made."""
    _, chosen = _chosen(ledger, batch, request)
    wanted = {place.delivery_id for places in chosen.places.values() for place in places.values()}
    with ledger.read() as books:
        return any(
            set(job.deliveries) == wanted and ((it := books.handovers.of_job(job.number)) is None or it.nothing_gone)
            for job in books.jobs.all(batch)
            if job.supplement and job.state is JobState.SPOOLED
        )


def _chosen(ledger: Ledger, batch: str, request: ReprintRequest) -> tuple[dict[str, JobRecord], _Chosen]:
    """Return the batch's jobs without supplements and cancelled ones, and the letters chosen from one of them."""
    with ledger.read() as books:
        books.batches.get(batch)
        jobs = {job.number: job for job in books.jobs.all(batch) if not job.supplement and not job.is_cancelled}
        places = {number: books.jobs.places(number) for number in jobs}
        printed = _printed(books.batches.decisions(batch))
    if not jobs:
        raise Refused(
            say("Batch {batch} has no print job yet.", batch=batch),
            say("`notices print {batch}` makes the first one.", batch=batch),
        )
    if request.job is not None and request.job not in jobs:
        raise UsageMistake(
            say("Batch {batch} has no print job {job}.", batch=batch, job=request.job),
            say("`notices job list` shows the jobs and their states."),
        )
    chosen = _choose(request, jobs, places, printed)
    if len(chosen.places) > 1:
        raise UsageMistake(
            say("These letters are in several jobs: {jobs}.", jobs=", ".join(chosen.places)),
            say("Print each job's letters again separately, with --job JOB."),
        )
    return jobs, chosen


def _choose(
    request: ReprintRequest,
    jobs: Mapping[str, JobRecord],
    places: Mapping[str, Sequence[LetterPosition]],
    printed: Mapping[str, int],
) -> _Chosen:
    chosen = _Chosen()
    if request.from_sheet is not None:
        _from_sheet(request.from_sheet, request.job or list(jobs)[-1], places, chosen)
    by_delivery = {
        place.delivery_id: (job, place) for job, own in places.items() if request.job in {None, job} for place in own
    }
    wanted = (*(Spoiled(0, notice=number) for number in request.notices), *request.spoiled)
    for each in wanted:
        if each.notice:
            _by_notice(each, printed, by_delivery, chosen)
        else:
            _by_code(each, places, chosen)
    return chosen


def _from_sheet(first: int, job: str, places: Mapping[str, Sequence[LetterPosition]], chosen: _Chosen) -> None:
    for place in places[job]:
        if place.first_sheet + place.sheets > first:
            chosen.add(job, place)
    if job not in chosen.places:
        chosen.missing.append(say("Job {job} has no sheet {sheet}.", job=job, sheet=first))


def _printed(entries: Iterable[DecisionRecord]) -> dict[str, int]:
    """Return the print delivery of each notice, by notice number."""
    return {
        entry.notice.number: delivery.id
        for entry in entries
        if entry.notice and entry.notice.number
        for delivery in entry.notice.deliveries
        if delivery.channel is Channel.PRINT
    }


def _by_notice(
    wanted: Spoiled,
    printed: Mapping[str, int],
    by_delivery: Mapping[int, tuple[str, LetterPosition]],
    chosen: _Chosen,
) -> None:
    found = by_delivery.get(printed.get(wanted.notice, 0))
    if found is None:
        chosen.missing.append(say("{notice} is in no print job of this batch.", notice=_named(wanted)))
    else:
        chosen.add(*found)


def _by_code(wanted: Spoiled, places: Mapping[str, Sequence[LetterPosition]], chosen: _Chosen) -> None:
    place = next((it for it in places.get(wanted.job, ()) if it.position == wanted.position), None)
    if place is None:
        chosen.missing.append(say("{notice} is in no print job of this batch.", notice=_named(wanted)))
    else:
        chosen.add(wanted.job, place)


def _named(wanted: Spoiled) -> Message | str:
    what = wanted.notice or f"{wanted.job}/{wanted.position}"
    return say("{what} (line {line})", what=what, line=wanted.line) if wanted.line else what


def _still_wanted(
    session: BatchSession, wanted: Mapping[int, LetterPosition], chosen: _Chosen
) -> list[tuple[LetterPosition, DecisionRecord]]:
    """Return the letters that may still be sent; add a message for each other one."""
    with session.ledger.read() as books:
        batch = books.batches.get(session.order.batch)
        entries = {
            delivery.id: (entry, delivery.state)
            for entry in books.batches.decisions(session.order.batch)
            if entry.notice and entry.notice.approval is not None
            for delivery in entry.notice.deliveries
        }
        mine = [(place, *entries[place.delivery_id]) for _, place in sorted(wanted.items())]
        broken = broken_seals(books, batch, [entry for _, entry, _ in mine])
        going = [
            (place, entry)
            for place, entry, state in mine
            if state in REPRINTABLE and entry.notice and entry.notice.id not in broken
        ]
        redecided = redecide(books, batch, [entry for _, entry in going], session.frozen.policy)
        told = session.redecided.stopped
        whys = [
            *((entry, why_changed(books, batch, entry, now)) for entry, now in redecided.changed),
            *((entry, why_asked(payments)) for entry, payments in redecided.asked),
        ]
    chosen.missing += [
        say("{notice}: not printed again, because it is {state}.", notice=entry.notice.number, state=word(state))
        for _, entry, state in mine
        if entry.notice and state not in REPRINTABLE
    ]
    standing = {entry.id for entry, _ in redecided.standing}
    known = {entry.id for entry, _ in session.broken}
    chosen.missing += [
        not_as_approved(entry, broken[entry.notice.id])
        for _, entry, _ in mine
        if entry.notice and entry.notice.id in broken and entry.id not in known
    ]
    chosen.missing += [
        say("{notice}: not printed again, because {why}.", notice=entry.notice.number, why=why)
        for entry, why in whys
        if entry.notice and entry.id not in told
    ]
    return [(place, entry) for place, entry in going if entry.id in standing]


def _make(
    session: BatchSession,
    job: JobRecord,
    wanted: Sequence[tuple[LetterPosition, DecisionRecord]],
    chosen: _Chosen,
    translate: Translator,
    archiving: Archiving,
) -> Printed:
    workspace, order = session.workspace, session.order
    attention = (*session.withdrawn, *chosen.missing)
    if not wanted:
        return Printed(order.batch, None, None, attention)
    number = next_job(session)
    duplex = any(place.pages != place.sheets for place, _ in wanted)  # as the job was, whatever is set today
    how = workspace.settings.print.model_copy(update={"duplex": duplex})
    items = [_reprint(session, job, place, entry) for place, entry in wanted]
    shop = language_of_shop(workspace.settings, items)
    result = build_job(
        JobOrder(number, how, order.at.date(), translate=translate, cover=shop, replaces=job.number),
        items,
        workspace.print_jobs(order.batch),
        WorkerPool,
    )
    deliveries = {entry.notice.number: place.delivery_id for place, entry in wanted if entry.notice}
    packed = put_into_archive(result, archiving)
    keep_job(workspace, order.batch, number, result)
    places = tuple(place_in(placed, deliveries[placed.item.number]) for placed in result.placed)
    with session.ledger.begin() as books:
        books.jobs.add(
            NewJob(number, order.batch, places, result.letters, result.sheets, result.files, replaces=job.number),
            by=order.by,
            at=order.at,
        )
        books.commands.finish("supplement", batch=order.batch, at=order.at)  # or `resume` would make it once more
    return Printed(order.batch, number, result, attention, archive=packed, replaces=job.number)


def _reprint(session: BatchSession, job: JobRecord, place: LetterPosition, entry: DecisionRecord) -> PrintItem:
    """Return a letter as it is in the job: pages, blank backs and enclosures together."""
    kept = session.workspace.sent(session.order.batch) / job.number / place.file
    pages = SourcePages(kept, job.files[place.file], place.first_page, place.pages)
    return replace(
        print_item(session, entry, place.delivery_id, pages),
        replaces=Replaced(job.number, place.position, place.first_sheet, place.sheets),
    )
