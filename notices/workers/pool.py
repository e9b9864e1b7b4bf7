"""Pool of worker processes that end with their parent, and at once on Ctrl-C.

`ProcessPoolExecutor` is unsuitable: one killed worker fails the tasks of all others; a worker killed while it writes a
large result leaves a thread waiting for the rest, and shutdown() and interpreter exit wait for that thread; and a
KeyboardInterrupt raised while it holds its locks leaves them locked. Here each worker has its own pipe and its own
daemon thread, so a dead worker is noticed at its pipe, and interpreter exit waits for no thread.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from typing import Any, ParamSpec, TypeAlias, TypeVar

from notices.workers.ctrl_c import CtrlCPool
from notices.workers.sockets import refuse_long_folder

P = ParamSpec("P")
T = TypeVar("T")

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
Pipe: TypeAlias = "Connection[Any, Any]"
Outcome = tuple[BaseException | None, Any]

BOOTSTRAP = "notices.workers.bootstrap"  # sets up signals, so the server imports it before anything else
SAFE_PATH = "PYTHONSAFEPATH"
EXIT_SECONDS = 5.0  # time for a worker to close what it has open, such as a LibreOffice, before it is killed
KILL_SECONDS = 1.0
POLL_SECONDS = 0.1
DISCONNECTED = (EOFError, ConnectionError)


class WorkerPool(CtrlCPool):
    """Up to `workers` processes on this machine, started on demand; a killed one is replaced.

    The fork server imports the modules in `preload` once, so that workers need not. There is one server a process: the
    first pool starts it, and the `preload` of later pools has no effect while it runs.
    """

    def __init__(self, workers: int, preload: Sequence[str] = ()) -> None:
        self._context = start_server(preload)
        lifeline, self._their_end = self._context.Pipe()
        self._lifelines = [lifeline]  # popped before it is closed, as Ctrl-C may close it at the same time
        self._limit, self._running = workers, 0
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Call] | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []
        self._workers: list[_Worker] = []
        self._ended = self._killed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Schedule a call; its future raises BrokenExecutor if the worker running it was killed.

        Raises KeyboardInterrupt after Ctrl-C.
        """
        if self._interrupted:
            raise KeyboardInterrupt
        if self._ended:
            raise RuntimeError("the pool is shut down")
        future: Future[T] = Future()
        self._jobs.put((future, (fn, args, kwargs)))
        if not self._idle.acquire(blocking=False) and self._running < self._limit:
            self._running += 1
            self._start_thread(self._run_tasks)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as Executor has it
        """Let submitted tasks finish, then end the workers and the processes they started."""
        self._ended = True
        if cancel_futures:
            self._cancel()
        for _ in range(self._running):
            self._jobs.put(None)
        if wait:
            for thread in list(self._threads):
                thread.join()
            self._close_lifelines()

    def kill(self) -> None:
        """End the workers and the processes they started, whatever they are doing."""
        self._ended = True
        self._kill_workers()
        self._cancel()
        for _ in range(self._running):
            self._jobs.put(None)
        deadline = time.monotonic() + KILL_SECONDS
        for thread in list(self._threads):
            thread.join(max(0.0, deadline - time.monotonic()))

    def _end_tasks(self) -> None:
        self._kill_workers()

    def _start_thread(self, target: Callable[..., None], *args: object) -> None:
        # A daemon, so that interpreter exit does not wait for a blocked thread.
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _close_lifelines(self) -> None:
        while self._lifelines:
            self._lifelines.pop().close()

    def _kill_workers(self) -> None:
        self._killed = True
        self._close_lifelines()
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

    def _run_tasks(self) -> None:
        """Pass tasks to one worker, until the queue gives None."""
        worker: _Worker | None = None
        while (job := self._jobs.get()) is not None:
            future, call = job
            if future.set_running_or_notify_cancel():
                try:
                    worker = worker or self._new_worker()
                    result = worker.run(call)
                except BrokenExecutor as error:
                    worker = None
                    future.set_exception(error)
                except BaseException as error:  # noqa: BLE001 - passed on through the future
                    future.set_exception(error)
                else:
                    future.set_result(result)
            del job, future, call  # frees the result before the next task arrives
            self._idle.release()
        if worker is not None:
            worker.stop()

    def _new_worker(self) -> _Worker:
        """Start a worker, giving up if the pool is killed: the server may need a second to be ready."""
        started: queue.SimpleQueue[_Worker | BaseException] = queue.SimpleQueue()
        if not self._killed:
            self._start_thread(self._start, started)
        while not self._killed:
            try:
                worker = started.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(worker, BaseException):
                raise worker
            return worker
        raise BrokenExecutor

    def _start(self, started: queue.SimpleQueue[_Worker | BaseException]) -> None:
        try:
            worker = _Worker(self._context, self._their_end)
        except DISCONNECTED as error:  # the server was killed; the next worker restarts it
            started.put(BrokenExecutor(*error.args))
        except BaseException as error:  # noqa: BLE001 - raised in _new_worker
            started.put(error)
        else:
            self._workers.append(worker)
            if self._killed:  # killed while the worker was starting
                worker.kill()
            started.put(worker)


class _Worker:
    """A process, and the pipe that carries tasks to it and results back."""

    def __init__(self, context: ForkServerContext, lifeline: Pipe) -> None:
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, lifeline), daemon=True)
        try:
            self._process.start()
        finally:
            theirs.close()

    def run(self, call: Call) -> Any:
        """Run a call in the process; raises what it raises, or BrokenExecutor if the process ended."""
        try:
            self._pipe.send(call)
            error, result = self._pipe.recv()
        except DISCONNECTED as cause:
            self.kill()
            self._process.join()
            raise BrokenExecutor from cause
        if error is not None:
            raise error
        return result

    def stop(self) -> None:
        """Let the process clean up and exit."""
        self._pipe.close()
        self._process.join(EXIT_SECONDS)
        self.kill()

    def kill(self) -> None:
        """Kill the process, unless it has ended."""
        if self._process.is_alive():
            self._process.kill()


def start_server(preload: Sequence[str] = ()) -> ForkServerContext:
    """Start the server that forks the workers, unless it runs; it imports the preloaded modules in the background.

    Raises Unusable if the temporary folder's path leaves no room for its socket.
    """
    # Never fork this process: it has threads, and a lock held at the fork is never released in the copy.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([BOOTSTRAP, *preload])
    refuse_long_folder()
    with _own_modules():
        resource_tracker.ensure_running()  # starting it below would unblock SIGINT again
    # The server inherits this mask and unblocks SIGINT itself, in the bootstrap module.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _own_modules():
            forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


@contextmanager
def _own_modules() -> Iterator[None]:
    """Let a Python that is started not look for modules in the current folder, which others may be able to write to."""
    given = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if given is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = given


def _serve(pipe: Pipe, lifeline: Pipe) -> None:
    """Run tasks in the worker until the parent closes the pipe."""
    # Ctrl-C reaches every process of the terminal, but only the parent acts on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, args=(lifeline,), daemon=True).start()
    while True:
        try:
            function, args, kwargs = pipe.recv()
        except DISCONNECTED:
            return
        outcome: Outcome
        try:
            outcome = None, function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - raised again in the parent
            error.add_note(traceback.format_exc())
            outcome = error, None
        pipe.send(outcome)
        del function, args, kwargs, outcome


def _exit_with_parent(lifeline: Pipe) -> None:
    # Nothing is ever sent: reading ends when the parent closes the pipe or dies. LibreOffice watches us the same way.
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
