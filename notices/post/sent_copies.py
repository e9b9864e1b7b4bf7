"""Copies of sent messages, saved before sending; fsync overlaps with SMTP."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from notices.files import make_durable, write_whole

AT_ONCE = 16  # files per fsync batch, so that the folder is synced once for all of them
MOST_WAITING = 2  # batches waiting at a time


class SentCopies:
    """Folder of sent messages. `keep` writes one atomically, but a power cut may lose it until it is synced.

    On exit from the block all of them are durable.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._new: list[Path] = []
        self._waiting: deque[Future[None]] = deque()
        self._executor = ThreadPoolExecutor(1)

    def keep(self, name: str, content: bytes) -> None:
        """Write a message to the folder; it survives if the program is killed afterwards."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._folder / name, content, durable=False)
        self._new.append(self._folder / name)
        if len(self._new) >= AT_ONCE:
            self._sync_new()
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft().result()

    def remove(self, name: str) -> None:
        """Remove the copy of an earlier attempt at a message that will not be sent."""
        (self._folder / name).unlink(missing_ok=True)

    def _sync_new(self) -> None:
        self._waiting.append(self._executor.submit(make_durable, self._new))
        self._new = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._sync_new()
        self._executor.shutdown()
        for each in self._waiting:
            each.result()
