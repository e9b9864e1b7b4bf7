"""Messages kept as they left, each before it leaves; the disk's time for them is spent beside the server's."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from notices.files import make_durable, write_whole

AT_ONCE = 16  # files made durable in one go: their folder needs it only once
MOST_WAITING = 2  # such goes at a time


class Evidence:
    """A folder of messages as they left: `keep` puts one there whole, which a power cut may take for a little while.

    At the end of the block all of them are durable.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._new: list[Path] = []
        self._waiting: deque[Future[None]] = deque()
        self._aside = ThreadPoolExecutor(1)

    def keep(self, name: str, content: bytes) -> None:
        """Put a message into the folder; a program that is killed afterwards leaves it there."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._folder / name, content, durable=False)
        self._new.append(self._folder / name)
        if len(self._new) >= AT_ONCE:
            self._hand_on()
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft().result()

    def _hand_on(self) -> None:
        self._waiting.append(self._aside.submit(make_durable, self._new))
        self._new = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._hand_on()
        self._aside.shutdown()
        for each in self._waiting:
            each.result()
