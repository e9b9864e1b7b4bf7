"""The undisturbed run, step by step: the reference for every killed one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chaos_state import State, must_be_finished, notices_together, state_of
from chaos_workspace import CHAIN, DYING, RUN, TOGETHER, Step, make_workspace, run


@dataclass(frozen=True)
class Stage:
    """An undisturbed step: the workspace before it, the state after it, and its duration."""

    step: Step
    before: Path
    after: State
    status: int
    seconds: float
    moments: int

    def __repr__(self) -> str:  # the state is long
        return f"<{self.step.name}: {self.seconds:.1f} s, {self.moments} moments>"


Stages = dict[str, Stage]
Copy = Callable[[Stage], Path]


def undisturbed_run(folder: Path) -> Stages:
    """Run every step once, undisturbed, in one workspace."""
    workspace = make_workspace(folder / "workspace")
    stages: Stages = {}
    for step in CHAIN:
        stages[step.name] = _done(step, workspace, folder / f"before-{step.name}")
    assert notices_together(stages["print"].after) == TOGETHER
    return stages


def undisturbed_in_one_go(planless: Path, folder: Path) -> Stage:
    """Run the single command `run` in a copy of a workspace in which nothing is planned yet."""
    workspace = folder / "workspace"
    shutil.copytree(planless, workspace)
    return _done(RUN, workspace, folder / "before-run")


def _done(step: Step, workspace: Path, before: Path) -> Stage:
    shutil.copytree(workspace, before)
    counted = before.with_suffix(".count")
    began = time.monotonic()
    ended = run(workspace, "count", counted, "--", *step.words, program=DYING)
    seconds = time.monotonic() - began
    assert ended.status in {0, 1}, ended
    must_be_finished(workspace)
    return Stage(step, before, state_of(workspace), ended.status, seconds, int(counted.read_text()))
