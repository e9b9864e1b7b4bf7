"""Sentences about mail that came back: what a person must know or do, whichever door they came by."""

from __future__ import annotations

from collections.abc import Callable
from shlex import quote

from notices.flow.replies.bounces import Bounce, BouncesRead
from notices.messages import Message, say
from notices.model import ReportKind
from notices.rules.bounces import Doubt
from notices.words import word


def attention_of(returned_mail: BouncesRead, place_of: Callable[[Bounce], str]) -> list[Message]:
    """Return the sentences about everything that a person must know or do; `place_of` names where a message is."""
    unread = [say("{file} cannot be read: {problem}.", file=it.file, problem=it.problem) for it in returned_mail.unread]
    said = (sentence_about(each, place_of(each)) for each in returned_mail.messages)
    return [*unread, *(sentence for sentence in said if sentence is not None)]


def sentence_about(each: Bounce, place: str) -> Message | None:
    """Return the next step for a message that matches a notice, None if there is none."""
    if each.mailed is None:
        return None
    if each.doubt is not None:
        return doubtful(each, each.doubt, place)
    if each.report.kind is ReportKind.REPLY:
        return say(
            "{number} was answered by {sender}: {place} is for {handler} to read.",
            number=each.mailed.number,
            sender=each.report.sender,
            place=place,
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


def doubtful(each: Bounce, doubt: Doubt, place: str) -> Message:
    """Explain why a report that names a notice had less effect than it claims."""
    number = (each.mailed.number if each.mailed else None) or ""
    if doubt is Doubt.SENDER_LIMITED:
        return sender_limited(number, place, is_reply=bool(each.mailed and each.mailed.reply))
    state = word(each.state.value) if each.state else ""
    return {
        Doubt.OTHER_ADDRESS: say(
            "{place} names {number}, but reports on an address to which it was not sent; {number} stays {state}. "
            "Ask the owner whether the e-mail arrived.",
            place=place,
            number=number,
            state=state,
        ),
        Doubt.EARLIER_ATTEMPT: say(
            "{place} is older than the last attempt to send {number}; it stays {state}.",
            place=place,
            number=number,
            state=state,
        ),
        Doubt.WAS_TO_GO_AGAIN: say(
            "{number} was due for another attempt, but {place} shows that an earlier one went out: it is {state} "
            "and is not sent again.",
            place=place,
            number=number,
            state=state,
        ),
        Doubt.SAID_OTHERWISE: say(
            "{place} contradicts what is known of {number}; it stays {state}.",
            place=place,
            number=number,
            state=state,
        ),
        Doubt.WENT_ALL_THE_SAME: say(
            "{place} shows that the e-mail of {number} went out all the same; it stays {state}. Ask the owner before "
            "anything else is sent.",
            place=place,
            number=number,
            state=state,
        ),
        Doubt.BEING_SENT: say(
            "{number} is being sent at this moment; import {place} again when that has ended.",
            number=number,
            place=place,
        ),
    }[doubt]


def sender_limited(number: str, place: str, *, is_reply: bool) -> Message:
    """Say that a server refused an e-mail because of us, and how it goes again: as a letter of reply or as a notice."""
    if is_reply:
        return say(
            "{place}: {number} was refused because a mail server limits our mail; nothing is wrong with the address. "
            "When it takes mail again: `notices letter confirm {number} --not-sent`, then `notices letter send`.",
            number=number,
            place=place,
        )
    return say(
        "{place}: {number} was refused because a mail server limits our mail; nothing is wrong with the address. "
        "When it takes mail again: `notices mail settle {number} --resend`, then `notices send`.",
        number=number,
        place=place,
    )
