"""print --notice, --from-sheet, --spoiled: print letters of an earlier job again, exactly as they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from notices.errors import Refused, Unusable, UsageMistake
from notices.flow.batch.options import CommandOptions
from notices.flow.batch.redecide import redecide, why_asked, why_changed, why_held
from notices.flow.batch.seals import broken_seals, not_as_approved
from notices.flow.batch.session import BatchSession, InterruptedCommand, Order, open_session
from notices.flow.batch.whole_letters import ON_PAPER_TOO
from notices.flow.printing.houses import origin_of
from notices.flow.printing.job_parts import (
    SourcePages,
    discard_job,
    keep_job,
    language_of_shop,
    place_in,
    print_item,
    record_job,
    with_contact,
)
from notices.flow.printing.make_job import ZIP_PASSWORD, Archiving, MadeJob, Printed, next_job, put_into_archive
from notices.flow.workspace import Workspace
from notices.ledger import DecisionRecord, JobRecord, JobState, Ledger, LetterPosition, NewJob
from notices.messages import Message, Translator, say
from notices.model import Channel
from notices.press import JobOrder, JobResult, PrintItem, Replaced, Spoiled, build_job
from notices.press import read_spoiled as spoiled_in
from notices.rules.states import REPRINTABLE
from notices.spelling import comparable_number
from notices.words import word
from notices.workers.pool import WorkerPool


def _spoiled(value: object) -> object:
    return Spoiled(*value) if isinstance(value, list) else value


# A spoiled sheet, stored as a list of its fields.
StoredSpoiled = Annotated[
    Spoiled, BeforeValidator(_spoiled), PlainSerializer(lambda each: list(astuple(each)), when_used="json")
]


class ReprintRequest(CommandOptions):
    """Letters to print again: by notice, by spoiled sheet, or all from a sheet on; `job` is the job they are in.

    With `again` they may be in another supplement that is still open. `made_for` is the folder or printer that gets
    the supplement next.
    """

    notices: tuple[str, ...] = ()
    spoiled: tuple[StoredSpoiled, ...] = ()
    from_sheet: int | None = None
    job: str | None = None
    again: bool = False
    made_for: str | None = None


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
    more are left out, each with a message. Raises UsageMistake if the letters are from several jobs, Refused if an
    open supplement holds one of them already.
    """
    options = {**request.stored(), **archiving.stored()}
    jobs, chosen = _chosen(ledger, order.batch, request)  # a usage mistake must not become a command to resume
    if not request.again:
        _refuse_open_supplement(ledger, order.batch, chosen)
    with open_session(workspace, ledger, "supplement", order, options) as session:
        for job, wanted in chosen.places.items():
            letters = _still_wanted(session, wanted, chosen)
            return _make(session, jobs[job], letters, chosen, translate, archiving, made_for=request.made_for)
        return Printed(order.batch, (), (*session.withdrawn, *chosen.missing))


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


def _refuse_open_supplement(ledger: Ledger, batch: str, chosen: _Chosen) -> None:
    """Raise Refused if a supplement that is not confirmed or cancelled yet holds one of the chosen letters."""
    wanted = {place.delivery_id: place for places in chosen.places.values() for place in places.values()}
    with ledger.read() as books:
        supplements = [job for job in books.jobs.all(batch) if job.supplement and job.state is JobState.SPOOLED]
    for job in supplements:
        if twice := sorted(wanted[key].position for key in wanted.keys() & set(job.inside)):
            raise Refused(
                say(
                    "Print job {job} is still open and has these letters already: position(s) {positions} of {whole}.",
                    job=job.number,
                    positions=", ".join(map(str, twice)),
                    whole=job.replaces,
                ),
                say(
                    "If it was printed: `notices job confirm {job}`. If these sheets are spoiled too, print them once "
                    "more with --again.",
                    job=job.number,
                ),
            )


