"""doctor: what this machine or workspace lacks, each with its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from notices.errors import NoticesError
from notices.flow.printing.handover.destination import destination_of, full_name
from notices.flow.templates.check import template_list
from notices.flow.templates.samples import perhaps_right, sample_keys
from notices.flow.workspace import Workspace
from notices.fonts.installed import report
from notices.ledger import Ledger
from notices.letters.template import check_template
from notices.messages import NOTHING, Message, say
from notices.office import ALLOCATOR_PACKAGE, allocator, find, version
from notices.post import check_addresses
from notices.post.server import connect
from notices.settings import PRINT_PASSWORD


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether letters can be made with it (`needed`), what it is, and what to do."""

    what: Message
    fine: bool
    fact: Message
    remedy: Message = NOTHING
    needed: bool = True


def examine(workspace: Workspace, password: Callable[[str], str | None]) -> list[Finding]:
    """Look at everything, whatever is wrong with the first things; `password` is asked by its variable's name."""
    return [
        *_settings(workspace),
        *_office(),
        *_fonts(),
        *_templates(workspace),
        *_ledger(workspace),
        *_mail(workspace, password),
        *_printer(workspace, password),
    ]


def _settings(workspace: Workspace) -> Iterator[Finding]:
    what = say("settings")
    try:
        settings = workspace.settings
    except NoticesError as error:
        yield from _failed(what, error)
        return
    names = ", ".join(estate.name for estate in settings.estates)
    yield Finding(what, fine=True, fact=say("{file} is sound; estates: {names}.", file="notices.toml", names=names))
    if samples := sample_keys(workspace):
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say("Sample values are left: {keys}.", keys=", ".join(samples)),
            remedy=say("Put your own in their place before the first letter goes out."),
        )
    if same := perhaps_right(settings):
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say("As in the sample, and right only by chance: {keys}.", keys=", ".join(same)),
            remedy=say("Compare them with the contract."),
        )


def _office() -> Iterator[Finding]:
    what = say("LibreOffice")
    try:
        office = find()
        yield Finding(what, fine=True, fact=say("{version}", version=version(office)))
        if allocator() is None:
            yield Finding(
                what,
                fine=False,
                fact=say("it works a quarter slower here than it could"),
                remedy=say("On Debian and Ubuntu: apt-get install {package}", package=ALLOCATOR_PACKAGE),
                needed=False,
            )
    except NoticesError as error:
        yield from _failed(what, error)


def _fonts() -> Iterator[Finding]:
    what = say("fonts")
    try:
        found = report()
    except NoticesError as error:
        yield from _failed(what, error)
        return
    if found.lacking:
        yield Finding(
            what,
            fine=False,
            fact=say("Neither there nor replaced: {fonts}.", fonts=", ".join(found.lacking)),
            remedy=say("Install Chinese fonts, on Debian and Ubuntu: apt-get install fonts-noto-cjk"),
        )
        return
    pairs = ", ".join(f"{formal} → {free}" for formal, free in found.stand_ins.items())
    yield Finding(what, fine=True, fact=say("Stand-ins on this machine: {pairs}.", pairs=pairs or "-"))
    if found.far_reaching:
        rare = ", ".join(found.far_reaching)
        yield Finding(what, fine=True, fact=say("Rare characters of names are drawn with {fonts}.", fonts=rare))
    else:
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say("No font for very rare characters of names; a letter with one would be set aside."),
            remedy=say("On Debian and Ubuntu: apt-get install fonts-babelstone-han"),
        )


def _templates(workspace: Workspace) -> Iterator[Finding]:
    try:
        used = template_list(workspace)
    except NoticesError:
        return  # the settings are at fault, and said so
    for template in used:
        what = say("template {name}", name=template.file)
        try:
            mistakes = check_template(workspace.templates / template.file)
        except NoticesError as error:
            yield from _failed(what, error)
            continue
        if mistakes:
            remedy = say("Correct it in Word or WPS, or put the original back; docs/letters.md lists its fields.")
            yield from (Finding(what, fine=False, fact=mistake, remedy=remedy) for mistake in mistakes)
        else:
            yield Finding(what, fine=True, fact=say("opens, and asks only for fields that there are."))


def _ledger(workspace: Workspace) -> Iterator[Finding]:
    what = say("ledger")
    try:
        workspace.batches.mkdir(parents=True, exist_ok=True, mode=0o700)
        ledger = Ledger.open(workspace.ledger_url)
        with ledger.read() as books:
            count = len(books.batches.all())
        ledger.close()
        yield Finding(what, fine=True, fact=say("opens; {count} batch(es).", count=count))
    except NoticesError as error:
        yield from _failed(what, error)


def _mail(workspace: Workspace, password: Callable[[str], str | None]) -> Iterator[Finding]:
    """Each mail server of the settings: whether it lets us in."""
    what = say("e-mail")
    try:
        mail = workspace.settings.mail
    except NoticesError:
        return  # the settings are at fault, and said so
    if mail.transport != "smtp":
        yield Finding(what, fine=True, fact=say("goes into the outbox, for a person to send."))
        return
    for route in mail.routes():
        try:
            check_addresses(route)
            connect(route, password(route.password_variable) if route.password_variable else None).close()
        except NoticesError as error:
            yield from _failed(what, error)
            continue
        fact = say(
            "{host}:{port} lets us in, to send as {sender}.",
            host=route.host,
            port=route.usual_port,
            sender=route.sender,
        )
        yield Finding(what, fine=True, fact=fact)


def _printer(workspace: Workspace, password: Callable[[str], str | None]) -> Iterator[Finding]:
    """The folder or printer of the settings, where they name one: whether it could take a job now."""
    try:
        place = full_name(workspace, "")
    except NoticesError:
        return  # the settings are at fault, and said so
    if not place:
        return
    what = say("printer")
    doubts: list[Message] = []
    try:
        destination_of(workspace, place, password(PRINT_PASSWORD) or "").refuse_unfit(doubts.append)
    except NoticesError as error:
        yield from _failed(what, error)
        return
    yield Finding(what, fine=True, fact=say("{place} is ready for print jobs.", place=place))
    yield from (Finding(what, fine=False, fact=doubt, needed=False) for doubt in doubts)


def _failed(what: Message, error: NoticesError) -> Iterator[Finding]:
    for fact in (error.fact, *error.details):
        yield Finding(what, fine=False, fact=fact, remedy=error.remedy)
