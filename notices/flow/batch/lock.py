"""One command at a time on a batch: a lock that the system itself gives back when the holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notices.errors import Refused
from notices.messages import say


@contextmanager
def only_one(folder: Path, what: str) -> Iterator[None]:
    """Hold `what` (a batch's name) for the time of the block; raises Refused where another run holds it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / f".{what}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                say("Another command is working on {what}.", what=what),
                say("Wait until it has ended, then try again."),
            ) from error
        yield
    finally:
        os.close(descriptor)
