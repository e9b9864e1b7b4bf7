"""send and mail: the way out of the house by e-mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import click
from rich.progress import Progress

from notices.cli.caller import caller_of
from notices.cli.commands.bounces import bounces
from notices.cli.display import progress
from notices.cli.door import Door, common, pass_door
from notices.cli.options import PERSON
from notices.cli.translated_help import command, group
from notices.errors import UsageMistake
from notices.flow.batch.session import Order
from notices.flow.mailing import confirm
from notices.flow.mailing import send as sending
from notices.flow.mailing.send import SendRequest, Sent
from notices.messages import say
from notices.model import State

STATES = (State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN)


def mails_task(door: Door, bar: Progress) -> Callable[[int, int], None]:
    """Add a line for e-mails to the progress bar, shown once there is something to send."""
    task = bar.add_task(door.text(say("e-mails")), total=None, visible=False)

    def advance(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total, visible=True)

    return advance


@command()
@click.argument("batch")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many messages.")
@click.option("--dry-run", is_flag=True, help="Build and check everything, log in to the mail server, send nothing.")
@click.option("--now", "any_hour", is_flag=True, help="Outside office hours too, and what was put off before its time.")
@click.option("--by", type=PERSON, help="Who acts; default the login name.")
@common
@pass_door
@click.pass_context
def send(
    ctx: click.Context, door: Door, batch: str, limit: int | None, dry_run: bool, any_hour: bool, by: str | None
) -> None:
    """E-mail what goes by e-mail: through the mail server of the settings, or as complete messages in the outbox."""
    order = Order(batch, by or door.login(), door.now())
    request = SendRequest(limit=limit, dry_run=dry_run)
    with progress() as bar:
        caller = replace(caller_of(door, any_hour=any_hour), mails=mails_task(door, bar))
        sent = sending.send(door.workspace, door.ledger, order, request, caller)
    for message in sent.attention:
        door.say(message)
    if door.as_json:
        door.answer({**sent_document(door, sent), "dry_run": dry_run})
    elif dry_run:
        show_trial(door, sent)
    else:
        show_sent(door, sent)
    ctx.exit(1 if sent.attention else 0)


def show_trial(door: Door, sent: Sent) -> None:
    """What a trial has looked at."""
    if sent.transport != "smtp":
        door.say(say("{count} message(s) built and checked; none was written.", count=len(sent.spooled)))
    elif count := sum(map(len, sent.tried.values())):
        door.say(say("{count} message(s) built and checked, the mail server let us in; nothing was sent.", count=count))
    else:
        door.say(say("No message waits to be sent; the mail server was not asked."))


def sent_document(door: Door, sent: Sent) -> dict[str, object]:
    """What was spooled and where, and what a mail server said of the rest."""
    return {
        "batch": sent.batch,
        "transport": sent.transport,
        "outbox": str(sent.outbox),
        "spooled": list(sent.spooled),
        **{state.value: list(sent.tried.get(state.value, ())) for state in STATES},
        "attention": [door.text(message) for message in sent.attention],
    }


def show_sent(door: Door, sent: Sent) -> None:
    """The same in a sentence or two."""
    if sent.transport == "smtp":
        counts = {state: len(sent.tried.get(state.value, ())) for state in STATES}
        told = ", ".join(f"{door.word(state.value)} {count}" for state, count in counts.items() if count)
        door.say(say("E-mails of {batch}: {told}.", batch=sent.batch, told=told or "–"))
    else:
        door.say(say("{count} message(s) in {folder}.", count=len(sent.spooled), folder=sent.outbox))
        if sent.spooled:
            door.say(say("When they have been sent: notices mail confirm {batch}", batch=sent.batch))
    if sent.left:
        door.say(say("{count} more wait, beyond the limit: notices send {batch}", count=sent.left, batch=sent.batch))


@group()
def mail() -> None:
    """What happened to e-mails that left."""


mail.add_command(bounces)


@mail.command("confirm")
@click.argument("batch")
@click.option("--notice", "named", metavar="NOTICE", multiple=True, help="Only this one; again for more.")
@click.option("--by", type=PERSON, help="Who says so; default the login name.")
@common
@pass_door
@click.pass_context
def confirm_mail(ctx: click.Context, door: Door, batch: str, named: tuple[str, ...], by: str | None) -> None:
    """Say that what lay in the outbox of BATCH has been sent by hand."""
    confirmed = confirm.confirm_mail(
        door.workspace, door.ledger, batch, named=named, by=by or door.login(), at=door.now()
    )
    for message in confirmed.attention:
        door.say(message)
    if door.as_json:
        attention = [door.text(message) for message in confirmed.attention]
        door.answer({"batch": batch, "sent": confirmed.count, "attention": attention})
    elif confirmed.already is not None:
        door.say(
            say(
                "Nothing of {batch} waits in the outbox: {count} of its e-mails are sent already. What a mail server "
                "took needs no confirmation.",
                batch=batch,
                count=confirmed.already,
            )
        )
    else:
        door.say(say("{count} message(s) of {batch} are sent.", count=confirmed.count, batch=batch))
    ctx.exit(1 if confirmed.attention else 0)


@mail.command("settle")
@click.argument("notice")
@click.option("--sent", is_flag=True, help="It went; the mail server has it.")
@click.option("--resend", is_flag=True, help="It did not go; the next `send` sends it again.")
@click.option("--by", type=PERSON, help="Who says so; default the login name.")
@common
@pass_door
def settle_mail(door: Door, notice: str, sent: bool, resend: bool, by: str | None) -> None:
    """Say of NOTICE, of whose e-mail nobody knows whether it went, that it did or did not."""
    if sent and resend:
        raise UsageMistake(say("--sent and --resend contradict each other."), say("Give the one that is true."))
    settled = confirm.settle_mail(
        door.workspace,
        door.ledger,
        notice,
        sent=sent if sent or resend else None,
        by=by or door.login(),
        at=door.local_time(),
    )
    if door.as_json:
        document = {"notice": notice, "message_id": settled.delivery.message_id, "state": settled.state.value}
        door.answer(document)
        return
    message_id = settled.delivery.message_id
    if sent:
        door.say(say("{notice} ({message_id}) is sent.", notice=notice, message_id=message_id))
    else:
        batch = settled.notice.batch
        door.say(say("{notice} may go again: `notices send {batch}`.", notice=notice, batch=batch))


COMMANDS = (send, mail)
