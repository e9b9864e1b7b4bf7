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
from notices.flow.workspace import Workspace
from notices.fonts.installed import office_environment
from notices.ledger import NoticeSummary
from notices.letters.shards.dispatch import warm_up
from notices.office import Engine, find
from notices.workers.capacity import Capacity
from notices.workers.pool import WorkerPool

CACHE_KEY = ".compiled-templates.key"  # beside the ledger: whoever can write into output/ cannot read it there
SHARD_MODULES = ("notices.letters.shards.worker",)  # what a worker imports to make shards


def engine_of(workspace: Workspace) -> Engine:
    """Return the LibreOffice configuration of a workspace: profiles, font mapping, and PDF/A if it is set."""
    folder = workspace.office
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = tuple(sorted(office_environment(folder).items()))
    return Engine(
        find(),
        folder / "profiles",
        environment,
        renew_after_documents=workspace.settings.letters.renew_after,
        archival=workspace.settings.pdf.archival,
        secret=private_key(workspace.batches / CACHE_KEY),
    )


def office_pool(workers: int) -> WorkerPool:
    """Return a pool for `run_shards`, in which each worker runs its own LibreOffice."""
    return WorkerPool(workers, preload=SHARD_MODULES)


@contextmanager
def warm_pool(frozen: Frozen, waiting: Sequence[NoticeSummary], capacity: Capacity) -> Iterator[WorkerPool | None]:
    """Start workers for the letters that probably have to be made; yield their pool, or None if there are none.

    Each worker starts LibreOffice and compiles the template that most letters use. The caller has to enter the pool; it
    is killed at the end of the block in any case.
    """
    try:
        engine = engine_of(frozen.workspace) if waiting else None
        template = _worth_compiling(frozen, waiting)
    except NoticesError:  # making the letters will raise it again and report it
        engine = None
    if engine is None:
        yield None
        return
    settings = frozen.workspace.settings.letters
    # An e-mailed letter is a document of its own. There may be more documents than these, but not fewer.
    mailed = sum(map(is_mailed, waiting))
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
