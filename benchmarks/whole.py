"""Time whole jobs, from the approved batch to the print job or the outbox: printed, e-mailed, with a slip."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import samples
from timing import Run, command

from notices.office import Office

AS_OF = "2026-11-23"
BATCH = "whole"


@dataclass(frozen=True)
class Job:
    """A whole job: the command that makes the letters, and the one with which they leave."""

    letters: int
    render: Run
    leave: Run

    @property
    def pace(self) -> float:
        """Letters a second over both commands."""
        return self.letters / (self.render.seconds + self.leave.seconds)

    @property
    def processor(self) -> float:
        """Processor milliseconds a letter over both commands."""
        return (self.render.processor + self.leave.processor) / self.letters * 1000


def measured(office: Office, letters: int, folder: Path) -> dict[str, Job]:
    """Measure printed letters, e-mailed letters, and e-mailed letters with a slip to fill in on the screen."""
    jobs: dict[str, tuple[bool, Callable[[Path], None], str]] = {
        "printed": (False, _plain, "print"),
        "e-mailed": (True, _plain, "send"),
        "e-mailed, with a slip": (True, _with_slip, "send"),
    }
    results = {}
    for name, (mailed, prepare, leave) in jobs.items():
        workspace = folder / f"whole-{len(results)}"
        subprocess.run([sys.executable, "-m", "notices", "init", str(workspace)], check=True, capture_output=True)
        prepare(workspace)
        samples.write_list(workspace / "list.csv", letters, mailed=mailed)
        command("plan", str(workspace / "list.csv"), "--as-of", AS_OF, "--name", BATCH, workspace=workspace)
        command("approve", BATCH, "--by", "bench", workspace=workspace)
        results[name] = Job(
            letters,
            command("render", BATCH, workspace=workspace, office=office),
            command(leave, BATCH, workspace=workspace, office=office),
        )
        job = results[name]
        print(f"  {letters} letters {name}: {job.pace:.1f} letters/s, {job.processor:.0f} ms; {leave} {job.leave}")
    return results


def _plain(workspace: Path) -> None:
    samples.write_template(workspace / "templates" / "reminder.docx")


def _with_slip(workspace: Path) -> None:
    """Send the sample of the third letter, which has the slip, as the first."""
    settings = workspace / "notices.toml"
    text = settings.read_text("utf-8")
    settings.write_text(
        text.replace('template = "reminder.docx"', 'template = "follow-up.docx"\nslip = true', 1), "utf-8"
    )
