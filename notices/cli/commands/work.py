"""todo, work: what each person has to do, and the work orders that objections opened."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from notices.cli.commands.letters import made_document, say_made
from notices.cli.commands.rendering import letters_bar
from notices.cli.display import table
from notices.cli.documents import day
from notices.cli.door import Door, common, pass_door
from notices.cli.options import DAY, acting_option
from notices.cli.translated_help import command, group
from notices.errors import Refused
from notices.messages import say

if TYPE_CHECKING:
    from notices.ledger import WorkOrderRecord


@command()
@click.option("--handler", metavar="NAME", help="Only what this person has to do.")
@click.option("--as-of", type=DAY, help="The day; default today.")
@common
@pass_door
def todo(door: Door, handler: str | None, as_of: date | None) -> None:
    """Show what each person has to do, with the date and the reason."""
    from notices.flow.reports import todo as report

    on = as_of or door.today()
    tasks = report.todo(door.workspace, door.ledger, as_of=on, handler=handler)
    if door.as_json:
        items = [
            {
                "handler": task.handler,
                "due": day(task.due),
                "kind": task.kind,
                "account": task.account,
                "notice": task.notice,
                "text": door.text(task.text),
            }
            for task in tasks
        ]
        door.answer({"as_of": day(on), "items": items})
        return
    table(
        door.headings(say("who"), say("until"), say("kind"), say("account"), say("notice"), say("what to do")),
        [
            (task.handler, task.due, door.word(task.kind), task.account, task.notice, door.text(task.text))
            for task in tasks
        ],
    )


@group()
def work() -> None:
    """Work orders that objections on slips opened."""


@work.command("list")
@click.option("--handler", metavar="NAME", help="Only the orders of this person.")
@click.option("--all", "include_closed", is_flag=True, help="Closed orders too.")
@common
@pass_door
def list_orders(door: Door, handler: str | None, include_closed: bool) -> None:
    """List the work orders that are open."""
    from notices.flow.replies import work_orders

    orders = work_orders.list_orders(door.ledger, handler=handler, include_closed=include_closed)
    if door.as_json:
        door.answer({"orders": [_document(order) for order in orders]})
        return
    table(
        door.headings(
            say("number"), say("state"), say("account"), say("notice"), say("objection"), say("note"), say("who"),
            say("until"), say("what was done"),
        ),
        [
            (
                order.number,
                door.word(order.state),
                order.case.key,
                order.notice,
                order.label,
                order.note,
                order.handler,
                order.due,
                order.result,
            )
            for order in orders
        ],
    )  # fmt: skip


@work.command("close")
@click.argument("number", type=int)
@click.option("--result", required=True, metavar="TEXT", help="What was done.")
@click.option("--date", "on", type=DAY, help="The day on which it was done; default today.")
@click.option("--no-letter", is_flag=True, help="Prepare no letter to the owner, as when nothing was to be done.")
@acting_option
@common
@pass_door
@click.pass_context
def close_order(
    ctx: click.Context, door: Door, number: int, result: str, on: date | None, no_letter: bool, by: str | None
) -> None:
    """Close the work order NUMBER, and prepare the letter that tells the owner and asks for payment."""
    from notices.flow.replies import make_letter, work_orders

    person = by or door.login()
    closed = work_orders.close_order(
        door.workspace, door.ledger, number, result=result, on=on or door.today(), by=person, at=door.now()
    )
    made = None
    if not no_letter:
        request = make_letter.LetterRequest(closed.notice, "resolved", person, door.now(), door.today())
        try:
            with letters_bar(door) as advance:
                made = make_letter.make_letter(door.workspace, door.ledger, request, advance)
        except Refused as error:  # the order is closed all the same
            made = make_letter.MadeLetter(None, (error.fact, error.remedy))
    if door.as_json:
        letter = None if made is None else made_document(door, made)
        attention = [door.text(message) for message in made.attention] if made else []
        door.answer({"order": _document(closed), "letter": letter, "attention": attention})
    else:
        door.say(say("Work order {number} is closed.", number=number))
        if made is not None:
            say_made(door, made)
    ctx.exit(1 if made is not None and made.attention else 0)


def _document(order: WorkOrderRecord) -> dict[str, object]:
    return {
        "number": order.number,
        "state": order.state,
        "account": order.case.key,
        "notice": order.notice,
        "objection": order.objection,
        "label": order.label,
        "note": order.note,
        "handler": order.handler,
        "opened": day(order.opened_on),
        "due": day(order.due),
        "closed": day(order.closed_on),
        "result": order.result,
        "by": order.closed_by,
    }


COMMANDS = (todo, work)
