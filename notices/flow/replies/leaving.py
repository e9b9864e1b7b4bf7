"""Letters of reply on their way out: which are ready, which must not go, and what a person says became of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from notices.errors import Refused
from notices.flow.batch.lock import only_one
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.shared_files import LETTERS
from notices.flow.people import refuse_strangers
from notices.flow.replies.why_stopped import why_stopped
from notices.flow.workspace import Workspace
from notices.ledger import Books, Ledger, ReplyChange, ReplyDelivery, ReplyRecord
from notices.messages import Message, say
from notices.model import Channel, State
from notices.post import file_stem
from notices.press import read_manifest
from notices.rules.states import MAY_HAVE_LEFT, OPEN, READY_TO_LEAVE
from notices.words import word

SETTLED = "settled"  # event kind: a letter that was thought to leave did not
BY_HAND = {"by_hand": True}


@dataclass(frozen=True)
class LeavingOrder:
    """The person who lets letters of reply leave, the time and its date; `numbers` names some, empty means all."""

    by: str
    at: datetime
    today: date
    numbers: tuple[str, ...] = ()


@contextmanager
def only_letters(workspace: Workspace, ledger: Ledger, *, by: str) -> Iterator[None]:
    """Lock the letters of reply: one command at a time lets them leave.

    Where machines share files, the batches are locked too in whose folders the letters are that may yet leave.
    """
    with ExitStack() as held:
        held.enter_context(only_one(workspace, ledger, LETTERS, by=by))
        if workspace.shares_files:
            with ledger.read() as books:
                replies = books.replies.all()
            for batch in sorted({it.batch for it in replies if any(way.state in OPEN for way in it.deliveries)}):
                held.enter_context(only_one(workspace, ledger, batch, by=by))
        yield


def list_letters(ledger: Ledger, account: str | None = None) -> list[ReplyRecord]:
    """Return the letters of reply, those of one account (estate/unit/owner) if wanted, in the order of entry."""
    with ledger.read() as books:
        return [each for each in books.replies.all() if account in {None, each.case.key}]


def ready(books: Books, channel: Channel, order: LeavingOrder) -> list[tuple[ReplyRecord, ReplyDelivery]]:
    """Return the letters that wait to leave by this channel. Raises Refused for a named one that does not."""
    named = [books.replies.find(number).id for number in order.numbers]
    found = [
        (each, way)
        for each in books.replies.all()
        for way in each.deliveries
        if way.channel is channel and way.state in READY_TO_LEAVE[channel] and (not order.numbers or each.id in named)
    ]
    missing = set(named) - {each.id for each, _ in found}
    if missing:
        numbers = [each.number for each in books.replies.all() if each.id in missing]
        raise Refused(
            say("{notices}: does not wait to leave by {channel}.", notices=", ".join(numbers), channel=word(channel)),
            say("`notices letter list` shows the state of each letter."),
        )
    return found


def stopped(
    workspace: Workspace, books: Books, replies: Iterable[ReplyRecord], order: LeavingOrder
) -> Mapping[int, Message]:
    """Return the letters (ids) that must not leave now, each with the message why."""
    named = bool(order.numbers)
    found = ((each.id, why_stopped(workspace, books, each, order.today, named=named)) for each in replies)
    return {key: why for key, why in found if why is not None}


def lying_ready(workspace: Workspace, books: Books, channel: Channel, order: LeavingOrder) -> list[Message]:
    """Return a message for each letter in the outbox, or in a print job, that must not go any more."""
    lying = [
        it
        for it in books.replies.all()
        if any(way.channel is channel and way.state is State.SPOOLED for way in it.deliveries)
    ]
    why = stopped(workspace, books, lying, order)
    return [
        say(
            "{why} It lies in the outbox or a print job: take it out by hand, then run `notices letter withdraw "
            "{number} --pulled`.",
            why=why[it.id],
            number=it.number,
        )
        for it in lying
        if it.id in why
    ]


@dataclass(frozen=True)
class Confirmed:
    """Letters whose way a person has confirmed, with the state since then."""

    numbers: tuple[str, ...]
    states: Mapping[str, State]


def confirm_letters(
    workspace: Workspace, ledger: Ledger, order: LeavingOrder, *, channel: Channel | None, sent: bool = True
) -> Confirmed:
    """Record that spooled letters of reply were sent or handed over, or that they were not and wait again.

    E-mails of unknown outcome are settled by this, too. Raises UsageMistake for an unknown number, Refused if nothing
    of the named letters lies ready.
    """
    refuse_strangers(workspace, order.by)
    refuse_older_ledger(workspace, ledger)
    with only_letters(workspace, ledger, by=order.by):
        with ledger.begin() as books:
            books.replies.cut_off(by=order.by, at=order.at)
            chosen = [books.replies.find(number) for number in order.numbers]
            changes = [
                (each.number, ReplyChange(way.id, _after(way, sent=sent), kind=None if sent else SETTLED, data=BY_HAND))
                for each in chosen
                for way in each.deliveries
                if way.state in {State.SPOOLED, State.UNKNOWN} and channel in {None, way.channel}
            ]
            idle = sorted({each.number for each in chosen} - {number for number, _ in changes})
            if idle:
                raise Refused(
                    say("{notices}: nothing lies ready or is of unknown outcome.", notices=", ".join(idle)),
                    say("`notices letter list` shows the state of each letter."),
                )
            books.replies.set_states([change for _, change in changes], by=order.by, at=order.at)
        with ledger.read() as books:
            sweep_outbox(workspace, books)
    return Confirmed(tuple(each.number for each in chosen), {number: change.state for number, change in changes})


def _after(way: ReplyDelivery, *, sent: bool) -> State:
    if not sent:
        return State.RENDERED
    return State.SENT if way.channel is Channel.EMAIL else State.HANDED_OVER


def withdraw_letters(
    workspace: Workspace, ledger: Ledger, order: LeavingOrder, *, why: str, pulled: bool = False
) -> Confirmed:
    """Withdraw letters of reply that have not left; `pulled`: what lay ready was taken out by hand.

    Raises UsageMistake for an unknown number, Refused if nothing of a named letter can be withdrawn.
    """
    refuse_strangers(workspace, order.by)
    refuse_older_ledger(workspace, ledger)
    with only_letters(workspace, ledger, by=order.by):
        with ledger.begin() as books:
            chosen = [books.replies.find(number) for number in order.numbers]
            waiting = frozenset({State.RENDERED, State.DEFERRED} | ({State.SPOOLED} if pulled else set()))
            ready_now = [each.number for each in chosen if any(way.state is State.SPOOLED for way in each.deliveries)]
            if ready_now and not pulled:
                raise Refused(
                    say("{notices}: lies in the outbox or in a print job.", notices=", ".join(ready_now)),
                    say("Take it out of the outbox or print job by hand, then run the command with --pulled."),
                )
            changes = [
                (each.number, ReplyChange(way.id, State.WITHDRAWN, data={"why": why}))
                for each in chosen
                for way in each.deliveries
                if way.state in waiting
            ]
            if gone := sorted({each.number for each in chosen} - {number for number, _ in changes}):
                raise Refused(
                    say("{notices}: has left, may have left, or was withdrawn before.", notices=", ".join(gone)),
                    say("`notices letter list` shows the state of each letter."),
                )
            books.replies.set_states([change for _, change in changes], by=order.by, at=order.at)
        with ledger.read() as books:
            sweep_outbox(workspace, books)
    return Confirmed(tuple(each.number for each in chosen), {number: change.state for number, change in changes})


def sweep_outbox(workspace: Workspace, books: Books) -> None:
    """Remove the messages in the outbox that the ledger has neither as ready to leave nor as gone; see `sweep`.

    The caller has the lock of these letters. Example: one written just before a kill, whose owner has paid since.
    """
    for reply in books.replies.all():
        if not any(way.channel is Channel.EMAIL and way.state in MAY_HAVE_LEFT for way in reply.deliveries):
            (outbox_of(workspace, reply) / f"{file_stem(reply.number)}.eml").unlink(missing_ok=True)


def outbox_of(workspace: Workspace, reply: ReplyRecord) -> Path:
    """Return the folder from which a person sends the messages of letters of reply."""
    return workspace.output(reply.batch) / "replies" / "outbox"


def spoiled_jobs(folder: Path, recorded: Collection[str], letters: Collection[str]) -> Sequence[Path]:
    """Return the folders of print jobs that an interrupted run left there, and that no letter is recorded to be in.

    One with a letter (number) that the ledger does not know is no such job: it left before an old ledger was put back.
    """
    found = (
        [each for each in folder.iterdir() if each.is_dir() and each.name not in recorded] if folder.is_dir() else []
    )
    return [each for each in found if {row.number for row in read_manifest(each / "manifest.csv")} <= set(letters)]
