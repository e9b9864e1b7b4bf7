"""ledger verify: prove every event and row of the ledger, and every kept file that it knows a checksum of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from notices.flow.batch.lock import settle_files
from notices.flow.batch.seals import files_in
from notices.flow.batch.shared_files import LETTERS
from notices.flow.batch.slip_files import beginning_of_digest, slips_folder
from notices.flow.ledger.stamps import check_stamps
from notices.flow.workspace import Workspace
from notices.ledger import ApprovalRecord, Books, Head, HeadFile, JobRecord, JobState, Ledger, LedgerProof, ReplyRecord
from notices.messages import Message
from notices.model import Channel, State
from notices.pdf import sha256_of
from notices.post import file_stem
from notices.progress import Progress, no_progress
from notices.rules.states import MAY_HAVE_LEFT


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that the ledger has the SHA-256 of; `may_be_gone` if it can be made again or was removed on purpose."""

    path: Path
    sha256: str
    may_be_gone: bool = False


@dataclass(frozen=True, slots=True)
class FileFault:
    """A kept file that is missing, or not as it was recorded; its path in the workspace."""

    file: str
    what: Literal["missing", "changed"]


@dataclass(frozen=True)
class Verified:
    """Result of `ledger verify`: the proof of the database, and the kept files that are missing or changed.

    `stamps` is the number of time stamps, `unchecked` says why they could not be checked.
    """

    proof: LedgerProof
    files: tuple[FileFault, ...]
    stamps: int = 0
    unchecked: tuple[Message, ...] = ()

    @property
    def intact(self) -> bool:
        """True if nothing at all is broken."""
        return not self.proof.broken and not self.files


def verify(
    workspace: Workspace,
    ledger: Ledger,
    *,
    expected: Head | None = None,
    rows: Progress = no_progress,
    files: Progress = no_progress,
) -> Verified:
    """Verify the ledger and its kept files; changes nothing.

    `expected` is a head kept outside of the database, by default the newest one in the workspace: without it, nobody
    can tell that the last events are missing.
    """
    if expected is None and (newest := HeadFile(workspace.heads).newest()) is not None:
        expected = newest.head
    with ledger.read() as books:
        proof = books.verification.prove(expected, rows)
        names = [batch.name for batch in books.batches.all()]
        names += [LETTERS] if books.replies.all() else []
    for name in names:
        settle_files(workspace, ledger, name, by="ledger verify")
    with ledger.read() as books:
        kept = list(dict.fromkeys(_kept(workspace, books)))
        approvals = [approval for batch in books.batches.all() for approval in batch.approvals]
        stamps = check_stamps(workspace, books)
    faults = [FileFault(path.relative_to(workspace.root).as_posix(), what) for path, what in stamps.files]
    for done, file in enumerate(kept, start=1):
        faults += _fault(workspace, file)
        files(done, len(kept))
    faults += (fault for approval in approvals for fault in _frozen_faults(workspace, approval))
    faults += _slips_by_name(workspace, names, {file.path for file in kept})
    whole = replace(proof, broken=(*proof.broken, *stamps.broken))
    return Verified(whole, tuple(faults), stamps.count, stamps.unchecked if stamps.count else ())


def _fault(workspace: Workspace, file: KeptFile) -> Iterator[FileFault]:
    if not _is_inside(workspace, file.path):
        yield FileFault(file.path.as_posix(), "missing")  # no file of ours, whatever is there
        return
    name = file.path.relative_to(workspace.root).as_posix()
    if not file.path.is_file():
        if not file.may_be_gone:
            yield FileFault(name, "missing")
    elif sha256_of(file.path) != file.sha256:
        yield FileFault(name, "changed")


def _slips_by_name(workspace: Workspace, batches: Iterable[str], known: Collection[Path]) -> Iterator[FileFault]:
    """Yield the filled-in slips that an earlier version kept, if they are not those that their names tell of."""
    for batch in batches:
        for path in sorted(slips_folder(workspace, batch).glob("*.pdf")):
            begins = beginning_of_digest(path)
            if path not in known and begins and not sha256_of(path).startswith(begins):
                yield FileFault(path.relative_to(workspace.root).as_posix(), "changed")


