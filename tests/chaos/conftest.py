"""Fixtures: the undisturbed reference run, and fresh workspaces to disturb."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.register_assert_rewrite("chaos_state", "chaos_stages", "chaos_workspace")

if TYPE_CHECKING:
    from chaos_stages import Copy, Stage, Stages


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """Return the stages of the undisturbed run by the names of their steps."""
    from chaos_stages import undisturbed_run  # noqa: PLC0415 - after its asserts were registered

    return undisturbed_run(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="session")
def in_one_go(undisturbed: Stages, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Return the stage of `run`."""
    from chaos_stages import undisturbed_in_one_go  # noqa: PLC0415 - after its asserts were registered

    return undisturbed_in_one_go(undisturbed["plan"].before, tmp_path_factory.mktemp("in-one-go"))


@pytest.fixture
def fresh(tmp_path: Path) -> Copy:
    """Return a function that copies the workspace as it was before a step; each copy replaces the previous one."""

    def copy(stage: Stage) -> Path:
        workspace = tmp_path / "workspace"
        shutil.rmtree(workspace, ignore_errors=True)
        shutil.copytree(stage.before, workspace)
        return workspace

    return copy
