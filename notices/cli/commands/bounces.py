"""mail bounces: each message that came back by e-mail, and its consequences."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.door import Door, common, pass_door
from notices.cli.options import FILE, PERSON
from notices.cli.translated_help import command
from notices.messages import Message, say
from notices.model import ReportKind
from notices.rules.bounces import Doubt
from notices.words import word

if TYPE_CHECKING:
    from notices.flow.replies.bounces import Bounce, BouncesRead

ALWAYS_SHOWN = frozenset({ReportKind.REPLY})  # a reply waits for an answer, even if it matches no notice
NEEDS_PERSON = frozenset({Doubt.SENDER_LIMITED, Doubt.OTHER_ADDRESS, Doubt.BEING_SENT, Doubt.WENT_ALL_THE_SAME})


@command("bounces")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option("--by", type=PERSON, help="The person who acts; default the login name.")
@common
@pass_door
@click.pass_context
def bounces(ctx: click.Context, door: Door, files: tuple[Path, ...], by: str | None) -> None:
    """Read what came back by e-mail: .eml, mbox, Maildir, or a folder of .eml files."""
    from notices.cli.progress import progress
    from notices.flow.replies import bounces as replies

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
    attention = attention_of(returned_mail)
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


def attention_of(returned_mail: BouncesRead) -> list[Message]:
    """Return the sentences about everything that a person must know or do."""
    unread = [say("{file} cannot be read: {problem}.", file=it.file, problem=it.problem) for it in returned_mail.unread]
    return [*unread, *(sentence for each in returned_mail.messages if (sentence := sentence_about(each)) is not None)]


def sentence_about(each: Bounce) -> Message | None:
    """Return the next step for a message that matches a notice, None if there is none."""
    if each.mailed is None:
        return None
    if each.doubt is not None:
        return doubtful(each, each.doubt)
    if each.report.kind is ReportKind.REPLY:
        return say(
            "{number} was answered by {sender}: {place} is for {handler} to read.",
            number=each.mailed.number,
            sender=each.report.sender,
            place=place_of(each),
            handler=each.mailed.handler or say("the handler"),
        )
    if each.report.kind is ReportKind.COMPLAINT:
        return say(
            "{number} was reported as spam. Send nothing more by e-mail to this owner: "
            "notices hold add {account} --kind paper-only",
            number=each.mailed.number,
            account=quote(each.mailed.account),
        )
    return None


def doubtful(each: Bounce, doubt: Doubt) -> Message:
    """Explain why a report that names a notice had less effect than it claims."""
    number = each.mailed.number if each.mailed else ""
    state = word(each.state.value) if each.state else ""
    return {
        Doubt.OTHER_ADDRESS: say(
            "{place} names {number}, but reports on an address to which it was not sent; {number} stays {state}. "
            "Ask the owner whether the e-mail arrived.",
            place=place_of(each),
            number=number,
            state=state,
        ),
        Doubt.EARLIER_ATTEMPT: say(
            "{place} is older than the last attempt to send {number}; it stays {state}.",
            place=place_of(each),
            number=number,
            state=state,
        ),
        Doubt.WAS_TO_GO_AGAIN: say(
            "{number} was due for another attempt, but {place} shows that an earlier one went out: it is {state} "
            "and is not sent again.",
            place=place_of(each),
            number=number,
            state=state,
        ),
        Doubt.SAID_OTHERWISE: say(
            "{place} contradicts what is known of {number}; it stays {state}.",
            place=place_of(each),
            number=number,
            state=state,
        ),
        Doubt.WENT_ALL_THE_SAME: say(
            "{place} shows that the e-mail of {number} went out all the same; it stays {state}. Ask the owner before "
            "anything else is sent.",
            place=place_of(each),
            number=number,
            state=state,
        ),
        Doubt.SENDER_LIMITED: say(
            "{place}: {number} was refused because a mail server limits our mail; nothing is wrong with the address. "
            "When it takes mail again: `notices mail settle {number} --resend`, then `notices send`.",
            number=number,
            place=place_of(each),
        ),
        Doubt.BEING_SENT: say(
            "{number} is being sent at this moment; import {place} again when that has ended.",
            number=number,
            place=place_of(each),
        ),
    }[doubt]
