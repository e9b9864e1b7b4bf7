"""Shared by all commands: the workspace, the language, common options, and the reporting of errors."""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from getpass import getuser
from io import TextIOWrapper
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar, get_args
from zoneinfo import ZoneInfo

import click

from notices.cli.display import echo
from notices.cli.json_stream import in_pieces
from notices.cli.translated_help import TranslatedGroup, usage_message
from notices.errors import DataNeedsPerson, NoticesError, Refused, Unusable
from notices.interrupts import no_ctrl_c_lost
from notices.messages import Language, Message, Translator, say, translator
from notices.words import word

if TYPE_CHECKING:
    from notices.flow.workspace import Workspace
    from notices.ledger import Ledger
    from notices.settings import Tier

Command = TypeVar("Command", bound=Callable[..., Any])
FEW = 5  # as many messages of one kind are printed in full
FIRST_OF_MANY = 3
INTERRUPTED = 130  # 128 + SIGINT, as shells count


@dataclass
class Door:
    """Common options of one call, and its access to clock, environment, workspace and ledger."""

    folder: Path | None = None
    language: Language | None = None
    as_json: bool = False
    debug: bool = False

    @cached_property
    def workspace(self) -> Workspace:
        """Workspace named by option or environment, or the one that contains the current folder."""
        from notices.flow import workspace as workspaces

        named = self.folder or (Path(given) if (given := os.environ.get("NOTICES_WORKSPACE")) else None)
        return workspaces.at(named.absolute()) if named else workspaces.find(Path.cwd())

    @cached_property
    def ledger(self) -> Ledger:
        """Ledger of the workspace, migrated if necessary; closed when the command ends."""
        from notices.ledger import Ledger

        folder = self.workspace.batches
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ledger = Ledger.open(self.workspace.ledger_url, self.zone, heads=self.workspace.heads)
        click.get_current_context().find_root().call_on_close(ledger.close)
        return ledger

    @property
    def ledger_as_it_is(self) -> Ledger | None:
        """Ledger for a command that changes nothing; None if there is none yet or it cannot be used."""
        if not self.workspace.settings.ledger.url and not (self.workspace.batches / "ledger.db").exists():
            return None
        try:
            return self.ledger
        except NoticesError as error:
            self.say(error.fact)
            return None

    @property
    def translate(self) -> Translator:
        """Translator of messages into the reader's language."""
        return translator(self.language_read)

    @property
    def help_translate(self) -> Translator:
        """Translator of help texts into the reader's language."""
        return translator(self.language_read, "help")

    @property
    def language_read(self) -> Language:
        """Language of --lang, or of the locale."""
        return self.language or _language_of_locale(os.environ)

    @property
    def estates(self) -> tuple[str, ...]:
        """Names of the estates; where there is one, accounts may be typed without it."""
        return tuple(estate.name for estate in self.workspace.settings.estates)

    @cached_property
    def zone(self) -> ZoneInfo:
        """Time zone of the office, whatever the machine's; the default where there is no workspace to ask."""
        from notices.settings.general import Calendar

        try:
            return self.workspace.settings.calendar.zone
        except NoticesError:  # a command that needs the workspace says so itself
            return Calendar().zone

    def today(self) -> date:
        """Return the office's date."""
        return self.now().date()

    def now(self) -> datetime:
        """Return the time in the office, with its offset, so that its date is the office's too."""
        return datetime.now(UTC).astimezone(self.zone)

    def local_time(self) -> datetime:
        """Return the time by which office hours are kept."""
        return self.now()

    def secret(self, variable: str) -> str | None:
        """Return a secret from an environment variable, None if it is not set."""
        return os.environ.get(variable)

    def login(self) -> str:
        """Return the login name, the default of --by."""
        try:
            return getuser()
        except (KeyError, OSError):
            return "?"

    def text(self, message: Message) -> str:
        """Return a message in the reader's language."""
        return message.translated(self.translate)

    def headings(self, *messages: Message) -> list[str]:
        """Return the headings of a table in the reader's language."""
        return [self.text(message) for message in messages]

    def word(self, code: str) -> str:
        """Return the word for a code in the reader's language, for tables; JSON documents keep the code."""
        return self.text(word(code))

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """Title of each tier by its name in Chinese, empty in English, whose tables show the name."""
        if self.language_read != "zh":
            return {}
        return {tier.name: tier.title for tier in self._tiers()}

    def tier(self, name: str | None) -> str:
        """Return the title or name of a tier, for tables; JSON documents keep its name."""
        return self.titles.get(name or "", name or "")

    def tier_named(self, given: str | None) -> str | None:
        """Return the name of a tier given by its name or, as tables show it, by its title."""
        return {tier.title: tier.name for tier in self._tiers()}.get(given or "", given)

    def _tiers(self) -> Iterator[Tier]:
        """Yield the tiers of every estate, then those of the general policy, which take precedence for a name."""
        settings = self.workspace.settings
        for policy in (*(settings.policy_of(estate.name) for estate in settings.estates), settings.policy):
            yield from policy.tiers

    def say(self, message: Message) -> None:
        """Print a note on standard error, apart from the output."""
        if message.text:
            echo(self.text(message), err=True)

    def say_all(self, messages: Iterable[Message]) -> None:
        """Print notes; of many of one kind the first FIRST_OF_MANY, with their number."""
        listed = list(messages)
        kinds = Counter(map(_kind_of, listed))
        shown: Counter[tuple[str, ...]] = Counter()
        for message in listed:
            kind = _kind_of(message)
            shown[kind] += 1
            if kinds[kind] <= FEW or shown[kind] <= FIRST_OF_MANY:
                self.say(message)
            if kinds[kind] > FEW and shown[kind] == FIRST_OF_MANY:
                more = kinds[kind] - FIRST_OF_MANY
                self.say(say("… and {count} more like these; --json gives them all.", count=more))

    def answer(self, document: Mapping[str, object]) -> None:
        """Print the JSON document of a --json call."""
        for piece in in_pieces(document, ascii_only=not _writes_unicode(sys.stdout)):
            click.echo(piece, nl=False)
        click.echo()


