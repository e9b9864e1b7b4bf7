"""Base class for recording shard results as they arrive."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from notices.letters.shards.shard import ShardPdf, ShardResult
from notices.messages import Message
from notices.progress import Progress


@dataclass(kw_only=True)
class ShardRecorder(ABC):
    """Recorder of shard results, one at a time in the caller's thread, with reports of progress and collected messages.

    `attention` holds a message for each letter that needs a person.
    """

    progress: Progress
    total: int
    done: int = 0
    attention: list[Message] = field(default_factory=list)

    def record(self, result: ShardResult) -> None:
        """Record a shard's finished letters, and set its failed ones aside."""
        made = sum(len(pdf.letters) for pdf in result.pdfs)
        if made:
            self._record_made([pdf for pdf in result.pdfs if pdf.letters])
            self._advance(made)
        self.set_aside({failure.number: failure.reason for failure in result.failures})

    def set_aside(self, reasons: Mapping[str, Message]) -> None:
        """Record that these letters could not be made, with the reason by number."""
        if reasons:
            self.attention += self._record_failed(reasons)
            self._advance(len(reasons))

    @abstractmethod
    def _record_made(self, pdfs: Sequence[ShardPdf]) -> None:
        """Record the letters of these PDFs, all of which have some."""

    @abstractmethod
    def _record_failed(self, reasons: Mapping[str, Message]) -> Iterable[Message]:
        """Record letters that could not be made; return a message for each."""

    def _advance(self, letters: int) -> None:
        self.done += letters
        self.progress(self.done, self.total)
