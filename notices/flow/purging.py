"""job purge: the files of a job that the shop has done go, the record and the proof stay."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.errors import Refused, UsageMistake
from notices.flow.lock import only_one
from notices.flow.workspace import Workspace
from notices.ledger import JobRecord, Ledger
from notices.messages import say

OPEN = "spooled"
PURGED = "purged"
PROOF = "letters-*.pdf"  # what the evidence of a notice is taken from; their checksums are in the ledger


@dataclass(frozen=True)
class PurgeRequest:
    """Which job, by whom, when."""

    number: str
    by: str
    at: datetime


def purge_job(workspace: Workspace, ledger: Ledger, request: PurgeRequest) -> JobRecord:
    """Remove a job's folder and archive, and of the copy kept in the batch all but the letters.

    Said again, it removes what a cut-off purge left. Raises UsageMistake where there is no such job, Refused where
    nobody has confirmed that the shop is done with it.
    """
    with ledger.read() as books:
        job = books.find_job(request.number)
    if job is None:
        raise UsageMistake(
            say("There is no print job “{job}”.", job=request.number), say("`notices job list` shows the jobs.")
        )
    with only_one(workspace.batches, job.batch):
        with ledger.begin() as books:
            job = books.find_job(request.number) or job
            if job.state == OPEN:
                raise Refused(
                    say("Print job {job} is not confirmed: the shop may still need its files.", job=job.number),
                    say("When the shop has done it: notices job confirm {job}", job=job.number),
                )
            if job.state != PURGED:
                job = books.purge_job(job.number, by=request.by, at=request.at)
        _remove(workspace.print_jobs(job.batch), workspace.sent(job.batch) / job.number, job.number)
    return job


def _remove(jobs: Path, kept: Path, number: str) -> None:
    (jobs / f"{number}.zip").unlink(missing_ok=True)
    folder, hidden = jobs / number, jobs / f".{number}.replaced"
    if folder.exists():
        shutil.rmtree(hidden, ignore_errors=True)
        folder.rename(hidden)  # cut off half way, this must not leave half a job under a job's name
    shutil.rmtree(hidden, ignore_errors=True)
    if kept.is_dir():
        proof = set(kept.glob(PROOF))
        for path in kept.iterdir():
            if path not in proof:
                path.unlink()
