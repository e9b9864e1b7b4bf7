"""Scanned slips as they are recorded: the files kept of each, and one that was recorded before changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from notices.errors import UsageMistake
from notices.files import write_whole
from notices.flow.replies.scans import ReadScan
from notices.flow.replies.slip_notice import Answerable, Answered
from notices.flow.workspace import Workspace
from notices.ledger import Books, DoubtfulMark, NewScan, ScanRecord, SlipRecord
from notices.letters.unit_boxes import ticked_units
from notices.messages import say
from notices.model import Slip
from notices.pdf import sha256_of
from notices.post import file_stem


@dataclass(frozen=True)
class RecordedScan:
    """A scanned slip on record: the scan, the slip that holds (empty while it waits), and True if that is new.

    `notice` is the first that it answers: the letter's, or that of the first unit ticked. `replaced` is the entry of
    another way that it takes the place of.
    """

    record: ScanRecord
    slip: Slip
    new: bool
    notice: Answered
    others: tuple[Answered, ...] = ()  # whose units are ticked as well
    untold: tuple[Answered, ...] = ()  # of the letter, which it answers because no unit is ticked
    replaced: SlipRecord | None = None


def record_scan(
    answerable: Answerable, answered: Answered, scan: ReadScan, *, received: date, by: str, at: datetime
) -> RecordedScan:
    """Record a scanned slip and keep its pictures; one with doubtful marks waits and is no slip yet.

    The same page of the same file, and a scan of a slip that was recorded with the same marks, change nothing. Raises
    UsageMistake if nothing is marked or written.
    """
    workspace, books, notice_id = answerable.workspace, answerable.books, _id(answered)
    ticked, units = ticked_units(scan.marks.marked)
    codes = answered.codes(ticked)
    marked = (*codes, *(name for name in scan.marks.marked if name not in ticked))
    slip = Slip(objections=codes, received=received)
    doubtful = tuple(name for name, _, _ in scan.marks.doubtful)
    (first, *more), rest = answerable.chosen(answered, units)
    known = books.scans.of_page(scan.page.sha256, scan.page.page) or _alike(books, notice_id, marked, doubtful)
    if known is not None:
        return RecordedScan(known, slip, new=False, notice=first)
    if not (codes or doubtful or scan.marks.written):
        raise UsageMistake(
            say("nothing is ticked or written on the slip of {notice}.", notice=answered.number),
            say("Look at the page; `notices slip set NOTICE` enters it."),
        )
    if not doubtful:
        answered.refuse_unsound(slip, at.date(), may_be_empty=True)
    slip_id, is_new = None, False
    new = _kept(workspace, answered, scan, marked)
    entered = books.slips.last(_id(first))
    if not doubtful and entered is not None and set(entered.slip.objections) == set(codes):
        slip_id = entered.id  # a person has entered it already, with what the machine cannot read
        is_new = False
    elif not doubtful:
        slip_id = books.slips.add(_id(first), slip, "scan", by=by, at=at)
        is_new = slip_id is not None
    pictures = (new.picture, *(mark.picture for mark in new.doubtful), *new.written)
    books.scans.add(
        new,
        received,
        slip_id=slip_id if doubtful else slip_id or books.slips.same(_id(first), slip),
        by=by,
        at=at,
        files={name: sha256_of(workspace.root / name) for name in pictures},
    )
    record = books.scans.of_page(scan.page.sha256, scan.page.page)
    assert record is not None  # noqa: S101 - just added
    replaced = entered if is_new and entered is not None and entered.source != "scan" else None
    return RecordedScan(record, slip, is_new, first, tuple(more), rest, replaced)


def _alike(books: Books, notice_id: int, marked: tuple[str, ...], doubtful: tuple[str, ...]) -> ScanRecord | None:
    """Return an earlier scan of the notice in which the same boxes were clear and the same were doubtful."""
    wanted = (set(marked), set(doubtful))
    alike = (
        scan
        for scan in reversed(books.scans.of_notice(notice_id))
        if (set(scan.objections), {mark.objection for mark in scan.doubtful}) == wanted
    )
    return next(alike, None)


def _kept(workspace: Workspace, answered: Answered, scan: ReadScan, marked: tuple[str, ...]) -> NewScan:
    """Keep the page, the doubtful boxes and the handwriting as files that only this user can read."""
    folder = workspace.batch(answered.entry.batch) / "slips"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stem = f"{file_stem(answered.number)}-{scan.page.sha256[:8]}-p{scan.page.page}"

    def keep(name: str, content: bytes) -> str:
        target = folder / f"{stem}{name}"
        write_whole(target, content)
        return target.relative_to(workspace.root).as_posix()

    names = (*answered.offered, *(name for name, _, _ in scan.marks.doubtful))  # units after the objections
    places = {name: place for place, name in enumerate(dict.fromkeys(names), start=1)}
    return NewScan(
        notice_id=_id(answered),
        sha256=scan.page.sha256,
        page=scan.page.page,
        objections=marked,
        doubtful=tuple(
            DoubtfulMark(code, ink, keep(f"-box-{places[code]:02d}.png", picture))
            for code, ink, picture in scan.marks.doubtful
        ),
        signed=scan.marks.signed,
        picture=keep(".jpg", scan.marks.page),
        written=tuple(keep(f"-{room}.png", picture) for room, picture in scan.marks.written),
    )


def _id(answered: Answered) -> int:
    assert answered.entry.notice is not None  # noqa: S101 - only a notice is found
    return answered.entry.notice.id
