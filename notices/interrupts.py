"""Ctrl-C: deferred while something must be finished, and never lost in a finalizer."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

# Ctrl-C, the system asking us to end, and the window being closed.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Patience:
    """Whether somebody wants to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def check(self) -> None:
        """Stop here if somebody wants to; raises KeyboardInterrupt."""
        if self._asked.is_set():
            raise KeyboardInterrupt

    def pause(self, seconds: float) -> None:
        """Wait so long, or until somebody wants to stop; then it raises KeyboardInterrupt."""
        self._asked.wait(seconds)
        self.check()

    def heard(self, _signal: int, _frame: FrameType | None) -> None:
        """Remember it; a second time it is followed at once."""
        if self._asked.is_set():
            raise KeyboardInterrupt
        self._asked.set()


@contextmanager
def patience() -> Iterator[Patience]:
    """For the time of the block, nobody breaks off what is at hand unless he asks twice."""
    asked = Patience()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before: dict[signal.Signals, Callable[..., object] | int | None] = {}
    try:
        for each in ENDING:
            if signal.getsignal(each) is not signal.SIG_IGN:  # as under nohup: whoever started us wants it ignored
                before[each] = signal.signal(each, asked.heard)
        yield asked
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    asked.check()


AGAIN_AFTER_SECONDS = 0.01  # when the finalizer is over


@contextmanager
def no_ctrl_c_lost() -> Iterator[None]:
    """For the time of the block, a Ctrl-C that was lost is pressed again."""
    usual = sys.unraisablehook

    def hook(lost: UnraisableHookArgs) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            threading.Timer(AGAIN_AFTER_SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            usual(lost)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = usual
