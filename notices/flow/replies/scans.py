"""Scanned slips: find the notice of each page by its code, and read the marks over the letter's own printed page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from notices.errors import NoticesError, Refused, Unusable, UsageMistake
from notices.flow.batch.shared_files import bring_missing
from notices.flow.replies.slip_notice import Answerable, Answered
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, Ledger
from notices.letters.answers import ANSWERS_FILE, read_text_fields
from notices.letters.proof import Page
from notices.letters.unit_boxes import unit_boxes
from notices.messages import Message, say
from notices.model import State
from notices.pdf import excessive, sha256_of, within_limits
from notices.rules.states import MAY_HAVE_LEFT
from notices.spelling import comparable_number, visible
from notices.workers.capacity import for_this_machine
from notices.workers.pool import WorkerPool

if TYPE_CHECKING:
    from notices.flow.replies.scan_reading import PrintedSlip, ScannedPage, SlipMarks

LIMITS = 1536, 60  # MiB and seconds for a page; a telephone's largest photograph needs half
MOST_COMPARED = 40  # letters that a page without code and text is compared with
LIKELIEST = 3
MOST_DOUBTFUL = 0.5  # of the boxes: more is no slip with corrections, but a scan that cannot be read
SHOWN = 40  # characters of a code that is no number of ours

T = TypeVar("T")


class ScanningMissing(Unusable):
    """The extra `scan`, which reads pictures, is not installed."""


@dataclass(frozen=True)
class ReadScan:
    """A page of a scan, the number of its notice, and what is marked on it."""

    page: ScannedPage
    number: str
    marks: SlipMarks


@dataclass
class ScansRead:
    """The slips found in scans, the files that could not be read, and for each file messages that need a person."""

    slips: list[ReadScan] = field(default_factory=list)
    unreadable: list[Unusable] = field(default_factory=list)
    attention: dict[Path, list[Message]] = field(default_factory=dict)


def read_scans(workspace: Workspace, ledger: Ledger, files: Sequence[Path]) -> ScansRead:
    """Read the slips in scans and photographs; nothing is recorded."""
    done = ScansRead()
    if not files:
        return done
    workspace.office.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        readers = _readers(workspace)
        with readers as (pool, scratch):
            for place, file in enumerate(files):
                folder = scratch / str(place)
                folder.mkdir(mode=0o700)
                _read_file(_FileReading(workspace, ledger, pool, folder, file, done))
    except ImportError as error:
        raise ScanningMissing(
            say("Reading scans and photographs needs the extra “scan”, which is not installed."),
            say("Install it with `pip install 'notices[scan]'`, or enter the slips with `notices slip set NOTICE`."),
        ) from error
    return done


@contextmanager
def _readers(workspace: Workspace) -> Iterator[tuple[WorkerPool, Path]]:
    from notices.flow.replies import scan_reading  # noqa: PLC0415 - its libraries are an extra, and slow to load

    with ExitStack() as stack:
        scratch = stack.enter_context(TemporaryDirectory(dir=workspace.office, prefix="scans-"))
        pool = stack.enter_context(WorkerPool(for_this_machine(), preload=[scan_reading.__name__]))
        yield pool, Path(scratch)


@dataclass(frozen=True)
class _FileReading:
    """The reading of one file."""

    workspace: Workspace
    ledger: Ledger
    pool: WorkerPool
    folder: Path
    file: Path
    done: ScansRead

    def start(self, function: Callable[..., T], path: Path) -> Future[T]:
        return self.pool.submit(within_limits, function, path, LIMITS)

    def look_at(self, *what: Message) -> None:
        self.done.attention.setdefault(self.file, []).extend(what)


def _result(future: Future[T], path: Path) -> T:
    try:
        return future.result()
    except (BrokenExecutor, MemoryError) as error:
        raise excessive(path) from error


def _read_file(reading: _FileReading) -> None:
    from notices.flow.replies import scan_reading as worker  # noqa: PLC0415 - as above

    file = reading.file
    try:
        count, digest = _result(reading.start(worker.scan_pages, file), file)
    except Unusable as error:
        reading.done.unreadable.append(error)
        reading.look_at(error.fact, *error.details)
        return
    except Refused as error:
        reading.look_at(say("{fact} {remedy}", fact=error.fact, remedy=error.remedy))
        return
    started = {
        page: reading.start(
            partial(worker.read_scanned_page, digest=digest, page=page, copy=reading.folder / f"{page}.png"), file
        )
        for page in range(1, count + 1)
    }
    pages: list[ScannedPage] = []
    for page, future in started.items():
        try:
            pages.append(_result(future, file))
        except NoticesError as error:
            reading.look_at(_of_page(file, page, error.fact))
    _read_slips(reading, [page for page in pages if not page.blank])


def _read_slips(reading: _FileReading, pages: Sequence[ScannedPage]) -> None:
    """Read the marks of the pages whose notice is known; list the others."""
    found = _with_notices(reading, pages)
    started = [
        reading.start(partial(_read_copy, corners=_corners(page, answered), form=form), page.copy)
        for page, answered, form in found
    ]
    others: list[tuple[ScannedPage, str]] = []
    for (page, answered, _), future in zip(found, started, strict=True):
        number = answered.number
        try:
            marks = _result(future, page.file)
        except NoticesError as error:
            reading.look_at(_of_page(page.file, page.page, say("{notice}: {fact}", notice=number, fact=error.fact)))
            continue
        if marks is None:
            others.append((page, number))
        elif (why := _unusable(marks, answered)) is not None:
            reading.look_at(_of_page(page.file, page.page, why))
        else:
            reading.done.slips.append(ReadScan(page, number, marks))
    have_slip = {slip.number for slip in reading.done.slips}
    for page, number in others:
        if number not in have_slip:  # the first page of a letter may come back with its slip
            fact = say("the page belongs to {notice}, but is not its slip, or cannot be read.", notice=number)
            reading.look_at(_of_page(page.file, page.page, fact))


def _with_notices(
    reading: _FileReading, pages: Sequence[ScannedPage]
) -> list[tuple[ScannedPage, Answered, PrintedSlip]]:
    """Return the pages whose notice can have a slip, each with its printed slip; list the others."""
    found: list[tuple[ScannedPage, Answered, PrintedSlip]] = []
    with reading.ledger.read() as books:
        answerable = Answerable(reading.workspace, books)
        for page in pages:
            try:
                if (answered := _notice_of(answerable, page)) is not None:
                    found.append((page, answered, form_of(answerable, answered)))
                else:
                    reading.look_at(_without_code(reading, answerable, page))
            except (UsageMistake, Refused, Unusable) as error:
                reading.look_at(_of_page(page.file, page.page, error.fact))
    return found


def _unusable(marks: SlipMarks, answered: Answered) -> Message | None:
    """Return why a slip cannot be used as it was scanned, or None."""
    number = answered.number
    if marks.cut_off:
        return say("only a part of the slip of {notice} is there; scan it whole.", notice=number)
    if len(marks.doubtful) > len(answered.offered) * MOST_DOUBTFUL:
        return say("the slip of {notice} cannot be read; scan it again, or enter it by hand.", notice=number)
    return None


def _read_copy(copy: Path, corners: tuple[tuple[float, float], ...] | None, form: PrintedSlip) -> SlipMarks | None:
    from notices.flow.replies.scan_reading import read_slip  # noqa: PLC0415 - as above

    return read_slip(copy, corners, form)


def _notice_of(answerable: Answerable, page: ScannedPage) -> Answered | None:
    """Return the notice of a page's code, or None if it has no code; raises Refused if its codes are of none or two."""
    if not page.codes:
        return None
    numbers = {
        entry.notice.number: code
        for code in page.codes
        if (entry := answerable.books.slips.decision_of(code.text)) is not None and entry.notice is not None
    }
    if not numbers:
        texts = ", ".join(f"“{visible(code.text)[:SHOWN]}”" for code in page.codes)
        raise Refused(
            say("its code says {texts}: that is no notice of this ledger.", texts=texts),
            say("Check where the page comes from."),
        )
    if len(numbers) > 1:
        raise Refused(
            say("it has the codes of several notices: {numbers}.", numbers=", ".join(map(str, numbers))),
            say("Scan each slip on a page of its own."),
        )
    return answerable.find(next(iter(numbers)) or "")


