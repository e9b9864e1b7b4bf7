"""print: make a print job of proved letters, each in one job only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Self

from pydantic import Field

from notices.errors import Unusable
from notices.files import copy_as_evidence
from notices.flow.batch.options import CommandOptions
from notices.flow.batch.outgoing import Queue, QueuedLetter, ReadyLetter, set_aside, unchanged_since_proof
from notices.flow.batch.seals import not_as_approved
from notices.flow.batch.session import BatchSession, InterruptedCommand, Order, not_rendered, open_session
from notices.flow.caller import Caller
from notices.flow.printing.handover.transfer import HandedOver
from notices.flow.workspace import Workspace
from notices.ledger import DecisionRecord, Ledger, LetterPosition, NewJob
from notices.messages import Message, Translator, say, translator
from notices.model import Channel
from notices.press import (
    Enclosed,
    JobOrder,
    JobResult,
    PlacedLetter,
    PrintItem,
    archive,
    build_job,
    enclosed_with,
    file_name,
    open_enclosures,
    period_of,
)
from notices.settings import Enclosure, Print, Settings
from notices.workers.pool import WorkerPool


@dataclass(frozen=True)
class Printed:
    """Result of `print`: the job (None if there was nothing to print) and messages that need a person."""

    batch: str
    job: str | None
    result: JobResult | None
    attention: tuple[Message, ...]
    archive: Path | None = None
    replaces: str | None = None
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


NO_ARCHIVE = Archiving()
ZIP_PASSWORD = "NOTICES_ZIP_PASSWORD"  # noqa: S105 - the name of an environment variable


def print_batch(
    workspace: Workspace, ledger: Ledger, order: Order, caller: Caller, archiving: Archiving = NO_ARCHIVE
) -> Printed:
    """Make a print job of all proved letters that go on paper, in the order of the settings."""
    with open_session(workspace, ledger, "print", order, archiving.stored()) as session:
        return make_job(session, caller.translate, archiving)


def resume(command: InterruptedCommand) -> Printed:
    """Finish an interrupted `print`."""
    archiving = Archiving.model_validate(command.options).with_password(command.caller.secret(ZIP_PASSWORD) or "")
    return print_batch(command.workspace, command.ledger, command.order, command.caller, archiving)


def make_job(session: BatchSession, translate: Translator, archiving: Archiving) -> Printed:
    """Make a job of all proved letters that are in no job yet, and record it."""
    workspace, order = session.workspace, session.order
    sound, changed = unchanged_since_proof(session, Channel.PRINT)
    attention = (*session.withdrawn, *changed, *not_rendered(session, Channel.PRINT))
    if not sound:
        return Printed(order.batch, None, None, attention)
    job = next_job(session)
    how = _with_contact(workspace.settings, sound[0].kind.estate)
    enclosures = open_enclosures(how.enclosures, workspace.root, WorkerPool)
    items, deliveries, refused = _print_items(session, sound, how.enclosures, enclosures)
    attention += refused
    if not items:
        return Printed(order.batch, None, None, attention)
    shop = language_of_shop(workspace.settings, items)
    result = build_job(
        JobOrder(job, how, order.at.date(), translate=translate, cover=shop),
        items,
        workspace.print_jobs(order.batch),
        WorkerPool,
    )
    attention += _set_aside_unfit(session, result, deliveries)
    if not result.placed:
        return Printed(order.batch, None, None, attention)
    packed = put_into_archive(result, archiving)
    keep_job(workspace, order.batch, job, result)
    _record_job(session, job, result, deliveries)
    return Printed(order.batch, job, result, (*attention, *_oversize(result)), archive=packed)


def next_job(session: BatchSession) -> str:
    """Return the number of the batch's next job; supplements count."""
    with session.ledger.read() as books:
        return f"{session.order.batch}-P{len(books.jobs.all(session.order.batch)) + 1:02d}"


def put_into_archive(result: JobResult, archiving: Archiving) -> Path | None:
    """Make the job's archive if one is wanted; like the job's folder, it is made before the job is recorded."""
    return archive(result.folder, archiving.password) if archiving.zip else None


def _with_contact(settings: Settings, estate: str) -> Print:
    """Return the print settings; the contact is the service centre unless one is set."""
    sender = settings.estate(estate)
    if settings.print.contact or sender is None:
        return settings.print
    centre = sender.service_centre
    return settings.print.model_copy(update={"contact": f"{centre.name} {centre.telephone}".strip()})


def language_of_shop(settings: Settings, items: Sequence[PrintItem]) -> Translator:
    """Return a translator for the print shop: Chinese, unless all estates of the letters are English."""
    english = {estate.name for estate in settings.estates if estate.language == "en"}
    return translator("en" if english.issuperset(item.estate for item in items) else "zh")


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
    session: BatchSession,
    sound: Sequence[QueuedLetter],
    wanted: Sequence[Enclosure],
    enclosures: Mapping[str, Enclosed],
) -> tuple[list[PrintItem], dict[str, int], tuple[Message, ...]]:
    """Return the letters to print, the delivery of each by notice number, and messages about those refused."""
    items: list[PrintItem] = []
    deliveries: dict[str, int] = {}
    refused: list[Message] = []
    for ready in chain.from_iterable(Queue(session, sound).pages()):
        if ready.broken is not None:
            set_aside(session, [ready.delivery.id], ready.broken)
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
    return replace(
        print_item(session, ready.entry, ready.delivery.id, pages),
        period=period_of(account.charges),
        enclosures=enclosed_with(tier.name, account.estate, wanted, enclosures),
        has_slip=tier.slip,
    )


@dataclass(frozen=True)
class SourcePages:
    """Consecutive pages of a PDF, and the file's SHA-256."""

    file: Path
    sha256: str
    first: int
    count: int


def print_item(session: BatchSession, entry: DecisionRecord, delivery_id: int, pages: SourcePages) -> PrintItem:
    """Return a letter to print: its pages, and the notice and address as they are in the batch."""
    account, notice = entry.account, entry.notice
    tier = session.frozen.tier(entry)
    recipient = next((d.recipient for d in notice.deliveries if d.id == delivery_id), None) if notice else None
    return PrintItem(
        number=(notice.number if notice else None) or "",
        tier_title=tier.title,
        estate=account.estate,
        unit=account.unit,
        building=account.building,
        entrance=account.entrance,
        room=account.room,
        recipient=account.owner,
        postcode=account.postcode,
        address=recipient or account.address,
        source=pages.file,
        source_sha256=pages.sha256,
        first=pages.first,
        count=pages.count,
        tier=tier.name,
        telephone=account.telephone,
    )


def keep_job(workspace: Workspace, batch: str, job: str, result: JobResult) -> None:
    """Copy the files of a job into the batch's folder as evidence."""
    for name in result.files:
        copy_as_evidence(result.folder / name, workspace.sent(batch) / job)


def _record_job(session: BatchSession, job: str, result: JobResult, deliveries: Mapping[str, int]) -> None:
    places = tuple(place_in(placed, deliveries[placed.item.number]) for placed in result.placed)
    with session.ledger.begin() as books:
        books.jobs.add(
            NewJob(job, session.order.batch, places, result.letters, result.sheets, result.files),
            by=session.order.by,
            at=session.order.at,
        )


def place_in(placed: PlacedLetter, delivery_id: int) -> LetterPosition:
    """Return a letter's position in a job, as the ledger stores it."""
    return LetterPosition(
        delivery_id,
        position=placed.position,
        file=file_name(placed.file),
        first_page=placed.first_page,
        pages=placed.pages,
        first_sheet=placed.first_sheet,
        sheets=placed.sheets,
    )
