"""send, mail: e-mail the notices, and record what became of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from notices.cli.caller import caller_of
from notices.cli.commands.bounces import bounces
from notices.cli.door import Door, common, pass_door
from notices.cli.options import acting_option, confirming_option
from notices.cli.translated_help import command, group
from notices.errors import UsageMistake
from notices.messages import say
from notices.model import State

if TYPE_CHECKING:
    from rich.progress import Progress

    from notices.flow.mailing.send import Sent

STATES = (State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN)


def mails_task(door: Door, bar: Progress) -> Callable[[int, int], None]:
    """Add a line for e-mails to the progress bar, shown once there is something to send."""
    task = bar.add_task(door.text(say("e-mails")), total=None, visible=False)

    def advance(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total, visible=True)

    return advance


@command()
@click.argument("batch")
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of messages.")
@click.option("--dry-run", is_flag=True, help="Build and check everything, log in to the mail server, send nothing.")
@click.option("--now", "any_hour", is_flag=True, help="Also outside office hours, and deferred e-mail before its time.")
@acting_option
@common
@pass_door
@click.pass_context
def send(
    ctx: click.Context, door: Door, batch: str, limit: int | None, dry_run: bool, any_hour: bool, by: str | None
) -> None:
    """Send the notices that go by e-mail: through the mail server, or into the outbox as complete messages."""
    from notices.cli.progress import progress
    from notices.flow.batch.session import Order
    from notices.flow.mailing import send as sending

    order = Order(batch, by or door.login(), door.now())
    request = sending.SendRequest(limit=limit, dry_run=dry_run)
    with progress() as bar:
        caller = replace(caller_of(door, any_hour=any_hour), mails=mails_task(door, bar))
        sent = sending.send(door.workspace, door.ledger, order, request, caller)
    door.say_all(sent.attention)
    if door.as_json:
        door.answer({**sent_document(door, sent), "dry_run": dry_run})
    elif dry_run:
        show_trial(door, sent)
    else:
        show_sent(door, sent)
    ctx.exit(1 if sent.attention else 0)


def show_trial(door: Door, sent: Sent) -> None:
    """Print the result of a dry run."""
    if sent.transport != "smtp":
        door.say(say("{count} message(s) built and checked; none was written.", count=len(sent.spooled)))
    elif count := sum(map(len, sent.tried.values())):
        door.say(
            say(
                "{count} message(s) built and checked, login to the mail server succeeded; nothing was sent.",
                count=count,
            )
        )
    else:
        door.say(say("No message waits to be sent; the mail server was not contacted."))


def sent_document(door: Door, sent: Sent) -> dict[str, object]:
    """Return the JSON document of sending: what was spooled and where, and the mail server's answers to the rest."""
    return {
        "batch": sent.batch,
        "transport": sent.transport,
        "outbox": str(sent.outbox),
        "spooled": list(sent.spooled),
        **{state.value: list(sent.tried.get(state.value, ())) for state in STATES},
        "attention": [door.text(message) for message in sent.attention],
    }


def show_sent(door: Door, sent: Sent) -> None:
    """Print the result of sending in a sentence or two."""
    if sent.transport == "smtp":
        counts = {state: len(sent.tried.get(state.value, ())) for state in STATES}
        parts = ", ".join(f"{door.word(state.value)} {count}" for state, count in counts.items() if count)
        door.say(say("E-mails of {batch}: {told}.", batch=sent.batch, told=parts or "–"))
    elif sent.spooled:
        door.say(say("{count} message(s) in {folder}.", count=len(sent.spooled), folder=sent.outbox))
        door.say(say("When they have been sent: notices mail confirm {batch}", batch=sent.batch))
    elif not sent.attention:
        door.say(say("There is nothing to send."))
    if sent.left:
        door.say(say("{count} more wait, beyond the limit: notices send {batch}", count=sent.left, batch=sent.batch))


@group()
def mail() -> None:
    """Results of the e-mails that were sent."""


mail.add_command(bounces)


@mail.command("confirm")
@click.argument("batch")
@click.option("--notice", "named", metavar="NOTICE", multiple=True, help="Only this notice; may be repeated.")
@confirming_option
@common
@pass_door
@click.pass_context
def mail_confirm(ctx: click.Context, door: Door, batch: str, named: tuple[str, ...], by: str | None) -> None:
    """Confirm that the messages in the outbox of BATCH have been sent by hand."""
    from notices.flow.mailing.confirm import confirm_mail

    confirmed = confirm_mail(door.workspace, door.ledger, batch, named=named, by=by or door.login(), at=door.now())
    door.say_all(confirmed.attention)
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
@click.option("--sent", is_flag=True, help="It was sent; the mail server has it.")
@click.option("--resend", is_flag=True, help="It was not sent; the next `send` sends it again.")
@confirming_option
@common
@pass_door
def mail_settle(door: Door, notice: str, sent: bool, resend: bool, by: str | None) -> None:
    """Record whether the e-mail of NOTICE, whose outcome is unknown, was sent."""
    from notices.flow.mailing.confirm import settle_mail

    if sent and resend:
        raise UsageMistake(say("--sent and --resend contradict each other."), say("Give the one that is true."))
    settled = settle_mail(
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
        door.say(say("{notice} can be sent again: `notices send {batch}`.", notice=notice, batch=batch))


COMMANDS = (send, mail)
