"""Time of `notices report` about 100,000 accounts: `PYTHONPATH=. .venv/bin/python benchmarks/reporting.py [ROUNDS]`.

The target is 10 s for the whole command on two quiet cores, from its start to its last line, with two rounds of letters
in the ledger. Load and bare pace of the processor are printed too, because both change the figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from notices.flow.workspace import at
from notices.ledger import Ledger

sys.path += [str(Path(__file__).parents[1] / "tests" / "reports"), str(Path(__file__).parents[1] / "tests")]
from crowd import ESTATES, settle

OWNERS = 100_000
MOST_SECONDS = 10.0
WAYS = (("tables",), ("--json",), ("--html", "report.html"), ("--xlsx", "report.xlsx"))


def main() -> None:
    """Print seconds, processor seconds and memory of each way; exit with status 1 if the tables take too long."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(scratch) / "bytecode")  # an installed program is compiled
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        workspace = _settled(Path(scratch) / "workspace")
        print(f"load {os.getloadavg()[0]:.1f}; a million additions take {_pace():.0f} ms", flush=True)
        best = {way: min(_timed(workspace, way) for _ in range(rounds)) for way in WAYS}
    print("s waited; s of the processor; MiB; `notices report` with")
    for way, (seconds, busy, mebibytes) in best.items():
        print(f"{seconds:5.1f} {busy:5.1f} {mebibytes:5.0f}  {way[0]}")
    sys.exit(best[WAYS[0]][0] > MOST_SECONDS)


def _settled(folder: Path) -> Path:
    names = [word for name in ESTATES for word in ("--estate", name)]
    subprocess.run([sys.executable, "-m", "notices", "init", str(folder), *names], check=True, capture_output=True)
    workspace = at(folder)
    with closing(Ledger.open(workspace.ledger_url, workspace.settings.calendar.zone)) as ledger:
        settle(ledger, OWNERS)
    return folder


def _timed(workspace: Path, way: tuple[str, ...]) -> tuple[float, float, float]:
    """Run the command with its output discarded; return seconds, processor seconds, and the most memory in MiB."""
    words = [] if way == ("tables",) else [str(workspace / word) if "." in word else word for word in way]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "notices", "report", *words, "--workspace", str(workspace)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"notices report {' '.join(words)}: exit status {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _pace() -> float:
    """Return the milliseconds in which this processor adds a million times, to compare machines by."""
    began = time.process_time()
    total = 0
    for number in range(1_000_000):
        total += number
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main()
