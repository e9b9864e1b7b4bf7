"""The local pool: processes that die with their parent, and at once when it or a Ctrl-C wants them to.

`ProcessPoolExecutor` will not do here. One killed worker breaks the work of all others; a worker killed while it writes
a large result leaves a thread waiting for the rest, which shutdown() and the end of the program then wait for; and
a KeyboardInterrupt raised inside its locks leaves them locked. Here each worker has a line and a thread of its own:
whoever dies is noticed at the other end of the line, and the end of the program waits for no thread.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from types import FrameType, TracebackType
from typing import Any, ParamSpec, Self, TypeAlias, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
Line: TypeAlias = "Connection[Any, Any]"
Answer = tuple[BaseException | None, Any]

# What a forked worker needs is read in once, by the server that forks it; first of all how it takes a Ctrl-C.
PRELOADED = ["notices.workers.bootstrap", "notices.letters.shards.dispatch"]
GOODBYE_SECONDS = 5.0  # for an office to end in; who takes longer is killed
KILLED_SECONDS = 1.0
LOOK_UP_SECONDS = 0.1
HUNG_UP = (EOFError, ConnectionError)


class ShardPool(Executor):
    """Worker processes on this machine, started as they are needed; a fresh one replaces one that was killed.

    As a context manager it waits for its work on a good end, and kills it on an error. A Ctrl-C kills the workers
    wherever the caller is; the caller learns of it, by KeyboardInterrupt, when it next submits or leaves the block,
    and never in the middle of something else.
    """

    def __init__(self, workers: int) -> None:
        # Never a fork of this process: it has threads, and a copied lock is never released.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)
        _start_server()
        lifeline, self._their_end = self._context.Pipe()
        self._lifelines = [lifeline]  # taken out by whoever closes it: a Ctrl-C may come in the middle of that
        self._most, self._serving = workers, 0
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Call] | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []
        self._workers: list[_Worker] = []
        self._ended = self._killed = self._interrupted = self._listening = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Give out work; its future holds BrokenExecutor where its own worker was killed.

        Raises KeyboardInterrupt after a Ctrl-C.
        """
        if self._interrupted:
            raise KeyboardInterrupt
        if self._ended:
            raise RuntimeError("this pool has ended")
        future: Future[T] = Future()
        self._jobs.put((future, (fn, args, kwargs)))
        if not self._idle.acquire(blocking=False) and self._serving < self._most:
            self._serving += 1
            self._go(self._work)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as Executor has it
        """Let the work given out end, then the workers and what they started."""
        self._ended = True
        if cancel_futures:
            self._cancel()
        for _ in range(self._serving):
            self._jobs.put(None)
        if wait:
            for thread in list(self._threads):
                thread.join()
            self._hang_up()

    def kill(self) -> None:
        """End the workers now, whatever they are doing; what they started ends with them."""
        self._ended = True
        self._kill_workers()
        self._cancel()
        for _ in range(self._serving):
            self._jobs.put(None)
        deadline = time.monotonic() + KILLED_SECONDS
        for thread in list(self._threads):
            thread.join(max(0.0, deadline - time.monotonic()))

    def __enter__(self) -> Self:
        # Whoever listens to Ctrl-C already, or wants it ignored, goes on doing so.
        if threading.current_thread() is threading.main_thread():
            self._listening = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._listening:
            signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if kind is None and not self._interrupted:
            self.shutdown()
        else:
            self.kill()
        if self._listening:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._interrupted:
            raise KeyboardInterrupt

    def _heard(self, _signal: int, _frame: FrameType | None) -> None:
        self._interrupted = True
        self._kill_workers()

    def _go(self, target: Callable[..., None], *args: object) -> None:
        # A daemon: the end of the program waits for no thread, whatever it is stuck in.
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _hang_up(self) -> None:
        while self._lifelines:
            self._lifelines.pop().close()

    def _kill_workers(self) -> None:
        self._killed = True
        self._hang_up()
        for worker in list(self._workers):
            worker.kill()

    def _cancel(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job[0].cancel()

    def _work(self) -> None:
        """One thread: hands work to a process of its own until there is none left."""
        worker: _Worker | None = None
        while (job := self._jobs.get()) is not None:
            future, call = job
            if future.set_running_or_notify_cancel():
                try:
                    worker = worker or self._started()
                    result = worker.ask(call)
                except BrokenExecutor as error:
                    worker = None
                    future.set_exception(error)
                except BaseException as error:  # noqa: BLE001 - whoever waits for the future is to have it
                    future.set_exception(error)
                else:
                    future.set_result(result)
            del job, future, call  # what was made is not kept until the next is there
            self._idle.release()
        if worker is not None:
            worker.dismiss()

    def _started(self) -> _Worker:
        """A worker, waited for no longer than the pool is to live: the server may take a second to be ready."""
        started: queue.SimpleQueue[_Worker | BaseException] = queue.SimpleQueue()
        if not self._killed:
            self._go(self._start, started)
        while not self._killed:
            try:
                worker = started.get(timeout=LOOK_UP_SECONDS)
            except queue.Empty:
                continue
            if isinstance(worker, BaseException):
                raise worker
            return worker
        raise BrokenExecutor

    def _start(self, started: queue.SimpleQueue[_Worker | BaseException]) -> None:
        try:
            worker = _Worker(self._context, self._their_end)
        except HUNG_UP as error:  # the server was killed; the next start starts it again
            started.put(BrokenExecutor(*error.args))
        except BaseException as error:  # noqa: BLE001 - it is raised where the worker is wanted
            started.put(error)
        else:
            self._workers.append(worker)
            if self._killed:  # while it was starting
                worker.kill()
            started.put(worker)


def shard_pool(workers: int) -> ShardPool:
    """The pool for `run_shards` on this machine, one warm office a worker."""
    return ShardPool(workers)


class _Worker:
    """A process, and the line over which it is given work and answers."""

    def __init__(self, context: ForkServerContext, lifeline: Line) -> None:
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, lifeline), daemon=True)
        try:
            self._process.start()
        finally:
            theirs.close()

    def ask(self, call: Call) -> Any:
        """What the call gives, in the process; raises what it raises, and BrokenExecutor where the process ended."""
        try:
            self._line.send(call)
            error, result = self._line.recv()
        except HUNG_UP as cause:
            self.kill()
            self._process.join()
            raise BrokenExecutor from cause
        if error is not None:
            raise error
        return result

    def dismiss(self) -> None:
        """Let it close what it has open, and end."""
        self._line.close()
        self._process.join(GOODBYE_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End it; nothing where it has ended."""
        if self._process.is_alive():
            self._process.kill()


def _start_server() -> None:
    """Start the server that forks the workers; it reads in what they need while the caller goes on."""
    resource_tracker.ensure_running()  # it would undo what follows
    # A Ctrl-C waits until the server knows how to take it, which it inherits.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(line: Line, lifeline: Line) -> None:
    """In the worker: do what is asked until whoever asks hangs up."""
    # A Ctrl-C reaches every process of the terminal; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with, args=(lifeline,), daemon=True).start()
    while True:
        try:
            function, args, kwargs = line.recv()
        except HUNG_UP:
            return
        answer: Answer
        try:
            answer = None, function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - it is raised where the work was given out
            error.add_note(traceback.format_exc())
            answer = error, None
        line.send(answer)
        del function, args, kwargs, answer


def _die_with(lifeline: Line) -> None:
    # Nothing is ever sent: it ends when the parent closes it or is no more. Our office sees our end the same way.
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
