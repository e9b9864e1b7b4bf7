"""Fixtures shared by all tests: the command line, and a workspace made by the program itself.

Under `make test` each worker process of pytest-xdist makes its own session fixtures.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from postgres import Postgres, postgres
from support import Cli, Outcome, call

# Where Python is told to keep no bytecode, each program that a test starts would compile all of this package first.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Of each property: a fraction of the examples of `make proofs`. No time limit: a busy machine is no fault.
EXAMPLES = int(os.environ.get("NOTICES_EXAMPLES", "25"))
hypothesis.settings.register_profile("notices", max_examples=EXAMPLES, deadline=None)
hypothesis.settings.load_profile("notices")


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Return a function that runs a command line and checks its exit status: `cli("plan", list, status=1)`."""
    monkeypatch.delenv("NOTICES_WORKSPACE", raising=False)

    def checked(*words: object, status: int = 0, answers: str | None = None) -> Outcome:
        outcome = call(*words, answers=answers)
        assert outcome.status == status, f"{words}: exit {outcome.status}\n{outcome.errors}{outcome.output}"
        return outcome

    return checked


@pytest.fixture
def ctrl_c_works() -> Iterator[None]:
    """Let Ctrl-C reach this process and what the test starts, even in a run started with it ignored (`pytest &`)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def workspace(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a fresh workspace with the sample settings, used by the test's commands."""
    folder = tmp_path / "workspace"
    cli("init", folder)
    monkeypatch.setenv("NOTICES_WORKSPACE", str(folder))
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """Run one PostgreSQL server for all tests of a process."""
    with postgres() as running:
        yield running
