"""Many letters in one document, made through an Executor: workers compute, the caller writes the ledger."""

from __future__ import annotations

import multiprocessing.util
import shutil
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from notices.errors import DataNeedsPerson, NoticesError
from notices.flow.forms import Forms
from notices.flow.formstore import FormStore
from notices.fonts import families_of_rare
from notices.letters.assemble import assemble
from notices.letters.proof import Failure, PageRange, prove
from notices.messages import say
from notices.model import Letter
from notices.office import ConversionFailed, Engine, WarmOffice
from notices.pdf import DamagedPdf, page_texts, settle, sha256_of, whole_file

LEAST_LIMIT_SECONDS = 30.0
LOOK_UP_SECONDS = 0.5
AHEAD = 8  # shards given out at a time: enough for every core of one machine, and memory stays flat


@dataclass(frozen=True, slots=True)
class Shard:
    """Letters of one template that become one PDF at `target`.

    `dated` is the date the PDF bears; `limit` how many seconds LibreOffice may take for all of its letters.
    `compiled` lets the template be compiled first, which pays where many letters are made of it.
    """

    name: str
    template: Path
    letters: tuple[Letter, ...]
    target: Path
    engine: Engine
    dated: date
    limit: float = 180.0
    compiled: bool = False


@dataclass(frozen=True, slots=True)
class LetterPages:
    """Where a proved letter stands in its PDF: the first page, counted from 1, and how many."""

    number: str
    first_page: int
    page_count: int


