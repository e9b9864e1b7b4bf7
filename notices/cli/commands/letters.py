"""letter: letters of a batch as single files, and letters of reply: make, send, print and confirm them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

import click

from notices.cli.caller import caller_of
from notices.cli.commands.letter_export import export_command
from notices.cli.commands.rendering import letters_bar
from notices.cli.display import table
from notices.cli.documents import reply_document
from notices.cli.door import Door, common, pass_door
from notices.cli.options import DAY, acting_option
from notices.cli.translated_help import group
from notices.messages import say
from notices.model import Channel

if TYPE_CHECKING:
    from notices.flow.replies.leaving import Confirmed, LeavingOrder
    from notices.flow.replies.make_letter import Kind, MadeLetter


@group()
def letter() -> None:
    """Single letters, and letters of reply: answers, resolved objections, confirmed instalment plans."""


letter.add_command(export_command)


@letter.command("make")
@click.argument("what", metavar="NOTICE|ACCOUNT")
@click.option("--kind", type=click.Choice(["resolved", "instalments"]), required=True, help="The letter to make.")
@click.option("--date", "dated", type=DAY, help="The date on the letter; default today.")
@acting_option
@common
@pass_door
@click.pass_context
def make_letter(ctx: click.Context, door: Door, what: str, kind: str, dated: date | None, by: str | None) -> None:
    """Make the letter that a resolved objection or an agreed instalment plan calls for."""
    from notices.flow.replies import make_letter as making

    request = making.LetterRequest(what, cast("Kind", kind), by or door.login(), door.now(), dated or door.today())
    with letters_bar(door) as advance:
        made = making.make_letter(door.workspace, door.ledger, request, advance)
    if door.as_json:
        attention = [door.text(message) for message in made.attention]
        door.answer({"letter": made_document(door, made), "attention": attention})
    else:
        say_made(door, made)
    ctx.exit(1 if made.attention else 0)


def made_document(door: Door, made: MadeLetter) -> dict[str, object] | None:
    """Return a letter that was made as JSON; None if it was not."""
    if made.made is None:
        return None
    file = made.made.file.relative_to(door.workspace.root).as_posix()
    return {**reply_document(made.made.record), "file": file}


def say_made(door: Door, made: MadeLetter) -> None:
    """Tell which letter was made, and what needs a person."""
    if made.made is not None:
        record, file = made.made.record, made.made.file.relative_to(door.workspace.root)
        door.say(say("{number} ({account}): {file}", number=record.number, account=made.made.account, file=file))
    door.say_all(made.attention)


@letter.command("list")
@click.option("--account", metavar="ACCOUNT", help="Only the letters of this account (estate/unit/owner).")
@common
@pass_door
def list_letters(door: Door, account: str | None) -> None:
    """List the letters of reply with their states."""
    from notices.flow.replies import leaving

    found = leaving.list_letters(door.ledger, account)
    if door.as_json:
        door.answer({"letters": [{**reply_document(each), "file": each.file} for each in found]})
        return
    table(
        door.headings(
            say("number"), say("kind"), say("account"), say("notice"), say("date"), say("state"), say("file")
        ),
        [
            (
                each.number,
                door.word(each.kind),
                each.case.key,
                each.notice,
                each.date,
                ", ".join(f"{door.word(way.channel)}: {door.word(way.state)}" for way in each.deliveries),
                each.file,
            )
            for each in found
        ],
    )


@letter.command("send")
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1)
@click.option("--any-hour", is_flag=True, help="Send outside office hours too.")
@acting_option
@common
@pass_door
@click.pass_context
def send_letters(ctx: click.Context, door: Door, numbers: tuple[str, ...], any_hour: bool, by: str | None) -> None:
    """Send the letters of reply that go by e-mail, all or the named ones."""
    from notices.flow.replies import send_letters as sending

    done = sending.send_letters(
        door.workspace, door.ledger, _order(door, by, numbers), caller_of(door, any_hour=any_hour)
    )
    if door.as_json:
        states = {number: state.value for number, state in done.states.items()}
        door.answer({"states": states, "attention": [door.text(message) for message in done.attention]})
    else:
        for number, state in done.states.items():
            door.say(say("{number}: {state}", number=number, state=door.word(state)))
        if not done.states and not done.attention:
            door.say(say("There is nothing to send."))
        door.say_all(done.attention)
    ctx.exit(1 if done.attention else 0)


@letter.command("print")
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1)
@acting_option
@common
@pass_door
@click.pass_context
def print_letters(ctx: click.Context, door: Door, numbers: tuple[str, ...], by: str | None) -> None:
    """Make a print job of the letters of reply that go on paper, all or the named ones."""
    from notices.flow.replies import print_letters as printing

    done = printing.print_letters(door.workspace, door.ledger, _order(door, by, numbers), caller_of(door))
    folder = None if done.result is None else done.result.folder.relative_to(door.workspace.root).as_posix()
    if door.as_json:
        attention = [door.text(message) for message in done.attention]
        door.answer({"job": done.job, "folder": folder, "letters": list(done.numbers), "attention": attention})
    else:
        if done.job is not None:
            door.say(say("{job}: {count} letter(s) in {folder}", job=done.job, count=len(done.numbers), folder=folder))
        elif not done.attention:
            door.say(say("There is nothing to print."))
        door.say_all(done.attention)
    ctx.exit(1 if done.attention else 0)


@letter.command("confirm")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--channel", type=click.Choice(["email", "print"]), help="Only this way.")
@click.option("--not-sent", is_flag=True, help="It did not leave: it waits again.")
@acting_option
@common
@pass_door
def confirm_letters(door: Door, numbers: tuple[str, ...], channel: str | None, not_sent: bool, by: str | None) -> None:
    """Record that letters of reply in the outbox or a print job have left, or that they have not."""
    from notices.flow.replies import leaving

    way = Channel(channel) if channel else None
    order = _order(door, by, numbers)
    _told(door, leaving.confirm_letters(door.workspace, door.ledger, order, channel=way, sent=not not_sent))


@letter.command("withdraw")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--why", default="", metavar="TEXT", help="The reason.")
@click.option("--pulled", is_flag=True, help="It was spooled and has been taken out by hand.")
@acting_option
@common
@pass_door
def withdraw_letters(door: Door, numbers: tuple[str, ...], why: str, by: str | None, *, pulled: bool) -> None:
    """Withdraw letters of reply that have not left; those that are spooled, only with --pulled."""
    from notices.flow.replies import leaving

    order = _order(door, by, numbers)
    _told(door, leaving.withdraw_letters(door.workspace, door.ledger, order, why=why, pulled=pulled))


def _order(door: Door, by: str | None, numbers: tuple[str, ...]) -> LeavingOrder:
    from notices.flow.replies.leaving import LeavingOrder as Order

    return Order(by or door.login(), door.now(), door.today(), numbers)


def _told(door: Door, done: Confirmed) -> None:
    if door.as_json:
        door.answer({"states": {number: state.value for number, state in done.states.items()}})
        return
    for number, state in done.states.items():
        door.say(say("{number}: {state}", number=number, state=door.word(state)))


COMMANDS = (letter,)
