"""send: proved letters leave the house as e-mail, each once and written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from notices.errors import DataNeedsPerson
from notices.files import keep
from notices.flow.fillable import make_fillable
from notices.flow.leftovers import scratch
from notices.flow.letters import occasion_of, template_of
from notices.flow.lock import only_one
from notices.flow.mailtexts import mail_texts
from notices.flow.ready import Ready, going_by, set_aside, still_sound
from notices.flow.stage import Order, Stage, not_rendered, stage
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, MailFacts, NoticeRecord, StateChange
from notices.letters.context import letter_fields
from notices.messages import Message
from notices.model import Channel, State
from notices.pdf import cut
from notices.post import MailContent, build_message, spool


@dataclass(frozen=True)
class Sent:
    """What `send` did: the notices spooled, where, and what needs a person."""

    batch: str
    outbox: Path
    spooled: tuple[str, ...]
    attention: tuple[Message, ...]


def send(workspace: Workspace, ledger: Ledger, order: Order, *, limit: int | None, dry_run: bool) -> Sent:
    """Put the e-mails of a batch into its outbox, ready to be sent; a dry run builds and checks them only."""
    options = {"up_to": None if limit is None else ever_spooled(ledger, order.batch) + limit}
    with stage(workspace, ledger, "send", order, options, trial=dry_run) as at:
        entries = at.entries()
        sound, changed = still_sound(at, entries, Channel.EMAIL)
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
                    set_aside(at, [ready], error.fact)
                    continue
                if not dry_run:
                    _spool(at, ready, message)
                spooled.append(ready.notice.number or "")
        left_over = not_rendered(going_by(entries, Channel.EMAIL))
        return Sent(
            order.batch, workspace.outbox(order.batch), tuple(spooled), (*at.taken_back, *changed, *faults, *left_over)
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
