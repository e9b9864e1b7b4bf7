"""The offices of a workspace: how they are run, and how they start before there are letters for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from pathlib import Path

from notices.errors import NoticesError
from notices.flow.batch.frozen import Frozen
from notices.flow.rendering.documents import WORTH_COMPILING, is_mailed
from notices.flow.workspace import Workspace
from notices.fonts.installed import office_environment
from notices.ledger import Outline
from notices.letters.shards.dispatch import warm_up
from notices.office import Engine, find
from notices.workers.capacity import Capacity
from notices.workers.pool import WorkerPool

SHARD_MODULES = ("notices.letters.shards.worker",)  # what a worker imports to make shards


def engine_of(workspace: Workspace) -> Engine:
    """The offices of a workspace, with its font mapping, in the archival form where it asks for that."""
    folder = workspace.office
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = tuple(sorted(office_environment(folder).items()))
    return Engine(
        find(),
        folder / "profiles",
        environment,
        renew_after_documents=workspace.settings.letters.renew_after,
        archival=workspace.settings.pdf.archival,
    )


def office_pool(workers: int) -> WorkerPool:
    """Return a pool for `run_shards`, in which each worker runs its own LibreOffice."""
    return WorkerPool(workers, preload=SHARD_MODULES)


@contextmanager
def woken(frozen: Frozen, waiting: Sequence[Outline], able: Capacity) -> Iterator[WorkerPool | None]:
    """Workers for the letters that seem to wait, each starting its office and compiling the template of most letters.

    It is for the caller to enter the pool; if that never comes to pass, it is killed. None where no letter waits.
    """
    try:
        engine = engine_of(frozen.workspace) if waiting else None
        template = _worth_compiling(frozen, waiting)
    except NoticesError:  # whoever makes the letters will meet it too, and say it in its turn
        engine = None
    if engine is None:
        yield None
        return
    settings = frozen.workspace.settings.letters
    # What is e-mailed is a document of its own. There may be more documents than these, never fewer.
    alone = sum(map(is_mailed, waiting))
    documents = alone + ceil((len(waiting) - alone) / able.shard(settings))
    pool = office_pool(able.workers(settings, len(waiting)))
    try:
        warm_up(pool, engine, able.workers(settings, documents), template)
        yield pool
    finally:
        pool.kill()  # nothing where it has ended


def _worth_compiling(frozen: Frozen, waiting: Sequence[Outline]) -> Path | None:
    counted = Counter(
        (frozen.template_path(each.estate, each.tier, each.approval), is_mailed(each)) for each in waiting
    )
    for (template, _), letters in counted.most_common(1):
        if letters >= WORTH_COMPILING:
            return template
    return None
