"""A file's transfer to a folder or a printer: where it stands, written down before and after each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from notices.flow.caller import Caller
from notices.ledger import HandoverFile, HandoverRecord, JobRecord, Ledger, TransferState
from notices.messages import Message


@dataclass(frozen=True)
class HandedOver:
    """A job and what became of it at its place: the worst that one of its files came to."""

    job: str
    place: str
    state: TransferState


@dataclass
class Transfer:
    """The transfer of one file of a job; `may_leave` is False if one of its letters must not go any more."""

    ledger: Ledger
    handover: HandoverRecord
    file: HandoverFile
    folder: Path
    files: Mapping[str, str]
    may_leave: bool
    caller: Caller
    by: str

    @property
    def state(self) -> TransferState:
        """State of the transfer."""
        return self.file.reach

    @property
    def source(self) -> Path:
        """The file itself."""
        return self.folder / self.file.file

    def record(self, state: TransferState, **facts: Any) -> None:
        """Record a step in the ledger; committed when this returns."""
        following = replace(self.file, reach=state, **facts)
        with self.ledger.begin() as books:
            self.file = books.handovers.move_file(self.handover, self.file, following, by=self.by, at=self.caller.now())


class Destination(Protocol):
    """Where a job can go."""

    @property
    def name(self) -> str:
        """What the ledger calls it."""

    def files_of(self, job: JobRecord, at: datetime) -> tuple[HandoverFile, ...]:
        """What goes there of a job, and under which names."""

    def refuse_unfit(self, tell: Callable[[Message], None]) -> None:
        """See once that it can take a job; raises what is wrong, before anything is made or sent."""

    def call_off(self, job: str, file: HandoverFile) -> Iterator[Message]:
        """Have nothing more of a file printed there, as far as that can be done from here; says what came of it."""

    def go_on(self, transfer: Transfer) -> None:
        """Bring a file as far as it comes: taken by a folder, printed, cancelled, kept back, or unknown."""
