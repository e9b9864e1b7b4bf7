"""Time stamps of the ledger: its newest event is stamped after each release, or else by the next command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.errors import NoticesError, Unusable
from notices.files import write_whole
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, StampFacts
from notices.messages import Message, say
from notices.timestamps import AuthorityUnreachable, Stamp, StampAuthority, UntrustedStamp, fetch_stamp


@dataclass(frozen=True, slots=True)
class StampedEvent:
    """An event whose link an authority has stamped, and the time that it names."""

    event: int
    link: str
    time: datetime


def catch_up(workspace: Workspace, ledger: Ledger, *, by: str, at: datetime) -> tuple[Message, ...]:
    """Have the ledger stamped if notices were released since the last stamp; return a message if that failed.

    What was released stands in any case.
    """
    if not workspace.settings.timestamp.url:
        return ()
    with ledger.read() as books:
        waiting = books.stamps.last_release() > books.stamps.last_stamped()
    if not waiting:
        return ()
    try:
        stamp_head(workspace, ledger, by=by, at=at)
    except NoticesError as error:
        return (
            say(
                "What was released stands, but the ledger has no time stamp yet: {reason} The next command tries "
                "again, or `notices ledger stamp`.",
                reason=error.fact,
            ),
        )
    return ()


def stamp_head(workspace: Workspace, ledger: Ledger, *, by: str, at: datetime) -> StampedEvent | None:
    """Have the ledger's newest event stamped, and keep the stamp in the ledger and beside it; None without events.

    Raises Unusable, naming the authority, if it is down, or if its answer proves nothing.
    """
    with ledger.read() as books:
        head = books.stamps.head()
    if head is None:
        return None
    stamp = stamp_of(workspace, head.link_text.encode(), at)
    workspace.stamps.mkdir(mode=0o700, exist_ok=True)
    write_whole(stamp_file(workspace, head.id), stamp.answer)
    with ledger.begin() as books:
        books.stamps.record(head, StampFacts(workspace.settings.timestamp.url, stamp.answer, stamp.time), by=by, at=at)
    return StampedEvent(head.id, head.link, stamp.time)


def stamp_of(workspace: Workspace, content: bytes, now: datetime) -> Stamp:
    """Have a content stamped by the authority of the settings. Raises Unusable, naming it, if it is down or lies."""
    authority = authority_of(workspace)
    try:
        return fetch_stamp(content, authority, now)
    except AuthorityUnreachable as error:
        raise Unusable(
            say("The time-stamp authority {url} does not answer: {why}.", url=authority.url, why=error.fact),
            say("Check the network and [timestamp] url; `notices ledger stamp` tries again."),
        ) from error
    except UntrustedStamp as error:
        raise Unusable(
            say("The answer of the time-stamp authority {url} is refused: {why}.", url=authority.url, why=error.fact),
            say("Nothing of it was kept. Check [timestamp] ca_file and this computer's clock, or ask the authority."),
        ) from error


def stamp_file(workspace: Workspace, event: int) -> Path:
    """Return the file that keeps the stamp of an event beside the ledger."""
    return workspace.stamps / f"{event:09d}.tsr"


def authority_of(workspace: Workspace) -> StampAuthority:
    """Return the authority of the settings. Raises Unusable if its certificate cannot be read."""
    settings = workspace.settings.timestamp
    return StampAuthority(settings.url, trusted_roots(workspace), settings.timeout_seconds)


def trusted_roots(workspace: Workspace) -> bytes:
    """Return the certificates of the authority's root, in PEM form. Raises Unusable if they cannot be read."""
    path = workspace.root / workspace.settings.timestamp.ca_file
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(
            say(
                "The certificate of the time-stamp authority, {file}, cannot be read: {mistake}.",
                file=path.name,
                mistake=error.strerror,
            ),
            say("Check [timestamp] ca_file and the file's permissions."),
        ) from error
