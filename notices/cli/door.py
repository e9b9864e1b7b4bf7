"""What every command shares: where it works, in which language, and how an error leaves the house."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from getpass import getuser
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args

import click

from notices.cli.json_stream import in_pieces
from notices.cli.translated_help import SpokenGroup, in_words
from notices.errors import DataNeedsPerson, NoticesError, Unusable
from notices.flow import workspace as workspaces
from notices.flow.workspace import Workspace
from notices.interrupts import no_ctrl_c_lost
from notices.ledger import Ledger
from notices.messages import Language, Message, Translator, say, translator
from notices.settings import Tier
from notices.words import word

Command = TypeVar("Command", bound=Callable[..., Any])
INTERRUPTED = 130  # 128 + SIGINT, as shells count


@dataclass
class Door:
    """What one call was asked: folder, language, JSON or not; the only place that knows clock and environment."""

    folder: Path | None = None
    language: Language | None = None
    as_json: bool = False
    debug: bool = False

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace named, or the one the current folder lies in."""
        named = self.folder or (Path(given) if (given := os.environ.get("NOTICES_WORKSPACE")) else None)
        return workspaces.at(named.absolute()) if named else workspaces.find(Path.cwd())

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of the workspace, brought up to date; let go of when the command ends."""
        folder = self.workspace.batches
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ledger = Ledger.open(self.workspace.ledger_url)
        click.get_current_context().find_root().call_on_close(ledger.close)
        return ledger

    @property
    def ledger_as_it_is(self) -> Ledger | None:
        """The ledger for a command that changes nothing: None where there is none yet or it cannot be used."""
        if not self.workspace.settings.ledger.url and not (self.workspace.batches / "ledger.db").exists():
            return None
        try:
            return self.ledger
        except NoticesError as error:
            self.say(error.fact)
            return None

    @property
    def translate(self) -> Translator:
        """From the English of the code to the reader's language."""
        return translator(self.language_read)

    @property
    def help_translate(self) -> Translator:
        """From the English of the help to the reader's language."""
        return translator(self.language_read, "help")

    @property
    def language_read(self) -> Language:
        """The reader's language: that of --lang, or of the locale."""
        return self.language or _language_of_locale(os.environ)

    def today(self) -> date:
        """The day it is where the clerk sits."""
        return datetime.now().astimezone().date()

    def now(self) -> datetime:
        """This moment, in UTC."""
        return datetime.now(UTC)

    def local_time(self) -> datetime:
        """This moment as the clock on the wall shows it."""
        return datetime.now().astimezone()

    def secret(self, variable: str) -> str | None:
        """What an environment variable holds that nobody else is to see; None where there is none."""
        return os.environ.get(variable)

    def login(self) -> str:
        """Who is logged in: who acts unless --by says otherwise."""
        try:
            return getuser()
        except (KeyError, OSError):
            return "?"

    def text(self, message: Message) -> str:
        """A message in the reader's language."""
        return message.translated(self.translate)

    def headings(self, *messages: Message) -> list[str]:
        """The headings of a table in the reader's language."""
        return [self.text(message) for message in messages]

    def word(self, code: str) -> str:
        """The reader's word for a code, for tables; JSON documents keep the code."""
        return self.text(word(code))

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """The title of each tier by its name, where the reader reads Chinese; English tables show the name."""
        if self.language_read != "zh":
            return {}
        return {tier.name: tier.title for tier in self._tiers()}

    def tier(self, name: str | None) -> str:
        """The reader's word for a tier, for tables; JSON documents keep its name."""
        return self.titles.get(name or "", name or "")

    def tier_named(self, given: str | None) -> str | None:
        """The name of a tier that a person gave by its name or, as tables show it, by its title."""
        return {tier.title: tier.name for tier in self._tiers()}.get(given or "", given)

    def _tiers(self) -> Iterator[Tier]:
        """Those of every estate, and last those of the general policy, which a name means first."""
        settings = self.workspace.settings
        for policy in (*(settings.policy_of(estate.name) for estate in settings.estates), settings.policy):
            yield from policy.tiers

    def say(self, message: Message) -> None:
        """A note for the person at the terminal; never mixed into the output."""
        if message.text:
            click.echo(self.text(message), err=True)

    def answer(self, document: Mapping[str, object]) -> None:
        """The one JSON document of a --json call."""
        for piece in in_pieces(document):
            click.echo(piece, nl=False)
        click.echo()


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
    """The options that every command takes."""
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
            help="One JSON document on standard output.",
        ),
        click.option("--debug", is_flag=True, callback=_remember("debug"), expose_value=False, help="Show tracebacks."),
    ):
        command = option(command)
    return command


