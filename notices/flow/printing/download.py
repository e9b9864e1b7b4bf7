"""A print job as one archive, to be carried to the print shop by whoever downloads it."""

from __future__ import annotations

from pathlib import Path

from notices.errors import Refused, Unusable
from notices.flow.batch.lock import settle_files
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.seals import CHANGED_JOB, refuse_changed_facts
from notices.flow.printing.jobs import letters_to_stay
from notices.flow.workspace import Workspace
from notices.ledger import JobRecord, JobState, Ledger
from notices.messages import say
from notices.pdf import sha256_of
from notices.press.archive import archive


def job_archive(workspace: Workspace, ledger: Ledger, job: JobRecord, password: str) -> Path:
    """Pack a job's files into an archive, encrypted if there is a password; return its path.

    Raises Refused if the job ended, has a letter that must not go any more by everything recorded until now, may have
    been printed already, or its record, letters or files are not those that were made; Unusable if files are gone.
    """
    refuse_older_ledger(workspace, ledger)
    settle_files(workspace, ledger, job.batch, by="page")
    if job.state is not JobState.SPOOLED:
        raise Refused(
            say("Print job {job} is not waiting any more: nothing of it is to be printed.", job=job.number),
            say("Spoiled sheets are printed again as a job of their own."),
        )
    if job.stale:
        raise Refused(
            say("Print job {job} has a letter that must not go.", job=job.number),
            say("Run “Print” of its batch again: it makes the job anew without that letter."),
        )
    with ledger.read() as books:
        refuse_changed_facts(books)
        staying = letters_to_stay(workspace, books, job)
        changed_record = books.seals.is_changed_job(job.number)
        handover = books.handovers.of_job(job.number)
    if changed_record:
        raise Refused(
            say("Print job {job} is not downloaded: {reason}.", job=job.number, reason=CHANGED_JOB),
            say("Restore the ledger from a backup, or cancel the job and print its letters again."),
        )
    if staying:
        raise Refused(
            say("Print job {job} has a letter that must not go.", job=job.number),
            say("Run “Print” of its batch again: it makes the job anew without that letter."),
            [say("{notice}: {reason}", notice=number, reason=why) for number, why in sorted(staying.items())],
        )
    if handover is not None and not handover.nothing_gone:
        raise Refused(
            say(
                "Print job {job} may have been printed already: it was handed over to {place}.",
                job=job.number,
                place=handover.place,
            ),
            say("Confirm it, or cancel it if nothing of it was printed; its letters go into the next one."),
        )
    folder = workspace.print_jobs(job.batch) / job.number
    if not folder.is_dir():
        raise Unusable(
            say("The files of print job {job} are not there any more.", job=job.number),
            say(
                "If another machine made it, take them there. If they are lost, cancel it: its letters go into another."
            )
            if ledger.is_server and not workspace.shares_files
            else say("Cancel the job; its letters go into the next one."),
        )
    changed = [name for name, sha256 in job.files.items() if not _is(folder / name, sha256)]
    if changed:
        raise Refused(
            say(
                "Files of print job {job} are not those that were made: {files}.",
                job=job.number,
                files=", ".join(changed),
            ),
            say("Cancel the job, and print its letters again."),
        )
    return archive(folder, password)


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
