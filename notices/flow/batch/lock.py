"""Lock that lets one command at a time work on a batch, on this machine and all others; released when it ends."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from notices.errors import Refused
from notices.files import lock
from notices.flow.batch.shared_files import BatchFiles, kept_after
from notices.flow.workspace import Workspace
from notices.ledger import Holder, Ledger, Turn, TurnTaken
from notices.messages import say

LONGEST = 4096  # bytes of a lock file that are read


@contextmanager
def only_one(workspace: Workspace, ledger: Ledger, what: str, *, by: str) -> Iterator[None]:
    """Lock `what` (a batch's name) for `by` during the block.

    Raises Refused, with who works on it, if another command holds the lock. Commands of this machine have a lock file
    between them; a ledger on a server also tells those of other machines.
    """
    workspace.batches.mkdir(parents=True, exist_ok=True, mode=0o700)
    holder = Holder(by, socket.gethostname(), str(workspace.root))
    with ExitStack() as stack:
        stack.enter_context(_on_this_machine(workspace.batches / f".{what}.lock", what, holder))
        try:
            turn = stack.enter_context(ledger.turn(what, holder))
        except TurnTaken as taken:
            raise _in_use(what, taken.holder) from taken
        if turn is not None and workspace.shares_files:
            stack.enter_context(_with_files(BatchFiles(workspace, ledger, what), turn, holder))
        yield


def settle_files(workspace: Workspace, ledger: Ledger, batch: str, *, by: str) -> None:
    """Bring the files of a batch here, and keep what is new here, unless somebody is working on it anyway."""
    if workspace.shares_files:
        with suppress(Refused), only_one(workspace, ledger, batch, by=by):
            pass


@contextmanager
def _with_files(files: BatchFiles, turn: Turn, holder: Holder) -> Iterator[None]:
    """Bring the files before, keep them after, whatever happens between."""
    before = turn.left_by
    files.bring(
        turn,
        interrupted_here=before is not None and (before.machine, before.folder) == (holder.machine, holder.folder),
    )
    try:
        yield
    except BaseException as failure:
        kept_after(files, turn, failure)
        raise
    kept_after(files, turn, None)


@contextmanager
def _on_this_machine(path: Path, what: str, holder: Holder) -> Iterator[None]:
    """Lock a file that says who holds it."""
    try:
        descriptor = lock(path, wait=False)
    except BlockingIOError as error:
        raise _in_use(what, _holder_in(path)) from error
    try:
        with suppress(OSError):  # a full disk must not stop what makes room
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps([holder.by, holder.machine]).encode(), 0)
        yield
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _holder_in(path: Path) -> Holder | None:
    """Return who holds a lock file; None if it does not say."""
    try:
        with path.open("rb") as file:
            by, machine = json.loads(file.read(LONGEST))
        return Holder(str(by), str(machine))
    except (OSError, ValueError, TypeError):
        return None


def _in_use(what: str, holder: Holder | None) -> Refused:
    remedy = say("Wait until it has ended, then try again.")
    if holder is None:
        return Refused(say("Another command is working on {what}.", what=what), remedy)
    return Refused(
        say(
            "Another command is working on {what}: {name} started it on {machine}.",
            what=what,
            name=holder.by,
            machine=holder.machine,
        ),
        remedy,
    )
