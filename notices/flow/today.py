"""Things that wait for a person in the batches of a workspace: the first page of the page in the browser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from notices.errors import NoticesError
from notices.flow.workspace import Workspace
from notices.ledger import Books, Ledger, WaitingDeliveries
from notices.messages import NOTHING, Message, say
from notices.model import Channel, State
from notices.words import word

LIMITATION_DAYS = 90
# Kinds of things that wait: first what may have gone out twice or not at all, then what must be decided.
ORDER = (
    "interrupted", "unknown", "set-aside", "scans", "proposals", "release-second", "release", "rendering",
    "sending", "printing", "confirm-mail", "confirm-print", "bounced", "returned", "refused", "deferred", "limitation",
    "promise", "instalments",
)  # fmt: skip


# Kinds by state and channel; other states are kinds of their own, or on their way by themselves.
KINDS = {
    (State.APPROVED, Channel.EMAIL): "rendering",
    (State.APPROVED, Channel.PRINT): "rendering",
    (State.RENDERED, Channel.EMAIL): "sending",
    (State.RENDERED, Channel.PRINT): "printing",
    (State.SPOOLED, Channel.EMAIL): "confirm-mail",
    (State.SPOOLED, Channel.PRINT): "confirm-print",
}


@dataclass(frozen=True)
class Waiting:
    """A kind of thing that waits: how many, what, and the batch that shows them.

    `filters` narrow the page of the batch to these things.
    """

    kind: str
    count: int
    what: Message
    batch_id: int | None = None
    batch: str = ""
    filters: dict[str, str] = field(default_factory=dict)
    remark: Message = NOTHING


def waiting(workspace: Workspace, ledger: Ledger, day: date) -> list[Waiting]:
    """Return everything that waits for a person on this day, the most urgent first."""
    with ledger.read() as books:
        ids = {batch.name: batch.id for batch in books.batches.all() if batch.discarded is None}
        found = [
            *_interrupted(books, ids),
            *_deliveries(workspace, books),
            *_came_back(books),
            *_dates(books, day),
        ]
    return sorted(found, key=lambda each: ORDER.index(each.kind))


def _interrupted(books: Books, ids: dict[str, int]) -> Iterator[Waiting]:
    for batch, count in Counter(each.batch for each in books.attention.interrupted()).items():
        if batch in ids:
            yield Waiting("interrupted", count, say("command(s) interrupted or still at work"), ids[batch], batch)


def _kind(workspace: Workspace, each: WaitingDeliveries) -> str | None:
    """Return the kind of thing that such deliveries are, None if they are on their way by themselves."""
    if each.state is State.PLANNED:
        return "release-second" if needs_two(workspace, each.tier) else "release"
    if each.state is State.SENDING:
        return None
    return KINDS.get((each.state, each.channel), each.state.value)


def _deliveries(workspace: Workspace, books: Books) -> Iterator[Waiting]:
    counted: Counter[tuple[str, int, str, State]] = Counter()
    for each in books.attention.deliveries():
        if kind := _kind(workspace, each):
            counted[kind, each.batch_id, each.batch, each.state] += each.count
    says = {
        "unknown": say("e-mail(s) of which nobody knows whether they were sent"),
        "set-aside": say("letter(s) set aside, because something is wrong with them"),
        "release-second": say("letter(s) to release, which needs a second person"),
        "release": say("letter(s) to release"),
        "rendering": say("released letter(s) to render"),
        "sending": say("letter(s) ready to send"),
        "printing": say("letter(s) ready to print"),
        "confirm-mail": say("message(s) in the outbox, to be sent and confirmed"),
        "confirm-print": say("letter(s) at the print shop, to be confirmed"),
        "bounced": say("e-mail(s) that bounced: find another address"),
        "returned": say("letter(s) that came back: find another address"),
        "refused": say("e-mail(s) that a mail server refused"),
        "deferred": say("e-mail(s) that a mail server put off"),
    }
    for (kind, batch_id, batch, state), count in counted.items():
        yield Waiting(kind, count, says.get(kind) or word(kind), batch_id, batch, {"state": state.value})


def needs_two(workspace: Workspace, tier: str) -> bool:
    """Return whether the tier needs a second person in any policy; not if the settings cannot be read."""
    try:
        settings = workspace.settings
        policies = (settings.policy, *(settings.policy_of(estate.name) for estate in settings.estates))
    except NoticesError:
        return False
    return any(each.name == tier and each.approval is not None for policy in policies for each in policy.tiers)


def _came_back(books: Books) -> Iterator[Waiting]:
    """Yield what came back and must be judged by a person."""
    if scans := len(list(books.scans.waiting())):
        yield Waiting("scans", scans, say("scanned slip(s) with doubtful marks"))
    if lines := len(list(books.statements.waiting())):
        yield Waiting("proposals", lines, say("payment(s) of which somebody must say whose they are"))


def _dates(books: Books, day: date) -> Iterator[Waiting]:
    last = day + timedelta(days=LIMITATION_DAYS)
    for near in books.attention.limitation(day, last):
        nearest = say("the nearest on {day}", day=near.nearest.isoformat())
        what = say("account(s) whose limitation date is within {days} days", days=LIMITATION_DAYS)
        filters = {"until": last.isoformat()}
        yield Waiting("limitation", near.count, what, near.batch_id, near.batch, filters, nearest)
    promises, instalments = books.attention.promises_due(day)
    if promises:
        yield Waiting("promise", promises, say("promise(s) to pay that are due"))
    if instalments:
        yield Waiting("instalments", instalments, say("instalment plan(s) with a part that is due"))
