"""mail confirm and mail settle: a person records what became of e-mails."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from notices.errors import Refused, UsageMistake
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.lock import only_one
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.redecide import redecide, why_changed, why_held, why_question
from notices.flow.batch.seals import broken_seals
from notices.flow.batch.session import mark_unknown
from notices.flow.batch.whole_letters import number_of
from notices.flow.workspace import Workspace
from notices.ledger import (
    BatchRecord,
    Books,
    DecisionRecord,
    DeliveryRecord,
    Ledger,
    NoticeRecord,
    StateChange,
)
from notices.ledger.notices import required
from notices.messages import Message, say
from notices.model import Channel, State
from notices.post import file_stem
from notices.rules.states import LEFT_BY_EMAIL, OUTCOME_UNKNOWN
from notices.spelling import spelt_as
from notices.words import word


@dataclass(frozen=True)
class MailConfirmed:
    """Number of messages recorded as sent by hand, and a message for each that is recorded only if named.

    `already` is the number of e-mails sent before, if the outbox holds nothing to confirm.
    """

    count: int
    attention: tuple[Message, ...]
    already: int | None = None


def confirm_mail(
    workspace: Workspace, ledger: Ledger, batch: str, *, named: Collection[str] = (), by: str, at: datetime
) -> MailConfirmed:
    """Record the e-mails in a batch's outbox as sent by hand: the named ones, or all.

    Without names, those paid or put on hold since are not recorded: whoever sent "all" may well have left them out. Nor
    are those whose file in the outbox is gone or changed.
    Raises UsageMistake if a named notice is not in the outbox, Refused if the ledger is older than what has left.
    """
    refuse_older_ledger(workspace, ledger)
    with only_one(workspace, ledger, batch, by=by), ledger.begin() as books:
        record = books.batches.in_use(batch)
        decisions = books.batches.decisions(batch)
        spooled = {
            entry.notice.number or "": (entry, delivery)
            for entry in decisions
            if entry.notice and (delivery := _spooled(entry.notice)) and not delivery.is_led
        }
        mates = books.letters.mates_of([entry.notice.id for entry, _ in spooled.values() if entry.notice])
        letters = {it.number: it.letter_number for its in mates.values() for it in its if it.letter_number in spooled}
        named = [letters.get(number, number) for number in spelt_as(named, {**letters, **spooled})]
        if strangers := sorted(set(named) - spooled.keys()):
            raise UsageMistake(
                say("Not in the outbox of {batch}: {notices}.", batch=batch, notices=", ".join(strangers)),
                say("`notices status {batch}` shows where each notice stands.", batch=batch),
            )
        if not spooled:
            return MailConfirmed(0, (), already=sum(map(_has_left, decisions)))
        changed = {} if named else _changed_since(workspace, books, record, spooled)
        going = [number for number in spooled if (number in named if named else number not in changed)]
        books.deliveries.set_states(
            [StateChange(spooled[number][1].id, State.SENT, kind="mail-confirmed") for number in going], by=by, at=at
        )
    return MailConfirmed(
        len(going), tuple(_not_recorded(number, why, batch) for number, why in sorted(changed.items()))
    )


def _changed_since(
    workspace: Workspace, books: Books, batch: BatchRecord, spooled: Mapping[str, tuple[DecisionRecord, DeliveryRecord]]
) -> dict[str, Message]:
    """Return the notices (numbers) in the outbox that may not have been sent as they were spooled, each with why."""
    entries = [entry for entry, _ in spooled.values()]
    broken = broken_seals(books, batch, entries)
    changed = {number_of(it): broken[it.notice.id] for it in entries if it.notice and it.notice.id in broken}
    sound = [entry for entry in entries if number_of(entry) not in changed]
    redecided = redecide(books, batch, sound, Frozen(workspace, batch).policy)
    changed |= {number_of(entry): why_changed(books, batch, entry, now) for entry, now in redecided.changed}
    changed |= {number_of(entry): why_question(question) for entry, question in redecided.asked}
    changed |= {number_of(entry): why_held(books, batch, redecided, causes) for entry, causes in redecided.held}
    changed = {number: why for number, why in changed.items() if number in spooled}
    outbox = workspace.outbox(batch.name)
    return changed | {
        number: why
        for number, (_, delivery) in spooled.items()
        if number not in changed and (why := _not_as_spooled(outbox, number, delivery))
    }


def _spooled(notice: NoticeRecord) -> DeliveryRecord | None:
    return next((d for d in notice.deliveries if d.channel is Channel.EMAIL and d.state is State.SPOOLED), None)


def _not_as_spooled(outbox: Path, number: str, delivery: DeliveryRecord) -> Message | None:
    """Return why the message in the outbox cannot be what was sent: it is gone, or not the one that was put there."""
    try:
        content = (outbox / f"{file_stem(number)}.eml").read_bytes()
    except OSError:
        return say("its file is no longer in the outbox")
    if delivery.sha256 and sha256(content).hexdigest() != delivery.sha256:
        return say("its file in the outbox was changed")
    return None


def _has_left(entry: DecisionRecord) -> bool:
    """Return whether a notice's e-mail was sent, delivered or bounced."""
    ways = entry.notice.deliveries if entry.notice else ()
    return any(d.channel is Channel.EMAIL and d.state in LEFT_BY_EMAIL for d in ways)


