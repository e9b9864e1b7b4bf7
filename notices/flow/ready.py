"""What send and print start from: letters that were proved, and whose PDF is still what was proved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from notices.flow.stage import Stage
from notices.ledger import DecisionRecord, DeliveryRecord, NoticeRecord, StateChange
from notices.messages import Message, say
from notices.model import Channel, State
from notices.pdf import sha256_of


@dataclass(frozen=True)
class Ready:
    """A delivery whose letter stands proved in a PDF."""

    entry: DecisionRecord
    notice: NoticeRecord
    delivery: DeliveryRecord
    source: Path
    sha256: str


def going_by(entries: Iterable[DecisionRecord], channel: Channel) -> list[DecisionRecord]:
    """The notices that are to go this way and have no letter yet, or none that may leave."""
    waiting = {State.APPROVED, State.SET_ASIDE}
    return [
        entry
        for entry in entries
        if entry.notice and any(d.channel is channel and d.state in waiting for d in entry.notice.deliveries)
    ]


# What waits to leave by each way: an e-mail also where the server put it off.
WAITING: Mapping[Channel, frozenset[State]] = {
    Channel.EMAIL: frozenset({State.RENDERED, State.DEFERRED}),
    Channel.PRINT: frozenset({State.RENDERED}),
}


def ready_for(at: Stage, entries: Iterable[DecisionRecord], channel: Channel) -> list[Ready]:
    """What is rendered and has not left this way yet."""
    return [
        Ready(entry, notice, delivery, at.workspace.root / notice.shard.file, notice.shard.sha256)
        for entry in entries
        if (notice := entry.notice) is not None and notice.shard is not None
        for delivery in notice.deliveries
        if delivery.channel is channel and delivery.state in WAITING[channel]
    ]


def still_sound(
    at: Stage, entries: Sequence[DecisionRecord], channel: Channel
) -> tuple[list[Ready], tuple[Message, ...]]:
    """The letters for this way whose PDF is still what was proved; where it is not, all in it are set aside and said.

    By the other way too: what stands in a changed PDF can leave by neither, and one rendering makes it all again.
    """
    letters = ready_for(at, entries, channel)
    sound = [ready for ready in letters if is_as_proved(ready)]
    broken = {ready.source for ready in letters} - {ready.source for ready in sound}
    changed = [ready for way in Channel for ready in ready_for(at, entries, way) if ready.source in broken]
    set_aside(at, changed, say("its PDF is gone or was changed since rendering"))
    return sound, tuple(
        not_as_proved(number, file)
        for number, file in sorted({(ready.notice.number or "", ready.source.name) for ready in changed})
    )


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


def set_aside(at: Stage, letters: Sequence[Ready], reason: Message) -> None:
    """Put deliveries aside until they are rendered again; a trial writes nothing."""
    if not letters or at.trial:
        return
    with at.ledger.begin() as books:
        books.set_states(
            [
                StateChange(ready.delivery.id, State.SET_ASIDE, kind="not-fit-to-leave", data=reason.as_data())
                for ready in letters
            ],
            by=at.order.by,
            at=at.order.at,
        )
