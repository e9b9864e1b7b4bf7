"""`make bench`: how fast letters are made, against the other ways, on the same letters in one run.

`benchmarks/bench.py [--sizes 100,1000,10000] [--office PROGRAM]... [--large] [--write]`: several offices are measured
one after the other; `--large` adds the intake of 200,000 rows and the plan of 100,000 accounts; `--write`
writes docs/performance.md and its chart. The machine should have nothing else to do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import intake
import report
import samples
import ways

from notices.flow.capacity import for_this_machine
from notices.flow.frozen import Frozen
from notices.flow.letters import letter_of, occasion_of
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.model import Letter
from notices.office import Office, find, version

AS_OF = "2026-11-23"
BATCH = "bench"
FEW = 6  # letters for the way that needs a second and more for each


@dataclass(frozen=True)
class Run:
    """A timed command: seconds, seconds of processors, and the most memory of all its processes together, in MiB."""

    seconds: float
    processor: float
    mebibytes: float


def command(*words: str, workspace: Path, office: Office) -> Run:
    """A command of the program as a whole process, its output thrown away."""
    search = f"{office.program.parent}{os.pathsep}{os.environ['PATH']}"
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
    """What a process and its descendants take: processor seconds, and memory with each shared page counted once."""

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
                self.processor[process] = max(self.processor.get(process, 0.0), _processor(process))
            rounds += 1
            if rounds % 8 == 0:  # adding up memory costs more than the rest
                self.most = max(self.most, sum(map(_mebibytes, family)))


def _family(root: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:  # it is gone
                continue
    family = {root}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return family


def _processor(process: int) -> float:
    try:
        fields = (Path("/proc") / str(process) / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _taken(way: Callable[[], float | None], count: int) -> tuple[float, float] | None:
    """Seconds and processor seconds a letter of one of the other ways, which start their offices from here."""
    before, own = Peak(os.getpid()), time.process_time()
    seconds = way()
    before.stop()
    before.processor.pop(os.getpid(), None)
    return None if seconds is None else (seconds, (sum(before.processor.values()) + time.process_time() - own) / count)


def _mebibytes(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def workspace_with(owners: int, folder: Path, office: Office) -> Path:
    """A workspace with a planned and approved batch of the sample letter."""
    workspace = folder / f"of-{owners}"
    subprocess.run([sys.executable, "-m", "notices", "init", str(workspace)], check=True, capture_output=True)
    samples.write_template(workspace / "templates" / "reminder.docx")
    samples.write_list(folder / "list.csv", owners)
    command("plan", str(folder / "list.csv"), "--as-of", AS_OF, "--name", BATCH, workspace=workspace, office=office)
    command("approve", BATCH, "--by", "bench", workspace=workspace, office=office)
    return workspace


def letters_of(root: Path, count: int) -> list[Letter]:
    """The first letters of that batch, as `render` composes them."""
    workspace = Workspace(root)
    with Ledger.open(workspace.ledger_url).read() as books:
        frozen = Frozen(workspace, books.batch(BATCH))
        notices = [each.notice_id for each in books.outlines(BATCH)[:count]]
        return [letter_of(occasion_of(frozen, entry, None)) for entry in books.decisions_behind(notices)]


def measured(office: Office, sizes: Sequence[int], scratch: Path, few: int) -> report.Measured:
    """Every way on the same letters, this program's for each size."""
    workers = for_this_machine()
    roots = {size: workspace_with(size, scratch, office) for size in sizes}
    letters = letters_of(roots[max(sizes)], few)
    template = roots[max(sizes)] / "templates" / "reminder.docx"
    folder = scratch / "ways"
    folder.mkdir()
    ours = {}
    for size, root in roots.items():
        ours[size] = command("render", BATCH, "--workers", str(workers), workspace=root, office=office)
        run = ours[size]
        print(
            f"  {size} letters: {size / run.seconds:.1f} letters/s,"
            f" {run.processor / size * 1000:.0f} ms, {run.mebibytes:.0f} MiB"
        )
    others = {
        "one office a letter": _taken(
            lambda: ways.one_office_a_letter(office, template, letters[:FEW], folder), len(letters[:FEW])
        ),
        report.WARM: _taken(
            lambda: ways.warm_letter_by_letter(office, template, letters, folder, workers), len(letters)
        ),
        "Carbone": _taken(lambda: ways.carbone(template, letters, folder, workers), len(letters)),
        "the floor": ways.floor(office, template, letters, folder, workers),
    }
    for way, taken in others.items():
        print(f"  {way}: {f'{1 / taken[0]:.1f} letters/s, {taken[1] * 1000:.0f} ms' if taken else 'not installed'}")
    pages = _pages(roots[min(sizes)])
    figures = {size: (run.seconds, run.processor, run.mebibytes) for size, run in ours.items()}
    return report.Measured(
        version(office),
        workers,
        pages,
        figures,
        others,
    )


def _pages(root: Path) -> float:
    with Ledger.open(Workspace(root).ledger_url).read() as books:
        notices = [entry.notice for entry in books.decisions(BATCH) if entry.notice]
    return sum(notice.pages or 0 for notice in notices) / len(notices)


def large(scratch: Path, office: Office) -> dict[str, Run]:
    """The intake of 200,000 rows and the plan of 100,000 accounts."""
    workspace = scratch / "large"
    subprocess.run([sys.executable, "-m", "notices", "init", str(workspace)], check=True, capture_output=True)
    runs = {}
    for path in intake.write_lists(scratch):
        runs[f"check, 200,000 rows, {path.suffix}"] = command(
            "check", str(path), "--json", workspace=workspace, office=office
        )
    plan = command("plan", str(scratch / "large.csv"), "--as-of", AS_OF, "--json", workspace=workspace, office=office)
    runs["plan, 100,000 accounts"] = plan
    for name, run in runs.items():
        print(f"  {name}: {run.seconds:.1f} s, {run.mebibytes:.0f} MiB")
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--office", action="append", type=Path)
    parser.add_argument("--few", type=int, default=60, help="letters for the other ways")
    parser.add_argument("--note", default="", help="a sentence on the machine, for the page")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    results, runs = [], {}
    for program in options.office or [None]:
        office = find(program)
        print(version(office))
        with tempfile.TemporaryDirectory() as scratch:
            results.append(measured(office, sizes, Path(scratch), options.few))
            if options.large and not runs:
                runs = {name: (run.seconds, run.mebibytes) for name, run in large(Path(scratch), office).items()}
    if options.write:
        today = date.today()  # noqa: DTZ011 - the day on which this machine measured
        report.write(results, runs, today, options.note)


if __name__ == "__main__":
    main()
