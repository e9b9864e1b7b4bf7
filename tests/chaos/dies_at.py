"""Run one command of the program and kill it at a chosen moment, as a power cut would: `dies_at.py HOW … -- WORDS`.

A moment is just before a file or folder is opened for writing, created, renamed or removed (`file`), just before a
transaction of the ledger is committed (`commit`), or just after (`committed`).

    count FILE             does not kill, and writes the number of moments to FILE
    nth NUMBER             kills at that moment, counted from 1
    once KIND PATTERN      kills at the first moment of that kind once a file matching the pattern exists
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

CHANGES = frozenset({"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.link"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

Watch = Callable[[str], None]


def watch_files(seen: Watch) -> None:
    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING):
            seen("file")

    sys.addaudithook(hook)


def watch_commits(seen: Watch) -> None:
    from sqlalchemy.engine.default import DefaultDialect  # noqa: PLC0415 - as below

    commit = DefaultDialect.do_commit

    def watched(dialect: DefaultDialect, connection: object) -> None:
        seen("commit")
        commit(dialect, connection)  # type: ignore[arg-type]
        seen("committed")

    DefaultDialect.do_commit = watched  # type: ignore[method-assign]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(how: list[str], words: list[str]) -> None:
    count = 0

    def seen(kind: str) -> None:
        nonlocal count
        count += 1
        if how[0] == "nth" and count == int(how[1]):
            die()
        if how[0] == "once" and kind == how[1] and any(Path.cwd().glob(how[2])):
            die()

    from notices.cli import main as notices  # noqa: PLC0415 - the workers import this file too, but do not need it

    watch_commits(seen)
    watch_files(seen)
    try:
        notices(words)
    finally:
        moments = count
        if how[0] == "count":
            Path(how[1]).write_text(str(moments))


if __name__ == "__main__":
    middle = sys.argv.index("--")
    main(sys.argv[1:middle], sys.argv[middle + 1 :])
