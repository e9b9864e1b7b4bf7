"""Helpers shared by all tests: running the command line in this process, and paths of the sample estate."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "examples" / "sample-garden"


@dataclass(frozen=True)
class Outcome:
    """Result of a command line: exit status and output."""

    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        """JSON document on standard output."""
        return json.loads(self.output)


Cli = Callable[..., Outcome]


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free, for a server that a test starts or restarts.

    It is a random one outside of the range that systems give to connections: neither another worker of pytest-xdist
    nor a connection takes it before the server listens on it, or while the server is restarted.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def call(*words: object, answers: str | None = None) -> Outcome:
    """Run a command line in this process; `answers` is the user's typed input."""
    main = import_module("notices.cli").main  # imported here so that tests of one package need not load all others
    result = CliRunner().invoke(main, [str(word) for word in words], input=answers, env={"LC_ALL": "C.UTF-8"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)


def subcommands(group: click.Group) -> list[tuple[str, click.Command]]:
    """Return the commands of a group, by name."""
    context = click.Context(group)
    found = ((name, group.get_command(context, name)) for name in sorted(group.list_commands(context)))
    return [(name, command) for name, command in found if command is not None]


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Yield every command below a group by its full name, such as `mail confirm`."""
    for name, command in subcommands(group):
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command
