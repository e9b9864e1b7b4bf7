"""Click in the reader's language: help pages and usage errors."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

import click

from notices.messages import Message, Translator, say

EXTRA = re.compile(r"unexpected extra argument\w* \((.*)\)")
BESIDE = re.compile(r"  \[[^\[\]]*\]$")  # what Click adds to a help text: bounds, that it is required


class HelpLanguage(Protocol):
    """The object of the outermost context, which knows the reader's language."""

    @property
    def help_translate(self) -> Translator:
        """Translator of help texts into the reader's language."""


class TranslatedFormatter(click.HelpFormatter):
    """Formatter of help pages that translates every text; texts without a translation stay as Click writes them."""

    def __init__(self, translate: Translator, width: int | None, max_width: int | None) -> None:
        super().__init__(width=width, max_width=max_width)
        self.localized = translate

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line."""
        super().write_usage(prog, args, prefix or self.localized("Usage: "))

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        translated = self.localized(heading)
        if translated == heading:
            super().write_heading(heading)
        else:
            self.write(f"{'':>{self.current_indent}}{translated}：\n")

    def write_text(self, text: str) -> None:
        """Write a description; Chinese is not wrapped, because Click counts a character as one column."""
        translated = self.localized(text)
        if translated == text:
            super().write_text(text)
        else:
            self.write(f"{'':>{self.current_indent}}{translated}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write options or commands, each with its text."""
        entries = [(name, text, self._translated(text)) for name, text in rows]
        if all(text == translated for _, text, translated in entries):
            super().write_dl([(name, text) for name, text, _ in entries], col_max, col_spacing)
            return
        margin = " " * self.current_indent
        column = min(max(len(name) for name, _, _ in entries), col_max) + col_spacing
        for name, _, translated in entries:
            own_line = len(name) > column - col_spacing
            gap = f"\n{margin}{'':{column}}" if own_line else " " * (column - len(name))
            self.write(f"{margin}{name}{gap}{translated}\n")

    def _translated(self, text: str) -> str:
        beside = found[0] if (found := BESIDE.search(text)) else ""
        return self.localized(text.removesuffix(beside)) + (self.localized(beside) if beside else "")


class TranslatedContext(click.Context):
    """Context whose help is translated."""

    def make_formatter(self) -> click.HelpFormatter:
        """Return the translating formatter."""
        return TranslatedFormatter(translator_of(self), self.terminal_width, self.max_content_width)


class TranslatedCommand(click.Command):
    """Command whose help is translated."""

    context_class = TranslatedContext

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the text for a list of commands: in full if that has a translation, which Click cannot shorten."""
        return _short(self, limit) or super().get_short_help_str(limit)


class TranslatedGroup(click.Group):
    """Group of commands whose help is translated."""

    context_class = TranslatedContext
    command_class = TranslatedCommand

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the text for a list of commands, as a command does."""
        return _short(self, limit) or super().get_short_help_str(limit)


command: Callable[..., Callable[[Callable[..., object]], TranslatedCommand]] = partial(
    click.command, cls=TranslatedCommand
)
group: Callable[..., Callable[[Callable[..., object]], TranslatedGroup]] = partial(click.group, cls=TranslatedGroup)


def translator_of(context: click.Context) -> Translator:
    """Return the translator of this call's help texts; they stay English if no language is known."""
    language: HelpLanguage | None = context.find_root().obj
    return language.help_translate if language is not None else str


def _short(described: click.Command, limit: int) -> str:  # noqa: ARG001 - as click declares it
    context = click.get_current_context(silent=True)
    text = inspect.cleandoc(described.help or "")
    return text if context is not None and translator_of(context)(text) != text else ""


def usage_message(error: click.UsageError) -> Message:
    """Return a message of ours for a usage error; names and values that Click reports stay as they are."""
    match error:
        case click.NoSuchOption():
            return say("There is no option {option}.", option=error.option_name)
        case click.NoSuchCommand():
            return say("There is no command {command}.", command=error.command_name)
        case click.BadOptionUsage():
            return say("{option} needs a value.", option=error.option_name)
        case click.MissingParameter() if error.param is not None:
            return say("{what} is missing.", what=_typed_name(error.param))
        case click.BadParameter() if error.param is not None:
            return _bad_value(error.param)
        case _:
            return _other_usage_error(error)


def _other_usage_error(error: click.UsageError) -> Message:
    text = error.format_message()
    if text.startswith("Missing command"):
        return say("The command is missing.")
    if more := EXTRA.search(text):
        return say("Unexpected argument(s): {arguments}.", arguments=more[1])
    return say("Wrong usage ({said}).", said=text.rstrip("."))


def _bad_value(parameter: click.Parameter) -> Message:
    name, kind = _typed_name(parameter), parameter.type
    if isinstance(kind, click.Choice):
        return say("{what} takes one of these: {choices}.", what=name, choices=", ".join(map(str, kind.choices)))
    if isinstance(kind, click.IntRange) and kind.max is not None:
        return say("{what} takes a whole number from {least} to {most}.", what=name, least=kind.min, most=kind.max)
    if isinstance(kind, click.IntRange):
        return say("{what} takes a whole number from {least} on.", what=name, least=kind.min)
    if kind is click.INT:
        return say("{what} takes a whole number.", what=name)
    return say("Invalid value for {what}.", what=name)


def _typed_name(parameter: click.Parameter) -> str:
    """Return a parameter's name as typed: an option's long name, an argument's placeholder."""
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return parameter.human_readable_name
