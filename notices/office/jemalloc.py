"""jemalloc for LibreOffice, if installed: the default allocator takes a quarter of the conversion time."""

from __future__ import annotations

import sysconfig
from functools import cache
from pathlib import Path

LIBRARY = "libjemalloc.so.2"
PACKAGE = "libjemalloc2"


@cache
def allocator() -> Path | None:
    """Return the library to preload into LibreOffice; None if it is not installed, and LibreOffice is slower."""
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    folders = (Path("/usr/lib") / multiarch, Path("/usr/lib64"), Path("/usr/lib"), Path("/usr/local/lib"))
    return next((library for folder in folders if (library := folder / LIBRARY).is_file()), None)
