"""The proof that a notice's events belong to the ledger's chain: the way to its head as digests, and time stamps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notices.errors import NoticesError
from notices.flow.batch.stamping import trusted_roots
from notices.flow.workspace import Workspace
from notices.ledger import Books, Head, Ledger, LinkedEvent, StampRecord
from notices.messages import Message, say
from notices.timestamps import UntrustedStamp, verified_stamp


@dataclass(frozen=True, slots=True)
class StampProof:
    """A time stamp: the stamp, and the text that was stamped, which is the link's of its event."""

    record: StampRecord
    stamped: str


@dataclass(frozen=True)
class ChainProof:
    """The way from a notice's first event to the head, and the time stamps on it.

    `roots` are the authority's certificates (PEM), "" if they are not known. A line of the way has digests, time,
    person and kind of one event, and nothing of what was recorded.
    """

    ledger: Ledger
    first: int
    head: Head
    stamps: tuple[StampProof, ...]
    roots: bytes

    def lines(self) -> Iterator[str]:
        """Yield the texts that the links are computed from, in order; there may be millions."""
        with self.ledger.read() as books:
            yield from books.extracts.path(self.first, self.head.id)


def chain_proof(
    workspace: Workspace, ledger: Ledger, books: Books, events: Sequence[LinkedEvent]
) -> tuple[ChainProof, list[Message]]:
    """Return the proof for these events, and what is wrong with its time stamps.

    Of all stamps the first after the release is taken, which proves the letter, and the newest, which proves the rest.
    """
    own = [event.id for event in events]
    released = max((event.id for event in events if event.kind == "approved"), default=max(own))
    after = [stamp for stamp in books.stamps.all() if stamp.event >= released]
    chosen = {stamp.id: stamp for stamp in (after[:1] + after[-1:])}
    faults: list[Message] = []
    roots = b""
    if chosen and workspace.settings.timestamp.ca_file:
        try:
            roots = trusted_roots(workspace)
        except NoticesError as error:
            faults.append(error.fact)
    stamps = []
    for stamp in chosen.values():
        event = books.stamps.linked(stamp.event)
        if event is None or event.link != stamp.link:
            faults.append(say("the time stamp of event {event} is of something else", event=stamp.event))
            continue
        faults += _untrusted(stamp, event, roots)
        stamps.append(StampProof(stamp, event.link_text))
    return ChainProof(ledger, min(own), books.events.head(), tuple(stamps), roots), faults


def _untrusted(stamp: StampRecord, event: LinkedEvent, roots: bytes) -> list[Message]:
    """Return why a stamp is not trusted; nothing if it is, or if no root is known to compare it with."""
    if not roots:
        return []
    try:
        verified_stamp(stamp.answer, event.link_text.encode(), roots)
    except UntrustedStamp as error:
        return [say("the time stamp of event {event} is not trusted: {why}", event=stamp.event, why=error.fact)]
    except NoticesError as error:
        return [error.fact]
    return []
