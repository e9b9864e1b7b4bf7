"""A Dask cluster as an Executor, beside the pool of this machine: tasks survive lost workers and connections.

Calls go through `Client.get_executor()`. What Dask leaves to its user is here: a task whose worker was killed again
and again raises BrokenExecutor, as the pool's does; tasks that a lost connection or a restarted scheduler cancelled
are given again; values that many tasks share are sent once. They are sent as results of a task, not by
`Client.scatter`: scattered data cannot be made again when the only worker that has them is lost, tasks can.

Dask unpickles what it receives, on all sides: whoever can connect can run programs. So `check_access` comes first.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from distributed import Client, KilledWorker
from distributed.security import Security
from distributed.versions import get_versions, scheduler_relevant_packages

from notices.errors import Unusable
from notices.messages import say
from notices.workers.cluster_access import ClusterAccess, check_access, reach
from notices.workers.ctrl_c import CtrlCPool

T = TypeVar("T")

LOOK_SECONDS = 1.0
LOST_SECONDS = 300.0  # time for a scheduler to come back, before the command gives up and can be resumed
ALONE_SECONDS = 120.0  # the same for a worker that can take the tasks
CONNECT_SECONDS = 30.0
GOODBYE_SECONDS = 10.0
TOO_OFTEN = 20  # a task given again this often is not unlucky
OF_THE_CONNECTION = (CancelledError, OSError, TimeoutError)  # Dask's CommClosedError is an OSError
LOGGERS = ("distributed", "distributed.client", "distributed.core", "distributed.comm", "distributed.batched")


@dataclass(frozen=True, slots=True)
class Shared:
    """An argument of many tasks that travels once; equal keys mean equal values."""

    key: str
    value: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClusterWorker:
    """A worker as the scheduler knows it: its name, what it offers, and what it told about itself."""

    name: str
    address: str
    resources: Mapping[str, float]
    told: Mapping[str, Any]


@dataclass(eq=False, slots=True)
class _Errand:
    """A call to be made on the cluster; `future` is the caller's, and stays the same when it is given again."""

    call: tuple[Callable[..., Any], tuple[Any, ...]]
    future: Future[Any]
    given: int = 0


