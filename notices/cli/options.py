"""Options and argument types that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from notices.errors import UsageMistake
from notices.messages import say

if TYPE_CHECKING:
    from notices.ledger import DecisionFilter

Command = TypeVar("Command", bound=Callable[..., Any])
OLDEST_LIST = timedelta(days=366)


class DayType(click.ParamType[date]):
    """A date, written as 2026-11-23 or as lists write it."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:  # noqa: ARG002 - as click declares it
        """Return the date; raises UsageMistake, which shows the format."""
        if isinstance(value, date):
            return value
        text = str(value).strip()
        try:
            return date.fromisoformat(text)
        except ValueError:
            found = None if text.isdecimal() else _as_in_lists(text)
        if found is None:
            raise UsageMistake(
                say("{option}: “{value}” is not a date.", option=_asked(param), value=value),
                say("Write it as 2026-11-23."),
            )
        return found


def _as_in_lists(text: str) -> date | None:
    """Return the date that a list would mean; None if it is no date or could be several."""
    from notices.intake.dates import parse_date
    from notices.intake.problems import Unreadable

    try:
        return parse_date(text)
    except Unreadable:
        return None


class YuanType(click.ParamType[Decimal]):
    """An amount in yuan above zero, with at most two decimals, written as lists write it."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:  # noqa: ARG002 - as click declares it
        """Return the amount; raises UsageMistake, which shows the format."""
        from notices.intake.amounts import parse_money
        from notices.intake.problems import Unreadable

        try:
            amount = parse_money(str(value))
        except Unreadable:
            amount = None
        if amount is None or amount <= 0:
            raise _no_amount(value, param)
        return amount


class NameType(click.ParamType[str]):
    """A person's name, not empty."""

    name = "name"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002 - as click declares it
        """Return the name, runs of spaces made one; raises UsageMistake if it is empty or not printable."""
        name = " ".join(str(value).split())
        if not name or not name.isprintable():
            raise UsageMistake(
                say("{option}: the name is empty or cannot be printed.", option=_asked(param)),
                say("Give the name of a person."),
            )
        return name


def _asked(param: click.Parameter | None) -> str:
    """Return the option as it is typed."""
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

acting_option = click.option("--by", type=PERSON, help="The person who acts; default the login name.")
confirming_option = click.option("--by", type=PERSON, help="The person who confirms it; default the login name.")


def stacked(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Combine several options into one decorator, in the order given."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


class MeaningType(click.ParamType[tuple[str, str]]):
    """A heading and its meaning, written as HEADING=meaning."""

    name = "mapping"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:  # noqa: ARG002 - as click declares it
        """Return heading and meaning; raises UsageMistake, which shows the format."""
        if isinstance(value, tuple):
            return str(value[0]), str(value[1])
        heading, _, meaning = (part.strip() for part in str(value).replace("＝", "=").rpartition("="))
        if not heading or not meaning:
            raise UsageMistake(
                say("{option}: “{value}” is not a heading with its meaning.", option=_asked(param), value=value),
                say("Write it as HEADING=MEANING, such as 欠费=owed."),
            )
        return heading, meaning


MEANING = MeaningType()

reading_options: Callable[[Command], Command] = stacked(
    click.argument("list_path", metavar="LIST", type=FILE),
    click.option("--estate", metavar="NAME", help="The estate of a list that has no such column."),
    click.option("--sheet", metavar="NAME", help="The sheet to read, if several could be the list."),
    click.option("--as-of", type=DAY, help="The date of all computations; default today."),
    click.option(
        "--map",
        "mapping",
        metavar="HEADING=MEANING",
        type=MEANING,
        multiple=True,
        help="Meaning of a column that is not recognised; may be repeated.",
    ),
)

plan_options: Callable[[Command], Command] = stacked(
    reading_options,
    click.option("--name", metavar="BATCH", help="Name of the new batch; default the day."),
    click.option("--list-date", type=DAY, help="The date of the list; default --as-of."),
    click.option("--accept-partial", is_flag=True, help="Plan the good accounts even if some rows are bad."),
    acting_option,
    click.option("--again", is_flag=True, help="Plan the same list for the same day again."),
)

filter_options: Callable[[Command], Command] = stacked(
    click.option("--tier", metavar="T", help="Only this tier."),
    click.option("--action", metavar="A", help="Only this action: issue, wait, hold, skip or refer."),
    click.option("--building", metavar="B", help="Only this building."),
    click.option("--handler", metavar="NAME", help="Only accounts of this handler."),
    click.option("--warning", metavar="W", help="Only with this warning, such as limitation-soon."),
    click.option("--xlsx", type=FILE, help="Write the table as a workbook too."),
)

approve_options: Callable[[Command], Command] = stacked(
    click.option("--tier", metavar="T", help="Release only this tier."),
    click.option("--letter-date", type=DAY, help="The date on the letters; default the batch's as-of date."),
    click.option("--exclude", metavar="ACCOUNT", multiple=True, help="Exclude this account; needs --why."),
    click.option("--why", metavar="TEXT", multiple=True, help="The reason of each --exclude, in the same order."),
)


def decision_filter(
    tier: str | None, action: str | None, building: str | None, handler: str | None, warning: str | None
) -> DecisionFilter:
    """Return the filter that these options describe."""
    from notices.ledger import DecisionFilter

    return DecisionFilter(
        action=action or "", tier=tier or "", building=building or "", handler=handler or "", warning=warning or ""
    )


def exclusions(accounts: tuple[str, ...], reasons: tuple[str, ...], estates: Sequence[str]) -> dict[str, str]:
    """Return the reason of each excluded account, named as it is compared; raises UsageMistake if one has none."""
    from notices.intake import parse_account

    if len(accounts) != len(reasons) or not all(reason.strip() for reason in reasons):
        raise UsageMistake(
            say(
                "There are {excluded} --exclude, but {reasons} --why.",
                excluded=len(accounts),
                reasons=len(reasons),
            ),
            say("Give each --exclude ACCOUNT its own --why TEXT, not empty."),
        )
    return {parse_account(account, estates).case.key: why for account, why in zip(accounts, reasons, strict=True)}


def accounts(names: tuple[str, ...], estates: Sequence[str]) -> frozenset[str]:
    """Return the accounts named, as they are compared."""
    from notices.intake import parse_account

    return frozenset(parse_account(name, estates).case.key for name in names)


def known_list_date(given: date | None, as_of: date, today: date) -> date:
    """Return the date of a list, by default `as_of`; raises UsageMistake if it is in the future, or a year older."""
    if given is not None and given > max(as_of, today):
        raise UsageMistake(
            say("The list date {day} is in the future.", day=given.isoformat()),
            say("Use --list-date to give the day on which the list was made."),
        )
    if given is not None and given < as_of - OLDEST_LIST:
        raise UsageMistake(
            say(
                "The list date {day} is more than a year before {as_of}, the day of the plan.",
                day=given.isoformat(),
                as_of=as_of.isoformat(),
            ),
            say("Check the year. Letters are written from a list of today: export one from the charging system."),
        )
    return given or as_of


table_options = stacked(
    click.argument("file", type=FILE),
    click.option("--estate", metavar="NAME", help="The estate of a table that has no such column."),
    click.option("--sheet", metavar="NAME", help="The sheet to read."),
    acting_option,
)
