"""An e-mail put together: the letter cut out of its shard, and the words that go with it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from notices.errors import DataNeedsPerson, SettingsMistake
from notices.flow.fillable import make_fillable
from notices.flow.letters import occasion_of, template_of
from notices.flow.mailtexts import mail_texts, with_password_hint
from notices.flow.ready import Ready
from notices.flow.stage import Stage
from notices.ledger import NoticeRecord
from notices.letters.context import Occasion, letter_fields
from notices.messages import say
from notices.pdf import cut, lock
from notices.post import MailContent
from notices.settings import Route


def route_of(at: Stage, ready: Ready) -> Route:
    """The way by which a notice's e-mail leaves, as the settings say today."""
    return at.workspace.settings.mail.route(ready.entry.account.estate, ready.notice.tier)


def compose(at: Stage, ready: Ready, earlier: NoticeRecord | None, folder: Path, *, dated: datetime) -> MailContent:
    """What a notice's e-mail is made of; `folder` is for files that nobody needs afterwards.

    Raises DataNeedsPerson where the letter should have a password and its owner's telephone number is not known.
    """
    occasion = occasion_of(at.frozen, ready.entry, earlier)
    then = at.frozen.of(ready.entry)
    mail, route = at.workspace.settings.mail, route_of(at, ready)
    letter = _letter(at, ready, occasion, folder)
    texts = mail_texts(then.templates / "mail", occasion.tier.name, letter_fields(occasion))
    if mail.pdf_password:
        if then.settings.pdf.archival:
            raise SettingsMistake(
                say("The letters of this batch are PDF/A, which forbids passwords."),
                say("Take [mail] pdf_password out for it."),
            )
        lock(letter, _last_four(ready))
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
        attachment=letter.read_bytes(),
        attachment_name=f"{occasion.tier.title}{occasion.number}.pdf",
        date=dated,
        language=occasion.estate.language,
    )


def _letter(at: Stage, ready: Ready, occasion: Occasion, folder: Path) -> Path:
    """The notice's letter as a file of its own, its slip to be filled in on the screen."""
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
