"""Evidence outside of an older ledger: the lost part of the file of heads, and the files of all batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from notices.flow.batch.departed import DepartedJob, DepartedMail, departed_jobs, departed_mails
from notices.flow.batch.outside import batch_folders, is_explained, unexplained_letter_jobs, unexplained_letters
from notices.flow.workspace import Workspace
from notices.ledger import Books, HeadEntry, HeadFile, Movement, farthest
from notices.model import Channel, State
from notices.rules.states import MAY_HAVE_LEFT


@dataclass(frozen=True)
class Evidence:
    """Everything known outside.

    `lost` are the entries of the file of heads that the ledger does not have. `whole` is true if they tell everything
    that happened since the copy; otherwise what the files show counts too.
    """

    lost: tuple[HeadEntry, ...]
    whole: bool
    mails: tuple[DepartedMail, ...]
    jobs: tuple[DepartedJob, ...]
    movements: tuple[Movement, ...]

    @property
    def since(self) -> datetime | None:
        """Time of the first lost entry."""
        return min((entry.at for entry in self.lost), default=None)

    @property
    def handed(self) -> frozenset[str]:
        """Print jobs that a place may have received since the copy."""
        return frozenset(job for entry in self.lost for job in entry.handed)

    @property
    def entered(self) -> dict[str, list[datetime]]:
        """Return the times at which things were entered that nothing outside tells, by kind."""
        times: dict[str, list[datetime]] = {}
        for entry in self.lost:
            for kind, number in entry.entered.items():
                times.setdefault(kind, []).extend([entry.at] * number)
        return times

    @property
    def series(self) -> dict[str, int]:
        """Next number of each series."""
        return farthest(entry.series for entry in self.lost)

    def mail_of(self, number: str) -> DepartedMail | None:
        """Return the file of a notice's e-mail."""
        return next((mail for mail in self.mails if mail.number == number), None)

    def job_named(self, number: str) -> DepartedJob | None:
        """Return the folder of a print job."""
        return next((job for job in self.jobs if job.number == number), None)

    def left_at(self, number: str, channel: Channel) -> datetime | None:
        """Return when a notice is last known to have moved."""
        times = [entry.at for entry in self.lost for it in entry.moved if (it.notice, it.channel) == (number, channel)]
        return times[-1] if times else None


def gather(workspace: Workspace, books: Books) -> Evidence:
    """Read everything that is known outside of the ledger."""
    entries = HeadFile(workspace.heads).entries()
    known = [entry for entry in entries if books.events.knows(entry.head)]
    last_known = max((entry.head.id for entry in known), default=0)
    lost = tuple(entry for entry in entries if entry not in known and entry.head.id > last_known)
    whole = bool(known and lost)
    folders = batch_folders(workspace)
    mails = tuple(mail for name in folders for mail in departed_mails(workspace, name, books))
    jobs = tuple(job for name in folders for job in departed_jobs(workspace, name))
    moved = _last_movements(lost)
    if not whole:
        files = (*_of_mails(books, mails), *_of_jobs(books, jobs), *_of_letters(workspace, books, folders))
        for it in files:
            moved.setdefault((it.notice, it.channel), it)
    return Evidence(lost, whole, mails, jobs, tuple(moved.values()))


def _last_movements(lost: Iterable[HeadEntry]) -> dict[tuple[str, Channel], Movement]:
    """Return the last movement of each delivery, with the job of an earlier one: a carrier's result names none."""
    moved: dict[tuple[str, Channel], Movement] = {}
    for it in (it for entry in lost for it in entry.moved):
        key = (it.notice, it.channel)
        before = moved.get(key)
        moved[key] = replace(it, job=it.job or (before.job if before else None))
    return moved


def _of_mails(books: Books, mails: tuple[DepartedMail, ...]) -> Iterator[Movement]:
    """Yield a movement for each e-mail on disk that the ledger does not explain."""
    for mail in mails:
        if mail.number and not is_explained(books.notices.find(mail.number)):
            yield Movement(mail.number, Channel.EMAIL, State.UNKNOWN, mail.kept.message_id, mail.sha256)


def _of_jobs(books: Books, jobs: tuple[DepartedJob, ...]) -> Iterator[Movement]:
    """Yield a movement for each letter in a print job that the ledger does not know."""
    for job in jobs:
        if books.jobs.find(job.number) is None:
            for row in job.rows:
                if row.replaces is None:
                    yield Movement(row.number, Channel.PRINT, State.SPOOLED, job=job.number)


def _of_letters(workspace: Workspace, books: Books, folders: Sequence[str]) -> Iterator[Movement]:
    """Yield a movement for each letter of reply on disk that the ledger does not explain."""
    for mail in unexplained_letters(workspace, books, folders):
        if mail.number:
            yield Movement(mail.number, Channel.EMAIL, State.UNKNOWN, mail.kept.message_id, mail.sha256, letter="")
    for job in unexplained_letter_jobs(workspace, books):
        for row in job.rows:
            yield Movement(row.number, Channel.PRINT, State.SPOOLED, job=job.number, letter="")


def may_have_left(movement: Movement) -> bool:
    """Return whether a delivery may have left, as last known."""
    return movement.state in MAY_HAVE_LEFT
