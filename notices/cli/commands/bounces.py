"""mail bounces: each message that came back by e-mail, and its consequences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.door import Door, common, pass_door
from notices.cli.options import FILE, acting_option
from notices.cli.translated_help import command
from notices.messages import Message, say
from notices.model import ReportKind
from notices.rules.bounces import Doubt

if TYPE_CHECKING:
    from notices.flow.replies.bounces import Bounce, BouncesRead

ALWAYS_SHOWN = frozenset({ReportKind.REPLY})  # a reply waits for an answer, even if it matches no notice
NEEDS_PERSON = frozenset({Doubt.SENDER_LIMITED, Doubt.OTHER_ADDRESS, Doubt.BEING_SENT, Doubt.WENT_ALL_THE_SAME})


@command("bounces")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@acting_option
@common
@pass_door
@click.pass_context
def bounces(ctx: click.Context, door: Door, files: tuple[Path, ...], by: str | None) -> None:
    """Read what came back by e-mail: .eml, mbox, Maildir, or a folder of .eml files."""
    from notices.cli.progress import progress
    from notices.flow.replies import bounces as replies
    from notices.flow.replies.bounce_sentences import attention_of

    with progress() as bar:
        task = bar.add_task(door.text(say("messages")), total=None)
        returned_mail = replies.import_bounces(
            door.workspace,
            door.ledger,
            files,
            by=by or door.login(),
            at=door.now(),
            seen=lambda: bar.advance(task),
        )
    attention = attention_of(returned_mail, place_of)
    if door.as_json:
        door.answer(returns_document(door, returned_mail, attention))
    else:
        show_returns(door, returned_mail)
    door.say_all(attention)
    ctx.exit(status_of(returned_mail))


def status_of(returned_mail: BouncesRead) -> int:
    """Return 0 if nothing needs a person, 1 if a person must look, 3 if a file could not be read."""
    from notices.flow.replies.bounces import unmatched

    if returned_mail.unread:
        return 3
    return 1 if any(unmatched(it) or it.doubt in NEEDS_PERSON for it in returned_mail.messages) else 0


def returns_document(door: Door, returned_mail: BouncesRead, attention: list[Message]) -> dict[str, object]:
    """Return the JSON document of `mail bounces`."""
    return {
        "messages": [message_document(each) for each in returned_mail.messages],
        "unread": [{"file": str(each.file), "problem": door.text(each.problem)} for each in returned_mail.unread],
        "attention": [door.text(message) for message in attention],
    }


def message_document(each: Bounce) -> dict[str, object]:
    """Return a message as JSON: its kind and recipients, the notice it is about, and the state of that e-mail."""
    return {
        "file": str(each.file),
        "index": each.index,
        "kind": each.report.kind.value,
        "final": each.report.final,
        "recipients": [
            {"address": it.address, "status": it.status, "reply": it.reply, "diagnostic": it.diagnostic}
            for it in each.report.recipients
        ],
        "notice": each.mailed.number if each.mailed else None,
        "recorded": each.recorded,
        "state": each.state.value if each.state else None,
        "handler": each.mailed.handler if each.mailed else None,
    }


def show_returns(door: Door, returned_mail: BouncesRead) -> None:
    """Print a line for each message that concerns us, and the counts."""
    from notices.flow.replies.bounces import unmatched

    shown = [
        each for each in returned_mail.messages if each.mailed or each.report.kind in ALWAYS_SHOWN or unmatched(each)
    ]
    if shown:
        table(
            door.headings(
                say("file"), say("kind"), say("to"), say("status"), say("number"), say("state"), say("handler")
            ),
            [row_of(door, each) for each in shown],
        )
    read = returned_mail.messages
    door.say(
        say(
            "{count} message(s): {matched} about our notices, {recorded} new; {unmatched} report(s) match none.",
            count=len(read),
            matched=sum(each.mailed is not None for each in read),
            recorded=sum(each.recorded for each in read),
            unmatched=sum(unmatched(each) for each in read),
        )
    )


def row_of(door: Door, each: Bounce) -> tuple[object, ...]:
    """Return a message as a row of the table."""
    first = each.report.recipients[0] if each.report.recipients else None
    return (
        place_of(each),
        door.word(each.report.kind.value),
        first.address if first else "",
        (first.status or first.reply or "") if first else "",
        (each.mailed.number or "") if each.mailed else "",
        door.word(each.state.value) if each.state else "",
        (each.mailed.handler or "") if each.mailed else "",
    )


def place_of(each: Bounce) -> str:
    """Return the file and the position in it, counted from 0 as in the JSON document."""
    return f"{each.file}:{each.index}" if each.index else str(each.file)
