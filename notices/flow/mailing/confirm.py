"""mail confirm and mail settle: what a person knows of e-mails, and this program cannot."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from notices.errors import Refused, UsageMistake
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.lock import only_one
from notices.flow.batch.redecide import redecide
from notices.flow.batch.session import mark_unknown
from notices.flow.workspace import Workspace
from notices.ledger import DecisionRecord, DeliveryRecord, Ledger, NoticeRecord, StateChange
from notices.ledger.notices import required
from notices.messages import Message, say
from notices.model import Channel, State
from notices.rules.states import LEFT_BY_EMAIL, OUTCOME_UNKNOWN
from notices.words import word


@dataclass(frozen=True)
class MailConfirmed:
    """How many messages were sent by hand, and of which that is not believed without being named.

    `already`: how many had left before, where nothing lay in the outbox that could be confirmed.
    """

    count: int
    attention: tuple[Message, ...]
    already: int | None = None


def confirm_mail(
    workspace: Workspace, ledger: Ledger, batch: str, *, named: Collection[str] = (), by: str, at: datetime
) -> MailConfirmed:
    """Say that what lay in a batch's outbox has been sent by hand: of those named, or of all that should have gone.

    What has been paid or stopped since it was spooled is confirmed only by its number: whoever says "all of it" may
    well have left that one out. Raises UsageMistake where a notice named does not lie in the outbox.
    """
    with only_one(workspace.batches, batch), ledger.begin() as books:
        record = books.batches.get(batch)
        decisions = books.batches.decisions(batch)
        spooled = {
            entry.notice.number or "": (entry, delivery)
            for entry in decisions
            if entry.notice and (delivery := _spooled(entry.notice))
        }
        if strangers := sorted(set(named) - spooled.keys()):
            raise UsageMistake(
                say("Not in the outbox of {batch}: {notices}.", batch=batch, notices=", ".join(strangers)),
                say("`notices status {batch}` shows where each notice stands.", batch=batch),
            )
        if not spooled:
            return MailConfirmed(0, (), already=sum(map(_has_left, decisions)))
        entries = [entry for entry, _ in spooled.values()]
        fallen: set[str] = set()
        if not named:
            redecided = redecide(books, record, entries, Frozen(workspace, record).policy)
            fallen = {_number(entry) for entry, _ in redecided.changed}
        going = [number for number in spooled if (number in named if named else number not in fallen)]
        books.deliveries.set_states(
            [StateChange(spooled[number][1].id, State.SENT, kind="mail-confirmed") for number in going], by=by, at=at
        )
    return MailConfirmed(len(going), tuple(_doubtful(number, batch) for number in sorted(fallen)))


def _spooled(notice: NoticeRecord) -> DeliveryRecord | None:
    return next((d for d in notice.deliveries if d.channel is Channel.EMAIL and d.state is State.SPOOLED), None)


def _has_left(entry: DecisionRecord) -> bool:
    """Whether its e-mail has gone, whatever came of it since."""
    ways = entry.notice.deliveries if entry.notice else ()
    return any(d.channel is Channel.EMAIL and d.state in LEFT_BY_EMAIL for d in ways)


def _number(entry: DecisionRecord) -> str:
    return (entry.notice.number if entry.notice else None) or ""


def _doubtful(number: str, batch: str) -> Message:
    return say(
        "{notice} is not confirmed: it should not have gone any more. If it was sent all the same: "
        "`notices mail confirm {batch} --notice {notice}`; if it was not: "
        "`notices withdraw {notice} --pulled --by NAME --why TEXT`.",
        notice=number,
        batch=batch,
    )


@dataclass(frozen=True)
class Settled:
    """An e-mail whose outcome a person has settled."""

    notice: NoticeRecord
    delivery: DeliveryRecord
    state: State


def settle_mail(
    workspace: Workspace, ledger: Ledger, number: str, *, sent: bool | None, by: str, at: datetime
) -> Settled:
    """Say of an e-mail with an unknown outcome that it went, or that it did not and may go again.

    Raises UsageMistake that shows what to look for where neither is said, Refused where its outcome is known.
    """
    with ledger.read() as books:
        batch = required(books.notices.find(number), number).batch or "history"
    with only_one(workspace.batches, batch), ledger.begin() as books:
        notice = required(books.notices.find(number), number)
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
                say("Look for it in the server's log or in “sent”; then say --sent where it went, else --resend."),
            )
        mark_unknown(books, [entry for entry in books.batches.decisions(batch) if entry.notice == notice], by=by, at=at)
        state = State.SENT if sent else State.RENDERED
        books.deliveries.set_states(
            [StateChange(delivery.id, state, kind="settled", data={"by_hand": True})], by=by, at=at
        )
    return Settled(notice, delivery, state)


def _open_one(notice: NoticeRecord) -> DeliveryRecord:
    for delivery in notice.deliveries:
        if delivery.channel is Channel.EMAIL and delivery.state in OUTCOME_UNKNOWN:
            return delivery
    raise Refused(
        say("There is no e-mail of {notice} whose outcome is unknown.", notice=notice.number),
        say("`notices status` shows where it stands."),
        [
            say("{channel}: {state}", channel=word(delivery.channel), state=word(delivery.state))
            for delivery in notice.deliveries
        ],
    )
