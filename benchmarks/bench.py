"""`make bench`: speed of starting and of making letters, compared with other ways on the same letters in the same run.

`benchmarks/bench.py [--sizes 100,350,1000,2000,10000] [--office PROGRAM]... [--large] [--write]`: several LibreOffice
versions are measured in sequence; `--large` adds the intake of 200,000 rows, the plan of 100,000 accounts and 10,000
e-mails; `--write` writes docs/performance.md and its chart. The machine should be otherwise idle.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import intake
import mail
import report
import samples
import startup
import ways
import whole
from timing import Peak, Run, command

from notices.flow.batch.frozen import Frozen
from notices.flow.batch.letter_input import letter_of, occasion_of
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.model import Letter
from notices.office import Office, find, version
from notices.workers.capacity import for_this_machine

AS_OF = "2026-11-23"
BATCH = "bench"
FEW = 6  # letters for the slowest way, which takes more than a second for each


def _taken(way: Callable[[], float | None], count: int) -> tuple[float, float] | None:
    """Return seconds and CPU seconds a letter for one of the other ways, which run as children of this process."""
    before, own = Peak(os.getpid()), time.process_time()
    seconds = way()
    before.stop()
    before.processor.pop(os.getpid(), None)
    return None if seconds is None else (seconds, (sum(before.processor.values()) + time.process_time() - own) / count)


def workspace_with(owners: int, folder: Path, office: Office) -> Path:
    """Make a workspace with a planned and approved batch of the sample letter."""
    workspace = folder / f"of-{owners}"
    subprocess.run([sys.executable, "-m", "notices", "init", str(workspace)], check=True, capture_output=True)
    samples.write_template(workspace / "templates" / "reminder.docx")
    samples.write_list(folder / "list.csv", owners)
    command("plan", str(folder / "list.csv"), "--as-of", AS_OF, "--name", BATCH, workspace=workspace, office=office)
    command("approve", BATCH, "--by", "bench", workspace=workspace, office=office)
    return workspace


def letters_of(root: Path, count: int) -> list[Letter]:
    """Return the first letters of that batch, as `render` composes them."""
    workspace = Workspace(root)
    with Ledger.open(workspace.ledger_url).read() as books:
        frozen = Frozen(workspace, books.batches.get(BATCH))
        notices = [each.notice_id for each in books.batches.summaries(BATCH)[:count]]
        return [letter_of(occasion_of(frozen, entry, None)) for entry in books.batches.decisions_of_notices(notices)]


def measured(office: Office, sizes: Sequence[int], scratch: Path, few: int) -> report.Measured:
    """Measure every way on the same letters, and our own for each batch size."""
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
        "Carbone": _taken(lambda: ways.carbone(office, template, letters, folder, workers), len(letters)),
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
        notices = [entry.notice for entry in books.batches.decisions(BATCH) if entry.notice]
    return sum(notice.pages or 0 for notice in notices) / len(notices)


def large(scratch: Path, office: Office) -> dict[str, Run]:
    """Measure the intake of 200,000 rows and the plan of 100,000 accounts."""
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
    parser.add_argument("--sizes", default="100,350,1000,2000,10000")
    parser.add_argument("--office", action="append", type=Path)
    parser.add_argument("--few", type=int, default=60, help="letters for the other ways")
    parser.add_argument("--whole", type=int, default=2000, help="letters of the whole jobs, printed and e-mailed")
    parser.add_argument("--note", default="", help="a sentence about the machine, for the page")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    start = startup.measured()
    for name, seconds in start.items():
        print(f"  {name}: {seconds:.2f} s")
    sizes = [int(size) for size in options.sizes.split(",")]
    results, runs, sent, jobs = [], {}, "", {}
    for program in options.office or [None]:
        office = find(program)
        print(version(office))
        with tempfile.TemporaryDirectory() as scratch:
            results.append(measured(office, sizes, Path(scratch), options.few))
            if not jobs:
                jobs = whole.measured(office, options.whole, Path(scratch))
            if options.large and not runs:
                runs = {name: (run.seconds, run.mebibytes) for name, run in large(Path(scratch), office).items()}
    if options.large and mail.possible():
        sent = f"{mail.measured().told}."
        print(f"  {sent}")
    if options.write:
        today = date.today()  # noqa: DTZ011 - the day on which this machine measured
        report.write(results, jobs, runs, sent, start, today, options.note)


if __name__ == "__main__":
    main()
