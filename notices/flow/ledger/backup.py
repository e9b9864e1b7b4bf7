"""ledger backup: the ledger as of one moment and the batches' files, in one file, while others work."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.errors import Refused, UsageMistake
from notices.flow.ledger.archive import LEDGER_FILE, Manifest, written_aside
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.messages import say


@dataclass(frozen=True)
class BackupMade:
    """A finished backup: its file, and what it contains."""

    file: Path
    manifest: Manifest


def backup(workspace: Workspace, ledger: Ledger, target: Path, *, at: datetime) -> BackupMade:
    """Write a backup to a new file; it is checked before it gets its name.

    The ledger comes first: a file that is added meanwhile is one too many, and none that it knows is missing. Raises
    UsageMistake if the file exists, Refused if the ledger is a PostgreSQL database.
    """
    if workspace.settings.ledger.url:
        raise Refused(
            say("The ledger is a database of its own, which this command does not back up."),
            say("Back it up with the database's own tool, pg_dump, together with the folder batches/."),
        )
    if target.exists():
        raise UsageMistake(say("{file} exists already.", file=target), say("Give the backup a new name."))
    with (
        tempfile.TemporaryDirectory(prefix=".backup-", dir=workspace.batches) as folder,
        written_aside(target) as archive,
    ):
        copy = Path(folder) / LEDGER_FILE
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        head = ledger.copy_to(copy)
        archive.add(copy, LEDGER_FILE)
        for path in files_of_batches(workspace.batches):
            archive.add(path, path.relative_to(workspace.batches).as_posix())
        manifest = archive.finish(at, head)
    return BackupMade(target, manifest)


def files_of_batches(folder: Path) -> Iterator[Path]:
    """Yield every finished file of the batches: no lock, no half-written file, no link, and not the database."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place) / name
            ours = path.parent == folder and name.startswith(LEDGER_FILE)
            if not name.startswith(".") and not ours and path.is_file() and not path.is_symlink():
                yield path
