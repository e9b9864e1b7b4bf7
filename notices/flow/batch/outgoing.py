"""What send and print start from: letters that were proved, and whose PDF is still what was proved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple, overload

from notices.flow.batch.session import Stage
from notices.ledger import DecisionRecord, DeliveryRecord, NoticeRecord, StateChange
from notices.messages import Message, say
from notices.model import Channel, State
from notices.pdf import sha256_of

PAGE = 100  # letters whose data is fetched together
PAGES_KEPT = 3  # some are being put together while others are on the line


@dataclass(frozen=True, slots=True)
class Ready:
    """A delivery whose letter stands proved in a PDF; `earlier` is the step before it in its case, where asked for."""

    entry: DecisionRecord
    notice: NoticeRecord
    delivery: DeliveryRecord
    source: Path
    sha256: str
    earlier: NoticeRecord | None = None


class Kind(NamedTuple):
    """What letters have in common: their approval, estate and tier."""

    approval: int
    estate: str
    tier: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The same in so few words that a whole city's fit into memory."""

    notice_id: int
    delivery_id: int
    state: State
    since: datetime
    attempt: int
    kind: Kind


class Queue(Sequence[Ready]):
    """Letters about to leave, in their order; what they say is in memory only for those whose turn is near."""

    def __init__(self, at: Stage, waiting: Sequence[Waiting]) -> None:
        self._at = at
        self._waiting = waiting
        self._page = lru_cache(maxsize=PAGES_KEPT)(self._fetched)

    def __len__(self) -> int:
        return len(self._waiting)

    @overload
    def __getitem__(self, place: int) -> Ready: ...

    @overload
    def __getitem__(self, place: slice) -> list[Ready]: ...

    def __getitem__(self, place: int | slice) -> Ready | list[Ready]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        return self._page(place // PAGE)[place % PAGE]

    @property
    def kinds(self) -> frozenset[Kind]:
        """Of which kinds its letters are."""
        return frozenset(each.kind for each in self._waiting)

    def pages(self, start: int = 0) -> Iterator[list[Ready]]:
        """Those from a place on, some at a time."""
        for place in range(start, len(self), PAGE):
            yield self[place : place + PAGE]

    def _fetched(self, page: int) -> list[Ready]:
        waiting = self._waiting[page * PAGE : (page + 1) * PAGE]
        ids = [each.notice_id for each in waiting]
        with self._at.ledger.read() as books:
            entries = {entry.notice.id: entry for entry in books.batches.decisions_behind(ids) if entry.notice}
            earlier = books.notices.earlier_steps(ids)
        return [_ready(self._at, entries[it.notice_id], it.delivery_id, earlier.get(it.notice_id)) for it in waiting]


# What waits to leave by each way: an e-mail also where the server put it off.
WAITING: Mapping[Channel, frozenset[State]] = {
    Channel.EMAIL: frozenset({State.RENDERED, State.DEFERRED}),
    Channel.PRINT: frozenset({State.RENDERED}),
}


def still_sound(at: Stage, channel: Channel) -> tuple[list[Waiting], tuple[Message, ...]]:
    """The letters for this way whose PDF is still what was proved; where it is not, all in it are set aside and said.

    By the other way too: what stands in a changed PDF can leave by neither, and one rendering makes it all again.
    """
    sound: list[Waiting] = []
    broken: set[Path] = set()
    for ready in _ready_by(at, channel):
        if is_as_proved(ready):
            sound.append(_in_few_words(ready))
        else:
            broken.add(ready.source)
    changed = [
        (ready.delivery.id, ready.notice.number or "", ready.source.name)
        for ready in (_ready_by(at, *Channel) if broken else ())
        if ready.source in broken
    ]
    set_aside(at, [delivery for delivery, _, _ in changed], say("its PDF is gone or was changed since rendering"))
    return sound, tuple(not_as_proved(number, file) for number, file in sorted({it[1:] for it in changed}))


def waits_for(at: Stage, channel: Channel) -> bool:
    """Whether a letter is rendered and has not left this way yet."""
    ways = (way for outline in at.outlines() for way in outline.deliveries)
    return any(way is channel and state in WAITING[channel] for _, way, state in ways)


def _ready_by(at: Stage, *channels: Channel) -> Iterator[Ready]:
    """What is rendered and has not left by one of these ways yet."""
    for entry in chain.from_iterable(at.pages()):
        if entry.notice is not None and entry.notice.shard is not None:
            for delivery in entry.notice.deliveries:
                if delivery.channel in channels and delivery.state in WAITING[delivery.channel]:
                    yield _ready(at, entry, delivery.id)


def _ready(at: Stage, entry: DecisionRecord, delivery_id: int, earlier: NoticeRecord | None = None) -> Ready:
    notice = entry.notice
    assert notice is not None and notice.shard is not None  # noqa: S101, PT018 - what waits to leave has been rendered
    delivery = next(each for each in notice.deliveries if each.id == delivery_id)
    return Ready(entry, notice, delivery, at.workspace.root / notice.shard.file, notice.shard.sha256, earlier)


def _in_few_words(ready: Ready) -> Waiting:
    notice, delivery = ready.notice, ready.delivery
    kind = _same_kind(Kind(notice.approval or 0, ready.entry.account.estate, notice.tier))
    return Waiting(notice.id, delivery.id, delivery.state, delivery.since, delivery.attempt, kind)


@cache
def _same_kind(kind: Kind) -> Kind:
    return kind  # one for all that are equal


def not_as_proved(number: str, file: str) -> Message:
    """What is said of a letter whose PDF is no longer what was proved."""
    return say(
        "{notice} set aside: {file} is gone or was changed since rendering; render it again.", notice=number, file=file
    )


def is_as_proved(ready: Ready) -> bool:
    """Whether a letter's PDF is, at this moment, still what was proved; what has not been touched is read once."""
    if not ready.source.is_file():
        return False
    now = ready.source.stat()
    return _sha256_of(ready.source, now.st_ino, now.st_size, now.st_mtime_ns) == ready.sha256


@lru_cache(maxsize=1024)
def _sha256_of(file: Path, _inode: int, _size: int, _changed: int) -> str:
    return sha256_of(file)


def set_aside(at: Stage, deliveries: Sequence[int], reason: Message) -> None:
    """Put deliveries aside until they are rendered again; a trial writes nothing."""
    if not deliveries or at.trial:
        return
    with at.ledger.begin() as books:
        books.deliveries.set_states(
            [
                StateChange(delivery, State.SET_ASIDE, kind="not-fit-to-leave", data=reason.as_data())
                for delivery in deliveries
            ],
            by=at.order.by,
            at=at.order.at,
        )
