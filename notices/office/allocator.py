"""jemalloc, where the machine has it: an office allocates so much that the usual way takes a quarter of its time."""

from __future__ import annotations

import sysconfig
from functools import cache
from pathlib import Path

LIBRARY = "libjemalloc.so.2"
PACKAGE = "libjemalloc2"


@cache
def allocator() -> Path | None:
    """The library to load into the office before it starts; None where there is none, and the office is slower."""
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    folders = (Path("/usr/lib") / multiarch, Path("/usr/lib64"), Path("/usr/lib"), Path("/usr/local/lib"))
    return next((library for folder in folders if (library := folder / LIBRARY).is_file()), None)
