"""Preload module of Dask's workers, for `notices worker` and `dask worker --preload notices.letters.shards.preload`.

Dask calls `dask_setup` before a worker registers at its scheduler: so the worker offers what it can make from its
first moment, and the folder that Dask gives it (0700, locked, deleted at its end and after a crash) is ours as well.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from notices.errors import NoticesError
from notices.letters.shards.facts import machine_facts, resource_of
from notices.letters.shards.workshop import close_workshop, open_workshop

FACTS = "notices"  # the key of a worker's facts in what the scheduler tells about it
FAULT = "fault"
_log = logging.getLogger(__name__)


async def dask_setup(worker: Any) -> None:
    """Open the workshop of a worker, and let it offer what machines equal to this one ask for."""
    try:
        facts = dict(await asyncio.to_thread(machine_facts))
    except NoticesError as error:
        _log.error("This worker can make no letters: %s", error)
        told = {FAULT: str(error)}
        worker.startup_information[FACTS] = lambda _: told
        return
    resource = resource_of(facts)

    def give_up() -> None:
        worker.loop.add_callback(worker.set_resources, **{resource: 0})

    open_workshop(Path(worker.local_directory) / "notices", give_up)
    worker.startup_information[FACTS] = lambda _: facts
    for amounts in (worker.state.total_resources, worker.state.available_resources):
        amounts[resource] = 1


async def dask_teardown(worker: Any) -> None:  # noqa: ARG001 - as above
    """Close the workshop: LibreOffice ends, and all files of the work are deleted."""
    await asyncio.to_thread(close_workshop)