class Doorkeeper(SpokenGroup):
    """The group that turns errors into exit statuses; nothing below it exits."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; one door serves group and subcommand, and knows language and form before anything can go wrong."""
        door = ctx.ensure_object(Door)
        door.as_json = "--json" in args
        door.language = _language_asked(args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            _leave_called_wrongly(ctx, error)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; report what went wrong with fact, item and remedy."""
        try:
            with no_ctrl_c_lost():
                return super().invoke(ctx)
        except NoticesError as error:
            _leave(ctx, error)
        except BrokenPipeError:
            raise  # whoever read the output has had enough of it; Click ends quietly
        except OSError as error:
            _leave(ctx, _from_system(error))
        except KeyboardInterrupt:
            door = ctx.ensure_object(Door)
            door.say(say("Stopped. What was done is kept; `notices resume BATCH` goes on."))
            ctx.exit(INTERRUPTED)
        except click.Abort:
            _leave(ctx, _unanswered())
        except click.UsageError as error:
            _leave_called_wrongly(ctx, error)
        except click.exceptions.Exit:
            raise
        except Exception as error:  # noqa: BLE001 - the last door: no traceback may reach a user
            _leave(ctx, _unexpected(error), error)


def _language_asked(args: Sequence[str]) -> Language | None:
    """What --lang says, wherever it stands: help and mistakes come before it has been parsed."""
    words = [word for arg in args for word in arg.split("=", 1)]
    given = next((after for word, after in pairwise(words) if word == "--lang"), None)
    return next((language for language in get_args(Language) if language == given), None)


def _leave_called_wrongly(context: click.Context, error: click.UsageError) -> NoReturn:
    """Say what was wrong with the call: in English as Click does, else in our own words."""
    door = context.ensure_object(Door)
    # A group that is called without anything shows its help, which speaks the reader's language already.
    own_words = door.language_read != "en" and not isinstance(error, click.exceptions.NoArgsIsHelpError)
    fact = door.text(in_words(error)) if own_words else error.format_message()
    if door.as_json:
        door.answer(_error_document(error.exit_code, fact))
    if not own_words:
        raise error
    called = error.ctx or context
    click.echo(called.get_usage(), err=True)
    door.say(say("`{command} --help` shows how it is called.", command=called.command_path))
    click.echo(fact, err=True)
    context.exit(error.exit_code)


def _from_system(error: OSError) -> Unusable:
    return Unusable(
        say("The system refused: {reason} ({file}).", reason=error.strerror or str(error), file=error.filename or "-"),
        say("Make room or set the rights, then run the command again, or `notices resume BATCH`."),
    )


def _unexpected(error: Exception) -> Unusable:
    return Unusable(
        say("Something went wrong that this program did not foresee: {kind}.", kind=type(error).__name__),
        say("What was done is kept. Run the command again with --debug and report what it shows."),
    )


def _unanswered() -> DataNeedsPerson:
    return DataNeedsPerson(
        say("The question was not answered; nothing was released."),
        say("`notices resume BATCH` asks again; --yes answers."),
    )


def _leave(context: click.Context, error: NoticesError, cause: BaseException | None = None) -> None:
    door = context.ensure_object(Door)
    if door.debug:
        traceback.print_exception(cause or error, file=sys.stderr)
    for message in (error.fact, *error.details, error.remedy):
        door.say(message)
    if door.as_json:
        details = [door.text(detail) for detail in error.details]
        door.answer(_error_document(error.exit_status, door.text(error.fact), details, door.text(error.remedy)))
    context.exit(error.exit_status)


def _error_document(status: int, fact: str, details: Sequence[str] = (), remedy: str = "") -> dict[str, object]:
    return {"error": {"fact": fact, "details": list(details), "remedy": remedy, "status": status}}
