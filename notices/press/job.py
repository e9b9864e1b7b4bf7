"""Print job: a folder, built atomically, with letters, manifest, cover, EMS list and checksums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path

from notices.errors import DataNeedsPerson, Refused
from notices.files import built_aside
from notices.messages import Translator, say
from notices.pdf import DocumentInfo, StartWorkers, bind, sha256_of
from notices.press.blank import A4_BLANK
from notices.press.ems import empty_values, write_ems_list
from notices.press.insertmarks import insert_marks
from notices.press.items import UNKNOWN_ORIGIN, Origin, PrintFailure, PrintItem, separate_changed
from notices.press.layout import PlacedLetter, file_name, lay_out
from notices.press.manifest import write_manifest
from notices.press.proof import prove
from notices.press.slips import with_slip_pages
from notices.settings import Print

CHECKSUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class JobOrder:
    """Request for a print job: number, print settings, date, and the language in the PDF metadata.

    `translate` translates the manifest's headings, `cover` the cover; `replaces` is the job that a supplement reprints
    in part. From the second `version` on, `without` are the letters left out: notice, first sheet, number of sheets.
    """

    job: str
    how: Print
    dated: date
    language: str = "zh-CN"
    translate: Translator = str
    cover: Translator = str
    replaces: str | None = None
    version: int = 1
    without: tuple[tuple[str, int, int], ...] = ()
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class JobResult:
    """A print job on disk: `files` maps each file to its SHA-256, `placed` lists the letters in order.

    `unfit` lists letters left out because they failed a print check; if none are left, there is no folder. `empty`
    counts the letters without a value that the carrier's list shows, by field.
    """

    folder: Path
    placed: tuple[PlacedLetter, ...]
    files: Mapping[str, str]
    unfit: tuple[PrintFailure, ...] = ()
    empty: Mapping[str, int] = field(default_factory=dict)

    @property
    def letters(self) -> int:
        """Number of letters."""
        return len(self.placed)

    @property
    def sheets(self) -> int:
        """Number of sheets of paper."""
        return sum(letter.sheets for letter in self.placed)

    @property
    def pages(self) -> int:
        """Number of pages in the merged files, including blank backs."""
        return sum(letter.pages for letter in self.placed)

    @property
    def blank_backs(self) -> int:
        """Number of blank pages, inserted so that the next letter starts on a front page."""
        return sum(letter.blank_backs for letter in self.placed)

    @property
    def oversize(self) -> tuple[PlacedLetter, ...]:
        """Letters too thick for any envelope."""
        return tuple(letter for letter in self.placed if letter.envelope is None)


def build_job(order: JobOrder, items: Sequence[PrintItem], jobs: Path, start_workers: StartWorkers) -> JobResult:
    """Build the job in its folder under `jobs`, replacing what an unfinished run left there.

    `start_workers` starts the processes that read large files back. Letters that fail a print check are left out and
    returned in `unfit`. Raises DataNeedsPerson if a letter changed since it was proved (use `sift` to find those
    first), Refused if there are no letters or one occurs twice, Unusable if the disk is full or a merged file has a
    letter in the wrong place. After an error nothing is left behind.
    """
    _refuse_unsound(items)
    unfit: tuple[PrintFailure, ...] = ()
    while fit := [item for item in items if item.number not in {failure.number for failure in unfit}]:
        try:
            return _built(order, fit, jobs, unfit, start_workers)
        except _Unfit as found:
            unfit += found.failures
    return JobResult(jobs / order.job, (), {}, unfit)


class _Unfit(Exception):  # noqa: N818 - internal; propagating it removes the half-built folder
    def __init__(self, failures: tuple[PrintFailure, ...]) -> None:
        super().__init__()
        self.failures = failures


def _built(
    order: JobOrder,
    items: Sequence[PrintItem],
    jobs: Path,
    unfit: tuple[PrintFailure, ...],
    start_workers: StartWorkers,
) -> JobResult:
    from notices.press.cover import CoverFacts, write_cover  # noqa: PLC0415 - 30 MB to draw PDFs, only to make a job

    placed = lay_out(with_slip_pages(items), order.how)
    with built_aside(jobs, order.job) as folder:
        names = _bind_letters(order, placed, folder, start_workers)
        names += write_manifest(folder, placed, order.translate, dated=order.dated)
        names += (write_ems_list(folder, placed, order.job, order.how.ems, dated=order.dated),)
        files = {name: sha256_of(folder / name) for name in names}
        facts = CoverFacts(order.job, placed, files, order.replaces, order.version, order.without, order.origin)
        cover = write_cover(folder, facts, order.how, order.cover, dated=order.dated)
        files[cover] = sha256_of(folder / cover)
        (folder / CHECKSUMS).write_text("".join(f"{sha256}  {name}\n" for name, sha256 in files.items()), "ascii")
    return JobResult(jobs / order.job, placed, files, unfit, empty_values(placed, order.how.ems))


def _bind_letters(
    order: JobOrder, placed: Sequence[PlacedLetter], folder: Path, start_workers: StartWorkers
) -> tuple[str, ...]:
    """Merge and prove the letter files, returning their names; raises _Unfit with all letters to leave out."""
    blank = folder / "blank.pdf"
    blank.write_bytes(A4_BLANK)
    names: list[str] = []
    unfit: list[PrintFailure] = []
    for number, group in groupby(placed, key=lambda letter: letter.file):
        letters = tuple(group)
        again = letters[0].item.replaces is not None  # the original pages already have their marks
        marks = () if again else tuple(insert_marks(order.job, letters, order.how))
        names.append(file_name(number))
        bind(
            _ranges(letters, blank),
            folder / names[-1],
            DocumentInfo(f"{order.job} {names[-1]}", order.language, order.dated),
            marks={mark.page: mark.boxes for _, mark in marks},
        )
        unfit += prove(folder / names[-1], letters, marks, order.how, start_workers)
    blank.unlink()
    if unfit:
        raise _Unfit(tuple(unfit))
    return tuple(names)


def _refuse_unsound(items: Sequence[PrintItem]) -> None:
    if not items:
        raise Refused(
            say("There are no letters to print."), say("Render the batch first; `notices status` shows its progress.")
        )
    twice = [number for number, times in Counter(item.number for item in items).items() if times > 1]
    if twice:
        raise Refused(
            say("{notices} would be printed more than once.", notices=", ".join(twice)),
            say("Print each notice once; nothing was printed."),
        )
    _, failures = separate_changed(items)
    if failures:
        raise DataNeedsPerson(
            say("{count} letter(s) have changed since they were checked.", count=len(failures)),
            say("Render them again; nothing was printed."),
            [say("{notice}: {reason}", notice=failure.number, reason=failure.reason) for failure in failures],
        )


def _ranges(placed: Sequence[PlacedLetter], blank: Path) -> Iterator[tuple[Path, int, int]]:
    for letter in placed:
        for part in letter.parts:
            yield part.source or blank, part.first, part.pages
