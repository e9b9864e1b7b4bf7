"""worker: the worker processes of a cluster on this machine, one office each, until they are told to end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notices.flow.rendering.cluster import cluster_missing
from notices.letters.shards.facts import machine_facts
from notices.messages import Message
from notices.workers.capacity import for_this_machine
from notices.workers.cluster_access import ClusterAccess, check_access, reach

PRELOAD = "notices.letters.shards.preload"


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """Number of worker processes (0: by cores and memory), MiB of memory for each, and the name they go by."""

    workers: int = 0
    memory_mib: int = 1024
    name: str = ""


def work(access: ClusterAccess, options: WorkerOptions, tell: Callable[[Message], None]) -> None:
    """Work for a scheduler until SIGINT or SIGTERM; workers that end or lose it start again.

    Raises Unusable or Refused at the start: if the scheduler cannot be reached or used, or this machine has no
    LibreOffice.
    """
    access = check_access(access)
    machine_facts()
    try:
        from notices.workers.dask_workers import serve  # noqa: PLC0415 - Dask is an extra, and slow to load
    except ImportError as error:
        raise cluster_missing(error) from error
    reach(access)
    serve(access, options.workers or for_this_machine(), options.memory_mib, options.name, PRELOAD, tell)
