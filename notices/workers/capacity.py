"""How much of this machine the letters may take: offices at once, and letters a document."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from notices.settings import Letters

OFFICE_MIB = 600  # an office at its largest before it is renewed, with the process that fills its letters
MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a command was told, 0 where nothing; then the settings say, then the machine's cores and free memory."""

    offices: int = 0
    letters: int = 0

    def workers(self, settings: Letters, documents: int) -> int:
        """How many offices work at once, never more than there are documents."""
        return max(1, min(documents, self.offices or settings.workers or for_this_machine()))

    def shard(self, settings: Letters) -> int:
        """How many letters share a document."""
        return self.letters or settings.shard


def for_this_machine() -> int:
    """An office a core, as far as the free memory goes."""
    cores = len(os.sched_getaffinity(0))
    free = _free_mib()
    return cores if free is None else max(1, min(cores, free // OFFICE_MIB))


def _free_mib() -> int | None:
    try:
        lines = MEMORY.read_text(encoding="ascii").splitlines()
    except OSError:  # not a Linux
        return None
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:")), None)