def _not_recorded(number: str, why: Message, batch: str) -> Message:
    return say(
        "{notice}: not recorded as sent, because {why}. If you sent it: "
        "`notices mail confirm {batch} --notice {notice}`. If not: "
        "`notices withdraw {notice} --pulled --by NAME --why TEXT`.",
        notice=number,
        why=why,
        batch=batch,
    )


@dataclass(frozen=True)
class Settled:
    """An e-mail whose outcome a person has settled, and its state since then."""

    notice: NoticeRecord
    delivery: DeliveryRecord
    state: State


def settle_mail(
    workspace: Workspace, ledger: Ledger, number: str, *, sent: bool | None, by: str, at: datetime
) -> Settled:
    """Record that an e-mail of unknown outcome was sent, or that it was not and may be sent again.

    Raises UsageMistake with what to look for if `sent` is None, Refused if its outcome is known or the ledger is older
    than what has left.
    """
    refuse_older_ledger(workspace, ledger)
    with ledger.read() as books:
        batch = required(books.notices.find(number), number).batch or "history"
    with only_one(workspace, ledger, batch, by=by), ledger.begin() as books:
        notice = required(books.notices.find(number), number)
        number = notice.number or number
        delivery = _open_one(notice)
        if sent is None:
            raise UsageMistake(
                say(
                    "{notice} was handed to the mail server at {time} for {to} with the Message-ID {message_id}.",
                    notice=number,
                    time=f"{delivery.since.astimezone(at.tzinfo):%Y-%m-%d %H:%M:%S}",
                    to=delivery.recipient,
                    message_id=delivery.message_id,
                ),
                say(
                    "Look for it in the mail server's log or “Sent” folder; give --sent if it is there, else --resend."
                ),
            )
        mark_unknown(books, [entry for entry in books.batches.decisions(batch) if entry.notice == notice], by=by, at=at)
        state = State.SENT if sent else State.RENDERED if notice.shard else State.SET_ASIDE
        books.deliveries.set_states(
            [StateChange(delivery.id, state, kind="settled", data={"by_hand": True})], by=by, at=at
        )
    return Settled(notice, delivery, state)


def _open_one(notice: NoticeRecord) -> DeliveryRecord:
    for delivery in notice.deliveries:
        if delivery.channel is Channel.EMAIL and delivery.state in OUTCOME_UNKNOWN:
            return delivery
    raise Refused(
        say("{notice} has no e-mail whose outcome is unknown.", notice=notice.number),
        say("`notices status` shows where it stands."),
        [
            say("{channel}: {state}", channel=word(delivery.channel), state=word(delivery.state))
            for delivery in notice.deliveries
        ],
    )
