"""Dispatch shards to an Executor, collect the results, and retry after a killed worker."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from pathlib import Path

from notices.letters.proof import Failure
from notices.letters.shards.shard import Shard, ShardResult, _failed, _halves, _joined
from notices.letters.shards.worker import _warm_up, make_shard
from notices.messages import say
from notices.office import Engine

LOOK_UP_SECONDS = 0.5
AHEAD = 8  # shards submitted at a time: enough for every core of one machine, with constant memory


def run_shards(
    executor: Executor,
    shards: Iterable[Shard],
    on_result: Callable[[ShardResult], None],
    *,
    ahead: int | Callable[[], int] = AHEAD,
) -> None:
    """Make all shards, `ahead` at a time, and pass each result to `on_result` in no particular order.

    `ahead` is a function if the number of workers may change.
    `on_result` is called once a shard, in the caller's thread. A shard whose worker was killed is retried alone, so
    that it is not blamed for another's fault, and halved if it kills that worker too. Raises what `make_shard` raises.
    """
    given: dict[Future[ShardResult], Shard] = {}
    suspects: list[Shard] = []
    for shard in shards:
        given[executor.submit(make_shard, shard)] = shard
        while len(given) >= (ahead if isinstance(ahead, int) else ahead()):
            _collect(given, suspects, on_result)
    while given:
        _collect(given, suspects, on_result)
    for shard in suspects:
        on_result(_made_alone(executor, shard))


def warm_up(executor: Executor, engine: Engine, workers: int, template: Path | None = None) -> None:
    """Start LibreOffice in that many workers and compile a template, while the first letters are being composed."""
    for _ in range(workers):
        executor.submit(_warm_up, engine, template)


def sweep_unfinished(folder: Path) -> None:
    """Delete unfinished files of interrupted runs in `folder`, unless it is a link; none may be in progress."""
    if folder.is_symlink():
        return
    for path in folder.glob(".*.partial"):
        path.unlink(missing_ok=True)
    for path in folder.glob(".*.making"):
        if not path.is_symlink():
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
    # A Ctrl-C just before the thread starts waiting does not wake it, so every wait is short.
    while not (ended := wait(given, timeout=LOOK_UP_SECONDS, return_when=FIRST_COMPLETED).done):
        pass
    return ended


def _made_alone(executor: Executor, shard: Shard) -> ShardResult:
    try:
        (ended,) = _ended([executor.submit(make_shard, shard)])
        return ended.result()
    except BrokenExecutor:
        if len(shard.letters) == 1:
            reason = say("the process making this letter was killed repeatedly")
            return _failed(shard, Failure(shard.letters[0].number, reason))
        return _joined(shard.name, [_made_alone(executor, half) for half in _halves(shard)])