@dataclass(frozen=True, slots=True)
class MadePdf:
    """A whole PDF of so many pages, and the letters in it that were proved."""

    path: Path
    sha256: str
    pages: int
    letters: tuple[LetterPages, ...]


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What became of a shard's letters: each is in exactly one of `pdfs`, or among `failures` with its reason.

    There are several PDFs where a letter in the middle could not be made.
    """

    name: str
    pdfs: tuple[MadePdf, ...]
    failures: tuple[Failure, ...]


def make_shard(shard: Shard) -> ShardResult:
    """Fill, convert and prove a shard; a document that fails is halved down to the letter that is at fault.

    Raises Unusable where LibreOffice or the disk is; what had been made by then is whole and stays.
    """
    # One at a time in a process: PDFium is not safe in threads, and the process keeps one office.
    with _one_at_a_time:
        return _made(shard, attempts=2)


def run_shards(
    executor: Executor,
    shards: Iterable[Shard],
    on_result: Callable[[ShardResult], None],
    *,
    ahead: int = AHEAD,
) -> None:
    """Make all shards, `ahead` at a time, and hand each result over as it comes, in no particular order.

    `on_result` is called once a shard, in the caller's thread. A shard whose worker was killed is made again
    alone, so that it cannot be blamed for another's fault, and halved if it kills that worker too.
    Raises what `make_shard` raises.
    """
    given: dict[Future[ShardResult], Shard] = {}
    suspects: list[Shard] = []
    for shard in shards:
        given[executor.submit(make_shard, shard)] = shard
        while len(given) >= ahead:
            _collect(given, suspects, on_result)
    while given:
        _collect(given, suspects, on_result)
    for shard in suspects:
        on_result(_made_alone(executor, shard))


def warm_up(executor: Executor, engine: Engine, workers: int, template: Path | None = None) -> None:
    """Let so many workers start an office each, and compile a template, while the first letters are still composed."""
    for _ in range(workers):
        executor.submit(_warm_up, engine, template)


def sweep_unfinished(folder: Path) -> None:
    """Delete what cut-off runs left half done beside the PDFs in `folder`; nobody may be making shards there."""
    for path in folder.glob(".*.partial"):
        path.unlink(missing_ok=True)
    for path in folder.glob(".*.making"):
        shutil.rmtree(path)


def _collect(
    given: dict[Future[ShardResult], Shard], suspects: list[Shard], on_result: Callable[[ShardResult], None]
) -> None:
    for future in _ended(given):
        shard = given.pop(future)
        try:
            result = future.result()
        except BrokenExecutor:
            suspects.append(shard)
        else:
            on_result(result)


def _ended(given: Collection[Future[ShardResult]]) -> set[Future[ShardResult]]:
    # A Ctrl-C that comes just before a thread falls asleep does not wake it: so it never sleeps long.
    while not (ended := wait(given, timeout=LOOK_UP_SECONDS, return_when=FIRST_COMPLETED).done):
        pass
    return ended


def _made_alone(executor: Executor, shard: Shard) -> ShardResult:
    try:
        (ended,) = _ended([executor.submit(make_shard, shard)])
        return ended.result()
    except BrokenExecutor:
        if len(shard.letters) == 1:
            reason = say("the process that made this letter was killed, again and again")
            return _failed(shard, Failure(shard.letters[0].number, reason))
        return _joined(shard.name, [_made_alone(executor, half) for half in _halves(shard)])


def _made(shard: Shard, attempts: int) -> ShardResult:
    try:
        return _made_whole(shard, attempts)
    except DataNeedsPerson as error:
        if len(shard.letters) == 1:
            return _failed(shard, Failure(shard.letters[0].number, error.fact))
        return _joined(shard.name, [_made(half, _attempts(half)) for half in _halves(shard)])


def _made_whole(shard: Shard, attempts: int) -> ShardResult:
    office = _office(shard.engine)
    office.warm_up()  # it starts while the letters are filled in
    with whole_file(shard.target) as unfinished, _workbench(shard.target) as bench:
        made = bench / shard.target.name
        printed = _compiled(shard, office, made, attempts) or _by_docxtpl(shard, office, made, attempts)
        made.replace(unfinished)
        settle(unfinished, shard.dated)
    failures = tuple(each for each in printed.proved if isinstance(each, Failure))
    letters = tuple(
        LetterPages(each.number, each.first + 1, each.count) for each in printed.proved if isinstance(each, PageRange)
    )
    pdf = MadePdf(shard.target, sha256_of(shard.target), printed.pages, letters)
    return ShardResult(shard.name, (pdf,), failures)


@dataclass(frozen=True, slots=True)
class _Printed:
    """A document that became a PDF of so many pages, and what its proof gave."""

    pages: int
    proved: tuple[PageRange | Failure, ...]


def _compiled(shard: Shard, office: WarmOffice, made: Path, attempts: int) -> _Printed | None:
    """The letters filled into the compiled form of their template; None where that way does not serve."""
    document = made.with_suffix(".odt")
    forms = _forms[shard.engine]
    if not shard.compiled or not forms.fill(shard.template, shard.letters, office, document):
        return None
    try:
        printed = _printed(shard, office, document, made, attempts)
    except ConversionFailed:
        if len(shard.letters) > 1:
            raise
        return None
    if forms.trusts(shard.template, shard.letters, made, printed.proved, office):
        return printed
    return None


def _by_docxtpl(shard: Shard, office: WarmOffice, made: Path, attempts: int) -> _Printed:
    document = made.with_suffix(shard.template.suffix)
    assemble(shard.template, shard.letters, document)
    return _printed(shard, office, document, made, attempts)


def _printed(shard: Shard, office: WarmOffice, document: Path, made: Path, attempts: int) -> _Printed:
    office.convert(document, made, limit=shard.limit, attempts=attempts)
    texts = _texts(made, shard)
    return _Printed(len(texts), prove(texts, shard.letters))


@contextmanager
def _workbench(target: Path) -> Iterator[Path]:
    """A hidden folder beside the PDF to make it in: a killed office leaves locks and halves of files where it wrote."""
    folder = target.with_name(f".{target.stem}.making")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _texts(pdf: Path, shard: Shard) -> list[str]:
    try:
        return page_texts(pdf)
    except DamagedPdf as error:
        raise ConversionFailed(
            say("LibreOffice made a damaged PDF of {shard}.", shard=shard.name), say("Render the batch again.")
        ) from error


def _attempts(half: Shard) -> int:
    # A document that failed on two fresh offices will fail again: search quickly, and be sure of a letter only.
    return 2 if len(half.letters) == 1 else 1


def _halves(shard: Shard) -> tuple[Shard, Shard]:
    middle = len(shard.letters) // 2
    return _part(shard, "a", shard.letters[:middle]), _part(shard, "b", shard.letters[middle:])


def _part(shard: Shard, mark: str, letters: tuple[Letter, ...]) -> Shard:
    return replace(
        shard,
        name=shard.name + mark,
        letters=letters,
        target=shard.target.with_stem(shard.target.stem + mark),
        limit=max(min(shard.limit, LEAST_LIMIT_SECONDS), shard.limit * len(letters) / len(shard.letters)),
    )


def _failed(shard: Shard, failure: Failure) -> ShardResult:
    return ShardResult(shard.name, (), (failure,))


def _joined(name: str, results: Iterable[ShardResult]) -> ShardResult:
    parts = tuple(results)
    return ShardResult(
        name,
        tuple(pdf for part in parts for pdf in part.pdfs),
        tuple(failure for part in parts for failure in part.failures),
    )


_one_at_a_time = threading.Lock()
_offices: dict[Engine, WarmOffice] = {}
_forms: dict[Engine, Forms] = {}


def _office(engine: Engine) -> WarmOffice:
    if engine not in _offices:
        _close_offices()
        _offices[engine] = WarmOffice(engine)
        _forms[engine] = Forms(FormStore(engine.profiles.with_name("forms")))
        # Unlike atexit this also runs at the end of a pool's worker; what is registered before it forks is forgotten.
        multiprocessing.util.Finalize(None, _close_offices, exitpriority=100)
    return _offices[engine]


def _warm_up(engine: Engine, template: Path | None) -> None:
    # What is wrong with it, the first shard will find and say.
    with _one_at_a_time, suppress(NoticesError):
        office = _office(engine)
        office.warm_up()
        families_of_rare("")  # reads in what each font draws, which the first letter would wait for
        if template is not None:
            _forms[engine].prepare(template, office)


def _close_offices() -> None:
    while _offices:
        _offices.popitem()[1].close()
    _forms.clear()
