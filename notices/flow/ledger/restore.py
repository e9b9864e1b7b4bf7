"""ledger restore: a backup becomes the ledger again; what was there is moved aside, never deleted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.errors import NoticesError, Refused
from notices.files import locked, sync_folder
from notices.flow.ledger.archive import LEDGER_FILE, Manifest, read_archive
from notices.flow.workspace import Workspace
from notices.ledger import ORIGIN, Ledger, lock_for_use
from notices.messages import say


@dataclass(frozen=True)
class Restored:
    """A restored backup: what it contains, and the folder that holds what was there before, if anything was."""

    manifest: Manifest
    aside: Path | None


def restore(workspace: Workspace, file: Path, *, at: datetime, replace: bool) -> Restored:
    """Restore a backup into `batches/`.

    Raises Refused if there is a ledger with events and not `replace`, if another command has the ledger open, or if the
    ledger is a PostgreSQL database; Unusable if the backup is damaged.
    """
    if workspace.settings.ledger.url:
        raise Refused(
            say("The ledger is a database of its own, which this command does not restore."),
            say("Restore it with the database's own tool, pg_restore."),
        )
    _refuse_events(workspace, replace=replace)
    fresh = workspace.root / ".batches.restored"
    shutil.rmtree(fresh, ignore_errors=True)  # left by an interrupted restore
    fresh.mkdir(mode=0o700)
    try:
        manifest = read_archive(file, fresh)
        _make_durable(fresh)
        with _alone(workspace), _nobody_working(workspace.batches):
            _refuse_events(workspace, replace=replace)  # again: another command may have begun a ledger meanwhile
            aside = _move_aside(workspace, at)
            fresh.rename(workspace.batches)
            sync_folder(workspace.root)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Restored(manifest, aside)


def _refuse_events(workspace: Workspace, *, replace: bool) -> None:
    if not replace and _has_events(workspace):
        raise Refused(
            say("There is a ledger already: {file}.", file=workspace.batches / LEDGER_FILE),
            say("With --yes it is moved aside, and the backup takes its place."),
        )


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Keep every other command from opening the ledger; raises Refused if one has it open.

    Whoever has it open would go on writing into the file that is moved aside.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(lock_for_use(workspace.heads), wait=False))
        except BlockingIOError as error:
            raise Refused(
                say("Another command is using the ledger."), say("Wait until it has ended, then try again.")
            ) from error
        yield


def _has_events(workspace: Workspace) -> bool:
    """Return whether there is a ledger with events, or one that cannot be read."""
    path = workspace.batches / LEDGER_FILE
    if not path.exists():
        return False
    try:
        ledger = Ledger.open(workspace.ledger_url)
    except NoticesError:
        return True
    with ledger.read() as books:
        found = books.events.head() != ORIGIN
    ledger.close()
    return found


@contextmanager
def _nobody_working(folder: Path) -> Iterator[None]:
    """Hold the lock of every batch; raises Refused if a command holds one."""
    with ExitStack() as stack:
        for path in sorted(folder.glob(".*.lock")) if folder.is_dir() else ():
            try:
                stack.enter_context(locked(path, wait=False))
            except BlockingIOError as error:
                raise Refused(
                    say("Another command is working on {what}.", what=path.name[1 : -len(".lock")]),
                    say("Wait until it has ended, then try again."),
                ) from error
        yield


def _move_aside(workspace: Workspace, at: datetime) -> Path | None:
    if not workspace.batches.is_dir():
        return None
    aside = workspace.root / f"batches.{at:%Y%m%dT%H%M%S}"
    if aside.exists():
        raise Refused(say("{file} exists already.", file=aside), say("Try again."))
    workspace.batches.rename(aside)
    return aside


def _make_durable(folder: Path) -> None:
    for place, _, names in os.walk(folder):
        for name in names:
            with (Path(place) / name).open("rb") as file:
                os.fsync(file.fileno())
        sync_folder(Path(place))
