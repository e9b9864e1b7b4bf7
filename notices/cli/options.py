"""Options and argument types that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import click

from notices.errors import UsageMistake
from notices.intake import parse_account
from notices.messages import say

Command = TypeVar("Command", bound=Callable[..., Any])


class DayType(click.ParamType[date]):
    """A day as 2026-11-23."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:  # noqa: ARG002 - as click declares it
        """The day, or UsageMistake, which shows the form."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            raise UsageMistake(
                say("{option}: “{value}” is not a day.", option=_asked(param), value=value),
                say("Write it as 2026-11-23."),
            ) from None


class YuanType(click.ParamType[Decimal]):
    """An amount in yuan, two decimals at most, more than nothing."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:  # noqa: ARG002 - as click declares it
        """The amount, or UsageMistake, which shows the form."""
        try:
            amount = Decimal(str(value).strip().replace(",", ""))
            exact = amount.quantize(Decimal("0.01"))
        except (InvalidOperation, ValueError):
            raise _no_amount(value, param) from None
        if not amount.is_finite() or exact != amount or exact <= 0:
            raise _no_amount(value, param)
        return exact


class NameType(click.ParamType[str]):
    """A person's name: not empty."""

    name = "name"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002 - as click declares it
        """The name, with single spaces where there are any, or UsageMistake."""
        name = " ".join(str(value).split())
        if not name or not name.isprintable():
            raise UsageMistake(
                say("{option}: the name is empty or cannot be printed.", option=_asked(param)),
                say("Give the name of a person."),
            )
        return name


def _asked(param: click.Parameter | None) -> str:
    """The option as it is typed."""
    return param.opts[0] if param else ""


def _no_amount(value: object, param: click.Parameter | None) -> UsageMistake:
    return UsageMistake(
        say("{option}: “{value}” is not an amount in yuan and fen above zero.", option=_asked(param), value=value),
        say("Write it as 1234.56."),
    )


DAY = DayType()
YUAN = YuanType()
PERSON = NameType()
FILE = click.Path(path_type=Path)


def stacked(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order given."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


class MeaningType(click.ParamType[tuple[str, str]]):
    """What a heading means, as HEADING=meaning."""

    name = "mapping"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:  # noqa: ARG002 - as click declares it
        """Heading and meaning, or UsageMistake, which shows the form."""
        if isinstance(value, tuple):
            return str(value[0]), str(value[1])
        heading, _, meaning = (part.strip() for part in str(value).replace("＝", "=").rpartition("="))
        if not heading or not meaning:
            raise UsageMistake(
                say("{option}: “{value}” does not say what a heading means.", option=_asked(param), value=value),
                say("Write it as HEADING=MEANING, such as 欠费=owed."),
            )
        return heading, meaning


MEANING = MeaningType()

reading_options: Callable[[Command], Command] = stacked(
    click.argument("list_path", metavar="LIST", type=FILE),
    click.option("--estate", metavar="NAME", help="The estate of a list that has no such column."),
    click.option("--sheet", metavar="NAME", help="The sheet to read, where several could be the list."),
    click.option("--as-of", type=DAY, help="The day for which everything is computed; default today."),
    click.option(
        "--map",
        "mapping",
        metavar="HEADING=MEANING",
        type=MEANING,
        multiple=True,
        help="What a column is, where that cannot be guessed; again for more.",
    ),
)

plan_options: Callable[[Command], Command] = stacked(
    reading_options,
    click.option("--name", metavar="BATCH", help="Name of the new batch; default the day."),
    click.option("--list-date", type=DAY, help="The day the list shows; default --as-of."),
    click.option("--accept-partial", is_flag=True, help="Plan the good accounts although some rows are bad."),
    click.option("--by", type=PERSON, help="Who acts; default the login name."),
    click.option("--again", is_flag=True, help="Plan the same list for the same day once more."),
)

approve_options: Callable[[Command], Command] = stacked(
    click.option("--tier", metavar="T", help="Release only this tier."),
    click.option("--letter-date", type=DAY, help="The date the letters bear; default the batch's day."),
    click.option("--exclude", metavar="ACCOUNT", multiple=True, help="Leave this account out, with --why."),
    click.option("--why", metavar="TEXT", multiple=True, help="The reason of each --exclude, in the same order."),
)


def exclusions(accounts: tuple[str, ...], reasons: tuple[str, ...]) -> dict[str, str]:
    """Each excluded account, spelt as `show` does, with its reason; UsageMistake where one lacks the other."""
    if len(accounts) != len(reasons) or not all(reason.strip() for reason in reasons):
        raise UsageMistake(
            say(
                "{excluded} --exclude and {reasons} --why do not make pairs.",
                excluded=len(accounts),
                reasons=len(reasons),
            ),
            say("Give each --exclude ACCOUNT its own --why TEXT, not empty."),
        )
    return {parse_account(account).key: why for account, why in zip(accounts, reasons, strict=True)}


def accounts(names: tuple[str, ...]) -> frozenset[str]:
    """The accounts named, spelt as `show` does."""
    return frozenset(parse_account(name).key for name in names)


def known_list_date(given: date | None, as_of: date, today: date) -> date:
    """The day a list shows, default `as_of`; UsageMistake for one that nobody can have made yet."""
    if given is not None and given > max(as_of, today):
        raise UsageMistake(
            say("A list of {day} cannot be there yet.", day=given.isoformat()),
            say("Give the day on which the list was made with --list-date."),
        )
    return given or as_of
