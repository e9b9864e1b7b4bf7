"""Lock that lets one command at a time work on a batch; released when its process ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from notices.errors import Refused
from notices.files import locked
from notices.messages import say


@contextmanager
def only_one(folder: Path, what: str) -> Iterator[None]:
    """Lock `what` (a batch's name) during the block. Raises Refused if another command holds the lock."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder / f".{what}.lock", wait=False))
        except BlockingIOError as error:
            raise Refused(
                say("Another command is working on {what}.", what=what),
                say("Wait until it has ended, then try again."),
            ) from error
        yield
