"""Helpers shared by all tests: running the command line in this process, and paths of the sample estate."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

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


def call(*words: object, answers: str | None = None) -> Outcome:
    """Run a command line in this process; `answers` is the user's typed input."""
    main = import_module("notices.cli").main  # imported here so that tests of one package need not load all others
    result = CliRunner().invoke(main, [str(word) for word in words], input=answers, env={"LC_ALL": "C.UTF-8"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)
