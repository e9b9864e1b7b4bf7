"""What a person is told of a print job on its way out."""

from __future__ import annotations

from notices.ledger import HandoverFile, JobRecord, Reach
from notices.messages import Message, say


def a_person_decides(job: JobRecord, file: HandoverFile, place: str) -> Message:
    """Nobody but somebody who looks can tell whether a file was printed."""
    return say(
        "Whether {file} of print job {job} was printed at {place} nobody can tell from here. Look there. "
        "If it was: `notices job confirm {job}`. If it was not and will not be: `notices job cancel {job} --pulled`.",
        file=file.file or job.number,
        job=job.number,
        place=place,
    )


def comes_back(job: JobRecord, file: HandoverFile, back: int) -> Message:
    """A file that the place will not print any more, and what happens with its letters."""
    if file.reach is Reach.KEPT_BACK:
        return say(
            "{file} of print job {job} was not sent: {count} letter(s) wait for the next print job.",
            file=file.file or job.number,
            job=job.number,
            count=back,
        )
    return say(
        "The printer gave up {file} of print job {job} ({told}): destroy what was printed of it; {count} letter(s) "
        "wait for the next print job.",
        file=file.file,
        job=job.number,
        told=file.told or "",
        count=back,
    )


def to_be_pulled(notice: str, job: JobRecord) -> Message:
    """A letter was printed although it had been withdrawn while its job was at the printer."""
    return say(
        "{notice} was withdrawn, but its letter was printed with {job}: take it out of the sheets.",
        notice=notice,
        job=job.number,
    )


def held_back(job: JobRecord) -> Message:
    """A job that has gone nowhere waits for a person."""
    return say(
        "Print job {job} is not handed over: it holds a letter that should not go any more (above).", job=job.number
    )
