"""Hand a job to a hot folder: copy it under a temporary name, then rename it."""

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
    """A folder that takes whole jobs; whoever prints them confirms with `job confirm`."""

    hot: HotFolder

    @property
    def name(self) -> str:
        """Path of the folder."""
        return str(self.hot.folder)

    def files_of(self, job: JobRecord, at: datetime) -> tuple[HandoverFile, ...]:
        """Return the job as one folder."""
        return (HandoverFile(1, WHOLE, "", job.number, TransferState.WAITING, at),)

    def refuse_unfit(self, tell: Callable[[Message], None]) -> None:  # noqa: ARG002 - a printer has more to say
        """Check that the folder exists and is writable."""
        self.hot.refuse_unfit()

    def call_off(self, job: str, file: HandoverFile) -> Iterator[Message]:  # noqa: ARG002 - the job is one folder
        """Remove the temporary copy; a folder under its final name may be printing already."""
        self.hot.clear(job)
        return iter(())

    def go_on(self, transfer: Transfer) -> None:
        """Put the job there, or find out whether an interrupted run did."""
        job = transfer.handover.job
        if transfer.state is TransferState.WAITING:
            if transfer.may_leave:
                self.hot.copy_in(transfer.folder, job, transfer.files)
            self._put_in_place(transfer, job)
        elif transfer.state is TransferState.SENDING:
            if self.hot.has_copy(job, transfer.files):
                self._put_in_place(transfer, job)
            elif self.hot.has(job, transfer.files):  # it was put in place before
                transfer.record(TransferState.TAKEN)
            else:
                transfer.record(TransferState.UNKNOWN, told=str(VANISHED))

    def _put_in_place(self, transfer: Transfer, job: str) -> None:
        """Rename the temporary copy, or remove it if a letter in it must stay."""
        if transfer.may_leave and transfer.mark_leaving(attempt=transfer.file.attempt + 1):
            self.hot.publish(job)
            transfer.record(TransferState.TAKEN)
        else:
            self.hot.clear(job)
            transfer.record(TransferState.KEPT_BACK)


VANISHED = say("The program was interrupted while putting it there, and it is not there now.")
