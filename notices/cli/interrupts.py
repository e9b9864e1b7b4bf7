"""A Ctrl-C that Python would lose: one that falls into a finalizer is printed as ignored, and the program goes on."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

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
