"""Ctrl-C while a pool works: its tasks end at once, and the caller hears of it where it can leave in order."""

from __future__ import annotations

import signal
import threading
from abc import abstractmethod
from concurrent.futures import Executor
from types import FrameType, TracebackType
from typing import Self


class CtrlCPool(Executor):
    """A pool as a context manager: it waits for its tasks on a normal exit and kills them on an error.

    Ctrl-C ends the tasks immediately, but raises KeyboardInterrupt in the caller only at the next `submit` or at the
    end of the block.
    """

    _interrupted = _handling = False

    @abstractmethod
    def kill(self) -> None:
        """End all tasks and the pool, whatever they are doing."""

    @abstractmethod
    def _end_tasks(self) -> None:
        """End the tasks after Ctrl-C; runs in the signal's handler."""

    def __enter__(self) -> Self:
        # A handler set by the caller, or a caller that ignores Ctrl-C, takes precedence.
        if threading.current_thread() is threading.main_thread():
            self._handling = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._handling:
            signal.signal(signal.SIGINT, self._on_interrupt)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if kind is None and not self._interrupted:
            self.shutdown()
        else:
            self.kill()
        if self._handling:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._interrupted:
            raise KeyboardInterrupt

    def _on_interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        self._interrupted = True
        self._end_tasks()