class ClusterPool(CtrlCPool):
    """The workers of a cluster that offer `resource`, one task a worker at a time.

    Raises Unusable if the scheduler cannot be reached; later, tasks raise it if it or all such workers stay away.
    `farewell` is called on each worker at the end.
    """

    def __init__(
        self,
        access: ClusterAccess,
        resource: str,
        farewell: Callable[[], None] | None = None,
        *,
        lost_seconds: float = LOST_SECONDS,
        alone_seconds: float = ALONE_SECONDS,
    ) -> None:
        access = check_access(access)
        reach(access)
        self._access, self._resource, self._farewell = access, resource, farewell
        self._lost_seconds, self._alone_seconds = lost_seconds, alone_seconds
        self._client = _connected(access)
        self._shared: dict[str, Any] = {}
        self._tries = count()
        self._errands: set[_Errand] = set()
        self._again: list[_Errand] = []
        self._events: queue.SimpleQueue[tuple[_Errand, Future[Any] | None] | None] = queue.SimpleQueue()
        self._fit = 0
        self._ended = False
        self._keeper: threading.Thread | None = None

    @property
    def fit(self) -> int:
        """Number of workers that can take the tasks, as last seen."""
        return self._fit

    def workers(self) -> list[ClusterWorker]:
        """Return all workers that the scheduler knows; raises Unusable if the connection is lost."""
        try:
            known = self._client.scheduler_info(n_workers=-1)["workers"]
        except OF_THE_CONNECTION as error:
            raise _lost(self._access) from error
        found = [
            ClusterWorker(str(each["name"]), address, each.get("resources") or {}, each)
            for address, each in known.items()
        ]
        self._fit = sum(bool(each.resources.get(self._resource)) for each in found)
        return found

    def versions(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the versions of what machines of a cluster talk with, here and at the scheduler.

        Raises Unusable if the connection is lost.
        """
        try:
            told = self._client.sync(self._client.scheduler.versions, packages=[])
        except OF_THE_CONNECTION as error:
            raise _lost(self._access) from error
        here, there = (
            {name: str(version) for name, version in each["packages"].items() if name in scheduler_relevant_packages}
            for each in (get_versions(), told)
        )
        return here, there

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Schedule a call, a module's function that workers can import; arguments may be `Shared`.

        Its future raises BrokenExecutor if workers were killed while running it, or Unusable if the cluster is lost.
        Raises KeyboardInterrupt after Ctrl-C.
        """
        assert not kwargs  # noqa: S101 - no task needs any
        if self._interrupted:
            raise KeyboardInterrupt
        if self._ended:
            raise RuntimeError("the pool is shut down")
        errand = _Errand((fn, args), Future())
        self._events.put((errand, None))
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, daemon=True)
            self._keeper.start()
        return errand.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as Executor has it
        """Let submitted tasks finish, clear the workers, and end the connection."""
        if wait and not cancel_futures:
            for errand in list(self._errands):
                with suppress(Exception):
                    errand.future.result()
        self.kill()

    def kill(self) -> None:
        """Withdraw all tasks and end the connection; what workers are making is dropped there."""
        if self._ended:
            return
        self._ended = True
        self._events.put(None)
        if self._keeper is not None:
            self._keeper.join(GOODBYE_SECONDS)
        # The scheduler may be gone, and each call to it waits for an answer.
        leaving = threading.Thread(target=self._leave, daemon=True)
        leaving.start()
        leaving.join(GOODBYE_SECONDS)

    def _end_tasks(self) -> None:
        self._events.put(None)

    def _leave(self) -> None:
        with suppress(Exception):
            self._client.cancel([*self._shared.values()], force=True)
            self._shared.clear()
            if self._farewell is not None and self._client.status == "running":
                fit = [each.address for each in self.workers() if self._resource in each.resources]
                self._client.run(self._farewell, workers=fit, on_error="ignore")
        with suppress(Exception):
            self._client.close(timeout=GOODBYE_SECONDS)

    # What follows runs in the keeper's thread, which alone talks to Dask while tasks are under way.

    def _keep(self) -> None:
        """Give tasks to the cluster and take back their outcomes, until the pool ends."""
        looked = lost = alone = time.monotonic()
        while True:
            with suppress(queue.Empty):
                event = self._events.get(timeout=LOOK_SECONDS)
                if event is None:
                    break
                self._handle(*event)
            now = time.monotonic()
            if now - looked < LOOK_SECONDS:
                continue
            looked = now
            if self._is_connected():
                lost = now
                alone = now if self._fit or not self._errands else alone
                again, self._again = self._again, []
                for errand in again:
                    self._give(errand)
            if now - lost > self._lost_seconds:
                self._fail_all(_lost(self._access))
            elif now - alone > self._alone_seconds:
                self._fail_all(_alone(self._access))
        self._fail_all(BrokenExecutor())

    def _handle(self, errand: _Errand, outcome: Future[Any] | None) -> None:
        if outcome is None:
            self._errands.add(errand)
            if errand.future.set_running_or_notify_cancel():
                self._give(errand)
            else:
                self._errands.discard(errand)
            return
        if errand not in self._errands:  # it has failed with all others
            return
        error = CancelledError() if outcome.cancelled() else outcome.exception()
        if isinstance(error, OF_THE_CONNECTION) and errand.given < TOO_OFTEN:
            self._again.append(errand)
            return
        self._errands.discard(errand)
        if error is None:
            errand.future.set_result(outcome.result())
        elif isinstance(error, KilledWorker):
            errand.future.set_exception(BrokenExecutor(str(error)))
        else:
            errand.future.set_exception(_failed_there(error))

    def _give(self, errand: _Errand) -> None:
        function, arguments = errand.call
        errand.given += 1
        try:
            if self._client.status != "running":
                raise ConnectionError
            executor = self._client.get_executor(resources={self._resource: 1}, pure=False)
            future = executor.submit(function, *map(self._sent, arguments))
        except OF_THE_CONNECTION:
            self._again.append(errand)
        else:
            future.add_done_callback(lambda outcome: self._events.put((errand, outcome)))

    def _sent(self, argument: object) -> object:
        """Return the argument, or the Dask future of a shared one."""
        if not isinstance(argument, Shared):
            return argument
        sent = self._shared.get(argument.key)
        if sent is None or sent.status in {"cancelled", "lost", "error"}:
            key = f"notices-shared-{argument.key}-{next(self._tries)}-{time.time_ns()}"
            sent = self._client.submit(_itself, argument.value, key=key, resources={self._resource: 1}, pure=False)
            self._shared[argument.key] = sent
        return sent

    def _is_connected(self) -> bool:
        """Look at the cluster; connect anew if Dask has given up."""
        try:
            if self._client.status in {"closing", "closed"}:
                reach(self._access)
                self._shared.clear()
                self._client = _connected(self._access)
            if self._client.status != "running":
                return False
            self.workers()
        except Unusable:
            return False
        return True

    def _fail_all(self, error: Exception) -> None:
        self._again.clear()
        while self._errands:
            errand = self._errands.pop()
            with suppress(Exception):  # it was cancelled meanwhile
                errand.future.set_exception(error)


def _itself(value: T) -> T:
    return value


def security_of(access: ClusterAccess) -> Security:
    """Return Dask's form of the certificate files."""
    if not access.encrypted:
        return Security()  # type: ignore[no-untyped-call]
    certificate, key = str(access.certificate), str(access.key)
    return Security(  # type: ignore[no-untyped-call]
        require_encryption=True,
        tls_ca_file=str(access.ca_file),
        tls_client_cert=certificate,
        tls_client_key=key,
        tls_worker_cert=certificate,
        tls_worker_key=key,
    )


def _connected(access: ClusterAccess) -> Any:
    # What matters to the user is told in our words; warnings, such as of large graphs, are for programmers.
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"distributed\b")
    try:
        return Client(  # type: ignore[no-untyped-call]
            access.address,
            security=security_of(access),
            timeout=CONNECT_SECONDS,
            set_as_default=False,
            name="notices",
        )
    except (OSError, ValueError, TypeError, ImportError) as error:
        raise Unusable(
            say("The scheduler {address} cannot be used: {mistake}", address=access.address, mistake=str(error)),
            say("Install the same version of the program, with the extra “cluster”, on all machines."),
        ) from error


def _lost(access: ClusterAccess) -> Unusable:
    return Unusable(
        say("The connection to the scheduler {address} is lost.", address=access.address),
        say("Start the scheduler again, then run `notices resume BATCH`; finished letters are kept."),
    )


def _alone(access: ClusterAccess) -> Unusable:
    return Unusable(
        say("The cluster {address} has no worker left that can make these letters.", address=access.address),
        say("Start workers with `notices worker {address}`, then run `notices resume BATCH`.", address=access.address),
    )


def _failed_there(error: BaseException) -> Unusable:
    return Unusable(
        say("The cluster cannot do this work: {mistake}", mistake=f"{type(error).__name__}: {error}"),
        say("Install the same version of the program, with the extra “cluster”, on the scheduler and all workers."),
    )
