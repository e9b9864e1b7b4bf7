"""Transfer of a file to a folder or a printer, recorded in the ledger before and after each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from notices.flow.caller import Caller
from notices.ledger import Books, HandoverFile, HandoverRecord, JobRecord, Ledger, TransferState
from notices.messages import Message


@dataclass(frozen=True)
class HandedOver:
    """Result of handing a job over: the least good state of its files."""

    job: str
    place: str
    state: TransferState


@dataclass
class Transfer:
    """Transfer of one file of a job; `may_leave` is False if one of its letters must not be sent any more.

    `last_look` decides that again with the ledger as it is at the moment when the file leaves.
    """

    ledger: Ledger
    handover: HandoverRecord
    file: HandoverFile
    folder: Path
    files: Mapping[str, str]
    may_leave: bool
    last_look: Callable[[Books], bool]
    caller: Caller
    by: str

    @property
    def state(self) -> TransferState:
        """State of the transfer."""
        return self.file.reach

    @property
    def source(self) -> Path:
        """Path of the file."""
        return self.folder / self.file.file

    def record(self, state: TransferState, **facts: Any) -> None:
        """Record a step in the ledger; committed when this returns."""
        following = replace(self.file, reach=state, **facts)
        with self.ledger.begin() as books:
            self.file = books.handovers.move_file(self.handover, self.file, following, by=self.by, at=self.caller.now())

    def mark_leaving(self, **facts: Any) -> bool:
        """Record that the file leaves now, unless one of its letters must stay; the look and the mark are one step."""
        following = replace(self.file, reach=TransferState.SENDING, **facts)
        with self.ledger.begin() as books:
            self.may_leave = self.may_leave and self.last_look(books)
            if self.may_leave:
                self.file = books.handovers.move_file(
                    self.handover, self.file, following, by=self.by, at=self.caller.now()
                )
        return self.may_leave


class Destination(Protocol):
    """A folder or a printer that takes print jobs."""

    @property
    def name(self) -> str:
        """Name in the ledger."""

    def files_of(self, job: JobRecord, at: datetime) -> tuple[HandoverFile, ...]:
        """Return the files of a job that are transferred, with their names there."""

    def refuse_unfit(self, tell: Callable[[Message], None]) -> None:
        """Check once that it can take a job; raises Unusable if not, before anything is made or sent."""

    def call_off(self, job: str, file: HandoverFile) -> Iterator[Message]:
        """Cancel a file there as far as possible; yield messages about the outcome."""

    def go_on(self, transfer: Transfer) -> None:
        """Transfer a file until it is taken by a folder, printed, cancelled, kept back, or its state is unknown."""
