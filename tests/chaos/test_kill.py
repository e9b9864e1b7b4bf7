"""Kill every command at many random moments; finished, it gives the undisturbed result: nothing lost, nothing twice.

NOTICES_CHAOS_SEED repeats a run, NOTICES_CHAOS_ROUNDS sets the rounds of each command (`make proofs`: 30).
"""

from __future__ import annotations

import os
import random
import secrets
import sys

import pytest
from chaos_killing import cut_off, finish, random_cut, way_on
from chaos_stages import Copy, Stage, Stages
from chaos_state import differences, state_of
from chaos_workspace import CHAIN

pytestmark = [pytest.mark.slow, pytest.mark.office, pytest.mark.timeout(0)]

SEED = os.environ.get("NOTICES_CHAOS_SEED") or secrets.token_hex(4)
ROUNDS = {"import": 2, "plan": 3, "approve": 3, "render": 2, "send": 3, "print": 2, "run": 2}
CUT_OFF_AGAIN = 0.4  # probability that a resumed command is killed again


@pytest.mark.parametrize("name", [step.name for step in CHAIN])
def test_a_command_cut_off_anywhere_and_finished_ends_as_if_undisturbed(
    name: str, undisturbed: Stages, fresh: Copy
) -> None:
    disturb(undisturbed[name], fresh)


def test_a_run_cut_off_anywhere_and_finished_ends_as_if_undisturbed(in_one_go: Stage, fresh: Copy) -> None:
    disturb(in_one_go, fresh)


def disturb(stage: Stage, fresh: Copy) -> None:
    rounds = int(os.environ.get("NOTICES_CHAOS_ROUNDS") or ROUNDS[stage.step.name])
    killed = 0
    for number in range(1, rounds + 1):
        chance = random.Random(f"{SEED}/{stage.step.name}/{number}")
        told = [f"NOTICES_CHAOS_SEED={SEED}, {stage.step.name}, round {number}"]
        try:
            killed += one_round(stage, fresh, chance, told, by_moment=number % 2 == 1)
        finally:
            sys.stdout.write("\n    ".join(told) + "\n")
    assert killed > rounds // 3, "too few were cut off to prove anything"


def one_round(stage: Stage, fresh: Copy, chance: random.Random, told: list[str], *, by_moment: bool) -> bool:
    """Start a command, kill it (perhaps several times, resuming it) and finish it; return whether it was killed."""
    workspace = fresh(stage)
    words, killed = stage.step.words, False
    while True:
        cut = random_cut(stage, chance, by_moment=by_moment)
        ended = cut_off(workspace, words, cut)
        told.append(f"{words[0]} cut off {cut}: exit {ended.status}")
        killed |= ended.killed
        words = way_on(workspace, stage.step)
        if not ended.killed or chance.random() > CUT_OFF_AGAIN:
            break
        by_moment = chance.random() < 0.5
    ended = finish(workspace, stage.step)
    told.append(f"{words[0]} to its end: exit {ended.status}")
    assert not differences(state_of(workspace), stage.after)
    return killed
