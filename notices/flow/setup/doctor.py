"""doctor: check this machine and workspace, with a remedy for each problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from notices.errors import NoticesError, SettingsMistake
from notices.flow.batch.signing_keys import signing_keys
from notices.flow.batch.stamping import stamp_of
from notices.flow.printing.handover.destination import destination_of, full_name
from notices.flow.setup.cluster_check import check_cluster
from notices.flow.setup.finding import Finding, failed
from notices.flow.setup.ledger_check import check_ledger
from notices.flow.templates.check import template_list
from notices.flow.templates.samples import possibly_correct, sample_keys
from notices.flow.workspace import Workspace
from notices.fonts.installed import report
from notices.letters.template import check_template
from notices.messages import Message, say
from notices.office import ALLOCATOR_PACKAGE, allocator, closed_to_others, find, version
from notices.pdf.signatures import refuse_unusable_key
from notices.post import check_addresses
from notices.post.server import connect
from notices.settings import PRINT_PASSWORD


def examine(
    workspace: Workspace, password: Callable[[str], str | None], clock: Callable[[], datetime]
) -> list[Finding]:
    """Run all checks, whatever their results; `password` returns the password in an environment variable."""
    now = clock()
    return [
        *_settings(workspace),
        *_office(),
        *_fonts(),
        *_templates(workspace),
        *check_ledger(workspace, clock),
        *check_cluster(workspace),
        *_time_stamps(workspace, now),
        *_signing_keys(workspace, password, now),
        *_mail(workspace, password),
        *_printer(workspace, password),
    ]


def _settings(workspace: Workspace) -> Iterator[Finding]:
    what = say("settings")
    try:
        settings = workspace.settings
    except NoticesError as error:
        yield from failed(what, error)
        return
    names = ", ".join(estate.name for estate in settings.estates)
    yield Finding(what, fine=True, fact=say("{file} is valid; estates: {names}.", file="notices.toml", names=names))
    if samples := sample_keys(workspace):
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say("Sample values remain: {keys}.", keys=", ".join(samples)),
            remedy=say("Replace them with your own before sending the first letter."),
        )
    if same := possibly_correct(settings):
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say("Same as in the sample, possibly wrong: {keys}.", keys=", ".join(same)),
            remedy=say("Compare them with the contract."),
        )


def _office() -> Iterator[Finding]:
    what = say("LibreOffice")
    if (closed := closed_to_others()) is not None:
        yield Finding(
            what,
            fine=False,
            fact=say("Not every user can read {path}; LibreOffice does not start for those who cannot.", path=closed),
            remedy=say("As administrator: chmod -R a+rX /var/spool/libreoffice/uno_packages"),
        )
    try:
        office = find()
        yield Finding(what, fine=True, fact=say("{version}", version=version(office)))
        if allocator() is None:
            yield Finding(
                what,
                fine=False,
                fact=say("it runs a quarter slower than it could"),
                remedy=say("On Debian and Ubuntu: apt-get install {package}", package=ALLOCATOR_PACKAGE),
                needed=False,
            )
    except NoticesError as error:
        yield from failed(what, error)


def _fonts() -> Iterator[Finding]:
    what = say("fonts")
    try:
        found = report()
    except NoticesError as error:
        yield from failed(what, error)
        return
    if found.lacking:
        yield Finding(
            what,
            fine=False,
            fact=say("Not installed, and without a substitute: {fonts}.", fonts=", ".join(found.lacking)),
            remedy=say("Install Chinese fonts, on Debian and Ubuntu: apt-get install fonts-noto-cjk"),
        )
        return
    pairs = ", ".join(f"{formal} → {free}" for formal, free in found.substitutes.items())
    yield Finding(what, fine=True, fact=say("Substitutes on this machine: {pairs}.", pairs=pairs or "-"))
    if found.far_reaching:
        rare = ", ".join(found.far_reaching)
        yield Finding(what, fine=True, fact=say("Rare characters of names are drawn with {fonts}.", fonts=rare))
    else:
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say("No font has the rarest characters of names; a letter with one would be set aside."),
            remedy=say("On Debian and Ubuntu: apt-get install fonts-babelstone-han"),
        )


def _templates(workspace: Workspace) -> Iterator[Finding]:
    try:
        used = template_list(workspace)
    except NoticesError:
        return  # reported by _settings
    for template in used:
        what = say("template {name}", name=template.file)
        try:
            mistakes = check_template(workspace.templates / template.file)
        except NoticesError as error:
            yield from failed(what, error)
            continue
        if mistakes:
            remedy = say("Correct it in Word or WPS, or restore the original; docs/letters.md lists the fields.")
            yield from (Finding(what, fine=False, fact=mistake, remedy=remedy) for mistake in mistakes)
        else:
            yield Finding(what, fine=True, fact=say("opens, and uses only known fields."))


def _time_stamps(workspace: Workspace, now: datetime) -> Iterator[Finding]:
    """Check that the time-stamp authority of the settings, if any, stamps something for us."""
    what = say("time stamps")
    try:
        if not workspace.settings.timestamp.url:
            return
        stamp = stamp_of(workspace, b"doctor", now)
    except SettingsMistake:
        return  # reported by _settings
    except NoticesError as error:
        yield from failed(what, error)
        return
    fact = say("{url} stamps; its policy is {policy}.", url=workspace.settings.timestamp.url, policy=stamp.policy)
    yield Finding(what, fine=True, fact=fact)


def _signing_keys(workspace: Workspace, password: Callable[[str], str | None], now: datetime) -> Iterator[Finding]:
    """Check that each key for signatures can sign."""
    what = say("signatures")
    try:
        keys = signing_keys(workspace, password)
    except SettingsMistake:
        return  # reported by _settings
    for key in dict.fromkeys(keys.keys.values()):
        try:
            until = refuse_unusable_key(key, now)
        except NoticesError as error:
            yield from failed(what, error)
            continue
        fact = say("{name} signs; its certificate is valid until {day}.", name=key.name, day=until.date().isoformat())
        yield Finding(what, fine=True, fact=fact)


def _mail(workspace: Workspace, password: Callable[[str], str | None]) -> Iterator[Finding]:
    """Check that each mail server in the settings accepts our login."""
    what = say("e-mail")
    try:
        mail = workspace.settings.mail
    except NoticesError:
        return  # reported by _settings
    if mail.transport != "smtp":
        yield Finding(what, fine=True, fact=say("goes into the outbox, to be sent by a person."))
        return
    for route in mail.routes():
        try:
            check_addresses(route)
            connect(route, password(route.password_variable) if route.password_variable else None).close()
        except NoticesError as error:
            yield from failed(what, error)
            continue
        fact = say(
            "{host}:{port} accepts our login; sender: {sender}.",
            host=route.host,
            port=route.usual_port,
            sender=route.sender,
        )
        yield Finding(what, fine=True, fact=fact)


def _printer(workspace: Workspace, password: Callable[[str], str | None]) -> Iterator[Finding]:
    """Check that the folder or printer in the settings, if any, can accept a job now."""
    try:
        place = full_name(workspace, "")
    except NoticesError:
        return  # reported by _settings
    if not place:
        return
    what = say("printer")
    doubts: list[Message] = []
    try:
        destination_of(workspace, place, password(PRINT_PASSWORD) or "").refuse_unfit(doubts.append)
    except NoticesError as error:
        yield from failed(what, error)
        return
    yield Finding(what, fine=True, fact=say("{place} is ready for print jobs.", place=place))
    yield from (Finding(what, fine=False, fact=doubt, needed=False) for doubt in doubts)