def _writes_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "").replace("_", "").startswith("utf")


def _accept_any_text() -> None:
    """Let the output escape what its encoding lacks, as under a GBK locale: no name may stop a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and not _writes_unicode(stream):
            stream.reconfigure(errors="backslashreplace")


def _kind_of(message: Message) -> tuple[str, ...]:
    """Return what messages of one kind have in common: their text, and those of the messages inside."""
    inside = (_kind_of(value) for value in message.values.values() if isinstance(value, Message))
    return (message.text, *chain.from_iterable(inside))


def _language_of_locale(environment: Mapping[str, str]) -> Language:
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return "zh" if locale.lower().startswith("zh") else "en"


pass_door = click.make_pass_decorator(Door, ensure=True)


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(context: click.Context, _parameter: click.Parameter, value: object) -> None:
        if value:
            setattr(context.ensure_object(Door), name, value)

    return callback


def common(command: Command) -> Command:
    """Add the options that every command takes."""
    for option in (
        click.option(
            "--workspace",
            type=click.Path(path_type=Path, file_okay=False),
            callback=_remember("folder"),
            expose_value=False,
            help="The folder that holds notices.toml (or NOTICES_WORKSPACE).",
        ),
        click.option(
            "--lang",
            type=click.Choice(["zh", "en"]),
            callback=_remember("language"),
            expose_value=False,
            is_eager=True,
            help="Language of messages; letters follow their estate's.",
        ),
        click.option(
            "--json",
            is_flag=True,
            callback=_remember("as_json"),
            expose_value=False,
            is_eager=True,
            help="Print one JSON document on standard output.",
        ),
        click.option("--debug", is_flag=True, callback=_remember("debug"), expose_value=False, help="Show tracebacks."),
    ):
        command = option(command)
    return command


class ReportingGroup(TranslatedGroup):
    """Group that reports errors and turns them into exit statuses; nothing below it exits."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; language and --json are read first, so that a usage error is reported in the right form."""
        _accept_any_text()
        door = ctx.ensure_object(Door)
        door.as_json = "--json" in args
        door.language = _language_option(args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            _report_usage_error(ctx, error)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; report an error with fact, item and remedy."""
        try:
            with no_ctrl_c_lost():
                return super().invoke(ctx)
        except NoticesError as error:
            _report(ctx, error)
        except BrokenPipeError:
            raise  # the reader of the output closed it, as `head` does; Click exits quietly
        except OSError as error:
            _report(ctx, _os_error(error))
        except KeyboardInterrupt:
            door = ctx.ensure_object(Door)
            door.say(say("Interrupted. What was done is kept; `notices resume BATCH` continues."))
            ctx.exit(INTERRUPTED)
        except click.Abort:
            _report(ctx, _unanswered())
        except click.UsageError as error:
            _report_usage_error(ctx, error)
        except click.exceptions.Exit:
            raise
        except Exception as error:  # noqa: BLE001 - the outermost handler: no traceback may reach a user
            _report(ctx, _unexpected(error), error)


def _language_option(args: Sequence[str]) -> Language | None:
    """Return the value of --lang, wherever it stands: help and usage errors come before it is parsed."""
    words = [word for arg in args for word in arg.split("=", 1)]
    given = next((after for word, after in pairwise(words) if word == "--lang"), None)
    return next((language for language in get_args(Language) if language == given), None)


def _report_usage_error(context: click.Context, error: click.UsageError) -> NoReturn:
    """Report a usage error: in English as Click does, otherwise in a message of ours."""
    door = context.ensure_object(Door)
    # A group that is called without a command shows its help, which is translated already.
    translated = door.language_read != "en" and not isinstance(error, click.exceptions.NoArgsIsHelpError)
    fact = door.text(usage_message(error)) if translated else error.format_message()
    if door.as_json:
        door.answer(_error_document(error.exit_code, fact))
    if not translated:
        raise error
    called = error.ctx or context
    click.echo(called.get_usage(), err=True)
    door.say(say("`{command} --help` shows the usage.", command=called.command_path))
    echo(fact, err=True)
    context.exit(error.exit_code)


def _os_error(error: OSError) -> Unusable:
    return Unusable(
        say(
            "The operating system reports: {reason} ({file}).",
            reason=error.strerror or str(error),
            file=error.filename or "-",
        ),
        say("Free disk space or correct the permissions, then run the command again, or `notices resume BATCH`."),
    )


def _unexpected(error: Exception) -> Unusable:
    return Unusable(
        say("Unexpected error: {kind}.", kind=type(error).__name__),
        say("What was done is kept. Run the command again with --debug and report what it shows."),
    )


def _unanswered() -> DataNeedsPerson:
    return DataNeedsPerson(
        say("The question was not answered, which counts as no."),
        say("--yes answers it; after `notices run`, `notices resume BATCH` asks again."),
    )


def _report(context: click.Context, error: NoticesError, cause: BaseException | None = None) -> None:
    door = context.ensure_object(Door)
    if door.debug:
        traceback.print_exception(cause or error, file=sys.stderr)
    door.say(error.fact)
    if isinstance(error, Refused):
        door.say_all(error.details)
    else:  # each is to be corrected
        for detail in error.details:
            door.say(detail)
    door.say(error.remedy)
    if door.as_json:
        details = [door.text(detail) for detail in error.details]
        door.answer(_error_document(error.exit_status, door.text(error.fact), details, door.text(error.remedy)))
    context.exit(error.exit_status)


def _error_document(status: int, fact: str, details: Sequence[str] = (), remedy: str = "") -> dict[str, object]:
    return {"error": {"fact": fact, "details": list(details), "remedy": remedy, "status": status}}
