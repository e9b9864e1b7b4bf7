"""A cluster in place of this machine's offices: which one, which of its workers make equal letters, and hints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from notices.errors import Unusable
from notices.flow.workspace import Workspace
from notices.letters.shards.dispatch import run_shards
from notices.letters.shards.shard import Shard, ShardResult
from notices.messages import Message, say
from notices.workers.capacity import Capacity
from notices.workers.cluster_access import ClusterAccess

if TYPE_CHECKING:
    from notices.letters.shards.remote import Census, RemotePress, Unfit

FIRST_WORKER_SECONDS = 20.0  # workers of a cluster that was just started need some seconds


class ClusterMissing(Unusable):
    """The extra `cluster`, which talks to Dask, is not installed."""


@dataclass(frozen=True)
class PressRoom:
    """A connected cluster with at least one worker that makes letters equal to this machine's."""

    press: RemotePress
    unfit: tuple[Unfit, ...] = field(default=())

    def make(self, shards: Iterable[Shard], on_result: Callable[[ShardResult], None]) -> tuple[Message, ...]:
        """Make all shards, as `run_shards` does; return a hint for each worker that made none."""
        with self.press as press:
            run_shards(press, shards, on_result, ahead=press.ahead)
        return (
            *(
                say("Worker {worker} was not used: {reason}.", worker=each.worker, reason=each.reason)
                for each in self.unfit
            ),
            *(
                say("Worker {worker} failed and was left out: {reason}", worker=worker, reason=reason)
                for worker, reason in self.press.faults.items()
            ),
        )


def access_of(workspace: Workspace, capacity: Capacity) -> ClusterAccess | None:
    """Return the cluster that a command is to use, by its option or the settings; None for this machine alone."""
    cluster = workspace.settings.cluster
    address = capacity.cluster or cluster.scheduler
    if not address:
        return None

    def file(name: str) -> Path | None:
        return workspace.root / name if name else None

    return ClusterAccess(address, cluster.insecure, file(cluster.ca_file), file(cluster.certificate), file(cluster.key))


@contextmanager
def cluster_press(workspace: Workspace, capacity: Capacity, waiting: Sequence[object]) -> Iterator[PressRoom | None]:
    """Connect to the cluster if there is one and letters wait for it; yield None otherwise.

    Raises Unusable or Refused before anything changes if it cannot be reached or used. The connection ends with the
    block in any case.
    """
    access = access_of(workspace, capacity)
    if access is None or not waiting:
        yield None
        return
    room = _connected(access)
    try:
        yield room
    finally:
        room.press.kill()  # no effect if it has ended


def _connected(access: ClusterAccess) -> PressRoom:
    try:
        from notices.letters.shards.remote import connect  # noqa: PLC0415 - Dask is an extra, and slow to load
    except ImportError as error:
        raise cluster_missing(error) from error
    press, unfit = connect(access, FIRST_WORKER_SECONDS)
    return PressRoom(press, unfit)


def census_of(access: ClusterAccess, seconds: float) -> Census:
    """Count the workers of a cluster; wait so long for a first one. Raises Unusable or Refused as `render` does."""
    try:
        from notices.letters.shards.remote import take_census  # noqa: PLC0415 - as above
    except ImportError as error:
        raise cluster_missing(error) from error
    return take_census(access, seconds)


def cluster_missing(error: ImportError) -> Unusable:
    """Return the error to raise where Dask cannot be imported."""
    if (error.name or "").partition(".")[0] not in {"dask", "distributed"}:
        raise error
    return ClusterMissing(
        say("Letters on a cluster need the extra “cluster”, which is not installed."),
        say("Install it with `pip install 'notices[cluster]'`, or empty [cluster] scheduler in the settings."),
    )