def _corners(page: ScannedPage, answered: Answered) -> tuple[tuple[float, float], ...] | None:
    wanted = comparable_number(answered.number)
    return next((code.corners for code in page.codes if comparable_number(code.text) == wanted), None)


def form_of(answerable: Answerable, answered: Answered) -> PrintedSlip:
    """Return a notice's printed slip; raises Unusable if its letter is neither in its shard nor in a kept print job."""
    from notices.flow.replies.scan_reading import PrintedSlip  # noqa: PLC0415 - as above

    entry = answered.entry
    pdf, first, count = _letter(answerable.workspace, answerable.books, entry)
    rooms = read_text_fields(answerable.template(entry).parent / ANSWERS_FILE)
    boxes = {code: objection.label for code, objection in answered.offered.items()}
    boxes |= unit_boxes(answerable.units(answered))  # not printed where there are many: then they are not found
    return PrintedSlip(pdf, first, count, tuple(boxes.items()), tuple(rooms.items()))


def _letter(workspace: Workspace, books: Books, entry: DecisionRecord) -> tuple[Path, int, int]:
    """Return the unchanged PDF that has a notice's letter, with the letter's first page and number of pages."""
    notice = entry.notice
    if notice is not None and notice.shard is not None and notice.first_page and notice.pages:
        pdf = workspace.root / notice.shard.file
        bring_missing(workspace, books, entry.batch, [notice.shard.file])
        if pdf.is_file() and sha256_of(pdf) == notice.shard.sha256:
            return pdf, notice.first_page, notice.pages
    for job in reversed(books.jobs.all(entry.batch)):
        place = books.jobs.numbered_places(job.number).get(notice.number or "" if notice else "")
        if place is not None and place.file is not None:
            pdf = workspace.kept_job(entry.batch, job.number, job.version) / place.file
            bring_missing(workspace, books, entry.batch, [pdf.relative_to(workspace.root).as_posix()])
            if pdf.is_file() and sha256_of(pdf) == job.files.get(place.file):
                return pdf, place.first_page, place.pages
    raise Unusable(
        say(
            "the letter of {notice} is neither in its PDF nor in a kept job; enter the slip with `notices slip set`.",
            notice=notice.number or "" if notice else "",
        ),
        say("Render the batch again, or restore batches/ from a backup."),
    )


