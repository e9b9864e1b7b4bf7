"""The local pool: processes that die with their parent, and at once when it wants them to."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class ShardPool(Executor):
    """Worker processes on this machine; a fresh set replaces one of which a worker was killed.

    As a context manager it waits for its work on a good end, and kills it on an error or Ctrl-C.
    """

    def __init__(self, workers: int) -> None:
        # Never a fork of this process: it may have threads, and a copied lock is never released.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["notices.flow.shards"])
        self._workers = workers
        self._lifeline, self._their_end = self._context.Pipe()
        self._pool = self._fresh()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Give out work; raises BrokenExecutor never, for a broken set of workers is replaced."""
        try:
            return self._pool.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self._pool.shutdown()
            self._pool = self._fresh()
            return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as Executor has it
        """Let the work under way end, then the workers and what they started."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)
        if wait:
            self._lifeline.close()

    def kill(self) -> None:
        """End the workers now, whatever they are doing; what they started ends with them."""
        self._lifeline.close()
        self._pool.shutdown(cancel_futures=True)

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.shutdown()
        else:
            self.kill()

    def _fresh(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._workers, mp_context=self._context, initializer=_begin, initargs=(self._their_end,)
        )


def shard_pool(workers: int) -> ShardPool:
    """The pool for `run_shards` on this machine, one warm office a worker."""
    return ShardPool(workers)


def _begin(lifeline: Connection[Any, Any]) -> None:
    # A Ctrl-C reaches every process of the terminal; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with, args=(lifeline,), daemon=True).start()


def _die_with(lifeline: Connection[Any, Any]) -> None:
    # Nothing is ever sent: it ends when the parent closes it or is no more. Our office sees our end the same way.
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
