"""delivery: what became of letters, from the carrier's table or from a person."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from notices.cli.documents import day
from notices.cli.door import Door, common, pass_door
from notices.cli.import_report import finish
from notices.cli.options import DAY, acting_option
from notices.cli.translated_help import group
from notices.messages import say
from notices.model import Channel
from notices.words import word


@group()
def delivery() -> None:
    """Results of deliveries, from the carrier's table or from a person."""


@delivery.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sheet", metavar="NAME", help="The sheet of the workbook.")
@acting_option
@common
@pass_door
def import_deliveries(door: Door, file: Path, sheet: str | None, by: str | None) -> None:
    """Import waybill numbers and results from the carrier's table FILE."""
    from notices.flow.replies import carrier

    order = carrier.ImportOrder(by or door.login(), door.now(), door.today())
    finish(door, carrier.import_results(door.workspace, door.ledger, file, order, sheet=sheet))


@delivery.command("set")
@click.argument("notice")
@click.option("--channel", type=click.Choice(["email", "print"]), required=True, help="The way by which it went.")
@click.option(
    "--result",
    type=click.Choice(["bounced", "delivered", "returned", "refused-by-addressee"]),
    required=True,
    help="What became of it.",
)
@click.option("--date", "on", type=DAY, required=True, help="The day of the result.")
@click.option("--note", default="", metavar="TEXT", help="How it is known, such as who signed for it.")
@acting_option
@common
@pass_door
def set_delivery(door: Door, notice: str, channel: str, result: str, on: date, note: str, by: str | None) -> None:
    """Record what a person knows of NOTICE: from a telephone call, an envelope, a receipt."""
    from notices.flow.replies import by_hand

    told = by_hand.HandResult(result)
    entry = by_hand.HandEntry(notice, Channel(channel), told, on, by or door.login(), door.now(), note)
    done = by_hand.set_delivery(door.workspace, door.ledger, entry)
    if door.as_json:
        door.answer(
            {
                "notice": done.number,
                "channel": done.channel.value,
                "state": done.state.value,
                "cause": done.cause,
                "date": day(done.on),
                "before": done.before.value,
                "recorded": done.recorded,
                "by": entry.by,
            }
        )
    number, way, became, dated = done.number, word(done.channel), word(told), done.on.isoformat()
    door.say(
        say(
            "{notice} by {channel}: {state} on {day}, recorded.",
            notice=number,
            channel=way,
            state=became,
            day=dated,
        )
        if done.recorded
        else say(
            "{notice} by {channel}: {state} on {day} is already on record.",
            notice=number,
            channel=way,
            state=became,
            day=dated,
        )
    )
    door.say(done.note)


COMMANDS = (delivery,)
