"""payment import: lines of all formats find their account, and none is booked to another's."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from desk import ESTATE, Desk
from statement_files import CERTAIN, FORMATS, Owner, Truth, owners, statement, truths

HEADINGS = ("小区", "房号", "业主姓名", "联系电话", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额")
# Lines of each format: a fraction in the quick suite, thousands in `make proofs`.
LINES = int(os.environ.get("NOTICES_STATEMENT_LINES", "36"))
SEED = int(os.environ.get("NOTICES_STATEMENT_SEED", "20261130"))


def account(owner: Owner) -> str:
    return f"{ESTATE}/{owner.unit}/{owner.name}"


def approved_for(desk: Desk, people: list[Owner]) -> list[Owner]:
    """Approve a reminder for each owner; return them with its number."""
    rows = [(ESTATE, it.unit, it.name, it.telephone, "示例路1号", "2026年", "2026-06-30", it.due, "0") for it in people]
    desk("plan", desk.table(HEADINGS, rows), "--name", "b", "--as-of", "2026-11-23", "--by", "Planner")
    desk("approve", "b", "--by", "Releaser")
    numbers = {entry["account"]: entry["notice"] for entry in desk("show", "b", "--json").json["decisions"]}
    return [Owner(it.unit, it.name, it.telephone, it.due, numbers[account(it)]) for it in people]


@pytest.fixture(scope="module")
def crowd_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, list[Owner]]:
    """Estate of 120 owners who have all been sent a reminder; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("crowd") / "workspace")
    return desk, approved_for(desk, owners(120, Random(SEED)))


def wrong(truth: Truth, booked: dict[int, Any], proposed: dict[int, Any], ignored: dict[int, Any], row: int) -> str:
    """Return what is wrong about a line, "" if nothing is; `BOOKED` begins a line booked to another account."""
    said = booked.get(row)
    if said is not None and (truth.owner is None or said["account"] != account(truth.owner)):
        return f"BOOKED to {said['account']}"
    if truth.owner is None:
        return "" if row in ignored and ignored[row]["why"] == truth.why else "not ignored"
    if said is not None:
        return "" if truth.way in CERTAIN else "booked, though not certain"
    if row not in proposed:
        return "lost"
    named = [it["account"] for it in proposed[row]["candidates"]]
    return "" if truth.way == "nothing" or account(truth.owner) in named else "not proposed"


@pytest.mark.parametrize("name", FORMATS)
def test_lines_of_every_format_find_their_account(
    crowd_desk: tuple[Desk, list[Owner]], tmp_path: Path, name: str
) -> None:
    master, people = crowd_desk
    desk = master.copy(tmp_path / "workspace")
    told = truths(people, LINES, Random(f"{SEED} {name}"), name=name)
    taken = desk(
        "payment", "import", statement(tmp_path, name, [it.money for it in told]), "--json", status={0, 1}
    ).json
    assert [it["format"] for it in taken["files"]] == [name]
    assert taken["files"][0]["lines"] == len(told)
    assert taken["problems"] == []
    kinds = ("booked", "proposed", "ignored")
    rows = {kind: {it["line"]: it for it in taken[kind]} for kind in kinds}
    assert sum(len(each) for each in rows.values()) == len(told)
    first = min(row for each in rows.values() for row in each)
    mistakes = {
        f"{it.money.serial} {it.way}": fault
        for row, it in enumerate(told, start=first)
        if (fault := wrong(it, rows["booked"], rows["proposed"], rows["ignored"], row))
    }
    assert not [fault for fault in mistakes.values() if fault.startswith(("BOOKED", "lost", "booked"))], mistakes
    assert len(mistakes) <= len(told) * 0.05, (Counter(mistakes.values()), mistakes)
    assert len(rows["booked"]) >= sum(it.way in CERTAIN for it in told) * 0.95
    again = desk("payment", "import", statement(tmp_path, name, [it.money for it in told]), "--json").json
    assert Counter(it["why"] for it in again["ignored"]) == {"seen": len(told)}
