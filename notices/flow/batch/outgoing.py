"""Proved letters about to leave, by e-mail or in a print job, and whether their PDFs are unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple, overload

from notices.flow.batch.seals import CHANGED_ROWS, broken_seals
from notices.flow.batch.session import BatchSession
from notices.ledger import DecisionRecord, DeliveryRecord, NoticeRecord, StateChange
from notices.messages import Message, say
from notices.model import Channel, State
from notices.pdf import sha256_of
from notices.rules.states import READY_TO_LEAVE

PAGE = 100  # letters read from the ledger at a time
PAGES_KEPT = 3  # messages are built ahead while earlier ones are being sent


@dataclass(frozen=True, slots=True)
class ReadyLetter:
    """Delivery of a proved letter; `earlier` is the previous notice of its case (None where not loaded).

    `broken` is the reason why it must not leave, if its data are not those that were approved. `mates` are the other
    notices in the letter, each with the previous one of its case (not loaded where `earlier` is not).
    """

    entry: DecisionRecord
    notice: NoticeRecord
    delivery: DeliveryRecord
    source: Path
    sha256: str
    earlier: NoticeRecord | None = None
    broken: Message | None = None
    mates: tuple[tuple[DecisionRecord, NoticeRecord | None], ...] = ()

    @property
    def entries(self) -> tuple[DecisionRecord, ...]:
        """The decisions behind all notices in the letter, that of the leading one first."""
        return (self.entry, *(entry for entry, _ in self.mates))


class LetterKind(NamedTuple):
    """Approval, estate and tier of a letter: what decides its template and settings."""

    approval: int
    estate: str
    tier: str


@dataclass(frozen=True, slots=True)
class QueuedLetter:
    """Compact form of ReadyLetter: 100,000 of them fit in memory."""

    notice_id: int
    delivery_id: int
    state: State
    since: datetime
    attempt: int
    kind: LetterKind


class Queue(Sequence[ReadyLetter]):
    """Letters about to leave, in order; loads their content page by page."""

    def __init__(self, session: BatchSession, queued: Sequence[QueuedLetter]) -> None:
        self._session = session
        self._queued = queued
        self._page = lru_cache(maxsize=PAGES_KEPT)(self._load_page)

    def __len__(self) -> int:
        return len(self._queued)

    @overload
    def __getitem__(self, index: int) -> ReadyLetter: ...

    @overload
    def __getitem__(self, index: slice) -> list[ReadyLetter]: ...

    def __getitem__(self, index: int | slice) -> ReadyLetter | list[ReadyLetter]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._page(index // PAGE)[index % PAGE]

    @property
    def kinds(self) -> frozenset[LetterKind]:
        """Kinds of letters in the queue."""
        return frozenset(each.kind for each in self._queued)

    def pages(self, start: int = 0) -> Iterator[list[ReadyLetter]]:
        """Yield the letters from index `start` on, in pages."""
        for index in range(start, len(self), PAGE):
            yield self[index : index + PAGE]

    def _load_page(self, page: int) -> list[ReadyLetter]:
        queued = self._queued[page * PAGE : (page + 1) * PAGE]
        with self._session.ledger.read() as books:
            letters = books.letters.of_deliveries([each.delivery_id for each in queued])
            inside = {key: [way.notice_id for way in its if way.id != key] for key, its in letters.items()}
            ids = [*(each.notice_id for each in queued), *(key for its in inside.values() for key in its)]
            entries = {entry.notice.id: entry for entry in books.batches.decisions_of_notices(ids) if entry.notice}
            earlier = books.notices.earlier_steps(ids)
            # Compared again where they are used: a long `send` loads its last letters hours after it began.
            broken = broken_seals(books, self._session.frozen.batch, list(entries.values()), earlier)
        return [
            replace(
                _ready(self._session, entries[it.notice_id], it.delivery_id, earlier.get(it.notice_id)),
                broken=broken.get(it.notice_id),
                mates=tuple((entries[key], earlier.get(key)) for key in inside.get(it.delivery_id, ())),
            )
            for it in queued
        ]


def unchanged_since_proof(session: BatchSession, channel: Channel) -> tuple[list[QueuedLetter], tuple[Message, ...]]:
    """Return this channel's letters whose PDF is unchanged since it was proved, and a message for each other one.

    Letters that a question holds back are neither; the session has told about them. All letters in a changed PDF are
    set aside, those of the other channel too: rendering makes them all again. So is a letter of several notices whose
    PDF was not made for exactly these.
    """
    unchanged: list[QueuedLetter] = []
    changed_files: set[Path] = set()
    made_for_others: list[ReadyLetter] = []
    made_for_these = _made_for(session)
    for ready in _ready_by(session, channel):
        if not made_for_these(ready):
            made_for_others.append(ready)
        elif is_as_proved(ready):
            if ready.entry.id not in session.held_back:
                unchanged.append(_as_queued(ready))
        else:
            changed_files.add(ready.source)
    changed = [
        (ready.delivery.id, ready.notice.number or "", ready.source.name)
        for ready in (_ready_by(session, *Channel) if changed_files else ())
        if ready.source in changed_files
    ]
    set_aside(session, [delivery for delivery, _, _ in changed], say("its PDF is gone or was changed since rendering"))
    strange = say("its PDF was made for other notices than are in the letter now")
    set_aside(session, [ready.delivery.id for ready in made_for_others], strange)
    return unchanged, (
        *(not_as_proved(number, file) for number, file in sorted({it[1:] for it in changed})),
        *(
            say("{notice} set aside: {reason}; render it again.", notice=ready.notice.number, reason=strange)
            for ready in made_for_others
        ),
    )


def _made_for(session: BatchSession) -> Callable[[ReadyLetter], bool]:
    """Return a test whether a PDF is that of exactly the notices in the letter: rendered and waiting together."""
    with session.ledger.read() as books:
        pages = books.notices.on_shared_pages(session.order.batch)

    def is_made_for_these(ready: ReadyLetter) -> bool:
        notice, letter = ready.notice, ready.delivery.letter_id
        if not pages and letter is None:
            return True
        ways: Sequence[DeliveryRecord] = ()
        if letter is not None:
            with session.ledger.read() as books:
                ways = books.letters.of_deliveries([letter]).get(letter, [])
        inside = frozenset({notice.id, *(way.notice_id for way in ways)})
        shard = notice.shard.id if notice.shard else 0
        proved = pages.get((shard, notice.first_page or 0), frozenset({notice.id}))
        return inside == proved and all(way.state is ready.delivery.state for way in ways)

    return is_made_for_these


def waits_for(session: BatchSession, channel: Channel) -> bool:
    """Return whether a rendered letter is waiting to leave by this channel."""
    ways = (way for summary in session.summaries() for way in summary.deliveries)
    return any(way is channel and state in READY_TO_LEAVE[channel] for _, way, state in ways)


def _ready_by(session: BatchSession, *channels: Channel) -> Iterator[ReadyLetter]:
    """Yield the rendered letters waiting to leave by these channels, those of several notices once."""
    for entry in chain.from_iterable(session.pages()):
        if entry.notice is not None and entry.notice.shard is not None:
            for delivery in entry.notice.deliveries:
                waits = delivery.channel in channels and delivery.state in READY_TO_LEAVE[delivery.channel]
                if waits and not delivery.is_led:
                    yield _ready(session, entry, delivery.id)


def _ready(
    session: BatchSession, entry: DecisionRecord, delivery_id: int, earlier: NoticeRecord | None = None
) -> ReadyLetter:
    notice = entry.notice
    assert notice is not None and notice.shard is not None  # noqa: S101, PT018 - what waits to leave has been rendered
    delivery = next(each for each in notice.deliveries if each.id == delivery_id)
    return ReadyLetter(
        entry, notice, delivery, _source(session.workspace.root, notice.shard.file), notice.shard.sha256, earlier
    )


@lru_cache(maxsize=1024)
def _source(root: Path, file: str) -> Path:
    """Return the same path for all letters of a file: a path takes more memory than the rest of a letter's place."""
    return root / file


