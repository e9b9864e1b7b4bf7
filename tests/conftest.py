"""What tests of every room share: a workspace made by the program itself, and the command line as a fixture."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Cli, Outcome, call


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
