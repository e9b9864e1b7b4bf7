"""Measure a whole command: seconds, CPU seconds, and the peak memory of all its processes together."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from notices.office import Office


@dataclass(frozen=True)
class Run:
    """Measurements of a command: seconds, CPU seconds, and the peak memory of all its processes together, in MiB."""

    seconds: float
    processor: float
    mebibytes: float


def command(*words: str, workspace: Path, office: Office | None = None) -> Run:
    """Run a command of the program as a process, discarding its output."""
    search = f"{office.program.parent}{os.pathsep}{os.environ['PATH']}" if office else os.environ["PATH"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "notices", *words, "--workspace", str(workspace)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PATH": search},
    )
    peak = Peak(process.pid)
    _, said = process.communicate()
    seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: {said.decode()}")
    peak.stop()
    return Run(seconds, sum(peak.processor.values()), peak.most)


class Peak:
    """Return CPU seconds and memory of a process and its descendants, counting shared pages once."""

    def __init__(self, root: int) -> None:
        self.root, self.most, self.over = root, 0.0, threading.Event()
        self.processor: dict[int, float] = {}
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        rounds = 0
        while not self.over.wait(0.25):
            family = _family(self.root)
            for process in family:
                self.processor[process] = max(self.processor.get(process, 0.0), processor_of(process))
            rounds += 1
            if rounds % 8 == 0:  # measuring memory costs more than the rest
                self.most = max(self.most, sum(map(_mebibytes, family)))


def _family(root: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:  # it has ended
                continue
    family = {root}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return family


def processor_of(process: int) -> float:
    try:
        fields = (Path("/proc") / str(process) / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _mebibytes(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
