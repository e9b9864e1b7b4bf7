"""Comparison of the ledger with what is known outside of it: an older copy that was put back must not number or send.

The heads that the ledger writes beside itself (`ledger.heads`) are compared, and, where there are none, the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from notices.errors import Refused
from notices.flow.batch.departed import (
    DepartedJob,
    DepartedMail,
    departed_jobs,
    departed_letter_jobs,
    departed_letters,
    departed_mails,
)
from notices.flow.workspace import Workspace
from notices.ledger import Books, HeadEntry, HeadFile, Ledger, NoticeRecord, read_mark, write_mark
from notices.messages import Message, say
from notices.model import Channel, State
from notices.post import file_stem
from notices.rules.states import MAY_HAVE_LEFT

MOST_NAMED = 20  # files named in a refusal
LEFT_OR_WITHDRAWN = MAY_HAVE_LEFT | {State.DEFERRED, State.WITHDRAWN}


class LedgerTooOld(Refused):
    """The ledger does not know what has left; nothing was changed."""


def refuse_older_ledger(workspace: Workspace, ledger: Ledger) -> None:
    """Raise LedgerTooOld if the ledger does not know all that has left.

    A workspace that has no file of heads yet, because it was made before there was one, gets it.
    """
    with ledger.read() as books:
        if fault := fault_of(workspace, books):
            raise fault
        begun = ledger.heads is None or ledger.heads.newest() is not None
    if not begun:
        ledger.begin_heads_anew()


def knows_what_left(workspace: Workspace, books: Books) -> bool:
    """Return whether the ledger knows all that has left; only then may files that it does not know be removed."""
    return fault_of(workspace, books) is None


def fault_of(workspace: Workspace, books: Books) -> LedgerTooOld | None:
    """Return the refusal of a ledger that does not know what has left, None for one that does."""
    if unknown := unknown_heads(workspace, books):
        newest = max(unknown, key=lambda entry: (entry.at, entry.head.id))
        return LedgerTooOld(
            say(
                "The ledger is an old copy or another one: its last event is number {last}, and number {number} of "
                "{time} is not in it.",
                last=books.events.head().id,
                number=newest.head.id,
                time=f"{newest.at:%Y-%m-%d %H:%M:%S %Z}".strip(),
            ),
            _remedy(),
        )
    if strangers := list(_strangers(workspace, books, _without_heads(workspace, books))):
        return LedgerTooOld(
            say("The ledger does not know {count} file(s) that have left.", count=len(strangers)),
            _remedy(),
            [say("{file}", file=name) for name in sorted(strangers)[:MOST_NAMED]],
        )
    return None


def unknown_heads(workspace: Workspace, books: Books) -> list[HeadEntry]:
    """Return the heads kept outside of the ledger that it does not have."""
    newest = HeadFile(workspace.heads).newest()
    kept = [mark for name in batch_folders(workspace) for mark in marks_of(workspace, name)]
    return [entry for entry in (*([newest] if newest else ()), *kept) if not books.events.knows(entry.head)]


def batch_folders(workspace: Workspace) -> list[str]:
    """Return the names of all batches that have files, whether the ledger knows them or not."""
    places = (workspace.batches, workspace.output("x").parent)
    folders = {path.name for place in places if place.is_dir() for path in place.iterdir() if path.is_dir()}
    return sorted(name for name in folders if not name.startswith("."))


def folders_with_evidence(workspace: Workspace) -> set[str]:
    """Return the names of the batches that were approved or have sent something, by their folders alone."""
    return {
        name
        for name in batch_folders(workspace)
        if workspace.sent(name).is_dir()
        or any(departed_letters(workspace, name))
        or any(workspace.batch(name).glob("approval-*"))
        or any(departed_jobs(workspace, name))
        or any(marks_of(workspace, name))
    }


def marks_of(workspace: Workspace, batch: str) -> Iterator[HeadEntry]:
    """Yield the heads kept with what has left of a batch."""
    for folder in (workspace.batch(batch), workspace.output(batch)):
        if mark := read_mark(folder):
            yield mark


def mark_departure(workspace: Workspace, ledger: Ledger, batch: str) -> None:
    """Keep the newest head with a batch's copies of what was sent and with its print jobs."""
    if ledger.heads is not None and (newest := ledger.heads.newest()):
        for folder in (workspace.batch(batch), workspace.output(batch)):
            write_mark(folder, newest)


def is_explained(notice: NoticeRecord | None) -> bool:
    """Return whether the ledger explains the copy of a notice's e-mail: it was tried, even if it waits again."""
    return notice is not None and any(
        way.channel is Channel.EMAIL
        and (way.attempt or way.state in MAY_HAVE_LEFT or way.state in {State.DEFERRED, State.WITHDRAWN})
        for way in notice.deliveries
    )


def _remedy() -> Message:
    return say(
        "Put the newest copy of the ledger back, or write down what the files prove with "
        "`notices ledger reconcile --by NAME`. Until then nothing is numbered, sent or printed."
    )


def _without_heads(workspace: Workspace, books: Books) -> list[str]:
    """Return the batches about which no head tells anything, so that their files are compared.

    Beside a new ledger a new file of heads begins, which knows nothing of what an earlier ledger let leave.
    """
    if HeadFile(workspace.heads).newest() is None:
        return batch_folders(workspace)
    unknown = {name for name in folders_with_evidence(workspace) if books.batches.find(name) is None}
    return sorted(name for name in unknown if not any(marks_of(workspace, name)))


def unexplained_letters(workspace: Workspace, books: Books, batches: Iterable[str]) -> Iterator[DepartedMail]:
    """Yield the e-mails of letters of reply on disk that the ledger cannot explain."""
    found = [mail for batch in batches for mail in departed_letters(workspace, batch)]
    known = {file_stem(each.number): each for each in books.replies.all()} if found else {}
    for mail in found:
        reply = known.get(mail.path.stem)
        ways = reply.deliveries if reply is not None else ()
        if not any(way.channel is Channel.EMAIL and (way.attempt or way.state in LEFT_OR_WITHDRAWN) for way in ways):
            yield mail


def unexplained_letter_jobs(workspace: Workspace, books: Books) -> Iterator[DepartedJob]:
    """Yield the print jobs of letters of reply that the ledger does not know."""
    jobs = list(departed_letter_jobs(workspace))
    known = {way.job for each in books.replies.all() for way in each.deliveries} if jobs else set()
    yield from (job for job in jobs if job.number not in known)


def _strangers(workspace: Workspace, books: Books, batches: Sequence[str]) -> Iterator[str]:
    """Yield the e-mails and print jobs of these batches on disk that the ledger cannot explain."""
    for letter in unexplained_letters(workspace, books, batches):
        yield letter.path.relative_to(workspace.root).as_posix()
    if HeadFile(workspace.heads).newest() is None:
        for job in unexplained_letter_jobs(workspace, books):
            yield job.folder.relative_to(workspace.root).as_posix()
    for batch in batches:
        jobs = {job.number for job in books.jobs.all(batch)}
        for job in departed_jobs(workspace, batch):
            if job.number not in jobs:
                yield job.folder.relative_to(workspace.root).as_posix()
        for mail in departed_mails(workspace, batch, books):
            if not is_explained(books.notices.find(mail.number) if mail.number else None):
                yield mail.path.relative_to(workspace.root).as_posix()
