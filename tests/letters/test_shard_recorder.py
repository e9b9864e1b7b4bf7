"""Shard results are counted and recorded once, with a message for each letter that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from notices.letters.proof import Failure
from notices.letters.shards.recorder import ShardRecorder
from notices.letters.shards.shard import LetterPages, ShardPdf, ShardResult
from notices.messages import Message, say

EMPTY = ShardPdf(Path("empty.pdf"), "0", 1, ())
FULL = ShardPdf(Path("full.pdf"), "1", 2, (LetterPages("N-1", 1, 1), LetterPages("N-2", 2, 1)))
FAILURE = Failure("N-3", say("unreadable"))


@dataclass(kw_only=True)
class ListRecorder(ShardRecorder):
    """Records in two lists."""

    made: list[ShardPdf] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def _record_made(self, pdfs: Sequence[ShardPdf]) -> None:
        self.made += pdfs

    def _record_failed(self, reasons: Mapping[str, Message]) -> list[Message]:
        self.failed += reasons
        return list(reasons.values())


def test_made_and_failed_letters_are_recorded_and_counted() -> None:
    seen: list[tuple[int, int]] = []
    recorder = ListRecorder(progress=lambda done, total: seen.append((done, total)), total=4)
    recorder.record(ShardResult("s", (FULL, EMPTY), (FAILURE,)))
    recorder.record(ShardResult("t", (), ()))
    recorder.set_aside({"N-4": say("undrawable")})
    assert recorder.made == [FULL]
    assert recorder.failed == ["N-3", "N-4"]
    assert [message.text for message in recorder.attention] == ["unreadable", "undrawable"]
    assert seen == [(2, 4), (3, 4), (4, 4)]
