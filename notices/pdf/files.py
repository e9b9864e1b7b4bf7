"""Write files atomically and readable only by their owner."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notices.errors import Unusable
from notices.files import beside, sync_folder
from notices.messages import say


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """Yield a hidden file beside `target` (0600) to write to; rename it to `target` if the block succeeds.

    Raises Unusable if the disk is full.
    """
    unfinished = beside(target, "partial")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield unfinished
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.chmod(0o600)  # another program may have replaced it by a file of its own
        unfinished.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise Unusable(
            say("The disk is full: {folder}.", folder=target.parent),
            say("Free some space there, then run `notices resume BATCH`."),
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
