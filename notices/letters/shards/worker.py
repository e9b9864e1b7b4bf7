"""Make a shard in a worker process: fill, convert and prove it, halving it to isolate a faulty letter."""

from __future__ import annotations

import multiprocessing.util
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_bytes

from notices.errors import DataNeedsPerson, NoticesError
from notices.fonts.installed import rare_families
from notices.letters.assemble import assemble
from notices.letters.proof import Failure, PageRange, prove
from notices.letters.rare_characters import refuse_undrawn, text_of
from notices.letters.shards.cache import TemplateCache
from notices.letters.shards.compare import ComparedTemplates
from notices.letters.shards.shard import LetterPages, Shard, ShardPdf, ShardResult, _failed, _halves, _joined, _part
from notices.messages import say
from notices.model import Letter
from notices.office import ConversionFailed, Engine, WarmOffice
from notices.pdf import DamagedPdf, atomic_file, page_texts, settle, sha256_of

SECRET_BYTES = 32


def make_shard(shard: Shard) -> ShardResult:
    """Fill, convert and prove a shard; halve a document that fails until the faulty letter is found.

    Raises Unusable if LibreOffice or the disk is at fault; PDFs finished by then are complete and remain.
    """
    # One at a time in a process: PDFium is not thread-safe, and the process has one LibreOffice.
    with _one_at_a_time:
        return _made(shard, attempts=2)


def _made(shard: Shard, attempts: int) -> ShardResult:
    if rare := _beyond_fonts(shard):
        return _made_apart(shard, rare)
    try:
        return _made_whole(shard, attempts)
    except _NotDrawn:
        return _made_apart(shard, shard.letters)
    except DataNeedsPerson as error:
        if len(shard.letters) == 1:
            return _failed(shard, Failure(shard.letters[0].number, error.fact))
        return _joined(shard.name, [_made(half, _attempts(half)) for half in _halves(shard)])


def _beyond_fonts(shard: Shard) -> tuple[Letter, ...]:
    """Return the letters with characters that the fonts of the batch lack."""
    if not shard.characters:
        return ()
    return tuple(letter for letter in shard.letters if not _draws(shard, text_of(letter)))


def _draws(shard: Shard, text: str) -> bool:
    return shard.characters.issuperset(each for each in text if each.isprintable())


def _made_apart(shard: Shard, rare: tuple[Letter, ...]) -> ShardResult:
    """Make these letters one by one with all fonts of the machine, and the others together."""
    if len(shard.letters) == 1:
        assert shard.fallback is not None  # noqa: S101 - set wherever `characters` is
        return _made(replace(shard, engine=shard.fallback, characters=frozenset()), attempts=2)
    others = tuple(letter for letter in shard.letters if letter not in rare)
    parts = (_part(shard, "a", others), _part(shard, "b", rare)) if others else _halves(shard)
    return _joined(shard.name, [_made(part, _attempts(part)) for part in parts])


def _made_whole(shard: Shard, attempts: int) -> ShardResult:
    office = _office(shard.engine)
    office.warm_up()  # starts while the letters are being filled
    with atomic_file(shard.target) as unfinished, _workbench(shard.target) as bench:
        made = bench / shard.target.name
        printed = _compiled(shard, office, made, attempts) or _by_docxtpl(shard, office, made, attempts)
        made.replace(unfinished)
        with _blaming_the_conversion(shard):
            settle(unfinished, shard.dated)
    failures = tuple(each for each in printed.proved if isinstance(each, Failure))
    letters = tuple(
        LetterPages(each.number, each.first + 1, each.count) for each in printed.proved if isinstance(each, PageRange)
    )
    pdf = ShardPdf(shard.target, sha256_of(shard.target), printed.pages, letters)
    return ShardResult(shard.name, (pdf,), failures)


class _NotDrawn(Exception):  # noqa: N818 - caught in this module
    """The pages have characters that the fonts of the batch do not draw."""


@dataclass(frozen=True, slots=True)
class _Printed:
    """The page count of a converted document, and the results of its proof."""

    pages: int
    proved: tuple[PageRange | Failure, ...]


def _compiled(shard: Shard, office: WarmOffice, made: Path, attempts: int) -> _Printed | None:
    """Make the letters with the compiled form of their template; return None if docxtpl has to make them."""
    document = made.with_suffix(".odt")
    compared = _compared[shard.engine]
    if not shard.compiled or not compared.fill(shard.template, shard.letters, office, document):
        return None
    try:
        printed = _printed(shard, office, document, made, attempts)
    except ConversionFailed:
        if len(shard.letters) > 1:
            raise
        return None
    if compared.agrees_with_docxtpl(shard.template, shard.letters, made, printed.proved, office):
        return printed
    return None


def _by_docxtpl(shard: Shard, office: WarmOffice, made: Path, attempts: int) -> _Printed:
    document = made.with_suffix(shard.template.suffix)
    assemble(shard.template, shard.letters, document)
    return _printed(shard, office, document, made, attempts)


def _printed(shard: Shard, office: WarmOffice, document: Path, made: Path, attempts: int) -> _Printed:
    office.convert(document, made, limit=shard.limit, attempts=attempts)
    with _blaming_the_conversion(shard):
        texts = page_texts(made)
        try:
            refuse_undrawn(made)
        except DataNeedsPerson:
            if shard.characters:
                raise _NotDrawn from None
            raise
    if shard.characters and not all(_draws(shard, text) for text in texts):
        raise _NotDrawn
    return _Printed(len(texts), prove(texts, shard.letters))


@contextmanager
def _workbench(target: Path) -> Iterator[Path]:
    """Yield a hidden work folder beside the PDF: a killed LibreOffice leaves lock files and partial files behind."""
    folder = target.with_name(f".{target.stem}.making")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _blaming_the_conversion(shard: Shard) -> Iterator[None]:
    """Turn DamagedPdf into ConversionFailed, upon which the shard is halved."""
    try:
        yield
    except DamagedPdf as error:
        raise ConversionFailed(
            say("LibreOffice made a damaged PDF of {shard}.", shard=shard.name), say("Render the batch again.")
        ) from error


def _attempts(half: Shard) -> int:
    # A document that failed in two fresh processes will fail again: retry only single letters.
    return 2 if len(half.letters) == 1 else 1


_one_at_a_time = threading.Lock()


_offices: dict[Engine, WarmOffice] = {}


_compared: dict[Engine, ComparedTemplates] = {}


def _office(engine: Engine) -> WarmOffice:
    if engine not in _offices:
        close_offices()
        _offices[engine] = WarmOffice(engine)
        _compared[engine] = ComparedTemplates(
            # Without a key that outlives this process, the cache serves this process only.
            TemplateCache(engine.profiles.with_name("forms"), engine.secret or token_bytes(SECRET_BYTES))
        )
        # Unlike atexit, this also runs when a pool's worker ends; handlers registered before the fork are dropped.
        multiprocessing.util.Finalize(None, close_offices, exitpriority=100)
    return _offices[engine]


def _warm_up(engine: Engine, template: Path | None) -> None:
    # The first shard will report any problem.
    with _one_at_a_time, suppress(NoticesError):
        office = _office(engine)
        office.warm_up()
        rare_families("")  # loads the characters of each font, for which the first letter would have to wait
        if template is not None:
            _compared[engine].prepare(template, office)


def close_offices() -> None:
    """End the LibreOffice of this process; the next shard starts it again."""
    while _offices:
        _offices.popitem()[1].close()
    _compared.clear()
