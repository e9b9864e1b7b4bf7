"""slip review: doubtful marks on scanned slips, which a person judges; until then the slip is not recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from notices.errors import Unusable, UsageMistake
from notices.files import write_whole
from notices.flow.batch.shared_files import bring_missing
from notices.flow.people import refuse_strangers
from notices.flow.replies.slip_notice import Answerable
from notices.flow.replies.slips import SlipEntry, Taken, of_several, recorded
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, ScanRecord
from notices.letters.unit_boxes import mark_name, ticked_units
from notices.messages import Message, say
from notices.model import Slip
from notices.pdf import sha256_of


@dataclass(frozen=True)
class WaitingSlip:
    """A scanned slip that waits: its scan, with the files of its cut-outs below the workspace, batch and account.

    `digests` is the SHA-256 of these files; earlier versions recorded none.
    """

    scan: ScanRecord
    batch: str
    account: str
    digests: Mapping[str, str] = field(default_factory=dict)

    def flaw_of(self, workspace: Workspace, name: str) -> Message | None:
        """Return what is wrong with one of its files, by which nobody can judge then; None if it is as recorded."""
        path = workspace.named(name)
        if not path.is_file():
            return say("{notice}: {file} is missing.", notice=self.scan.number, file=name)
        if name in self.digests and sha256_of(path) != self.digests[name]:
            return say("{notice}: {file} is not as it was recorded.", notice=self.scan.number, file=name)
        return None


@dataclass(frozen=True)
class Reviewed:
    """The slips that wait, the files written, and those pictures that are missing or changed."""

    slips: tuple[WaitingSlip, ...]
    files: tuple[Path, ...] = ()
    attention: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """Judgement of a person on a scanned slip: the doubtful marks that are marks after all; the others are none."""

    scan: int
    marked: tuple[str, ...]
    by: str
    at: datetime


def waiting(ledger: Ledger) -> tuple[WaitingSlip, ...]:
    """Return the scanned slips with doubtful marks that nobody has judged, in the order in which they came in."""
    found: list[WaitingSlip] = []
    with ledger.read() as books:
        for scan in books.scans.waiting():
            entry = books.slips.decision_of(scan.number)
            if entry is not None:
                digests = books.scans.kept_files([scan.notice_id])
                found.append(WaitingSlip(scan, entry.batch, entry.account.key, digests))
    return tuple(found)


def review(workspace: Workspace, ledger: Ledger, to: Path | None) -> Reviewed:
    """Return the slips that wait; with a folder, copy each one's cut-outs and page there.

    Raises Unusable if the folder cannot be written.
    """
    slips = waiting(ledger)
    if to is None:
        return Reviewed(slips)
    files: list[Path] = []
    missing: list[Message] = []
    bring_pictures(workspace, ledger, slips)
    try:
        to.mkdir(parents=True, exist_ok=True, mode=0o700)
        for slip in slips:
            for name in (slip.scan.picture, *(mark.picture for mark in slip.scan.doubtful)):
                if (flaw := slip.flaw_of(workspace, name)) is not None:
                    missing.append(flaw)
                    continue
                source = workspace.named(name)
                files.append(to / source.name)
                write_whole(files[-1], source.read_bytes())
    except OSError as error:
        raise Unusable(
            say("{folder} cannot be written: {mistake}.", folder=to, mistake=error.strerror or str(error)),
            say("Check the folder, and that the disk has free space."),
        ) from error
    return Reviewed(slips, tuple(files), tuple(missing))


def bring_pictures(workspace: Workspace, ledger: Ledger, slips: Sequence[WaitingSlip]) -> None:
    """Bring the cut-outs and pages of slips that came in on another machine, if the ledger has files of its batches."""
    with ledger.read() as books:
        for slip in slips:
            names = [slip.scan.picture, *(mark.picture for mark in slip.scan.doubtful)]
            bring_missing(workspace, books, slip.batch, names)


def cut_out(workspace: Workspace, slip: WaitingSlip, objection: str) -> Path | None:
    """Return the file with the cut-out of a doubtful mark; None if there is none, or it is not as recorded."""
    name = next((mark.picture for mark in slip.scan.doubtful if mark.objection == objection), None)
    return workspace.named(name) if name and slip.flaw_of(workspace, name) is None else None


def settle(workspace: Workspace, ledger: Ledger, judgement: Judgement) -> Taken:
    """Record a scanned slip with a person's judgement of its doubtful marks.

    Raises UsageMistake if no such slip waits or a mark is not among its doubtful ones, Refused if its notice takes no
    slip.
    """
    refuse_strangers(workspace, judgement.by)
    with ledger.begin() as books:
        scan = books.scans.with_id(judgement.scan)
        if scan is None or scan.slip_id is not None:
            raise UsageMistake(
                say("No scanned slip {scan} waits for a person.", scan=judgement.scan),
                say("`notices slip review` lists those that do."),
            )
        _refuse_other_marks(scan, judgement.marked)
        answerable = Answerable(workspace, books)
        answered = answerable.find(scan.number)
        ticked, units = ticked_units((*scan.objections, *judgement.marked))
        slip = Slip(answered.codes(ticked), scan.received)
        (first, *more), rest = answerable.chosen(answered, units)
        entered = SlipEntry("scan", judgement.by, judgement.at)
        taken = recorded(answerable, first, slip, entered, may_be_empty=True, stands_for=rest)
        assert first.entry.notice is not None  # noqa: S101 - only a notice is found
        slip_id = books.slips.same(first.entry.notice.id, slip)
        assert slip_id is not None  # noqa: S101 - just recorded
        books.scans.settle([scan], slip_id, by=judgement.by, at=judgement.at)
        of_several(answerable, more, rest, slip, entered)
    return taken


def _refuse_other_marks(scan: ScanRecord, marked: Collection[str]) -> None:
    strange = set(marked) - {mark.objection for mark in scan.doubtful}
    if strange:
        raise UsageMistake(
            say("{objections} is not doubtful on this slip.", objections=", ".join(sorted(map(mark_name, strange)))),
            say("Correct the whole slip with `notices slip set NOTICE`."),
        )
