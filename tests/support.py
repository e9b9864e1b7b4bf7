"""What tests of every room share: the command line run in this process, and where the sample estate lies."""

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
    """What one call of the command line gave."""

    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.output)


Cli = Callable[..., Outcome]


def call(*words: object, answers: str | None = None) -> Outcome:
    """Run one command line in this process; `answers` is what a person types."""
    main = import_module("notices.cli").main  # only here: the tests of a single room need not load every other
    result = CliRunner().invoke(main, [str(word) for word in words], input=answers, env={"LC_ALL": "C.UTF-8"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)
