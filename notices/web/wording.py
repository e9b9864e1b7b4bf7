"""Words of the page: the reader's language, messages in it, and what a viewer without names may not read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask, g, has_request_context, request, session
from markupsafe import Markup

from notices.flow.workspace import Workspace
from notices.messages import Language, Message, Translator, say, translator
from notices.model import Account
from notices.safe_text import safe
from notices.web.site import the_site
from notices.words import word

LANGUAGES: tuple[Language, ...] = ("zh", "en")
MASK = "•••"


def language() -> Language:
    """Return the reader's language: as chosen on the page, else as the browser asks for, else Chinese."""
    if not has_request_context():
        return "zh"
    chosen = session.get("language") or request.accept_languages.best_match(LANGUAGES, default="zh")
    return "en" if chosen == "en" else "zh"


def translate() -> Translator:
    """Return the translator into the reader's language."""
    return translator(language())


def masked() -> bool:
    """Return whether the reader may not see names and amounts; nobody may who is not known."""
    person = g.get("person") if has_request_context() else None
    return person is None or not person.sees_names


def text(message: Message) -> str:
    """Return a message in the reader's language; its values are masked for a viewer without names."""
    return (_without_values(message) if masked() else message).translated(translate())


def said(text_: str, /, **values: object) -> str:
    """Return a message of a template in the reader's language: `say` in templates; its values are the template's."""
    shown = {name: shown_value(value) for name, value in values.items()}
    return Message(text_, shown).translated(translate())


def shown_value(value: object) -> object:  # noqa: PLR0911 - a table of kinds
    """Return a value as templates show it: amounts with separators, or masked; dates; messages in words."""
    match value:
        case Markup():
            return value
        case Message():
            return safe(text(value))
        case Decimal():
            return yuan(value)
        case datetime():
            return f"{value.astimezone(the_site().workspace.settings.calendar.zone):%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case None:
            return ""
        case str():
            return safe(value)
        case _:
            return value


def yuan(amount: Decimal | None) -> str:
    """Return an amount in yuan with separators, masked for a viewer without names."""
    if amount is None:
        return ""
    return MASK if masked() else f"{amount:,.2f}"


def private(value: str) -> str:
    """Return a name, address or other text about a person, masked for a viewer without names."""
    return (MASK if value else "") if masked() else safe(value)


def whose(account: Account) -> str:
    """Return estate, unit and owner of an account; the owner is masked for a viewer without names."""
    return "/".join((safe(account.estate), safe(account.unit), private("、".join(account.owners))))


def tier_title(name: str | None) -> str:
    """Return the title of a tier in Chinese, its name in English, as tables of the command line do."""
    return tier_word(the_site().workspace, name, language())


def tier_word(workspace: Workspace, name: str | None, spoken: str) -> str:
    """Return the title of a tier in a language: see `tier_title`."""
    if not name or spoken != "zh":
        return name or ""
    settings = workspace.settings
    for policy in (settings.policy, *(settings.policy_of(estate.name) for estate in settings.estates)):
        for tier in policy.tiers:
            if tier.name == name:
                return tier.title
    return name


def word_text(code: object) -> str:
    """Return the word for a code in the reader's language."""
    return word(str(code)).translated(translate()) if code else ""


def verb_title(verb: str) -> Message:
    """Return the title of a long verb."""
    return {
        "approve": say("Release"),
        "render": say("Render"),
        "send": say("Send"),
        "print": say("Print"),
        "resume": say("Resume"),
        "plan": say("Plan"),
        "print-again": say("Print again"),
        "hand-over": say("Hand over"),
        "read-list": say("Reading the list"),
        "read-mail": say("E-mails that came back"),
        "read-carrier": say("The carrier's table"),
        "read-slips": say("Slips"),
        "read-statements": say("Statements"),
        "report": say("Report"),
        "todo": say("Tasks"),
        "purge": say("Purge"),
    }.get(verb) or word(verb)


def set_up_wording(app: Flask) -> None:
    """Give templates their words; whatever they show goes through `shown_value` and is escaped."""
    app.jinja_env.finalize = shown_value
    functions: Mapping[str, Any] = {
        "say": said,
        "word": word_text,
        "tier": tier_title,
        "private": private,
        "whose": whose,
        "masked": masked,
        "verb_title": verb_title,
        "language": language,
    }
    app.jinja_env.globals.update(functions)


def _without_values(message: Message) -> Message:
    """Return a message with every value masked but numbers of things and messages, whose own values are masked."""
    return Message(
        message.text,
        {
            name: _without_values(value) if isinstance(value, Message) else value if type(value) is int else MASK
            for name, value in message.values.items()
        },
    )
