"""Kill at the critical points: just before and just after the ledger records a file that has its final name."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

import pytest
from chaos_killing import finish
from chaos_stages import Copy, Stages
from chaos_state import differences, must_be_sound, paths, state_of
from chaos_workspace import (
    ACCOUNTS,
    APPROVE,
    AS_OF,
    BATCH,
    DYING,
    ESTATE,
    HOLD_HEADINGS,
    HOLDS,
    PLAN,
    PRINT,
    RENDER,
    SEND,
    Step,
    deserted,
    run,
    write_table,
)

pytestmark = [pytest.mark.office, pytest.mark.slow]

MADE = {
    PLAN: f"batches/{BATCH}/list/*.csv",
    APPROVE: f"batches/{BATCH}/approval-01/notices.toml",
    RENDER: f"output/{BATCH}/letters/*.pdf",
    SEND: f"output/{BATCH}/outbox/*.eml",
    PRINT: f"output/{BATCH}/print/*/manifest.csv",
}


NAME = attrgetter("name")


def slowly(*steps: Step) -> list[object]:
    """Mark the cases that prove the same with another command as slow, for `make slow`."""
    return [pytest.param(step, marks=pytest.mark.slow) for step in steps]


def killed(workspace: Path, kind: str, step: Step, *options: object) -> None:
    ended = run(workspace, "once", kind, MADE[step], "--", *step.words, *options, program=DYING)
    assert ended.killed, ended
    assert list(workspace.glob(MADE[step]))
    assert deserted(workspace), "something that it started lives on"
    must_be_sound(workspace)


@pytest.mark.parametrize("step", MADE, ids=NAME)
def test_what_the_ledger_never_heard_of_is_made_again_in_its_place(
    step: Step, undisturbed: Stages, fresh: Copy
) -> None:
    stage = undisturbed[step.name]
    workspace = fresh(stage)
    killed(workspace, "commit", step)
    assert finish(workspace, step).status == stage.status
    assert not differences(state_of(workspace), stage.after)


@pytest.mark.parametrize("step", [APPROVE, *slowly(PLAN, SEND, PRINT)], ids=NAME)
def test_what_the_ledger_knows_is_not_done_again(step: Step, undisturbed: Stages, fresh: Copy) -> None:
    stage = undisturbed[step.name]
    workspace = fresh(stage)
    killed(workspace, "committed", step)
    assert finish(workspace, step).status == stage.status
    assert not differences(state_of(workspace), stage.after)


def test_a_cut_off_send_with_a_limit_spools_no_more_than_that_in_all(undisturbed: Stages, fresh: Copy) -> None:
    workspace = fresh(undisturbed["send"])
    killed(workspace, "committed", SEND, "--limit", 2)
    finish(workspace, SEND)
    assert len(list((workspace / "output" / BATCH / "outbox").iterdir())) == 2


@pytest.mark.parametrize("step", [SEND, *slowly(PRINT)], ids=NAME)
def test_what_was_made_but_not_recorded_is_taken_away_where_its_owner_objects_before_it_goes_on(
    step: Step, undisturbed: Stages, fresh: Copy
) -> None:
    workspace = fresh(undisturbed[step.name])
    killed(workspace, "commit", step)
    before = paths(workspace)
    everybody_objects(workspace)
    assert finish(workspace, step).status == 1
    assert not list(workspace.glob(MADE[step]))
    assert set(paths(workspace)) < set(before), "the copy kept as evidence is still there"


def everybody_objects(workspace: Path) -> None:
    write_table(workspace / HOLDS, HOLD_HEADINGS, ((ESTATE, *account[:2], "异议", AS_OF) for account in ACCOUNTS))
    imported = run(workspace, "hold", "import", HOLDS)
    assert imported.status == 0, imported
    (workspace / HOLDS).unlink()
