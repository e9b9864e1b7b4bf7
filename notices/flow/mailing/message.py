"""An e-mail put together: the letter cut out of its shard, the words that go with it, the message as it will leave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from notices.errors import DataNeedsPerson, SettingsMistake
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.occasion import occasion_of
from notices.flow.batch.outgoing import ReadyLetter, is_as_proved, not_as_proved
from notices.letters.context import Occasion, letter_fields
from notices.letters.slip_form import fillable
from notices.messages import say
from notices.pdf import Said, cut, locked
from notices.post import Envelope, MailContent, as_bytes, build_message, envelope_of, signed
from notices.post.texts import mail_texts, with_password_hint
from notices.settings import Route


@dataclass(frozen=True, slots=True, repr=False)  # no repr: it would carry an owner's data into a log or a traceback
class BuiltMail:
    """A message ready for the line, with the SHA-256 of it and of its PDF, in hexadecimal."""

    envelope: Envelope
    content: bytes
    message_id: str
    sha256: str
    pdf_sha256: str


def route_of(frozen: Frozen, ready: ReadyLetter) -> Route:
    """The way by which a notice's e-mail leaves, as the settings say today."""
    return frozen.workspace.settings.mail.route(ready.entry.account.estate, ready.notice.tier)


def built_mail(frozen: Frozen, ready: ReadyLetter, *, dated: datetime) -> BuiltMail:
    """The message as it goes over the line, signed where the settings say so; raises what `compose` raises."""
    route = route_of(frozen, ready)
    parts = compose(frozen, ready, dated=dated)
    message = build_message(parts)
    content = signed(as_bytes(message), route)
    return BuiltMail(
        envelope=envelope_of(parts, route.bounce_address),
        content=content,
        message_id=str(message["Message-ID"]),
        sha256=sha256(content).hexdigest(),
        pdf_sha256=sha256(parts.attachment).hexdigest(),
    )


def compose(frozen: Frozen, ready: ReadyLetter, *, dated: datetime) -> MailContent:
    """What a notice's e-mail is made of.

    Raises DataNeedsPerson where the letter should have a password and its owner's telephone number is not known, where
    the PDF that it stands in is no longer what was proved (a send may take hours), or holds other letters as well.
    """
    occasion = occasion_of(frozen, ready.entry, ready.earlier)
    then = frozen.of(ready.entry)
    mail, route = frozen.workspace.settings.mail, route_of(frozen, ready)
    letter = _letter(frozen, ready, occasion)
    texts = mail_texts(then.templates / "mail", occasion.tier.name, letter_fields(occasion), occasion.estate.language)
    if mail.pdf_password:
        if then.settings.pdf.archival:
            raise SettingsMistake(
                say("The letters of this batch are PDF/A, which forbids passwords."),
                say("Take [mail] pdf_password out for it."),
            )
        letter = locked(letter, _last_four(ready))
        texts = with_password_hint(texts, occasion.estate.language)
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


def _letter(frozen: Frozen, ready: ReadyLetter, occasion: Occasion) -> bytes:
    """The notice's letter as a PDF of its own, its slip to be filled in on the screen."""
    if not is_as_proved(ready):
        raise DataNeedsPerson(
            not_as_proved(occasion.number, ready.source.name),
            say("Render the batch again."),
        )
    if ready.notice.shard is None or ready.notice.shard.pages != ready.notice.pages:
        raise DataNeedsPerson(
            say(
                "{notice} shares its PDF with other letters, whose names its fonts and pictures would carry along.",
                notice=occasion.number,
            ),
            say("Render the batch again."),
        )
    letter = cut(
        ready.source,
        ready.notice.first_page or 0,
        ready.notice.pages or 0,
        Said(
            title=f"{occasion.tier.title} {occasion.number}",
            author=occasion.estate.service_centre.company,
            language="zh-CN" if occasion.estate.language == "zh" else "en",
            dated=occasion.letter_date,
        ),
    )
    if not occasion.tier.slip:
        return letter
    made_from = frozen.template_path(occasion.estate.name, ready.notice.tier, ready.notice.approval or 0)
    return fillable(letter, made_from.parent, occasion.number, frozen.workspace.office)


def _last_four(ready: ReadyLetter) -> str:
    digits = re.sub(r"\D", "", ready.entry.account.telephone)
    if len(digits) < 4:
        raise DataNeedsPerson(
            say(
                "{notice} cannot go by e-mail: its PDF is to have the telephone number's last four digits as password, "
                "and no number is known.",
                notice=ready.notice.number,
            ),
            say("Put the number into the list, or withdraw the notice and let it go on paper."),
        )
    return digits[-4:]
