"""Shards made on other machines: an executor that packs them for `run_shards`, checks what comes back and writes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from notices.errors import NoticesError, Unusable
from notices.letters.proof import Failure
from notices.letters.shards.entry import make_parcel, put_away
from notices.letters.shards.facts import Facts, differences, machine_facts, resource_of
from notices.letters.shards.parcels import Delivery, PackedKit, UnsoundDelivery, pack, pack_kit, unpack, unpacked
from notices.letters.shards.preload import FACTS, FAULT
from notices.letters.shards.shard import Shard, ShardResult
from notices.letters.shards.worker import make_shard
from notices.messages import Message, listed, say
from notices.office import Engine
from notices.workers.cluster_access import ClusterAccess
from notices.workers.dask import LOOK_SECONDS, ClusterPool, ClusterWorker, Shared

ATTEMPTS = 3  # of a shard, on workers that fail or deliver what was not asked for
AHEAD_A_WORKER = 3  # one is made, one waits there, one travels
LEAST_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Unfit:
    """A worker of the cluster that makes no letters, and why."""

    worker: str
    reason: Message


class RemotePress(Executor):
    """Executor that makes shards on a cluster; its futures have the results that `make_shard` has on this machine.

    `faults` has a message for each worker that failed and was left out; `task` is what workers do with a parcel.
    """

    def __init__(self, pool: ClusterPool) -> None:
        self.pool = pool
        self.task = make_parcel
        self.faults: dict[str, Message] = {}
        self._kits: dict[tuple[Path, Engine], PackedKit] = {}
        self._killed = False

    def ahead(self) -> int:
        """Return how many shards to have under way: enough for every worker."""
        return max(LEAST_AHEAD, AHEAD_A_WORKER * self.pool.fit)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Make a shard; `fn` is `make_shard`, the only thing that other machines can do."""
        (shard,) = args
        assert fn is make_shard  # noqa: S101 - a mistake of the programmer
        assert not kwargs  # noqa: S101 - the same
        future: Future[ShardResult] = Future()
        self._send(shard, future, ATTEMPTS)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as Executor has it
        """End the connection to the cluster."""
        self.pool.shutdown(wait, cancel_futures=cancel_futures)

    def kill(self) -> None:
        """Withdraw what is under way; nothing that comes back later is written."""
        self._killed = True
        self.pool.kill()

    def __enter__(self) -> Self:
        self.pool.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._killed = kind is not None
        self.pool.__exit__(kind, fault, at)

    def _send(self, shard: Shard, future: Future[ShardResult], attempts: int) -> None:
        kit = self._kit(shard)
        made = self.pool.submit(self.task, Shared(kit.digest, (kit.digest, kit.content)), pack(shard))
        made.add_done_callback(partial(self._receive, shard, future, attempts))

    def _kit(self, shard: Shard) -> PackedKit:
        root = shard.template.parent, shard.engine
        if root not in self._kits:
            self._kits[root] = pack_kit(shard)
        return self._kits[root]

    def _receive(self, shard: Shard, future: Future[ShardResult], attempts: int, made: Future[bytes]) -> None:
        """Set the future to the result, or send the shard again; runs in the pool's thread."""
        if self._killed:
            future.set_exception(BrokenExecutor())
            return
        try:
            delivery: Delivery = unpacked(made.result())
            if delivery.fault is not None:
                self.faults[delivery.worker] = delivery.fault.fact
            future.set_result(unpack(shard, delivery))
        except (UnsoundDelivery, NoticesError) as error:
            if made.exception() is not None:  # the cluster is lost
                future.set_exception(error)
            else:
                self._receive_again(shard, future, attempts - 1, error)
        except BaseException as error:  # noqa: BLE001 - passed on through the future
            future.set_exception(error)

    def _receive_again(self, shard: Shard, future: Future[ShardResult], attempts: int, error: Exception) -> None:
        if attempts:
            try:
                self._send(shard, future, attempts)
            except BaseException as ended:  # noqa: BLE001 - passed on through the future, such as after Ctrl-C
                future.set_exception(BrokenExecutor(str(ended)))
        elif isinstance(error, UnsoundDelivery):
            reason = say("the cluster delivered pages that do not prove it")
            failures = tuple(Failure(letter.number, reason) for letter in shard.letters)
            future.set_result(ShardResult(shard.name, (), failures))
        else:
            future.set_exception(error)


def unfit_workers(workers: list[ClusterWorker], here: Facts, resource: str) -> tuple[Unfit, ...]:
    """Return the workers that are given no letters, and why: they would make others than this machine."""
    return tuple(Unfit(worker.name, _reason(worker, here)) for worker in workers if not worker.resources.get(resource))


def _reason(worker: ClusterWorker, here: Facts) -> Message:
    told = worker.told.get(FACTS)
    if not isinstance(told, dict):
        return say("it was not started by `notices worker`, or with another version of it")
    if FAULT in told:
        return say("{fault}", fault=told[FAULT])
    found = differences(here, told)
    if not found:
        return say("it failed and was left out")
    return listed(found)


def _require_fit(pool: ClusterPool, address: str, unfit: tuple[Unfit, ...]) -> None:
    """Raise Unusable, naming each worker and its reason, if none can make these letters."""
    if not pool.fit:
        raise Unusable(
            say("The cluster {address} has no worker that can make these letters.", address=address),
            say(
                "Start one with `notices worker {address}`, with the versions and fonts of this machine.",
                address=address,
            ),
            [say("{worker}: {reason}", worker=each.worker, reason=each.reason) for each in unfit],
        )


def connect(access: ClusterAccess, seconds: float) -> tuple[RemotePress, tuple[Unfit, ...]]:
    """Return a press on a cluster, and its workers that are not used; wait so long for a first worker that is.

    Raises Unusable, naming each worker and why it is not used, if there is none.
    """
    here = machine_facts()
    pool = ClusterPool(access, resource_of(here), put_away)
    try:
        unfit = _first_workers(pool, here, seconds)
        _require_fit(pool, access.address, unfit)
    except BaseException:
        pool.kill()
        raise
    return RemotePress(pool), unfit


@dataclass(frozen=True, slots=True)
class Census:
    """Workers of a cluster: the number of those that make letters equal to this machine's, and the others.

    `scheduler` says which versions the scheduler has that are not this machine's.
    """

    fit: int
    unfit: tuple[Unfit, ...]
    scheduler: tuple[Message, ...]


def take_census(access: ClusterAccess, seconds: float) -> Census:
    """Count the workers of a cluster; wait so long for a first one. Raises Unusable if it cannot be reached."""
    here = machine_facts()
    pool = ClusterPool(access, resource_of(here))
    try:
        unfit = _first_workers(pool, here, seconds)
        return Census(pool.fit, unfit, differences(*pool.versions()))
    finally:
        pool.kill()


def _first_workers(pool: ClusterPool, here: Facts, seconds: float) -> tuple[Unfit, ...]:
    """Wait so long for a first worker; return those that are not used."""
    deadline, resource = time.monotonic() + seconds, resource_of(here)
    unfit = unfit_workers(pool.workers(), here, resource)
    while not pool.fit and not unfit and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        unfit = unfit_workers(pool.workers(), here, resource)
    return unfit