def _chosen(ledger: Ledger, batch: str, request: ReprintRequest) -> tuple[dict[str, JobRecord], _Chosen]:
    """Return the batch's jobs without supplements and cancelled ones, and the letters chosen from one of them."""
    with ledger.read() as books:
        books.batches.in_use(batch)
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
    """Return the print delivery of each notice, by notice number as it is compared."""
    return {
        comparable_number(entry.notice.number): delivery.letter_id or delivery.id
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
    found = by_delivery.get(printed.get(comparable_number(wanted.notice), 0))
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
        redecided = redecide(books, batch, [entry for _, entry in going], session.frozen.policy, ON_PAPER_TOO)
        told = session.redecided.stopped
        whys = [
            *((entry, why_changed(books, batch, entry, now)) for entry, now in redecided.changed),
            *((entry, why_asked(question)) for entry, question in redecided.asked),
            *((entry, why_held(books, batch, redecided, causes)) for entry, causes in redecided.held),
        ]
        mine_only = {entry.id for _, entry, _ in mine}
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
        if entry.notice and entry.id not in told and entry.id in mine_only
    ]
    return [(place, entry) for place, entry in going if entry.id in standing]


def _make(
    session: BatchSession,
    job: JobRecord,
    wanted: Sequence[tuple[LetterPosition, DecisionRecord]],
    chosen: _Chosen,
    translate: Translator,
    archiving: Archiving,
    *,
    made_for: str | None,
) -> Printed:
    workspace, order = session.workspace, session.order
    attention = (*session.withdrawn, *chosen.missing)
    number, since = next_job(session), session.basis
    while wanted:
        result = _built(session, number, job, wanted, translate)
        deliveries = {entry.notice.number: place.delivery_id for place, entry in wanted if entry.notice}
        packed = put_into_archive(result, archiving)
        keep_job(result, workspace.kept_job(order.batch, number, 1))
        made = NewJob(
            number,
            order.batch,
            tuple(place_in(placed, deliveries[placed.item.number]) for placed in result.placed),
            result.letters,
            result.sheets,
            result.files,
            replaces=job.number,
            made_for=made_for,
        )
        # The command is finished at once, or `resume` would make the supplement once more.
        departure = record_job(session, made, [[entry for _, entry in wanted]], since=since, finishes="supplement")
        if not departure.stopped:
            return Printed(order.batch, (MadeJob(number, result, packed, job.number),), attention)
        attention += tuple(departure.stopped.values())
        since = departure.basis
        wanted = [(place, entry) for place, entry in wanted if departure.may_go(entry)]
        discard_job(workspace, order.batch, number)
    return Printed(order.batch, (), attention)


def _built(
    session: BatchSession,
    number: str,
    job: JobRecord,
    wanted: Sequence[tuple[LetterPosition, DecisionRecord]],
    translate: Translator,
) -> JobResult:
    workspace, order = session.workspace, session.order
    duplex = any(place.pages != place.sheets for place, _ in wanted)  # as the job was, whatever is set today
    how = with_contact(workspace.settings, wanted[0][1].account.estate).model_copy(update={"duplex": duplex})
    with session.ledger.read() as books:
        units = books.letters.units_of([place.delivery_id for place, _ in wanted])
    items = [
        replace(_reprint(session, job, place, entry), units=units.get(place.delivery_id, ())) for place, entry in wanted
    ]
    shop = language_of_shop(workspace.settings, items)
    return build_job(
        JobOrder(
            number,
            how,
            order.at.date(),
            translate=translate,
            cover=shop,
            replaces=job.number,
            origin=origin_of(session.frozen, [entry for _, entry in wanted]),
        ),
        items,
        workspace.print_jobs(order.batch),
        WorkerPool,
    )


def _reprint(session: BatchSession, job: JobRecord, place: LetterPosition, entry: DecisionRecord) -> PrintItem:
    """Return a letter as it is in the job: pages, blank backs and enclosures together."""
    kept = session.workspace.kept_job(session.order.batch, job.number, job.version) / place.file
    pages = SourcePages(kept, job.files[place.file], place.first_page, place.pages)
    return replace(
        print_item(session.frozen, entry, place.delivery_id, pages),
        replaces=Replaced(job.number, place.position, place.first_sheet, place.sheets),
    )