def _without_code(reading: _FileReading, answerable: Answerable, page: ScannedPage) -> Message:
    """Return the message for a page without a code, with the three likeliest notices by its text or its picture."""
    numbers = _likeliest_by_text(answerable, page.text) if page.text.strip() else _likeliest(reading, answerable, page)
    if not numbers:
        return _of_page(page.file, page.page, say("it has no code that can be read, and no notice is like it."))
    return _of_page(
        page.file,
        page.page,
        say(
            "it has no code that can be read; most like {numbers}. Look at it, and enter it with `notices slip set`.",
            numbers=", ".join(numbers),
        ),
    )


def _likeliest_by_text(answerable: Answerable, text: str) -> list[str]:
    page = Page(text)
    scores: list[tuple[int, str]] = []
    for entry in _open_notices(answerable):
        number = entry.notice.number or "" if entry.notice else ""
        owners = sum(page.holds(owner) for owner in entry.account.owners)
        score = 4 * page.holds(number) + 2 * owners + page.holds(entry.account.unit)
        if score:
            scores.append((-score, number))
    return [number for _, number in sorted(scores)[:LIKELIEST]]


def _likeliest(reading: _FileReading, answerable: Answerable, page: ScannedPage) -> list[str]:
    """Return the notices whose printed slips look most like the page, of the latest that still wait for their slip."""
    from notices.flow.replies.scan_reading import likeness  # noqa: PLC0415 - as above

    forms: dict[str, PrintedSlip] = {}
    for entry in _open_notices(answerable):
        if len(forms) == MOST_COMPARED:
            break
        number = entry.notice.number or "" if entry.notice else ""
        try:
            forms[number] = form_of(answerable, answerable.find(number))
        except (UsageMistake, Refused, Unusable):
            continue  # without a slip it is no candidate
    alike = _result(reading.start(partial(likeness, forms=tuple(forms.values())), page.copy), page.file)
    ranked = sorted(zip(alike, forms, strict=False), reverse=True)
    return [number for _, number in ranked[:LIKELIEST]]


def _open_notices(answerable: Answerable) -> Iterable[DecisionRecord]:
    """Yield the notices that may have left and have no slip yet, the latest batch first, then those that have one."""
    entries = [
        entry
        for batch in reversed(answerable.books.batches.all())
        for entry in answerable.books.batches.decisions(batch.name)
        if entry.notice is not None and any(each.state in MAY_HAVE_LEFT for each in entry.notice.deliveries)
    ]
    answered = [entry for entry in entries if entry.notice and entry.notice.state is State.ANSWERED]
    waiting = [entry for entry in entries if entry.notice and entry.notice.state is not State.ANSWERED]
    return chain(waiting, answered)


def _of_page(file: Path, page: int, fact: Message) -> Message:
    return say("{file}, page {page}: {fact}", file=file.name, page=page, fact=fact)
