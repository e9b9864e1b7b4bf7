"""What a person is told of a print job on its way out."""

from __future__ import annotations

from collections.abc import Sequence

from notices.ledger import HandoverFile, JobRecord, TransferState
from notices.messages import Message, say


def a_person_decides(job: JobRecord, file: HandoverFile, place: str) -> Message:
    """Nobody but somebody who looks can tell whether a file was printed."""
    return say(
        "Whether {file} of print job {job} was printed at {place} nobody can tell from here. Look there. "
        "If it was: `notices job confirm {job}`. If it was not and will not be: "
        "`notices job cancel {job} --pulled --why TEXT`.",
        file=file.file or job.number,
        job=job.number,
        place=place,
    )


def comes_back(job: JobRecord, file: HandoverFile, back: int) -> Message:
    """A file that the place will not print any more, and what happens with its letters."""
    if file.reach is TransferState.KEPT_BACK:
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


def holds_what_should_stay(job: JobRecord, notices: Sequence[str]) -> Message:
    """A supplement waits: a letter of it should not go any more, or has arrived."""
    return say(
        "Print job {job} is not handed over: {notices} should not be printed again any more. "
        "`notices job cancel {job} --pulled --why TEXT`, then print again what is still needed.",
        job=job.number,
        notices=", ".join(notices),
    )


def was_changed(job: JobRecord, files: str) -> Message:
    """A supplement waits: what it was made of is not there any more."""
    return say(
        "Print job {job} is not handed over: {files} is gone or was changed. "
        "`notices job cancel {job} --pulled --why TEXT`, then print again what is still needed.",
        job=job.number,
        files=files,
    )


def made_for_other_sides(job: JobRecord) -> Message:
    """A supplement waits: its pages lie as its own sides want it."""
    return say(
        "Print job {job} is not handed over: [print] duplex is not what it was when {whole} was made. "
        "Set it as it was.",
        job=job.number,
        whole=job.replaces,
    )


def was_printed_already(job: JobRecord, again: str) -> Message:
    """A job waits that has gone nowhere from here, and that somebody must have printed: sheets of it were spoiled."""
    return say(
        "Print job {job} is not handed over: {again} prints letters of it again, so somebody has printed it. "
        "If so: `notices job confirm {job}`. If not: `notices job cancel {again} --pulled --why TEXT`.",
        job=job.number,
        again=again,
    )


def has_left_already(job: JobRecord) -> Message:
    """The same of a job whose letters the carrier has."""
    return say(
        "Print job {job} is not handed over: letters of it have left, so somebody has printed it. "
        "If so: `notices job confirm {job}`. If not: `notices job cancel {job} --pulled --why TEXT`.",
        job=job.number,
    )


def not_printed_again(job: JobRecord, file: HandoverFile) -> Message:
    """A supplement that did not get there, or not whole; its letters stay what they were."""
    return say(
        "{file} of print job {job} was not printed: print again what is still needed.",
        file=file.file or job.number,
        job=job.number,
    )


def job_made_again(job: JobRecord, why: Message) -> Message:
    """A job could not go as it was; the next one has its letters."""
    return say("Print job {job} is made again: {why}.", job=job.number, why=why)


def job_cancelled(job: JobRecord, why: Message) -> Message:
    """A supplement will not go, and nothing follows it."""
    return say("Print job {job} is cancelled: {why}.", job=job.number, why=why)


def not_confirmed(job: JobRecord, notice: str) -> Message:
    """Of a letter that somebody was told to take out of its job nobody knows whether it left with it."""
    return say(
        "{notice} was asked back and is not confirmed. If it was taken out: `notices withdraw {notice} --pulled --by "
        "NAME --why TEXT`; if it has gone all the same: `notices job confirm {job} --notice {notice}`.",
        notice=notice,
        job=job.number,
    )
