"""Session of render, send or print on an approved batch: lock, record in the ledger, decide again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from notices.errors import Refused
from notices.flow.batch.cleanup import sweep
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.lock import only_one
from notices.flow.batch.outside import mark_departure, refuse_older_ledger
from notices.flow.batch.redecide import OpenQuestion, Redecided, redecide, withdraw_changed
from notices.flow.batch.seals import broken_seals, keep_aside, not_as_approved, refuse_changed_facts
from notices.flow.batch.stamping import catch_up
from notices.flow.caller import Caller
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, Ledger, NoticeSummary, StateChange
from notices.messages import Message, say
from notices.model import Channel, Decision, State
from notices.rules.states import NOT_LEFT, RENDERABLE


@dataclass(frozen=True)
class Order:
    """Batch that a command works on, the person who gives it, and the time."""

    batch: str
    by: str
    at: datetime


@dataclass(frozen=True)
class InterruptedCommand:
    """Command that was recorded as started but not as finished, for `resume`; `options` are those recorded."""

    workspace: Workspace
    ledger: Ledger
    caller: Caller
    order: Order
    options: Mapping[str, object]


@dataclass(frozen=True)
class BatchSession:
    """An approved batch, locked for one command.

    `redecided` holds what deciding again has changed or must be asked about, from all events up to `basis`; `broken`
    the reasons against notices whose data are not those approved; `unstamped` says why the ledger has no time stamp
    yet. A `trial` writes nothing.
    """

    workspace: Workspace
    ledger: Ledger
    order: Order
    frozen: Frozen
    redecided: Redecided
    basis: int
    trial: bool
    broken: tuple[tuple[DecisionRecord, Message], ...] = ()
    unstamped: tuple[Message, ...] = ()

    @property
    def withdrawn(self) -> tuple[Message, ...]:
        """A message for each notice that was withdrawn, waits for an answer, or whose data are not those approved.

        One about a missing time stamp of the ledger comes first.
        """
        broken = (not_as_approved(entry, reason) for entry, reason in self.broken)
        return (*self.unstamped, *self.redecided.messages, *broken)

    @property
    def stopped(self) -> tuple[DecisionRecord, ...]:
        """The notices that were withdrawn, or whose data are not those approved."""
        return (*(entry for entry, _ in self.redecided.changed), *(entry for entry, _ in self.broken))

    @property
    def held_back(self) -> frozenset[int]:
        """The decisions (ids) whose notices stay: a question is open, or another in their letter is stopped."""
        redecided = self.redecided
        return frozenset(entry.id for found in (redecided.asked, redecided.held) for entry, _ in found)

    def pages(self) -> Iterator[list[DecisionRecord]]:
        """Yield the approved notices in pages, as the ledger has them now, without those that were stopped."""
        stopped = {entry.id for entry in self.stopped}
        with self.ledger.read() as books:
            for page in books.batches.decision_pages(self.order.batch):
                yield [entry for entry in _approved(page) if entry.id not in stopped]

    def summaries(self) -> list[NoticeSummary]:
        """Return the summaries of the approved notices, without those that were stopped."""
        stopped = {entry.id for entry in self.stopped}
        with self.ledger.read() as books:
            return [each for each in books.batches.summaries(self.order.batch) if each.decision_id not in stopped]


@contextmanager
def open_session(
    workspace: Workspace,
    ledger: Ledger,
    verb: str,
    order: Order,
    options: Mapping[str, object] | None = None,
    *,
    trial: bool = False,
) -> Iterator[BatchSession]:
    """Lock a batch for one command, record the command, and decide again.

    A `trial` decides again too, but writes nothing. Raises Refused if nothing of the batch is approved, another command
    has locked it, its frozen files are not those approved, the ledger is older than what has left, or another program
    changed what stops letters. A notice whose data are not those approved is set aside.
    """
    with only_one(workspace, ledger, order.batch, by=order.by):
        refuse_older_ledger(workspace, ledger)
        with ledger.read() as books:
            refuse_changed_facts(books)
            batch = books.batches.in_use(order.batch)
            if not any(map(_approved, books.batches.decision_pages(order.batch))):
                raise Refused(
                    say("Nothing of batch {batch} is approved.", batch=order.batch),
                    say("Approve it with `notices approve {batch} --by NAME`.", batch=order.batch),
                )
        frozen = Frozen(workspace, batch)
        frozen.refuse_changed()
        with ledger.begin() as books:
            if not trial:
                books.commands.start(verb, {"by": order.by, **(options or {})}, batch=order.batch, at=order.at)
            changed: dict[int, tuple[DecisionRecord, Decision]] = {}  # by decision: mates are on several pages
            asked: dict[int, tuple[DecisionRecord, OpenQuestion]] = {}
            held: dict[int, tuple[DecisionRecord, tuple[DecisionRecord, ...]]] = {}
            broken: list[tuple[DecisionRecord, Message]] = []
            for approved in map(_approved, books.batches.decision_pages(order.batch)):
                open_ones = [entry for entry in approved if _may_still_change(entry)]
                reasons = broken_seals(books, batch, open_ones)  # before this transaction changes their rows itself
                if not trial:
                    mark_unknown(books, approved, by=order.by, at=order.at)
                    keep_aside(books, open_ones, reasons, by=order.by, at=order.at)
                broken += [(entry, reasons[key]) for entry in open_ones if (key := _notice_id(entry)) in reasons]
                sound = [entry for entry in open_ones if _notice_id(entry) not in reasons]
                part = redecide(books, batch, sound, frozen.policy)
                changed |= {pair[0].id: pair for pair in part.changed}
                asked |= {pair[0].id: pair for pair in part.asked}
                held |= {pair[0].id: pair for pair in part.held}
            # Those that stand are too many to keep.
            redecided = Redecided((), tuple(changed.values()), tuple(asked.values()), tuple(held.values()))
            if not trial:
                withdraw_changed(books, redecided, by=order.by, at=order.at)
            basis = books.events.last()
        if not trial:
            with ledger.read() as books:  # after the commit: files may only go once the ledger says so
                sweep(workspace, books, order.batch)
            mark_departure(workspace, ledger, order.batch)
        unstamped = () if trial else catch_up(workspace, ledger, by=order.by, at=order.at)
        yield BatchSession(workspace, ledger, order, frozen, redecided, basis, trial, tuple(broken), unstamped)
        if not trial:
            with ledger.begin() as books:
                books.commands.finish(verb, batch=order.batch, at=order.at)
            mark_departure(workspace, ledger, order.batch)


def mark_unknown(books: Books, entries: Iterable[DecisionRecord], *, by: str, at: datetime) -> None:
    """Set e-mails to UNKNOWN that an interrupted command left in SENDING.

    The caller has locked the batch, so no other process is sending them.
    """
    books.deliveries.set_states(
        [
            StateChange(delivery.id, State.UNKNOWN, kind="cut-off")
            for entry in entries
            if entry.notice
            for delivery in entry.notice.deliveries
            if delivery.state is State.SENDING
        ],
        by=by,
        at=at,
    )


def _approved(entries: list[DecisionRecord]) -> list[DecisionRecord]:
    return [entry for entry in entries if entry.notice is not None and entry.notice.approval is not None]


def _notice_id(entry: DecisionRecord) -> int:
    return entry.notice.id if entry.notice else 0


def _may_still_change(entry: DecisionRecord) -> bool:
    notice = entry.notice
    return notice is not None and any(
        delivery.state in NOT_LEFT | {State.SPOOLED} and delivery.state is not State.PLANNED
        for delivery in notice.deliveries
    )


def not_rendered(session: BatchSession, channel: Channel, *, tier: str | None = None) -> tuple[Message, ...]:
    """Return a message for each notice of this channel (and tier) whose letter is not rendered yet or was set aside."""
    return tuple(
        say(
            "{notice} ({account}) is not rendered: `notices render` makes its letter.",
            notice=summary.number,
            account=summary.account,
        )
        for summary in session.summaries()
        if tier in {None, summary.tier}
        if any(way is channel and state in RENDERABLE for _, way, state in summary.deliveries)
    )
