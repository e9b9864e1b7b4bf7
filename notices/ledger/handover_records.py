"""What the ledger knows of a print job's way to a folder or a printer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reach(StrEnum):
    """How far a file has come; each step is written down before it is taken."""

    WAITING = "waiting"  # nothing of it has gone
    CREATING = "creating"  # the printer was asked for an empty job, which prints nothing
    CREATED = "created"  # it has one, and its number is known
    SENDING = "sending"  # the file itself was let go: from here on it may be printed
    SENT = "sent"  # every byte of it has arrived there; what the printer made of it is not known yet
    TAKEN = "taken"  # the folder or the printer has it
    PRINTED = "printed"  # the printer says completed
    CANCELLED = "cancelled"  # the printer will print no more of it
    KEPT_BACK = "kept-back"  # it was not sent, and will not be
    UNKNOWN = "unknown"  # nobody can tell but a person who looks


NOTHING_GONE = frozenset({Reach.WAITING, Reach.CREATING, Reach.CREATED, Reach.KEPT_BACK})
WHOLE = ""  # the name of "all files of the job", where they go as one folder
ENDED = frozenset({Reach.PRINTED, Reach.CANCELLED, Reach.KEPT_BACK})


@dataclass(frozen=True, slots=True)
class HandoverFile:
    """A file on its way: `name` is what it is called there, `printer_job` the printer's number for it."""

    position: int
    file: str
    sha256: str
    name: str
    reach: Reach
    since: datetime
    attempt: int = 0
    printer_job: int | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class HandoverRecord:
    """A print job on its way to one place; `ended_at` is None while `resume` may have to go on."""

    id: int
    job: str
    place: str
    by: str
    started_at: datetime
    ended_at: datetime | None
    files: tuple[HandoverFile, ...]

    @property
    def nothing_gone(self) -> bool:
        """Whether it is certain that the place has nothing of it that could be printed."""
        return all(file.reach in NOTHING_GONE for file in self.files)

    @property
    def open(self) -> bool:
        """Whether there is something left to do."""
        return self.ended_at is None
