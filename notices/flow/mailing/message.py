"""Build an e-mail: cut the letter out of its shard, fill in the texts, sign the message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from notices.errors import DataNeedsPerson, SettingsMistake
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.letter_input import letter_of, occasion_of
from notices.flow.batch.outgoing import ReadyLetter, is_as_proved, not_as_proved
from notices.flow.batch.seals import not_as_approved
from notices.flow.batch.signing_keys import NO_KEYS, SigningKeys
from notices.flow.mailing.read_back import refuse_wrong_attachment
from notices.letters.alone import letter_alone
from notices.letters.context import LetterInput, letter_fields
from notices.letters.languages import templates_root
from notices.letters.pictures import picture_size
from notices.letters.slip_form import with_slip_fields
from notices.messages import say
from notices.pdf import DocumentInfo, encrypted
from notices.pdf.picture_places import find_picture
from notices.pdf.signatures import SignatureText, signed_pdf
from notices.post import MailContent, MailEnvelope, as_bytes, as_spooled, build_message, envelope_of, signed
from notices.post.texts import mail_texts, with_password_hint
from notices.settings import Route


@dataclass(frozen=True, slots=True, repr=False)  # no repr: owners' data must not get into logs or tracebacks
class BuiltMail:
    """A complete message, with the SHA-256 of it and of its PDF in hexadecimal."""

    envelope: MailEnvelope
    content: bytes
    message_id: str
    sha256: str
    pdf_sha256: str


def route_of(frozen: Frozen, ready: ReadyLetter) -> Route:
    """Return the mail route of a notice, by today's settings."""
    return frozen.workspace.settings.mail.route(ready.entry.account.estate, ready.notice.tier)


def built_mail(frozen: Frozen, ready: ReadyLetter, *, dated: datetime, keys: SigningKeys = NO_KEYS) -> BuiltMail:
    """Build a notice's message as it leaves, and read its letter back.

    One for a mail server is signed if the settings say so; one for the outbox is marked as not yet sent. Raises what
    `compose` and `read_back` raise.
    """
    route = route_of(frozen, ready)
    parts = compose(frozen, ready, dated=dated, keys=keys)
    message = build_message(parts)
    by_smtp = frozen.workspace.settings.mail.transport == "smtp"
    content = signed(as_bytes(message), route) if by_smtp else as_spooled(message)
    read_back(frozen, ready, content)
    return BuiltMail(
        envelope=envelope_of(parts, route.bounce_address),
        content=content,
        message_id=str(message["Message-ID"]),
        sha256=sha256(content).hexdigest(),
        pdf_sha256=sha256(parts.attachment).hexdigest(),
    )


def read_back(frozen: Frozen, ready: ReadyLetter, content: bytes) -> None:
    """Raise DataNeedsPerson unless a finished message carries the notice's own letter and nothing else."""
    letter = letter_of(occasion_of(frozen, ready.entry, ready.earlier, ready.mates))
    password = _last_four(ready) if frozen.workspace.settings.mail.pdf_password else ""
    refuse_wrong_attachment(content, letter, frozen.of(ready.entry).settings, password)


