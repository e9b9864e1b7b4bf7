"""Folder in which a cluster's workers on this machine keep letters while they make them; it is gone afterwards."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from notices.files import lock

PREFIX = "notices-worker-"
LOCK = ".lock"


@contextmanager
def worker_folder() -> Iterator[Path]:
    """Yield a new folder (0700) below the temporary one, and delete it in the end.

    First those are deleted that killed workers have left: nobody holds the lock in them. Others are left alone.
    """
    _sweep(Path(tempfile.gettempdir()))
    folder, held = _made()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _made() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(FileNotFoundError):
            held = lock(folder / LOCK)
            if (folder / LOCK).exists():
                return folder, held
            os.close(held)  # another worker that is starting took the folder for one that was left


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # somebody is working there, or has just deleted it
            state = folder.lstat()
            if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or not (folder / LOCK).is_file():
                continue
            held = lock(folder / LOCK, wait=False)
            try:
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(held)
