"""LibreOffice processes of a workspace: their configuration, and their early start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from pathlib import Path

from notices.errors import NoticesError
from notices.files import private_key
from notices.flow.batch.frozen import Frozen
from notices.flow.rendering.documents import WORTH_COMPILING, is_mailed
from notices.flow.rendering.early_start import SHARD_MODULES
from notices.flow.workspace import SETTINGS_FILE, Workspace
from notices.fonts.batch_fonts import BatchFonts, batch_fonts
from notices.fonts.installed import office_environment
from notices.ledger import Books, NoticeSummary
from notices.letters.inspection import possible_fonts
from notices.letters.shards.dispatch import warm_up
from notices.letters.template import characters_of, open_template
from notices.office import Engine, find
from notices.workers.capacity import Capacity
from notices.workers.pool import WorkerPool

# Making fonts of a batch takes about a millisecond for a character of a face. It saves a document of its own for each
# e-mailed letter, but only a tenth of a printed one.
WORTH_MAILED, WORTH_PRINTED = 20, 400
CACHE_KEY = ".compiled-templates.key"  # beside the ledger: whoever can write into output/ cannot read it there


def engine_of(workspace: Workspace, fonts: BatchFonts | None = None) -> Engine:
    """Return the LibreOffice configuration of a workspace: profiles, font mapping, and PDF/A if it is set.

    With the fonts of a batch, LibreOffice sees these alone.
    """
    folder = workspace.office
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = tuple(sorted((fonts.environment if fonts else office_environment(folder)).items()))
    return Engine(
        find(),
        folder / "profiles",
        environment,
        renew_after_documents=workspace.settings.letters.renew_after,
        archival=workspace.settings.pdf.archival,
        secret=private_key(workspace.batches / CACHE_KEY),
    )


def fonts_of(frozen: Frozen, books: Books, summaries: Sequence[NoticeSummary], capacity: Capacity) -> BatchFonts | None:
    """Return fonts that hold just the characters of a batch's letters; None where all fonts of the machine are used.

    A few letters are made before such fonts would be.
    """
    mailed = sum(map(is_mailed, summaries)) >= WORTH_MAILED
    if not mailed and len(summaries) < WORTH_PRINTED:
        return None
    templates = {frozen.template_path(each.estate, each.tier, each.approval) for each in summaries}
    try:
        opened = [open_template(template) for template in templates]
    except NoticesError:  # making the letters will raise it again and report it
        return None
    settings = [frozen.approved(number) for number in {each.approval for each in summaries}]
    characters = books.batches.characters(frozen.batch.name).union(
        *map(characters_of, templates),
        *((approved.root / SETTINGS_FILE).read_text("utf-8") for approved in settings),
    )
    if not mailed and len(summaries) < len(characters):
        return None
    with office_pool(capacity.workers(frozen.workspace.settings.letters, len(summaries))) as pool:
        return batch_fonts(
            frozenset[str]().union(*map(possible_fonts, opened)),
            characters,
            frozen.workspace.office / "fonts",
            private_key(frozen.workspace.batches / CACHE_KEY),
            pool,
        )


def office_pool(workers: int) -> WorkerPool:
    """Return a pool for `run_shards`, in which each worker runs its own LibreOffice."""
    return WorkerPool(workers, preload=SHARD_MODULES)


@contextmanager
def warm_pool(
    frozen: Frozen, waiting: Sequence[NoticeSummary], capacity: Capacity, fonts: BatchFonts | None
) -> Iterator[WorkerPool | None]:
    """Start workers for the letters that probably have to be made; yield their pool, or None if there are none.

    Each worker starts LibreOffice and compiles the template that most letters use. The caller has to enter the pool; it
    is killed at the end of the block in any case.
    """
    try:
        engine = engine_of(frozen.workspace, fonts) if waiting else None
        template = _worth_compiling(frozen, waiting)
    except NoticesError:  # making the letters will raise it again and report it
        engine = None
    if engine is None:
        yield None
        return
    settings = frozen.workspace.settings.letters
    # Without fonts of the batch an e-mailed letter is a document of its own. There may be more, but not fewer.
    mailed = sum(map(is_mailed, waiting)) if fonts is None else 0
    documents = mailed + ceil((len(waiting) - mailed) / capacity.shard(settings))
    pool = office_pool(capacity.workers(settings, len(waiting)))
    try:
        warm_up(pool, engine, capacity.workers(settings, documents), template)
        yield pool
    finally:
        pool.kill()  # no effect if it has ended


def _worth_compiling(frozen: Frozen, waiting: Sequence[NoticeSummary]) -> Path | None:
    counted = Counter(
        (frozen.template_path(each.estate, each.tier, each.approval), is_mailed(each)) for each in waiting
    )
    for (template, _), letters in counted.most_common(1):
        if letters >= WORTH_COMPILING:
            return template
    return None
