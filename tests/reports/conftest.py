"""Fixtures: the house of `house.py`, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from house import TODAY, House, fill, noon
from ledger.ledger_builders import ESTATE
from support import Cli, call

from notices.cli.door import Door
from notices.flow.workspace import at
from notices.ledger import Ledger


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the workspace once; a master to be copied."""
    folder = tmp_path_factory.mktemp("house") / "workspace"
    assert call("init", folder, "--estate", ESTATE).status == 0
    workspace = at(folder)
    opened = Ledger.open(workspace.ledger_url, workspace.settings.calendar.zone, heads=workspace.heads)
    with closing(opened) as ledger, ledger.begin() as books:
        fill(books)
    return folder


@pytest.fixture
def folder(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the workspace of the house, and make it the one of this test's commands."""
    copied = tmp_path / "workspace"
    shutil.copytree(seeded, copied)
    monkeypatch.setenv("NOTICES_WORKSPACE", str(copied))
    return copied


@pytest.fixture
def house(folder: Path) -> Iterator[House]:
    workspace = at(folder)
    opened = Ledger.open(workspace.ledger_url, workspace.settings.calendar.zone, heads=workspace.heads)
    yield House(workspace, opened)
    opened.close()


@pytest.fixture
def run(folder: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command line in the house, on the day of the tests."""
    monkeypatch.setenv("NOTICES_WORKSPACE", str(folder))
    monkeypatch.setattr(Door, "now", lambda door: noon(TODAY).astimezone(door.zone))
    return cli
