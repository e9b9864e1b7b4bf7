"""delivery set: record what a person knows of a letter from a telephone call, an envelope or a receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from notices.errors import Refused, UsageMistake
from notices.flow.batch.lock import only_one
from notices.flow.batch.shared_files import LETTERS
from notices.flow.people import refuse_strangers
from notices.flow.replies.carrier import HISTORY, as_reply_change
from notices.flow.workspace import Workspace
from notices.intake import accepted_elsewhere
from notices.ledger import (
    REFUSED,
    Books,
    DeliveryRecord,
    Ledger,
    NoticeRecord,
    ReplyDelivery,
    ReplyRecord,
    StateChange,
)
from notices.ledger.notices import required
from notices.messages import NOTHING, Message, say
from notices.model import Channel, State
from notices.rules.states import RESULT_BY_HAND
from notices.spelling import comparable_number
from notices.words import word

AnyLetter = NoticeRecord | ReplyRecord
AnyDelivery = DeliveryRecord | ReplyDelivery


class HandResult(StrEnum):
    """Result of a delivery as a person knows it."""

    BOUNCED = "bounced"
    DELIVERED = "delivered"
    RETURNED = "returned"
    REFUSED = "refused-by-addressee"


STATES: Mapping[HandResult, State] = {
    HandResult.BOUNCED: State.BOUNCED,
    HandResult.DELIVERED: State.DELIVERED,
    HandResult.RETURNED: State.RETURNED,
    HandResult.REFUSED: State.RETURNED,
}
POSSIBLE: Mapping[Channel, frozenset[HandResult]] = {
    Channel.EMAIL: frozenset({HandResult.BOUNCED, HandResult.DELIVERED}),
    Channel.PRINT: frozenset({HandResult.DELIVERED, HandResult.RETURNED, HandResult.REFUSED}),
}


@dataclass(frozen=True)
class HandEntry:
    """Result of a notice's delivery by one channel, its day, and the person who says so; `note` is their words."""

    number: str
    channel: Channel
    result: HandResult
    on: date
    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True)
class ResultSet:
    """A result as recorded: not `recorded` if it was on record; `before` is the delivery's state until now."""

    number: str
    channel: Channel
    state: State
    cause: str | None
    on: date
    before: State
    recorded: bool
    note: Message = NOTHING


def set_delivery(workspace: Workspace, ledger: Ledger, entry: HandEntry) -> ResultSet:
    """Record a result; the same one twice changes nothing, and another day or result corrects what is on record.

    A letter that is still spooled has evidently left: it becomes `handed-over` first, and a note says so. Raises
    UsageMistake for a result that the channel cannot have or an impossible day, Refused if the letter has not left, or
    if what took it was not the owner.
    """
    refuse_strangers(workspace, entry.by)
    if entry.result not in POSSIBLE[entry.channel]:
        raise UsageMistake(
            say("{result} is no result of a delivery by {channel}.", result=entry.result, channel=word(entry.channel)),
            say(
                "Use one of: {results}.", results=", ".join(each for each in STATES if each in POSSIBLE[entry.channel])
            ),
        )
    if entry.result is HandResult.DELIVERED and accepted_elsewhere(entry.note):
        raise Refused(
            say(
                "A letter that a locker, a shop or our own desk accepted has not reached the owner: it proves nothing."
            ),
            say("Record it as delivered once the owner has it, or as returned once it comes back."),
        )
    with ledger.read() as books:
        found = _letter(books, entry)
    lock = LETTERS if isinstance(found, ReplyRecord) else found.batch or HISTORY
    with only_one(workspace, ledger, lock, by=entry.by), ledger.begin() as books:
        letter = _letter(books, entry)
        return _recorded(books, letter, _delivery(letter, entry), entry)


def _letter(books: Books, entry: HandEntry) -> AnyLetter:
    """Return the notice of that number, or the letter of reply. Raises UsageMistake if there is neither."""
    notice = books.notices.find(entry.number)
    if notice is None:
        wanted = comparable_number(entry.number)
        replies = (it for it in books.replies.all() if comparable_number(it.number) == wanted)
        if (reply := next(replies, None)) is not None:
            return reply
    return required(notice, entry.number)


def _recorded(books: Books, letter: AnyLetter, delivery: AnyDelivery, entry: HandEntry) -> ResultSet:
    _refuse_impossible_day(letter, entry)
    state = STATES[entry.result]
    cause = REFUSED if entry.result is HandResult.REFUSED else None
    same = (delivery.state, delivery.on, delivery.cause) == (state, entry.on, cause)
    left = _evidently_left(delivery)
    data = {"by_hand": True, "result": entry.result.value, "note": entry.note}
    told = StateChange(delivery.id, state, kind="result-by-hand", data=data, on=entry.on, cause=cause)
    for change in () if same else (*left, told):
        if isinstance(letter, ReplyRecord):
            books.replies.set_states([as_reply_change(change)], by=entry.by, at=entry.at)
        else:
            books.deliveries.set_states([change], by=entry.by, at=entry.at)
    number = letter.number or entry.number
    note = _still_spooled(letter) if left and not same else NOTHING
    return ResultSet(number, entry.channel, state, cause, entry.on, delivery.state, not same, note)


def _delivery(notice: AnyLetter, entry: HandEntry) -> AnyDelivery:
    found = next((each for each in notice.deliveries if each.channel is entry.channel), None)
    if found is None:
        raise Refused(
            say("{notice} did not go by {channel}.", notice=notice.number, channel=word(entry.channel)),
            say("`notices status BATCH` shows how each notice goes."),
        )
    if found.state not in RESULT_BY_HAND[entry.channel]:
        raise Refused(
            say(
                "{notice} by {channel} is {state}: nothing can have come of it.",
                notice=notice.number,
                channel=word(entry.channel),
                state=word(found.state),
            ),
            say(
                "Record first that it left: `notices mail confirm`, `notices mail settle`, `notices job confirm`, or "
                "`notices letter confirm`."
            ),
        )
    return found


def _refuse_impossible_day(notice: AnyLetter, entry: HandEntry) -> None:
    """Raise UsageMistake for a day on which the letter cannot have arrived, as in the carrier's table."""
    if entry.on > entry.at.date() or (notice.date is not None and entry.on < notice.date):
        raise UsageMistake(
            say("This day is in the future, or before the date of the letter."),
            say("Correct the day; the limitation period begins anew on it."),
        )


def _evidently_left(delivery: AnyDelivery) -> tuple[StateChange, ...]:
    if delivery.state is not State.SPOOLED:
        return ()
    return (StateChange(delivery.id, State.HANDED_OVER, kind="evidently-left"),)


def _still_spooled(notice: AnyLetter) -> Message:
    if isinstance(notice, ReplyRecord):
        return say("{number}: was still recorded as spooled, but it has evidently left.", number=notice.number)
    return say(
        "{notice}: was still recorded as spooled, but it has evidently left. "
        "Confirm its print job once the shop has finished it.",
        notice=notice.number,
    )
