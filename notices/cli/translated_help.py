"""Click in the reader's language: its help, and what it says of a command that was called wrongly."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

import click

from notices.messages import Message, Translator, say

EXTRA = re.compile(r"unexpected extra argument\w* \((.*)\)")
REQUIRED = "  [required]"  # as Click marks an option that must be given


class Speaker(Protocol):
    """Who knows the reader's language: the object of the outermost context."""

    @property
    def help_translate(self) -> Translator:
        """From the English of the help to the reader's language."""


class HelpInWords(click.HelpFormatter):
    """The help page with every text translated; what has no translation stays as Click writes it."""

    def __init__(self, translate: Translator, width: int | None, max_width: int | None) -> None:
        super().__init__(width=width, max_width=max_width)
        self.words = translate

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that says how the command is called."""
        super().write_usage(prog, args, prefix or self.words("Usage: "))

    def write_heading(self, heading: str) -> None:
        """The heading of a section."""
        said = self.words(heading)
        if said == heading:
            super().write_heading(heading)
        else:
            self.write(f"{'':>{self.current_indent}}{said}：\n")

    def write_text(self, text: str) -> None:
        """What a command is for; Chinese is not wrapped, for Click counts a character as one column."""
        said = self.words(text)
        if said == text:
            super().write_text(text)
        else:
            self.write(f"{'':>{self.current_indent}}{said}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Options or commands, each with its text."""
        said = [(name, text, self._said(text)) for name, text in rows]
        if all(text == words for _, text, words in said):
            super().write_dl([(name, text) for name, text, _ in said], col_max, col_spacing)
            return
        margin = " " * self.current_indent
        column = min(max(len(name) for name, _, _ in said), col_max) + col_spacing
        for name, _, words in said:
            own_line = len(name) > column - col_spacing
            gap = f"\n{margin}{'':{column}}" if own_line else " " * (column - len(name))
            self.write(f"{margin}{name}{gap}{words}\n")

    def _said(self, text: str) -> str:
        plain = text.removesuffix(REQUIRED)
        return self.words(plain) + (self.words(REQUIRED) if plain != text else "")


class SpeakingContext(click.Context):
    """A context whose help speaks the reader's language."""

    def make_formatter(self) -> click.HelpFormatter:
        """The formatter of its help."""
        return HelpInWords(translator_of(self), self.terminal_width, self.max_content_width)


class SpokenCommand(click.Command):
    """A command whose help speaks the reader's language."""

    context_class = SpeakingContext

    def get_short_help_str(self, limit: int = 45) -> str:
        """The help as a list of commands shows it: whole where it has a translation, which is of the whole."""
        return _short(self, limit) or super().get_short_help_str(limit)


class SpokenGroup(click.Group):
    """A group of such commands."""

    context_class = SpeakingContext
    command_class = SpokenCommand

    def get_short_help_str(self, limit: int = 45) -> str:
        """The same of a group."""
        return _short(self, limit) or super().get_short_help_str(limit)


command: Callable[..., Callable[[Callable[..., object]], SpokenCommand]] = partial(click.command, cls=SpokenCommand)
group: Callable[..., Callable[[Callable[..., object]], SpokenGroup]] = partial(click.group, cls=SpokenGroup)


def translator_of(context: click.Context) -> Translator:
    """How this call's reader is spoken to; English where nobody is known."""
    speaker: Speaker | None = context.find_root().obj
    return speaker.help_translate if speaker is not None else str


def _short(described: click.Command, limit: int) -> str:  # noqa: ARG001 - as click declares it
    context = click.get_current_context(silent=True)
    text = inspect.cleandoc(described.help or "")
    return text if context is not None and translator_of(context)(text) != text else ""


def in_words(error: click.UsageError) -> Message:
    """What was wrong with the call, as a sentence of ours; what Click words itself stays within it as it is."""
    match error:
        case click.NoSuchOption():
            return say("There is no option {option}.", option=error.option_name)
        case click.NoSuchCommand():
            return say("There is no command {command}.", command=error.command_name)
        case click.BadOptionUsage():
            return say("{option} needs a value.", option=error.option_name)
        case click.MissingParameter() if error.param is not None:
            return say("{what} is missing.", what=_named(error.param))
        case click.BadParameter() if error.param is not None:
            return _not_taken(error.param)
        case _:
            return _otherwise(error)


def _otherwise(error: click.UsageError) -> Message:
    said = error.format_message()
    if said.startswith("Missing command"):
        return say("The command is missing.")
    if more := EXTRA.search(said):
        return say("There is more than the command takes: {arguments}.", arguments=more[1])
    return say("The command cannot be called so ({said}).", said=said.rstrip("."))


def _not_taken(parameter: click.Parameter) -> Message:
    name, kind = _named(parameter), parameter.type
    if isinstance(kind, click.Choice):
        return say("{what} takes one of these: {choices}.", what=name, choices=", ".join(map(str, kind.choices)))
    if isinstance(kind, click.IntRange) and kind.max is not None:
        return say("{what} takes a whole number from {least} to {most}.", what=name, least=kind.min, most=kind.max)
    if isinstance(kind, click.IntRange):
        return say("{what} takes a whole number from {least} on.", what=name, least=kind.min)
    if kind is click.INT:
        return say("{what} takes a whole number.", what=name)
    return say("{what} cannot have this value.", what=name)


def _named(parameter: click.Parameter) -> str:
    """As it is typed: an option by its long name, an argument by the word that stands for it."""
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return parameter.human_readable_name
