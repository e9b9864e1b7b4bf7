"""A command cut off in one of many ways, then finished as a clerk would."""

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
    """How a command is cut off: at a moment at which it changes something, or else after so many seconds.

    `everything`: what it started is killed at the same time, as when the power fails.
    """

    moment: int | None
    seconds: float
    everything: bool

    def __str__(self) -> str:
        when = f"after {self.seconds:.2f} s" if self.moment is None else f"at moment {self.moment}"
        return f"{when}{' with all it started' if self.everything else ''}"


def random_cut(stage: Stage, chance: random.Random, *, by_moment: bool) -> Cut:
    """At one of the moments, or by the clock, more towards the end."""
    if by_moment:
        return Cut(chance.randint(1, stage.moments), 0.0, everything=False)
    return Cut(None, stage.seconds * chance.triangular(0.2, 1.05, 0.85), everything=chance.random() < 0.5)


def cut_off(workspace: Path, words: tuple[str, ...], cut: Cut) -> Ended:
    """Begin a command and kill it; what it leaves is sound, and nothing of it lives on."""
    if cut.moment is None:
        ended = run_for(workspace, cut.seconds, *words, everything=cut.everything)
    else:
        ended = run(workspace, "nth", cut.moment, "--", *words, program=DYING)
    assert ended.killed or ended.status in {0, 1}, ended
    assert deserted(workspace), "something that it started lives on"
    must_be_sound(workspace)
    return ended


def way_on(workspace: Path, step: Step) -> tuple[str, ...]:
    """What a clerk types next: `resume`, or the same again where nothing had been recorded."""
    return ("resume", BATCH, "--yes") if recorded(workspace, step.name) else step.words


def finish(workspace: Path, step: Step) -> Ended:
    """Go on to the end, undisturbed; no office's profile is left if an office was needed for it."""
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
