"""Handing a job to a hot folder: copied aside first, then there in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from notices.flow.printing.handover.transfer import Transfer
from notices.ledger import WHOLE, HandoverFile, JobRecord, TransferState
from notices.messages import Message, say
from notices.press import HotFolder


@dataclass(frozen=True)
class FolderDestination:
    """A folder that takes whole jobs; who prints them says so with `job confirm`."""

    hot: HotFolder

    @property
    def name(self) -> str:
        """The folder's path."""
        return str(self.hot.folder)

    def files_of(self, job: JobRecord, at: datetime) -> tuple[HandoverFile, ...]:
        """The job as one folder."""
        return (HandoverFile(1, WHOLE, "", job.number, TransferState.WAITING, at),)

    def refuse_unfit(self, tell: Callable[[Message], None]) -> None:  # noqa: ARG002 - a printer has more to say
        """See that the folder is there and can be written to."""
        self.hot.refuse_unfit()

    def call_off(self, job: str, file: HandoverFile) -> Iterator[Message]:  # noqa: ARG002 - the job is one folder
        """Remove what lies aside; what was put in place somebody may be printing."""
        self.hot.clear(job)
        return iter(())

    def go_on(self, transfer: Transfer) -> None:
        """Put the job there, or see whether it got there before the program was cut off."""
        job = transfer.handover.job
        if transfer.state is TransferState.WAITING:
            if not transfer.may_leave:
                self.hot.clear(job)
                transfer.record(TransferState.KEPT_BACK)
                return
            self.hot.lay_aside(transfer.folder, job, transfer.files)
            transfer.record(TransferState.SENDING, attempt=transfer.file.attempt + 1)
        if transfer.state is TransferState.SENDING:
            self._let_go(transfer, job)

    def _let_go(self, transfer: Transfer, job: str) -> None:
        """What lies aside was not let go: the step that gives it its name takes it away from there."""
        if self.hot.has_aside(job, transfer.files):
            if not transfer.may_leave:
                self.hot.clear(job)
                transfer.record(TransferState.KEPT_BACK)
                return
            self.hot.put_in_place(job)
            transfer.record(TransferState.TAKEN)
        elif self.hot.has(job, transfer.files):
            transfer.record(TransferState.TAKEN)
        else:
            transfer.record(TransferState.UNKNOWN, told=str(NEITHER))


NEITHER = say("It was being put there when the program was cut off, and now it is not there.")
