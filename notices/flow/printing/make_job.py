"""print: make a print job of proved letters, each in one job only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Self

from pydantic import Field

from notices.errors import Unusable
from notices.flow.batch.departure import Departure
from notices.flow.batch.options import CommandOptions
from notices.flow.batch.outgoing import (
    Queue,
    QueuedLetter,
    ReadyLetter,
    set_aside,
    set_letter_aside,
    unchanged_since_proof,
)
from notices.flow.batch.seals import not_as_approved
from notices.flow.batch.session import BatchSession, InterruptedCommand, Order, not_rendered, open_session
from notices.flow.caller import Caller
from notices.flow.printing.handover.transfer import HandedOver
from notices.flow.printing.houses import origin_of_kinds, refuse_unknown_tier, separate
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
from notices.flow.printing.remake import made_again
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, NewJob
from notices.messages import Message, Translator, say
from notices.model import Channel
from notices.press import (
    Enclosed,
    JobOrder,
    JobResult,
    Origin,
    PrintItem,
    archive,
    build_job,
    enclosed_with,
    open_enclosures,
    period_of,
)
from notices.settings import Enclosure
from notices.workers.pool import WorkerPool


@dataclass(frozen=True)
class MadeJob:
    """A print job just made: its files, its archive if one was wanted, and for a supplement the job it repeats."""

    job: str
    result: JobResult
    archive: Path | None = None
    replaces: str | None = None


@dataclass(frozen=True)
class Printed:
    """Result of `print`: the jobs (none if there was nothing to print) and messages that need a person."""

    batch: str
    jobs: tuple[MadeJob, ...]
    attention: tuple[Message, ...]
    handed: tuple[HandedOver, ...] = ()


class Archiving(CommandOptions):
    """Options for the archive of a print job: made if `zip`, encrypted with `password` unless that is empty.

    The password is never stored, only that there was one.
    """

    zip: bool = False
    encrypted: bool = False
    password: str = Field(default="", exclude=True, repr=False)

    def with_password(self, password: str) -> Self:
        """Return stored options with the password of today; raises Unusable if one is needed and it is empty."""
        if self.zip and self.encrypted and not password:  # without an archive nothing is encrypted
            raise Unusable(
                say("The archive must be encrypted, but NOTICES_ZIP_PASSWORD is not set."),
                say("Set it, then run `notices resume BATCH` again."),
            )
        return self.model_copy(update={"password": password if self.encrypted else ""})


class PrintOptions(Archiving):
    """Options of `print`: the archive, and the only tier whose letters are printed (None: all)."""

    tier: str | None = None


ALL_LETTERS = PrintOptions()
ZIP_PASSWORD = "NOTICES_ZIP_PASSWORD"  # noqa: S105 - the name of an environment variable


def print_batch(
    workspace: Workspace, ledger: Ledger, order: Order, caller: Caller, options: PrintOptions = ALL_LETTERS
) -> Printed:
    """Make print jobs of all proved letters that go on paper, in the order of the settings."""
    refuse_unknown_tier(ledger, order.batch, options.tier)
    with open_session(workspace, ledger, "print", order, options.stored()) as session:
        again = made_again(workspace, ledger, order, caller.translate)
        made = make_jobs(session, caller.translate, options)
        return replace(made, attention=(*again, *made.attention))


def resume(command: InterruptedCommand) -> Printed:
    """Finish an interrupted `print`."""
    options = PrintOptions.model_validate(command.options).with_password(command.caller.secret(ZIP_PASSWORD) or "")
    return print_batch(command.workspace, command.ledger, command.order, command.caller, options)


def make_jobs(
    session: BatchSession, translate: Translator, options: PrintOptions, *, made_for: str | None = None
) -> Printed:
    """Make and record jobs of all proved letters that are in no job yet, separated as `[print] separate` says.

    `made_for` is the folder or printer to which they are handed over next.
    """
    sound, changed = unchanged_since_proof(session, Channel.PRINT)
    attention = (*session.withdrawn, *changed, *not_rendered(session, Channel.PRINT, tier=options.tier))
    chosen = [letter for letter in sound if options.tier in {None, letter.kind.tier}]
    jobs: list[MadeJob] = []
    for share in separate(session, chosen):
        made, told = _made(session, share, translate, options, made_for)
        attention += told
        jobs += [made] if made else []
    return Printed(session.order.batch, tuple(jobs), attention)


def _made(
    session: BatchSession,
    letters: Sequence[QueuedLetter],
    translate: Translator,
    archiving: Archiving,
    made_for: str | None,
) -> tuple[MadeJob | None, tuple[Message, ...]]:
    """Make and record one job; return it, None if no letter is left, and messages that need a person.

    If something that stops one of the letters is recorded while the files are made, they are made again without it.
    """
    job, since = next_job(session), session.basis
    attention: tuple[Message, ...] = ()
    while letters:
        items, deliveries, refused = _print_items(session, letters)
        attention += refused
        if not items:
            break
        origin = origin_of_kinds(session.frozen, {letter.kind for letter in letters})
        result = _built(session, job, items, origin, translate)
        attention += _set_aside_unfit(session, result, deliveries)
        placed = {deliveries[letter.item.number] for letter in result.placed}
        letters = [letter for letter in letters if letter.delivery_id in placed]
        if not letters:
            break
        packed = put_into_archive(result, archiving)
        keep_job(result, session.workspace.kept_job(session.order.batch, job, 1))
        places = tuple(place_in(letter, deliveries[letter.item.number]) for letter in result.placed)
        made = NewJob(job, session.order.batch, places, result.letters, result.sheets, result.files, made_for=made_for)
        pages = ([ready.entry for ready in page] for page in Queue(session, letters).pages())
        departure = record_job(session, made, pages, since=since)
        if not departure.stopped:
            return MadeJob(job, result, packed), (*attention, *_oversize(result))
        attention += tuple(departure.stopped.values())
        since = departure.basis
        letters = _without(session, letters, departure)
        discard_job(session.workspace, session.order.batch, job)
    return None, attention


def _built(
    session: BatchSession, job: str, items: Sequence[PrintItem], origin: Origin, translate: Translator
) -> JobResult:
    workspace, order = session.workspace, session.order
    return build_job(
        JobOrder(
            job,
            with_contact(workspace.settings, items[0].estate),
            order.at.date(),
            translate=translate,
            cover=language_of_shop(workspace.settings, items),
            origin=origin,
        ),
        items,
        workspace.print_jobs(order.batch),
        WorkerPool,
    )


def _without(session: BatchSession, letters: Sequence[QueuedLetter], departure: Departure) -> list[QueuedLetter]:
    """Return the letters that may still leave."""
    ready = chain.from_iterable(Queue(session, letters).pages())
    return [letter for letter, its in zip(letters, ready, strict=True) if departure.may_go(its.entry)]


def next_job(session: BatchSession) -> str:
    """Return the number of the batch's next job; supplements count. A number that has a folder is not used again."""
    batch = session.order.batch
    with session.ledger.read() as books:
        made = len(books.jobs.all(batch))
    numbers = (f"{batch}-P{made + place:02d}" for place in count(1))
    return next(number for number in numbers if not (session.workspace.sent(batch) / number).exists())


