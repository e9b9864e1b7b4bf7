"""Measure how long short commands take from start to end: CPU seconds of the whole process, median of several runs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from samples import write_list

RUNS = 9
OWNERS = 5
BATCH = "few"


def measured() -> Mapping[str, float]:
    """Return the CPU seconds of each command; those of Python and SQLAlchemy tell how fast the machine is."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(scratch) / "bytecode")  # an installed program is compiled
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        workspace = _workspace(Path(scratch))
        there = ("--workspace", str(workspace))
        program = ("-m", "notices")
        return {
            "Python alone": _processor(("-c", "pass")),
            "importing SQLAlchemy": _processor(("-c", "import sqlalchemy")),
            "`notices --version`": _processor((*program, "--version")),
            "`notices --help`": _processor((*program, "--help")),
            "`notices print --help`": _processor((*program, "print", "--help")),
            f"`notices status BATCH`, {OWNERS} letters": _processor((*program, "status", BATCH, *there)),
            f"`notices show BATCH`, {OWNERS} letters": _processor((*program, "show", BATCH, *there)),
        }


def _workspace(scratch: Path) -> Path:
    workspace, arrears = scratch / "workspace", scratch / "list.csv"
    write_list(arrears, OWNERS)
    for words in (
        ("init", str(workspace)),
        ("plan", str(arrears), "--as-of", "2026-11-23", "--name", BATCH, "--workspace", str(workspace)),
    ):
        subprocess.run([sys.executable, "-m", "notices", *words], check=True, capture_output=True)
    return workspace


def _processor(words: Sequence[str]) -> float:
    """Return the median of the CPU seconds, user and system, of a Python process with these arguments."""
    return statistics.median(_once(words) for _ in range(RUNS))


def _once(words: Sequence[str]) -> float:
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit status {process.returncode}")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    for name, seconds in measured().items():
        print(f"{name}: {seconds:.2f} s")
