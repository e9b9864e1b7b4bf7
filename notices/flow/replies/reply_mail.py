"""E-mails of letters of reply: the texts, the letter in them, and the owner and sender that they name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from notices.errors import DataNeedsPerson
from notices.flow.batch.signing_keys import NO_KEYS, SigningKeys
from notices.flow.mailing.read_back import refuse_other_attachment
from notices.flow.replies.make_letter import TITLES
from notices.flow.templates.bundled import bundled
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, ReplyDelivery, ReplyRecord
from notices.letters.context import LetterInput, letter_fields
from notices.letters.pictures import picture_size
from notices.messages import Message, say
from notices.pdf import encrypted
from notices.pdf.picture_places import find_picture
from notices.pdf.signatures import SignatureText, signed_pdf
from notices.post import MailContent, MailEnvelope, as_bytes, build_message, envelope_of, signed
from notices.post.outbox import as_spooled
from notices.post.texts import mail_texts, with_password_hint
from notices.rules.routing import handler_for
from notices.settings import Route, Tier

TEXTS = "reply"  # name of the e-mail's texts in templates/mail/, and of its table under [mail.tiers]
ANSWER_TITLE = {"zh": "答复函", "en": "Our Answer"}


@dataclass(frozen=True, repr=False)  # no repr: an owner's data must not get into logs or tracebacks
class ReplyMail:
    """A message ready to leave."""

    envelope: MailEnvelope
    content: bytes
    spooled: bytes
    message_id: str
    route: Route


def route_of_reply(workspace: Workspace, entry: DecisionRecord) -> Route:
    """Return the mail route of the letters of reply to an account, by today's settings."""
    return workspace.settings.mail.route(entry.account.estate, TEXTS)


def built_reply(
    workspace: Workspace,
    books: Books,
    reply: ReplyRecord,
    way: ReplyDelivery,
    dated: datetime,
    keys: SigningKeys = NO_KEYS,
) -> ReplyMail:
    """Build the message of a letter of reply, signed if its sender has a key, and read its letter back from it.

    Raises DataNeedsPerson if its PDF is gone or was changed, the owner's telephone number is needed and unknown, or
    the finished message does not carry exactly this letter.
    """
    entry = books.replies.entry_of(reply)
    occasion = occasion_now(workspace, entry, reply)
    settings = workspace.settings.mail
    route = route_of_reply(workspace, entry)
    folder = workspace.templates / "mail"
    if not (folder / f"{TEXTS}.txt").is_file():  # a workspace made before there were letters of reply
        folder = bundled("templates") / "mail"
    texts = mail_texts(folder, TEXTS, letter_fields(occasion), occasion.estate.language)
    letter = _as_made(workspace, reply)
    password = _last_four(entry, reply) if settings.pdf_password else ""
    if password:
        letter = encrypted(letter, password)
        texts = with_password_hint(texts, occasion.estate.language)
    letter = _signed(workspace, reply, occasion, letter, password, keys)
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
        date=dated,
        language=occasion.estate.language,
        secret=books.batches.get(reply.batch).lists[0].sha256,
    )
    message = build_message(parts)
    content = signed(as_bytes(message), route)
    refuse_other_attachment(content, reply.number, entry.account.owners, reply.pages, password)
    return ReplyMail(
        envelope=envelope_of(parts, route.bounce_address),
        content=content,
        spooled=as_spooled(message),
        message_id=str(message["Message-ID"]),
        route=route,
    )


def _signed(
    workspace: Workspace, reply: ReplyRecord, occasion: LetterInput, letter: bytes, password: str, keys: SigningKeys
) -> bytes:
    """Return a letter with the signature of its service centre, on the picture of the seal if it has one."""
    estate = occasion.estate
    key = keys.of(estate.name, "service-centre")
    if key is None:
        return letter
    size = picture_size("centre_seal", estate.service_centre.seal, workspace.templates)
    told = SignatureText(estate.service_centre.company, f"{occasion.tier.title} {reply.number}")
    place = None if size is None else find_picture(letter, *size, password)
    return signed_pdf(letter, key, told, place=place, fillable=True, password=password)


def _as_made(workspace: Workspace, reply: ReplyRecord) -> bytes:
    file = workspace.root / reply.file
    letter = file.read_bytes() if file.is_file() else b""
    if sha256(letter).hexdigest() != reply.sha256:
        raise DataNeedsPerson(changed_pdf(reply.number), say("Make it again."))
    return letter


def changed_pdf(number: str) -> Message:
    """Return the message about a letter of reply whose PDF is not the one that was made."""
    return say("{number}: its PDF is gone or was changed; make it again.", number=number)


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
            say("Add the number to the list, or withdraw the letter and hand it over."),
        )
    return digits[-4:]
