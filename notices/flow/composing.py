"""An e-mail put together: the letter cut out of its shard, the words that go with it, the message as it will leave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from notices.errors import DataNeedsPerson, SettingsMistake
from notices.flow.fillable import make_fillable
from notices.flow.frozen import Frozen
from notices.flow.letters import occasion_of, template_of
from notices.flow.mailtexts import mail_texts, with_password_hint
from notices.flow.ready import Ready, is_as_proved, not_as_proved
from notices.letters.context import Occasion, letter_fields
from notices.messages import say
from notices.pdf import cut, lock
from notices.post import Envelope, MailContent, build_message, envelope_of, signed
from notices.settings import Route


@dataclass(frozen=True, slots=True, repr=False)  # no repr: it would carry an owner's data into a log or a traceback
class Letter:
    """A message ready for the line, with the SHA-256 of it and of its PDF, in hexadecimal."""

    envelope: Envelope
    content: bytes
    message_id: str
    sha256: str
    pdf_sha256: str


def route_of(frozen: Frozen, ready: Ready) -> Route:
    """The way by which a notice's e-mail leaves, as the settings say today."""
    return frozen.workspace.settings.mail.route(ready.entry.account.estate, ready.notice.tier)


def letter_for_the_line(frozen: Frozen, ready: Ready, folder: Path, *, dated: datetime) -> Letter:
    """The message as it goes over the line, signed where the settings say so; raises what `compose` raises."""
    route = route_of(frozen, ready)
    parts = compose(frozen, ready, folder, dated=dated)
    message = build_message(parts)
    content = signed(message.as_bytes(), route)
    return Letter(
        envelope=envelope_of(parts, route.bounce_address),
        content=content,
        message_id=str(message["Message-ID"]),
        sha256=sha256(content).hexdigest(),
        pdf_sha256=sha256(parts.attachment).hexdigest(),
    )


def compose(frozen: Frozen, ready: Ready, folder: Path, *, dated: datetime) -> MailContent:
    """What a notice's e-mail is made of; `folder` is for files that nobody needs afterwards.

    Raises DataNeedsPerson where the letter should have a password and its owner's telephone number is not known, or
    where the PDF that it stands in is no longer what was proved: a send may take hours.
    """
    occasion = occasion_of(frozen, ready.entry, ready.earlier)
    then = frozen.of(ready.entry)
    mail, route = frozen.workspace.settings.mail, route_of(frozen, ready)
    letter = _letter(frozen, ready, occasion, folder)
    texts = mail_texts(then.templates / "mail", occasion.tier.name, letter_fields(occasion), occasion.estate.language)
    if mail.pdf_password:
        if then.settings.pdf.archival:
            raise SettingsMistake(
                say("The letters of this batch are PDF/A, which forbids passwords."),
                say("Take [mail] pdf_password out for it."),
            )
        lock(letter, _last_four(ready))
        texts = with_password_hint(texts, occasion.estate.language)
    attachment = letter.read_bytes()
    letter.unlink()
    return MailContent(
        number=occasion.number,
        sender=route.sender,
        sender_name=route.sender_name or occasion.estate.service_centre.company,
        recipient=ready.delivery.recipient or "",
        reply_to=route.reply_to,
        subject=texts.subject,
        text=texts.text,
        html=texts.html,
        attachment=attachment,
        attachment_name=f"{occasion.tier.title}{occasion.number}.pdf",
        date=dated,
        language=occasion.estate.language,
        secret=frozen.batch.lists[0].sha256,
    )


def _letter(frozen: Frozen, ready: Ready, occasion: Occasion, folder: Path) -> Path:
    """The notice's letter as a file of its own, its slip to be filled in on the screen."""
    letter = folder / f"letter-{ready.notice.id}.pdf"
    if not is_as_proved(ready):
        raise DataNeedsPerson(
            not_as_proved(occasion.number, ready.source.name),
            say("Render the batch again."),
        )
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
        made_from = frozen.of(ready.entry).templates / template_of(frozen, ready.entry)
        make_fillable(letter, made_from.parent, occasion.number, frozen.workspace.office)
    return letter


def _last_four(ready: Ready) -> str:
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
