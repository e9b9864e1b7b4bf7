"""Messages about handing over print jobs."""

from __future__ import annotations

from collections.abc import Sequence

from notices.ledger import HandoverFile, JobRecord, LetterPosition, TransferState
from notices.messages import Message, say


def a_person_decides(job: JobRecord, file: HandoverFile, place: str) -> Message:
    """Ask a person to check whether a file was printed."""
    return say(
        "{file} of print job {job}: it is unknown whether it was printed at {place}; check there. If it was: "
        "`notices job confirm {job}`. If not: `notices job cancel {job} --pulled --why TEXT`.",
        file=file.file or job.number,
        job=job.number,
        place=place,
    )


def comes_back(job: JobRecord, file: HandoverFile, back: int) -> Message:
    """Report a file that will not be printed, and the number of its letters that go into the next job."""
    if file.reach is TransferState.KEPT_BACK:
        return say(
            "{file} of print job {job} was not sent: {count} letter(s) go into the next print job.",
            file=file.file or job.number,
            job=job.number,
            count=back,
        )
    return say(
        "The printer cancelled {file} of print job {job} ({told}). Destroy what was printed of it; {count} letter(s) "
        "go into the next print job.",
        file=file.file,
        job=job.number,
        told=file.told or "",
        count=back,
    )


TO_BE_TAKEN_OUT = say("it was to be taken out of the job")


def sheets_of(place: LetterPosition) -> Message:
    """Return a letter's sheets, as a person counts them in the printed stack."""
    last = place.first_sheet + place.sheets - 1
    if last == place.first_sheet:
        return say("sheet {sheet} (position {position})", sheet=last, position=place.position)
    return say(
        "sheets {first} to {last} (position {position})", first=place.first_sheet, last=last, position=place.position
    )


def to_be_pulled(notice: str, job: JobRecord, place: LetterPosition | None) -> Message:
    """Report a letter that was printed although its notice was withdrawn: with its job, or while that was made."""
    return say(
        "{notice}: withdrawn, but printed with {job}. Take {sheets} out and destroy them.",
        notice=notice,
        job=job.number,
        sheets=sheets_of(place) if place else say("its sheets"),
    )


def held_back(job: JobRecord) -> Message:
    """Report a job that waits for a person, because a letter in it must not be sent any more."""
    return say(
        "Print job {job}: not handed over, because it holds a letter that must not be sent (see above).",
        job=job.number,
    )


def holds_what_should_stay(job: JobRecord, notices: Sequence[str]) -> Message:
    """Report a supplement that waits, because letters in it must not be sent any more or have arrived."""
    return say(
        "Print job {job}: not handed over, because {notices} must not be printed again. Cancel it with "
        "`notices job cancel {job} --pulled --why TEXT`, then print the others again.",
        job=job.number,
        notices=", ".join(notices),
    )


def was_changed(job: JobRecord, files: str) -> Message:
    """Report a supplement that waits, because its files are missing or changed."""
    return say(
        "Print job {job}: not handed over, because {files} is missing or was changed. Cancel it with "
        "`notices job cancel {job} --pulled --why TEXT`, then print again what is still needed.",
        job=job.number,
        files=files,
    )


def made_for_other_sides(job: JobRecord) -> Message:
    """Report a supplement that waits, because it was made for the other setting of [print] duplex."""
    return say(
        "Print job {job}: not handed over, because [print] duplex has changed since {whole} was made. Set it back.",
        job=job.number,
        whole=job.replaces,
    )


def was_printed_already(job: JobRecord, again: str) -> Message:
    """Report a job that waits: a supplement replaces sheets of it, so somebody must have printed it."""
    return say(
        "Print job {job}: not handed over, because it seems to be printed already: {again} prints letters of it "
        "again. If it was: `notices job confirm {job}`. If not: `notices job cancel {again} --pulled --why TEXT`.",
        job=job.number,
        again=again,
    )


def has_left_already(job: JobRecord) -> Message:
    """Report a job that waits: the carrier has letters of it, so somebody must have printed it."""
    return say(
        "Print job {job}: not handed over, because it seems to be printed already: letters of it have left. "
        "If it was: `notices job confirm {job}`. If not: `notices job cancel {job} --pulled --why TEXT`.",
        job=job.number,
    )


def not_printed_again(job: JobRecord, file: HandoverFile) -> Message:
    """Report a supplement that was not printed completely; its letters keep their states."""
    return say(
        "{file} of print job {job} was not printed: print again what is still needed.",
        file=file.file or job.number,
        job=job.number,
    )


def job_made_again(job: JobRecord, why: Message) -> Message:
    """Report a job that cannot be handed over as it is; its letters go into the next one."""
    return say("Print job {job} is made again: {why}.", job=job.number, why=why)


def job_cancelled(job: JobRecord, why: Message) -> Message:
    """Report a supplement that is cancelled without a successor."""
    return say("Print job {job} is cancelled: {why}.", job=job.number, why=why)


def not_confirmed(job: JobRecord, notice: str, why: Message, place: LetterPosition | None) -> Message:
    """Ask a person what became of a letter that must not go, but is in a job that was printed."""
    return say(
        "{notice} ({sheets}): not confirmed, because {why}. If it was taken out: `notices withdraw {notice} --pulled "
        "--by NAME --why TEXT`. If it was posted all the same: `notices job confirm {job} --notice {notice}`.",
        notice=notice,
        sheets=sheets_of(place) if place else job.number,
        why=why,
        job=job.number,
    )


def printed_again(job: JobRecord, notice: str, why: Message, place: LetterPosition | None) -> Message:
    """Report a letter that was printed once more by a supplement, although it must not go any more."""
    return say(
        "{notice} ({sheets}): printed again with {job}, but it must not go any more, because {why}. If it is not "
        "posted yet, take it out and destroy it.",
        notice=notice,
        sheets=sheets_of(place) if place else job.number,
        why=why,
        job=job.number,
    )