def put_into_archive(result: JobResult, archiving: Archiving) -> Path | None:
    """Make the job's archive if one is wanted; like the job's folder, it is made before the job is recorded."""
    return archive(result.folder, archiving.password) if archiving.zip else None


def _set_aside_unfit(session: BatchSession, result: JobResult, deliveries: Mapping[str, int]) -> tuple[Message, ...]:
    """Set aside the letters that are unfit for print; return a message with the reason of each."""
    reasons = {str(failure.reason): failure.reason for failure in result.unfit}
    for text, reason in reasons.items():
        set_aside(session, [deliveries[it.number] for it in result.unfit if str(it.reason) == text], reason)
    return tuple(
        say(
            "{notice}: set aside, because it is unfit for print: {reason}.",
            notice=failure.number,
            reason=failure.reason,
        )
        for failure in result.unfit
    )


def _oversize(result: JobResult) -> tuple[Message, ...]:
    return tuple(
        say(
            "{notice}: its {sheets} sheet(s) fit into no envelope of [print] in notices.toml.",
            notice=letter.item.number,
            sheets=letter.sheets,
        )
        for letter in result.oversize
    )


def _print_items(
    session: BatchSession, sound: Sequence[QueuedLetter]
) -> tuple[list[PrintItem], dict[str, int], tuple[Message, ...]]:
    """Return the letters to print, the delivery of each by notice number, and messages about those refused."""
    wanted = session.workspace.settings.print.enclosures
    enclosures = open_enclosures(wanted, session.workspace.root, WorkerPool)
    items: list[PrintItem] = []
    deliveries: dict[str, int] = {}
    refused: list[Message] = []
    for ready in chain.from_iterable(Queue(session, sound).pages()):
        if ready.broken is not None:
            set_letter_aside(session, ready, ready.broken)
            refused.append(not_as_approved(ready.entry, ready.broken))
            continue
        items.append(_first_print(session, ready, wanted, enclosures))
        deliveries[items[-1].number] = ready.delivery.id
    return items, deliveries, tuple(refused)


def _first_print(
    session: BatchSession, ready: ReadyLetter, wanted: Sequence[Enclosure], enclosures: Mapping[str, Enclosed]
) -> PrintItem:
    account, tier = ready.entry.account, session.frozen.tier(ready.entry)
    pages = SourcePages(ready.source, ready.sha256, ready.notice.first_page or 0, ready.notice.pages or 0)
    units = [entry.account.unit for entry in ready.entries] if ready.mates else []
    return replace(
        print_item(session.frozen, ready.entry, ready.delivery.id, pages, units),
        period=period_of(charge for entry in ready.entries for charge in entry.account.charges),
        enclosures=enclosed_with(tier.name, account.estate, wanted, enclosures),
        has_slip=tier.slip,
    )