def compose(frozen: Frozen, ready: ReadyLetter, *, dated: datetime, keys: SigningKeys = NO_KEYS) -> MailContent:
    """Return the contents of a notice's e-mail; the letter is signed if its sender has a key.

    Raises DataNeedsPerson if a password is set and the owner's telephone number is unknown, if the notice's data are
    not those approved, if the PDF changed since it was proved (a send may take hours), or if it holds other letters as
    well; Refused if the frozen files are not those approved.
    """
    if ready.broken is not None:
        raise DataNeedsPerson(not_as_approved(ready.entry, ready.broken))
    frozen.refuse_changed()
    occasion = occasion_of(frozen, ready.entry, ready.earlier, ready.mates)
    then = frozen.of(ready.entry)
    mail, route = frozen.workspace.settings.mail, route_of(frozen, ready)
    letter = _letter(frozen, ready, occasion)
    texts = mail_texts(then.templates / "mail", occasion.tier.name, letter_fields(occasion), occasion.estate.language)
    if mail.pdf_password:
        if then.settings.pdf.archival:
            raise SettingsMistake(
                say("The letters of this batch are PDF/A, which forbids passwords."),
                say("Remove [mail] pdf_password to send this batch."),
            )
        letter = encrypted(letter, _last_four(ready))
        texts = with_password_hint(texts, occasion.estate.language)
    letter = _signed(frozen, ready, occasion, letter, keys)
    return MailContent(
        number=occasion.number,
        sender=route.sender,
        sender_name=route.sender_name or occasion.estate.service_centre.company,
        recipient=ready.delivery.recipient or "",
        reply_to=route.reply_to,
        subject=texts.subject,
        text=texts.text,
        html=texts.html,
        attachment=letter,
        attachment_name=f"{occasion.tier.title}{occasion.number}.pdf",
        date=dated,
        language=occasion.estate.language,
        secret=frozen.batch.lists[0].sha256,
    )


def _letter(frozen: Frozen, ready: ReadyLetter, occasion: LetterInput) -> bytes:
    """Return the notice's letter as a PDF of its own, with a fillable slip."""
    if not is_as_proved(ready):
        raise DataNeedsPerson(
            not_as_proved(occasion.number, ready.source.name),
            say("Render the batch again."),
        )
    info = DocumentInfo(
        title=f"{occasion.tier.title} {occasion.number}",
        author=occasion.estate.service_centre.company,
        language="zh-CN" if occasion.estate.language == "zh" else "en",
        dated=occasion.letter_date,
    )
    first, count = ready.notice.first_page or 0, ready.notice.pages or 0
    letter = letter_alone(occasion.number, ready.source, (first, count, _pages_of(ready)), info)
    if not occasion.tier.slip:
        return letter
    made_from = frozen.template_path(occasion.estate.name, ready.notice.tier, ready.notice.approval or 0)
    units = {part.number: part.account.printed_unit for part in occasion.units}
    return with_slip_fields(letter, made_from.parent, occasion.number, frozen.workspace.office, units)


def _signed(frozen: Frozen, ready: ReadyLetter, occasion: LetterInput, letter: bytes, keys: SigningKeys) -> bytes:
    """Return the letter with its sender's signature, on the picture of the seal; as it is if there is no key.

    The signature comes last, over password and slip: the bytes that leave are those that are kept and hashed.
    """
    sender = occasion.tier.sender
    key = keys.of(occasion.estate.name, sender)
    if key is None:
        return letter
    of_firm = sender == "law-firm"
    password = _last_four(ready) if frozen.workspace.settings.mail.pdf_password else ""
    seal = occasion.law_firm.seal if of_firm else occasion.estate.service_centre.seal
    template = frozen.template_path(occasion.estate.name, ready.notice.tier, ready.notice.approval or 0)
    size = picture_size("law_firm_seal" if of_firm else "centre_seal", seal, templates_root(template))
    return signed_pdf(
        letter,
        key,
        SignatureText(
            occasion.law_firm.name if of_firm else occasion.estate.service_centre.company,
            f"{occasion.tier.title} {occasion.number}",
        ),
        place=None if size is None else find_picture(letter, *size, password),
        fillable=True,
        password=password,
    )


def _pages_of(ready: ReadyLetter) -> int:
    return 0 if ready.notice.shard is None else ready.notice.shard.pages


def _last_four(ready: ReadyLetter) -> str:
    known = (re.sub(r"\D", "", entry.account.telephone) for entry in ready.entries)
    digits = next((each for each in known if len(each) >= 4), "")
    if not digits:
        raise DataNeedsPerson(
            say(
                "{notice}: not e-mailed, because its PDF needs the owner's telephone number as password and none is "
                "known.",
                notice=ready.notice.number,
            ),
            say("Add the number to the list, or withdraw the notice and print it."),
        )
    return digits[-4:]
