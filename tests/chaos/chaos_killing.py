"""Commands killed in various ways, then resumed as a clerk would."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from chaos_stages import Stage
from chaos_state import must_be_finished, must_be_sound, recorded
from chaos_workspace import BATCH, DYING, RENDER, RUN, Ended, Step, deserted, run, run_for

PROFILES = "output/.office/profiles"


@dataclass(frozen=True)
class Cut:
    """How a command is killed: at one of its kill points (moments of `dies_at.py`), or else after so many seconds.

    With `everything`, its child processes are killed at the same time, as in a power cut.
    """

    moment: int | None
    seconds: float
    everything: bool

    def __str__(self) -> str:
        when = f"after {self.seconds:.2f} s" if self.moment is None else f"at moment {self.moment}"
        return f"{when}{' with all it started' if self.everything else ''}"


def random_cut(stage: Stage, chance: random.Random, *, by_moment: bool) -> Cut:
    """Choose a random kill point or a random time, favouring the end."""
    if by_moment:
        return Cut(chance.randint(1, stage.moments), 0.0, everything=False)
    return Cut(None, stage.seconds * chance.triangular(0.2, 1.05, 0.85), everything=chance.random() < 0.5)


def cut_off(workspace: Path, words: tuple[str, ...], cut: Cut) -> Ended:
    """Start a command and kill it; check that the workspace is sound and that no process is left."""
    if cut.moment is None:
        ended = run_for(workspace, cut.seconds, *words, everything=cut.everything)
    else:
        ended = run(workspace, "nth", cut.moment, "--", *words, program=DYING)
    assert ended.killed or ended.status in {0, 1}, ended
    assert deserted(workspace), "something that it started lives on"
    must_be_sound(workspace)
    return ended


def way_on(workspace: Path, step: Step) -> tuple[str, ...]:
    """Return the command that a clerk types next: `resume`, or the same again if nothing was recorded."""
    return ("resume", BATCH, "--yes") if recorded(workspace, step.name) else step.words


def finish(workspace: Path, step: Step) -> Ended:
    """Finish the command undisturbed; check that no office profile is left if an office was used."""
    words = way_on(workspace, step)
    ended = run(workspace, *words, "--json")
    assert ended.status in {0, 1}, ended
    assert deserted(workspace), "something that it started lives on"
    must_be_finished(workspace)
    if _drew_letters(step, ended):
        assert [path.name for path in (workspace / PROFILES).iterdir()] == ["lock"]
    return ended


def _drew_letters(step: Step, ended: Ended) -> bool:
    if step not in {RENDER, RUN}:
        return False
    told = ended.json.get("rendered")
    return bool(told["rendered"] if isinstance(told, dict) else told)
