"""send and mail: the way out of the house by e-mail."""

from __future__ import annotations

import click

from notices.cli.bounces import bounces
from notices.cli.door import Door, common, pass_door
from notices.cli.options import PERSON
from notices.flow import mailing
from notices.flow.mailing import Sent
from notices.flow.stage import Order
from notices.messages import say


@click.command()
@click.argument("batch")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many messages.")
@click.option("--dry-run", is_flag=True, help="Build and check everything, send nothing.")
@click.option("--by", type=PERSON, help="Who acts; default the login name.")
@common
@pass_door
@click.pass_context
def send(ctx: click.Context, door: Door, batch: str, limit: int | None, dry_run: bool, by: str | None) -> None:
    """E-mail what goes by e-mail; the outbox takes complete messages, ready to be sent."""
    order = Order(batch, by or door.login(), door.now())
    sent = mailing.send(door.workspace, door.ledger, order, limit=limit, dry_run=dry_run)
    for message in sent.attention:
        door.say(message)
    if door.as_json:
        door.answer({**sent_document(door, sent), "dry_run": dry_run})
    elif dry_run:
        door.say(say("{count} message(s) built and checked; none was written.", count=len(sent.spooled)))
    else:
        show_sent(door, sent)
    ctx.exit(1 if sent.attention else 0)


def sent_document(door: Door, sent: Sent) -> dict[str, object]:
    """What was spooled and where."""
    return {
        "batch": sent.batch,
        "outbox": str(sent.outbox),
        "spooled": list(sent.spooled),
        "attention": [door.text(message) for message in sent.attention],
    }


def show_sent(door: Door, sent: Sent) -> None:
    """The same in a sentence."""
    door.say(say("{count} message(s) in {folder}.", count=len(sent.spooled), folder=sent.outbox))
    if sent.spooled:
        door.say(say("When they have been sent: notices mail confirm {batch}", batch=sent.batch))


@click.group()
def mail() -> None:
    """What happened to e-mails that left."""


mail.add_command(bounces)


@mail.command("confirm")
@click.argument("batch")
@click.option("--by", type=PERSON, help="Who says so; default the login name.")
@common
@pass_door
def confirm_mail(door: Door, batch: str, by: str | None) -> None:
    """Say that what lay in the outbox of BATCH has been sent by hand."""
    count = mailing.confirm_mail(door.workspace, door.ledger, batch, by=by or door.login(), at=door.now())
    if door.as_json:
        door.answer({"batch": batch, "sent": count})
    else:
        door.say(say("{count} message(s) of {batch} are sent.", count=count, batch=batch))


COMMANDS = (send, mail)
