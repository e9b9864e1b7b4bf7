"""Run a command in a child process that dies, as in a power cut, at a chosen moment of printer or ledger access.

The moments are: before a connection is opened or a part of a request is sent, before and after a ledger transaction is
committed, and before a file or folder is renamed to its final name.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy.engine.default import DefaultDialect

from notices.cli import main

WATCHED = frozenset({"http.client.connect", "http.client.send", "os.rename", "os.mkdir"})


def run(folder: Path, *words: object, die_at: int | None = None) -> tuple[int, list[str]]:
    """Run a command in a child; return its exit status (negative: the signal) and the moments it passed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _live(folder, [str(word) for word in words], writing, die_at)
    os.close(writing)
    with os.fdopen(reading) as told:
        moments = told.read().split()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), moments


def _live(folder: Path, words: Iterable[str], writing: int, die_at: int | None) -> None:
    count = 0

    def seen(moment: str) -> None:
        nonlocal count
        count += 1
        os.write(writing, f"{moment}\n".encode())
        if count == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    status = 70
    try:
        os.environ["NOTICES_WORKSPACE"] = str(folder)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        _watch(seen)
        main(list(words), standalone_mode=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
    finally:
        os._exit(status)


def _watch(seen: Callable[[str], None]) -> None:
    commit = DefaultDialect.do_commit

    def watched(dialect: DefaultDialect, connection: object) -> None:
        seen("commit")
        commit(dialect, connection)  # type: ignore[arg-type]
        seen("committed")

    DefaultDialect.do_commit = watched  # type: ignore[method-assign]
    sys.addaudithook(lambda event, _: seen(event) if event in WATCHED else None)
