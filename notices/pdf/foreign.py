"""Read PDFs from outside in a process of their own, with limits on memory and time.

A few kilobytes of PDF can inflate to gigabytes, or draw for hours. pypdf limits what it inflates, PDFium and qpdf do
not, and none of them limits time; only the system stops all of that.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor
from contextlib import ExitStack
from pathlib import Path
from typing import Self, TypeVar

from notices.errors import Unusable
from notices.messages import say
from notices.pdf.inspect_pages import StartWorkers

MEMORY_MIB = 1024  # beyond what the process has at the start; a scanned A4 page at 600 dpi has 100
CPU_SECONDS = 30  # a thousand pages need less
STATM = Path("/proc/self/statm")

T = TypeVar("T")


class ExcessivePdf(Unusable):
    """The PDF needs more memory or time than any letter or enclosure does."""


class ForeignPdfs:
    """Reader of PDFs from outside, one at a time; the process is started when the first is read.

    As a context manager, it ends that process.
    """

    def __init__(
        self, start_workers: StartWorkers, *, memory_mib: int = MEMORY_MIB, cpu_seconds: int = CPU_SECONDS
    ) -> None:
        self._start_workers = start_workers
        self._limits = memory_mib, cpu_seconds
        self._workers: Executor | None = None
        self._stack = ExitStack()

    def read(self, function: Callable[[Path], T], path: Path) -> T:
        """Return what a function of some module returns for a PDF; raise ExcessivePdf, and whatever it raises."""
        if self._workers is None:
            self._workers = self._stack.enter_context(self._start_workers(1, preload=[__name__]))
        try:
            return self._workers.submit(within_limits, function, path, self._limits).result()
        except (BrokenExecutor, MemoryError) as error:
            raise excessive(path) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def within_limits(function: Callable[[Path], T], path: Path, limits: tuple[int, int]) -> T:
    """Call a function within limits (MiB, seconds); beyond them the system ends this process, or memory is refused."""
    memory_mib, cpu_seconds = limits
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds
    _limit(resource.RLIMIT_CPU, seconds)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, _address_space() + memory_mib * 1024**2)
    return function(path)


def _limit(which: int, value: int) -> None:
    most = resource.getrlimit(which)[1]
    resource.setrlimit(which, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def _address_space() -> int:
    try:
        return int(STATM.read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # not Linux
        return 0


def excessive(path: Path) -> ExcessivePdf:
    """Return the error for a file that took more than the limits."""
    return ExcessivePdf(
        say("{file} needs more memory or time to read than any letter does.", file=path.name),
        say("It may be malicious; do not open it, and check with the sender."),
    )
