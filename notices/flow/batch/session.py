"""What render, send and print share: one command at a time on a batch, written down, and deciding again first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from notices.errors import Refused
from notices.flow.batch.cleanup import sweep
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.lock import only_one
from notices.flow.batch.redecide import Looked, look_again, take_back
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, Ledger, Outline, StateChange
from notices.messages import Message, say
from notices.model import Channel, Decision, State
from notices.rules.states import NO_LETTER, NOT_LEFT


@dataclass(frozen=True)
class Order:
    """A command on an approved batch: which, by whom, when."""

    batch: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Stage:
    """An approved batch, held by this command alone.

    `looked` is what deciding again found to have changed, `newest` what the ledger had of all that decisions depend on.
    """

    workspace: Workspace
    ledger: Ledger
    order: Order
    frozen: Frozen
    looked: Looked
    newest: tuple[int, ...]
    trial: bool

    @property
    def taken_back(self) -> tuple[Message, ...]:
        """What is to be said of the notices that no longer stand."""
        return self.looked.messages

    def pages(self) -> Iterator[list[DecisionRecord]]:
        """The batch's notices as they stand now, some at a time, without those not approved or no longer standing."""
        fallen = {entry.id for entry, _ in self.looked.changed}
        with self.ledger.read() as books:
            for page in books.batches.decision_pages(self.order.batch):
                yield [entry for entry in _approved(page) if entry.id not in fallen]

    def outlines(self) -> list[Outline]:
        """The same in few words each."""
        fallen = {entry.id for entry, _ in self.looked.changed}
        with self.ledger.read() as books:
            return [each for each in books.batches.outlines(self.order.batch) if each.decision_id not in fallen]


@contextmanager
def stage(
    workspace: Workspace,
    ledger: Ledger,
    verb: str,
    order: Order,
    options: Mapping[str, object] | None = None,
    *,
    trial: bool = False,
) -> Iterator[Stage]:
    """Hold the batch for one command; raises Refused where nothing of it is approved or another run holds it.

    A `trial` decides again too, and writes nothing down.
    """
    with only_one(workspace.batches, order.batch):
        with ledger.read() as books:
            batch = books.batches.get(order.batch)
            if not any(map(_approved, books.batches.decision_pages(order.batch))):
                raise Refused(
                    say("Nothing of batch {batch} is approved.", batch=order.batch),
                    say("Release it with `notices approve {batch} --by NAME`.", batch=order.batch),
                )
        frozen = Frozen(workspace, batch)
        with ledger.begin() as books:
            if not trial:
                books.commands.start(verb, {"by": order.by, **(options or {})}, batch=order.batch, at=order.at)
            newest = books.histories.newest()
            changed: list[tuple[DecisionRecord, Decision]] = []
            for approved in map(_approved, books.batches.decision_pages(order.batch)):
                if not trial:
                    leave_open(books, approved, by=order.by, at=order.at)
                open_ones = [entry for entry in approved if _may_still_change(entry)]
                changed += look_again(books, batch, open_ones, frozen.policy).changed
            looked = Looked((), tuple(changed))
            if not trial:
                take_back(books, looked, by=order.by, at=order.at)
        if not trial:
            with ledger.read() as books:  # after the commit: what it says is gone must be gone, not the other way round
                sweep(workspace, books, order.batch)
        yield Stage(workspace, ledger, order, frozen, looked, newest, trial)
        if not trial:
            with ledger.begin() as books:
                books.commands.finish(verb, batch=order.batch, at=order.at)


def leave_open(books: Books, entries: Iterable[DecisionRecord], *, by: str, at: datetime) -> None:
    """Say of e-mails that a cut-off run left in mid-air that nobody knows whether they went.

    The caller holds the batch: whoever was sending them is no more.
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


def _may_still_change(entry: DecisionRecord) -> bool:
    notice = entry.notice
    return notice is not None and any(
        delivery.state in NOT_LEFT | {State.SPOOLED} and delivery.state is not State.PLANNED
        for delivery in notice.deliveries
    )


def not_rendered(at: Stage, channel: Channel) -> tuple[Message, ...]:
    """A message for each notice that is to go this way and whose letter is not made yet, or was set aside."""
    return tuple(
        say(
            "{notice} ({account}) is not rendered: `notices render` makes its letter.",
            notice=outline.number,
            account=outline.account,
        )
        for outline in at.outlines()
        if any(way is channel and state in NO_LETTER for _, way, state in outline.deliveries)
    )