def _as_queued(ready: ReadyLetter) -> QueuedLetter:
    notice, delivery = ready.notice, ready.delivery
    kind = _same_kind(LetterKind(notice.approval or 0, ready.entry.account.estate, notice.tier))
    return QueuedLetter(notice.id, delivery.id, delivery.state, delivery.since, delivery.attempt, kind)


@cache
def _same_kind(kind: LetterKind) -> LetterKind:
    return kind  # one object for all equal kinds, to save memory


def not_as_proved(number: str, file: str) -> Message:
    """Return the message for a letter whose PDF was changed since it was proved."""
    return say(
        "{notice} set aside: {file} is gone or was changed since rendering; render it again.", notice=number, file=file
    )


def is_as_proved(ready: ReadyLetter) -> bool:
    """Return whether a letter's PDF is unchanged since it was proved; a file is hashed again only if it was touched."""
    if not ready.source.is_file():
        return False
    now = ready.source.stat()  # with the time of the last change of any kind, which nobody can put back
    return _sha256_of(ready.source, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns) == ready.sha256


@lru_cache(maxsize=1024)
def _sha256_of(file: Path, _inode: int, _size: int, _modified: int, _changed: int) -> str:
    return sha256_of(file)


def set_letter_aside(session: BatchSession, ready: ReadyLetter, reason: Message) -> None:
    """Set a letter aside, unless another program changed its rows: see `keep_aside`."""
    if ready.broken != CHANGED_ROWS:
        set_aside(session, [ready.delivery.id], reason)


def set_aside(session: BatchSession, deliveries: Sequence[int], reason: Message) -> None:
    """Set deliveries aside until they are rendered again (not in a trial)."""
    if not deliveries or session.trial:
        return
    with session.ledger.begin() as books:
        books.deliveries.set_states(
            [
                StateChange(delivery, State.SET_ASIDE, kind="not-fit-to-leave", data=reason.as_data())
                for delivery in deliveries
            ],
            by=session.order.by,
            at=session.order.at,
        )
