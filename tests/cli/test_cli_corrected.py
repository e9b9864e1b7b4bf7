"""plan --into: what corrected rows replace is dropped, so that one debt is demanded once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from desk import AS_OF, Desk, Owes

A, B, C = Owes("1-1-101", "林晓禾"), Owes("1-1-102", "周一", "900.00"), Owes("1-1-103", "吴二", "1000.00")


def states(desk: Desk) -> dict[str, str | None]:
    """Return the state of each account's notice in the batch."""
    return {account: decision["state"] for account, decision in desk.decisions().items()}


def added(desk: Desk, *rows: Owes, status: int = 0) -> Any:
    """Add a list to the batch; return what was printed."""
    return desk("plan", desk.list(*rows), "--into", "b", status=status)


@pytest.mark.parametrize("change", [{"owner": "周三"}, {"unit": "1-1-202"}, {"unit": "1-1-202", "due": "901.00"}])
def test_an_account_that_was_corrected_away_is_dropped_and_said(change: dict[str, str], desk: Desk) -> None:
    desk.plan(A, B, C)
    corrected = replace(B, **change)
    said = added(desk, A, corrected, C).errors
    assert B.account in said
    assert states(desk) == {
        A.account: "planned", B.account: "withdrawn", C.account: "planned", corrected.account: "planned",
    }  # fmt: skip
    assert corrected.account in desk.decisions()[B.account]["excluded"]
    released = desk("approve", "b", "--by", "Releaser", "--json").json
    assert B.account not in str(released)


@pytest.mark.parametrize("change", [{"owner": "周三"}, {"unit": "1-1-202"}])
def test_corrected_rows_alone_replace_the_account_with_their_charges(change: dict[str, str], desk: Desk) -> None:
    desk.plan(A, B, C)
    added(desk, replace(B, **change))
    assert states(desk)[B.account] == "withdrawn"
    assert states(desk)[A.account] == states(desk)[C.account] == "planned"


def test_a_neighbour_with_the_same_charges_is_no_correction(desk: Desk) -> None:
    desk.plan(A, B)
    added(desk, replace(B, unit="1-1-205", owner="郑四"))
    assert set(states(desk).values()) == {"planned"}


def test_a_row_that_could_not_be_read_replaces_nothing(desk: Desk) -> None:
    mine, bad = replace(B, owner="周二"), replace(B, owner="周二", due="九百")
    desk("plan", desk.list(A, B, bad), "--as-of", AS_OF, "--name", "b", "--accept-partial", status=1)
    added(desk, mine)
    assert states(desk) == dict.fromkeys((A.account, B.account, mine.account), "planned")


def test_what_may_be_one_debt_or_two_is_reported(desk: Desk) -> None:
    desk("plan", desk.list(A, B, replace(B, unit="")), "--as-of", AS_OF, "--name", "b", "--accept-partial", status=1)
    other = replace(B, unit="1-1-301")
    assert other.account in added(desk, other, status=1).errors
    assert states(desk)[B.account] == "planned"


def test_a_correction_into_an_account_of_the_batch_is_dropped_and_reported(desk: Desk) -> None:
    wrong = replace(C, owner="林晓")
    desk.plan(A, B, wrong)
    said = added(desk, A, B, replace(C, unit=A.unit, owner=A.owner), status=1).errors
    assert wrong.account in said
    assert states(desk)[wrong.account] == "withdrawn"


def test_a_row_that_moves_to_another_owner_is_not_demanded_twice(desk: Desk) -> None:
    second = replace(A, due="300.00", due_date="2025-12-31")
    desk.plan(A, second, B, C)
    moved = replace(second, owner="林二")
    added(desk, A, moved, B, C)
    assert (states(desk)[A.account], states(desk)[moved.account]) == ("withdrawn", "planned")
