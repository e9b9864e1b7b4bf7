"""Ctrl-C: defer it while a step is being finished, and never lose it in a finalizer."""

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

# Ctrl-C, a request to terminate, and the terminal being closed.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DeferredInterrupt:
    """Interrupt that is remembered until the program checks for it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._at_once = False

    @property
    def requested(self) -> bool:
        """True once an interrupt was requested."""
        return self._event.is_set()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Raise KeyboardInterrupt as soon as an interrupt is requested: nothing is being finished in this block."""
        self._at_once = True
        try:
            self.check()
            yield
        finally:
            self._at_once = False

    def check(self) -> None:
        """Raise KeyboardInterrupt if an interrupt was requested."""
        if self._event.is_set():
            raise KeyboardInterrupt

    def pause(self, seconds: float) -> None:
        """Sleep for `seconds`; raise KeyboardInterrupt as soon as an interrupt is requested."""
        self._event.wait(seconds)
        self.check()

    def on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        """Remember the signal; raise KeyboardInterrupt on the second one, and where nothing is being finished."""
        if self._event.is_set():
            raise KeyboardInterrupt
        self._event.set()
        if self._at_once:
            raise KeyboardInterrupt


@contextmanager
def defer_interrupts() -> Iterator[DeferredInterrupt]:
    """Defer Ctrl-C until the block ends; a second one interrupts at once."""
    deferred = DeferredInterrupt()
    if threading.current_thread() is not threading.main_thread():
        yield deferred
        return
    before: dict[signal.Signals, Callable[..., object] | int | None] = {}
    try:
        for each in SIGNALS:
            if signal.getsignal(each) is not signal.SIG_IGN:  # under nohup: stays ignored
                before[each] = signal.signal(each, deferred.on_signal)
        yield deferred
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    deferred.check()


RAISE_AGAIN_SECONDS = 0.01  # by then the finalizer has ended


@contextmanager
def no_ctrl_c_lost() -> Iterator[None]:
    """Raise a Ctrl-C again that Python swallowed in a finalizer during the block."""
    usual = sys.unraisablehook

    def hook(lost: UnraisableHookArgs) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            threading.Timer(RAISE_AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            usual(lost)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = usual
