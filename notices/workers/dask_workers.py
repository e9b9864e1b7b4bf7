"""Dask's workers on this machine, each a process under a nanny, which starts it again when it is killed.

Dask ends a worker for good, and its nanny, when the connection to the scheduler breaks. Here another takes its place:
a network that was cut, or a scheduler that was restarted, needs nobody to walk to the machine.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import dask
from distributed import Nanny
from distributed.utils import get_mp_context

from notices.messages import Message, say
from notices.workers.cluster_access import ClusterAccess
from notices.workers.dask import security_of
from notices.workers.sockets import refuse_long_folder
from notices.workers.worker_folder import worker_folder

AGAIN_SECONDS = 2.0
LOGGERS = (
    "asyncio",
    "distributed",
    "distributed.core",
    "distributed.nanny",
    "distributed.process",
    "distributed.worker",
)
CLOSE_SECONDS = 10.0
START_SECONDS = 300.0  # then a worker that has found no scheduler is started anew
CONFIGURATION = {
    # A worker started by forking a process that has imported everything is there in a second, not in several.
    "distributed.worker.multiprocessing-method": "forkserver",
    "logging": {"distributed": "error", "distributed.worker": "error", "distributed.nanny": "error"},
    "distributed.worker.http.routes": [],  # no page that tells about the work
    "distributed.worker.profile.enabled": False,
}


def serve(
    access: ClusterAccess,
    workers: int,
    memory_mib: int,
    name: str,
    preload: str,
    tell: Callable[[Message], None],
) -> None:
    """Run that many workers of one thread until SIGINT or SIGTERM; nothing of them stays on the disk.

    Raises Unusable if the temporary folder's path is too long: Dask would start processes in vain for ever.
    """
    refuse_long_folder()
    for each in LOGGERS:
        logging.getLogger(each).setLevel(logging.CRITICAL)  # what matters is told in our words
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "error")  # for the server that forks the workers
    os.environ["PYTHONSAFEPATH"] = "1"  # it would look for modules in the current folder first
    with worker_folder() as folder, dask.config.set(CONFIGURATION):
        context = get_mp_context()  # type: ignore[no-untyped-call]
        context.set_forkserver_preload(["distributed", preload])
        asyncio.run(_serve(access, workers, memory_mib, name or socket.gethostname(), folder, preload, tell))


async def _serve(
    access: ClusterAccess,
    workers: int,
    memory_mib: int,
    name: str,
    folder: Path,
    preload: str,
    tell: Callable[[Message], None],
) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, ended.set)

    def nanny(place: int) -> Nanny:
        return Nanny(
            access.address,
            nthreads=1,
            name=f"{name}-{place}",
            host="127.0.0.1" if access.on_this_machine else None,
            security=security_of(access),
            memory_limit=memory_mib << 20,
            local_directory=str(folder),
            preload=[preload],
            dashboard=False,
            death_timeout=START_SECONDS,
        )

    running = [asyncio.create_task(_always(nanny, place, ended, tell)) for place in range(1, workers + 1)]
    await ended.wait()
    await asyncio.wait(running, timeout=3 * CLOSE_SECONDS)
    for process in multiprocessing.active_children():
        process.kill()
    await asyncio.wait(running, timeout=CLOSE_SECONDS)


async def _always(
    nanny: Callable[[int], Nanny], place: int, ended: asyncio.Event, tell: Callable[[Message], None]
) -> None:
    """Keep one worker running: start another when it has ended, or could not start."""
    while not ended.is_set():
        with suppress(Exception):
            await _once(nanny(place), ended, tell)
        if not ended.is_set():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(ended.wait(), AGAIN_SECONDS)


async def _once(nanny: Nanny, ended: asyncio.Event, tell: Callable[[Message], None]) -> None:
    ending = asyncio.create_task(ended.wait())
    starting = asyncio.ensure_future(nanny)
    finishing: asyncio.Task[object] | None = None
    try:
        await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done() and starting.exception() is None:
            tell(say("Worker {worker} is ready.", worker=nanny.name))
            finishing = asyncio.create_task(nanny.finished())  # type: ignore[no-untyped-call]
            await asyncio.wait({finishing, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (ending, starting, finishing):
            if task is not None:
                task.cancel()
        # A nanny whose worker still waits for a scheduler does not close; its process is killed at the end.
        with suppress(Exception):
            await asyncio.wait_for(nanny.close(timeout=CLOSE_SECONDS), 2 * CLOSE_SECONDS)
