"""send and print: letters that were proved leave the house, by e-mail or on paper, each once and written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from notices.errors import DataNeedsPerson, UsageMistake
from notices.files import keep
from notices.flow.fillable import make_fillable
from notices.flow.leftovers import scratch
from notices.flow.letters import occasion_of, template_of
from notices.flow.lock import only_one
from notices.flow.mailtexts import mail_texts
from notices.flow.stage import Order, Stage, not_rendered, stage
from notices.flow.workspace import Workspace
from notices.ledger import (
    DecisionRecord,
    DeliveryRecord,
    JobRecord,
    Ledger,
    MailFacts,
    NewJob,
    NoticeRecord,
    StateChange,
)
from notices.letters.context import letter_fields
from notices.messages import Message, Translator, say
from notices.model import Channel, State
from notices.pdf import cut, sha256_of
from notices.post import MailContent, build_message, spool
from notices.press import JobResult, PrintItem, build_job


@dataclass(frozen=True)
class Sent:
    """What `send` did: the notices spooled, where, and what needs a person."""

    batch: str
    outbox: Path
    spooled: tuple[str, ...]
    attention: tuple[Message, ...]


@dataclass(frozen=True)
class Printed:
    """What `print` did: the job, None where there was nothing to print, and what needs a person."""

    batch: str
    job: str | None
    result: JobResult | None
    attention: tuple[Message, ...]


@dataclass(frozen=True)
class Ready:
    """A delivery whose letter stands proved in a PDF."""

    entry: DecisionRecord
    notice: NoticeRecord
    delivery: DeliveryRecord
    source: Path
    sha256: str


def send(workspace: Workspace, ledger: Ledger, order: Order, *, limit: int | None, dry_run: bool) -> Sent:
    """Put the e-mails of a batch into its outbox, ready to be sent; a dry run builds and checks them only."""
    options = {"up_to": None if limit is None else ever_spooled(ledger, order.batch) + limit}
    with stage(workspace, ledger, "send", order, options, trial=dry_run) as at:
        entries = at.entries()
        sound, changed = _sound(at, entries, Channel.EMAIL)
        chosen = sound[:limit]
        with ledger.read() as books:
            earlier = books.earlier_steps([ready.notice.id for ready in chosen])
        spooled: list[str] = []
        faults: list[Message] = []
        with scratch(workspace.output(order.batch)) as folder:
            for ready in chosen:
                try:
                    message = _message(at, ready, earlier.get(ready.notice.id), Path(folder))
                except DataNeedsPerson as error:
                    faults.append(error.fact)
                    _set_aside(at, [ready], error.fact)
                    continue
                if not dry_run:
                    _spool(at, ready, message)
                spooled.append(ready.notice.number or "")
        left_over = not_rendered(_going_by(entries, Channel.EMAIL))
        return Sent(
            order.batch, workspace.outbox(order.batch), tuple(spooled), (*at.taken_back, *changed, *faults, *left_over)
        )


def _going_by(entries: Iterable[DecisionRecord], channel: Channel) -> list[DecisionRecord]:
    waiting = {State.APPROVED, State.SET_ASIDE}
    return [
        entry
        for entry in entries
        if entry.notice and any(d.channel is channel and d.state in waiting for d in entry.notice.deliveries)
    ]


def _ready(at: Stage, entries: Iterable[DecisionRecord], channel: Channel) -> list[Ready]:
    return [
        Ready(entry, notice, delivery, at.workspace.root / notice.shard.file, notice.shard.sha256)
        for entry in entries
        if (notice := entry.notice) is not None and notice.shard is not None
        for delivery in notice.deliveries
        if delivery.channel is channel and delivery.state is State.RENDERED
    ]


def _sound(at: Stage, entries: Sequence[DecisionRecord], channel: Channel) -> tuple[list[Ready], tuple[Message, ...]]:
    """The letters for this way whose PDF is still what was proved; where it is not, all in it are set aside and said.

    By the other way too: what stands in a changed PDF can leave by neither, and one rendering makes it all again.
    """
    letters = _ready(at, entries, channel)
    hashes = {path: sha256_of(path) if path.is_file() else None for path in {ready.source for ready in letters}}
    sound = [ready for ready in letters if hashes[ready.source] == ready.sha256]
    broken = {ready.source for ready in letters} - {ready.source for ready in sound}
    changed = [ready for way in Channel for ready in _ready(at, entries, way) if ready.source in broken]
    _set_aside(at, changed, say("its PDF is gone or was changed since rendering"))
    return sound, tuple(
        say("{notice} set aside: {file} is gone or was changed since rendering; render it again.", notice=n, file=file)
        for n, file in sorted({(ready.notice.number or "", ready.source.name) for ready in changed})
    )


def _set_aside(at: Stage, letters: Sequence[Ready], reason: Message) -> None:
    if not letters or at.trial:
        return
    with at.ledger.begin() as books:
        books.set_states(
            [
                StateChange(ready.delivery.id, State.SET_ASIDE, kind="not-fit-to-leave", data=reason.as_data())
                for ready in letters
            ],
            by=at.order.by,
            at=at.order.at,
        )


def ever_spooled(ledger: Ledger, batch: str) -> int:
    """How many e-mails of a batch have been in its outbox, wherever they stand now."""
    with ledger.read() as books:
        return sum(
            delivery.channel is Channel.EMAIL and delivery.sha256 is not None
            for entry in books.decisions(batch)
            if entry.notice
            for delivery in entry.notice.deliveries
        )


def _message(at: Stage, ready: Ready, earlier: NoticeRecord | None, folder: Path) -> EmailMessage:
    """The e-mail of one notice with its letter, cut out of its shard; raises DataNeedsPerson for a bad address."""
    mail = at.workspace.settings.mail
    occasion = occasion_of(at.frozen, ready.entry, earlier)
    letter = folder / "letter.pdf"
    cut(
        ready.source,
        ready.notice.first_page or 0,
        ready.notice.pages or 0,
        letter,
        title=f"{occasion.tier.title} {occasion.number}",
        author=occasion.estate.service_centre.company,
        language="zh-CN" if occasion.estate.language == "zh" else "en",
        dated=occasion.letter_date,
    )
    if occasion.tier.slip:
        made_from = at.frozen.of(ready.entry).templates / template_of(at.frozen, ready.entry)
        make_fillable(letter, made_from.parent, occasion.number, at.workspace.office)
    texts = mail_texts(at.frozen.of(ready.entry).templates / "mail", occasion.tier.name, letter_fields(occasion))
    return build_message(
        MailContent(
            number=occasion.number,
            sender=mail.sender,
            sender_name=mail.sender_name or occasion.estate.service_centre.company,
            recipient=ready.delivery.recipient or "",
            reply_to=mail.reply_to,
            subject=texts.subject,
            text=texts.text,
            html=texts.html,
            attachment=letter.read_bytes(),
            attachment_name=f"{occasion.tier.title}{occasion.number}.pdf",
            date=at.order.at,
            language=occasion.estate.language,
        )
    )


def _spool(at: Stage, ready: Ready, message: EmailMessage) -> None:
    spooled = spool(message, ready.notice.number or "", at.workspace.outbox(at.order.batch))
    keep(spooled.path, at.workspace.sent(at.order.batch))
    facts = MailFacts(message_id=str(message["Message-ID"]), sha256=spooled.sha256)
    with at.ledger.begin() as books:
        change = StateChange(ready.delivery.id, State.SPOOLED, kind="outbox", mail=facts)
        books.set_states([change], by=at.order.by, at=at.order.at)


def confirm_mail(workspace: Workspace, ledger: Ledger, batch: str, *, by: str, at: datetime) -> int:
    """Say that what lay in a batch's outbox has been sent by hand; gives how many."""
    with only_one(workspace.batches, batch), ledger.begin() as books:
        books.batch(batch)
        spooled = [
            delivery.id
            for entry in books.decisions(batch)
            if entry.notice
            for delivery in entry.notice.deliveries
            if delivery.channel is Channel.EMAIL and delivery.state is State.SPOOLED
        ]
        books.set_states([StateChange(each, State.SENT, kind="mail-confirmed") for each in spooled], by=by, at=at)
    return len(spooled)


def print_batch(workspace: Workspace, ledger: Ledger, order: Order, translate: Translator) -> Printed:
    """Make a print job of all proved letters that go on paper, in walking order."""
    with stage(workspace, ledger, "print", order) as at:
        sound, changed = _sound(at, at.entries(), Channel.PRINT)
        attention = (*at.taken_back, *changed, *not_rendered(_going_by(at.entries(), Channel.PRINT)))
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