def _is_inside(workspace: Workspace, path: Path) -> bool:
    return path.is_relative_to(workspace.root) and ".." not in path.parts[len(workspace.root.parts) :]


def _frozen_faults(workspace: Workspace, approval: ApprovalRecord) -> Iterator[FileFault]:
    """Yield what is missing, changed or put in among the files that an approval froze.

    An approval by an earlier version sealed none.
    """
    folder = workspace.root / approval.frozen
    if not approval.files or not _is_inside(workspace, folder):  # such a row is named among those that were changed
        return
    now = files_in(folder) if folder.is_dir() else {}
    for name in sorted(approval.files.keys() | now.keys()):
        if approval.files.get(name) != now.get(name):
            yield FileFault(f"{approval.frozen}/{name}", "changed" if name in now else "missing")


def _kept(workspace: Workspace, books: Books) -> Iterator[KeptFile]:
    for batch in books.batches.all():
        yield from _lists(workspace.batch(batch.name) / "list", [(it.file, it.sha256) for it in batch.lists])
        for shard in books.notices.shards(batch.name):
            yield KeptFile(workspace.root / shard.file, shard.sha256)
    for job in books.jobs.all():
        yield from _of_job(workspace, job)
    yield from _of_replies(workspace, books)
    for name, sha256 in (books.slips.kept_files() | books.scans.kept_files()).items():
        yield KeptFile(workspace.root / name, sha256)
    for mail in books.verification.mails():
        if mail.state in MAY_HAVE_LEFT:
            name = f"{file_stem(mail.number)}.eml"
            yield KeptFile(workspace.sent(mail.batch) / name, mail.sha256)
            if mail.state is State.SPOOLED:
                yield KeptFile(workspace.outbox(mail.batch) / name, mail.sha256)


def _of_replies(workspace: Workspace, books: Books) -> Iterator[KeptFile]:
    """Yield the files of letters of reply and of their print jobs."""
    replies = books.replies.all()
    for reply in replies:
        yield from _of_reply(workspace, reply)
    for name_of_job, files in books.replies.job_files().items():
        lies = any(way.job == name_of_job and way.state is State.SPOOLED for each in replies for way in each.deliveries)
        for name, sha256 in files.items():
            yield KeptFile(workspace.letter_jobs / name_of_job / name, sha256, may_be_gone=not lies)


def _of_reply(workspace: Workspace, reply: ReplyRecord) -> Iterator[KeptFile]:
    """Yield the PDF of a letter of reply, and the copies of its e-mail."""
    if not reply.file:  # purged
        return
    yield KeptFile(workspace.root / reply.file, reply.sha256)
    name = f"{file_stem(reply.number)}.eml"
    for way in reply.deliveries:
        if way.channel is Channel.EMAIL and way.sha256 and way.state in MAY_HAVE_LEFT:
            yield KeptFile(workspace.batch(reply.batch) / "replies" / name, way.sha256)
            if way.state is State.SPOOLED:
                yield KeptFile(workspace.output(reply.batch) / "replies" / "outbox" / name, way.sha256)


def _lists(folder: Path, lists: list[tuple[str, str]]) -> Iterator[KeptFile]:
    """Yield the lists as received; one that was added to its batch later has its checksum before its name."""
    for position, (file, sha256) in enumerate(lists):
        if not file:  # purged
            continue
        yield KeptFile(folder / (f"{sha256[:8]}-{file}" if position else file), sha256)


def _of_job(workspace: Workspace, job: JobRecord) -> Iterator[KeptFile]:
    """Yield a job's files: the copies kept as evidence, and those that the print shop gets."""
    for name, sha256 in job.files.items():
        purged = job.state is JobState.PURGED
        is_letter = Path(name).match("letters-*.pdf")
        kept = workspace.kept_job(job.batch, job.number, job.version) / name
        yield KeptFile(kept, sha256, may_be_gone=job.state is JobState.CANCELLED or (purged and not is_letter))
        leaving = workspace.print_jobs(job.batch) / job.number / name
        yield KeptFile(leaving, sha256, may_be_gone=job.state is not JobState.SPOOLED)
