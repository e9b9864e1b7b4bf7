"""Number of LibreOffice workers that may run at once, and of letters in a document."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from notices.settings import Letters

OFFICE_MIB = 600  # peak memory of a worker and its LibreOffice, before the latter is restarted
MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Capacity:
    """Options of a command; 0 means the settings decide, or else the machine's cores and free memory.

    `cluster` is the address of a scheduler; empty means that the settings decide.
    """

    offices: int = 0
    letters: int = 0
    cluster: str = ""

    def workers(self, settings: Letters, documents: int) -> int:
        """Return the number of workers, at most one a document."""
        return max(1, min(documents, self.offices or settings.workers or for_this_machine()))

    def shard(self, settings: Letters) -> int:
        """Return the number of letters in a document."""
        return self.letters or settings.shard


def for_this_machine() -> int:
    """Return one worker a core, as far as the free memory allows."""
    cores = len(os.sched_getaffinity(0))
    free = _free_mib()
    return cores if free is None else max(1, min(cores, free // OFFICE_MIB))


def _free_mib() -> int | None:
    try:
        lines = MEMORY.read_text(encoding="ascii").splitlines()
    except OSError:  # not Linux
        return None
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:")), None)
