"""LibreOffice's extension cache, shared by all users of a Debian or Ubuntu machine."""

from __future__ import annotations

import os
import stat
from pathlib import Path

SHARED_CACHE = Path("/var/spool/libreoffice/uno_packages")
FOLDER_BITS = stat.S_IROTH | stat.S_IXOTH


def closed_to_others(cache: Path = SHARED_CACHE) -> Path | None:
    """Return a folder or file of the cache that not every user can read, or None.

    LibreOffice dies at its start (DeploymentException) for whoever cannot read it. Earlier versions of this program,
    run once as root, left it so.
    """
    if not cache.is_dir():
        return None
    for folder, names, files in os.walk(cache, onerror=None):
        wrong = [Path(folder, name) for name in names if not _open(Path(folder, name), FOLDER_BITS)]
        wrong += [Path(folder, name) for name in files if not _open(Path(folder, name), stat.S_IROTH)]
        if wrong:
            return min(wrong)
    return None if _open(cache, FOLDER_BITS) else cache


def _open(path: Path, bits: int) -> bool:
    try:
        return path.stat().st_mode & bits == bits
    except OSError:
        return False
