"""What tests of every room share: a workspace made by the program itself, and the command line run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
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


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command line and insist on its exit status: `cli("plan", list, status=1)`."""
    monkeypatch.delenv("NOTICES_WORKSPACE", raising=False)

    def checked(*words: object, status: int = 0, answers: str | None = None) -> Outcome:
        outcome = call(*words, answers=answers)
        assert outcome.status == status, f"{words}: exit {outcome.status}\n{outcome.errors}{outcome.output}"
        return outcome

    return checked


@pytest.fixture
def workspace(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh workspace with the sample settings; commands of this test work in it."""
    folder = tmp_path / "workspace"
    cli("init", folder)
    monkeypatch.setenv("NOTICES_WORKSPACE", str(folder))
    return folder
