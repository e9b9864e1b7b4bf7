"""letter send: put the letters of reply that go by e-mail into the outbox, or send them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256

from notices.errors import DataNeedsPerson, Refused, Unusable
from notices.files import write_whole
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.caller import Caller
from notices.flow.mailing.outcomes import STATES
from notices.flow.people import refuse_strangers
from notices.flow.replies.leaving import LeavingOrder, ready, stopped
from notices.flow.replies.make_letter import TITLES
from notices.flow.templates.bundled import bundled
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, Ledger, ReplyChange, ReplyDelivery, ReplyRecord
from notices.letters.context import LetterInput, letter_fields
from notices.messages import Message, say
from notices.model import Channel, State
from notices.pdf import encrypted
from notices.post import (
    ConnectionLost,
    MailContent,
    MailEnvelope,
    SenderRefused,
    as_bytes,
    build_message,
    check_addresses,
    envelope_of,
    file_stem,
    signed,
)
from notices.post.connections import SmtpConnections
from notices.post.outbox import as_spooled
from notices.post.texts import mail_texts, with_password_hint
from notices.rules.routing import handler_for
from notices.settings import Route, Tier

TEXTS = "reply"  # name of the e-mail's texts in templates/mail/, and of its table under [mail.tiers]
ANSWER_TITLE = {"zh": "答复函", "en": "Our Answer"}


@dataclass(frozen=True)
class LettersSent:
    """Result of `letter send`: the letters by their state now, and messages that need a person."""

    states: Mapping[str, State]
    attention: tuple[Message, ...]


@dataclass(frozen=True, repr=False)  # no repr: an owner's data must not get into logs or tracebacks
class ReplyMail:
    """A message ready to leave."""

    envelope: MailEnvelope
    content: bytes
    spooled: bytes
    message_id: str
    route: Route


def send_letters(workspace: Workspace, ledger: Ledger, order: LeavingOrder, caller: Caller) -> LettersSent:
    """Send the letters that go by e-mail, or put them into the outbox; what must not leave any more stays and is told.

    Each attempt is recorded before it, its outcome after it, and none is made twice.
    """
    refuse_strangers(workspace, order.by)
    refuse_older_ledger(workspace, ledger)
    by_smtp = workspace.settings.mail.transport == "smtp"
    if by_smtp and not (caller.any_hour or workspace.settings.mail.is_open(caller.local_time().timetz())):
        raise Refused(say("It is outside of [mail] office_hours."), say("Try again later, or give --any-hour."))
    with ledger.read() as books:
        waiting = ready(books, Channel.EMAIL, order)
    states: dict[str, State] = {}
    attention: list[Message] = []
    with ExitStack() as stack:
        connections = stack.enter_context(SmtpConnections(caller.secret)) if by_smtp else None
        for reply, way in waiting:
            try:
                with ledger.read() as books:
                    mail = _built(workspace, books, reply, way, order)
                if connections is not None:
                    check_addresses(mail.route)
                    connections.connection_for(mail.route)
            except DataNeedsPerson as error:
                attention.append(error.fact)
                continue
            if (why := _recorded(workspace, ledger, reply, way, mail, order, smtp=by_smtp)) is not None:
                attention.append(why)
                continue
            if connections is None:
                states[reply.number] = State.SPOOLED
                continue
            states[reply.number] = _sent(ledger, connections, way, mail, order)
            if states[reply.number] is not State.SENT:
                attention.append(_not_sent(reply.number, states[reply.number]))
    return LettersSent(states, tuple(attention))


def _recorded(
    workspace: Workspace,
    ledger: Ledger,
    reply: ReplyRecord,
    way: ReplyDelivery,
    mail: ReplyMail,
    order: LeavingOrder,
    *,
    smtp: bool,
) -> Message | None:
    """Record that a message leaves, and keep its copy; return why it must not, in the same transaction."""
    content = mail.content if smtp else mail.spooled
    facts = {"recipient": mail.envelope.recipient, "pdf_sha256": reply.sha256}
    change = ReplyChange(
        way.id,
        State.SENDING if smtp else State.SPOOLED,
        message_id=mail.message_id,
        sha256=sha256(content).hexdigest(),
        data=facts,
    )
    with ledger.begin() as books:
        if why := stopped(workspace, books, [reply], order.today).get(reply.id):
            return why
        books.replies.set_states([change], by=order.by, at=order.at)
        folder = workspace.batch(reply.batch) / "replies"
        write_whole(folder / f"{file_stem(reply.number)}.eml", content)
        if not smtp:
            outbox = workspace.output(reply.batch) / "replies" / "outbox"
            outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(outbox / f"{file_stem(reply.number)}.eml", content)
    return None


def _sent(
    ledger: Ledger, connections: SmtpConnections, way: ReplyDelivery, mail: ReplyMail, order: LeavingOrder
) -> State:
    """Try a message once and record the outcome."""
    try:
        answer = connections.connection_for(mail.route).attempt(mail.envelope, mail.content)
        state, told = STATES[answer.verdict], {"code": answer.code, "text": answer.text}
    except (ConnectionLost, SenderRefused, Unusable):  # the server cannot have accepted any of it
        state, told = State.RENDERED, {"code": None, "text": ""}
    with ledger.begin() as books:
        books.replies.set_states([ReplyChange(way.id, state, data=told)], by=order.by, at=order.at)
    return state


def _not_sent(number: str, state: State) -> Message:
    if state is State.UNKNOWN:
        return say(
            "{number}: it is unknown whether the e-mail was sent. Look for it in the mail server's log, then run "
            "`notices letter confirm {number}`, with --not-sent if it was not.",
            number=number,
        )
    if state is State.REFUSED:
        return say("{number}: rejected by the mail server; print it or call.", number=number)
    return say("{number}: not sent yet; run `notices letter send` again later.", number=number)


def _built(
    workspace: Workspace, books: Books, reply: ReplyRecord, way: ReplyDelivery, order: LeavingOrder
) -> ReplyMail:
    entry = books.replies.entry_of(reply)
    occasion = occasion_now(workspace, entry, reply)
    settings = workspace.settings.mail
    route = settings.route(entry.account.estate, TEXTS)
    folder = workspace.templates / "mail"
    if not (folder / f"{TEXTS}.txt").is_file():  # a workspace made before there were letters of reply
        folder = bundled("templates") / "mail"
    texts = mail_texts(folder, TEXTS, letter_fields(occasion), occasion.estate.language)
    letter = (workspace.root / reply.file).read_bytes() if (workspace.root / reply.file).is_file() else b""
    if settings.pdf_password:
        letter = encrypted(letter, _last_four(entry, reply))
        texts = with_password_hint(texts, occasion.estate.language)
    parts = MailContent(
        number=reply.number,
        sender=route.sender,
        sender_name=route.sender_name or occasion.estate.service_centre.company,
        recipient=way.recipient,
        reply_to=route.reply_to,
        subject=texts.subject,
        text=texts.text,
        html=texts.html,
        attachment=letter,
        attachment_name=f"{occasion.tier.title}{reply.number}.pdf",
        date=order.at,
        language=occasion.estate.language,
        secret=books.batches.get(reply.batch).lists[0].sha256,
    )
    message = build_message(parts)
    return ReplyMail(
        envelope=envelope_of(parts, route.bounce_address),
        content=signed(as_bytes(message), route),
        spooled=as_spooled(message),
        message_id=str(message["Message-ID"]),
        route=route,
    )


def occasion_now(workspace: Workspace, entry: DecisionRecord, reply: ReplyRecord) -> LetterInput:
    """Return the data of a letter of reply by which its e-mail and its envelope name the owner and the sender."""
    settings, account = workspace.settings, entry.account
    estate = settings.estate(account.estate)
    if estate is None:
        raise DataNeedsPerson(
            say("{number}: its estate is no longer in the settings.", number=reply.number),
            say("Add [[estates]] to notices.toml again."),
        )
    title = ANSWER_TITLE if reply.kind == "answer" else TITLES[reply.kind]  # type: ignore[index]  # one of the kinds
    name = handler_for(estate.handlers, account.building, entry.decision.scope)
    return LetterInput(
        account=account,
        decision=replace(entry.decision, standings=()),
        estate=estate,
        tier=Tier(name=TEXTS, title=title[estate.language]),
        policy=workspace.policy(account.estate),
        law_firm=settings.law_firm,
        law=settings.law,
        number=reply.number,
        letter_date=reply.date,
        deadline=reply.date,
        as_of=reply.date,
        handler=next((each for each in estate.handlers if each.name == name), None),
    )


def _last_four(entry: DecisionRecord, reply: ReplyRecord) -> str:
    digits = re.sub(r"\D", "", entry.account.telephone)
    if len(digits) < 4:
        raise DataNeedsPerson(
            say(
                "{notice}: not e-mailed, because its PDF needs the owner's telephone number as password and none is "
                "known.",
                notice=reply.number,
            ),
            say("Add the number to the list, or withdraw the notice and print it."),
        )
    return digits[-4:]
