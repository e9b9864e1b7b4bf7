"""The command line on a PostgreSQL server: names of any length, and two machines that work on one batch."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest
from desk import Desk, Outcome, Owes
from dying import run
from letters_without_office import pretend_to_render
from postgres import Postgres, name_of, needs_postgres

from notices.flow.mailing import message
from notices.flow.printing import make_job
from notices.intake.party import LONGEST_OWNERS, LONGEST_UNIT

pytestmark = [needs_postgres, pytest.mark.slow]

BY_MAIL = Owes("1-1-101", "甲一", email="jia@example.com")
ON_PAPER = Owes("1-1-102", "乙二", address="示例路2号")


@pytest.fixture
def shared(server: Postgres, fresh_desk: Desk, tmp_path: Path) -> tuple[Desk, str]:
    """Return a desk whose ledger is a database of the server, and its URL."""
    desk, url = fresh_desk.copy(tmp_path / "workspace"), server.ledger()
    desk.use_ledger(url)
    return desk, url


def incompressible(length: int) -> str:
    """Return so many different Chinese characters: PostgreSQL compresses repeated ones, and would take more of them."""
    chance = random.Random(length)
    return "".join(chr(chance.randrange(0x4E00, 0x9FA0)) for _ in range(length))


def test_names_of_4000_characters_are_problems_and_those_at_the_bound_go_all_the_way(shared: tuple[Desk, str]) -> None:
    desk, url = shared
    longest = Owes(incompressible(LONGEST_UNIT // 3), incompressible(LONGEST_OWNERS // 3), email="long@example.com")
    too_long = (Owes("1-1-201", incompressible(4_000)), Owes(incompressible(4_000), "丙三"))
    words = ("--as-of", "2026-11-23", "--by", "Planner")
    desk("plan", desk.list(BY_MAIL, longest, *too_long), "--name", "b", "--accept-partial", *words, status=1)
    assert set(desk.decisions()) == {BY_MAIL.account, longest.account}
    desk("approve", "b", "--by", "Releaser", "--json", status={0, 1})
    pretend_to_render(desk, url=url)
    # The longest name is wider than the plain page, on which it cannot be read back.
    assert len(desk("send", "b", "--json", status={0, 1}).json["spooled"]) >= 1
    desk("mail", "confirm", "b")
    desk("hold", "add", longest.account, "--kind", "disputed")
    desk("payment", "add", longest.account, "--amount", "1.00")
    assert desk("ledger", "verify", "--json").json["intact"]


@pytest.fixture
def machines(shared: tuple[Desk, str], tmp_path: Path, plain_pages: None) -> tuple[Desk, Desk]:
    """Return two machines with one ledger, and a batch whose letters are ready."""
    desk, url = shared
    desk.plan(BY_MAIL, ON_PAPER)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk, url=url)
    return desk, desk.copy(tmp_path / "other")


def in_the_middle(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, desk: Desk, *words: str) -> list[Outcome]:
    """Let another machine run a command, which is refused, while a function is being called for the first time."""
    function = getattr(module, name)
    refused: list[Outcome] = []

    def slowly(*arguments: Any) -> Any:
        monkeypatch.setattr(module, name, function)
        refused.append(desk(*words, status=4))
        return function(*arguments)

    monkeypatch.setattr(module, name, slowly)
    return refused


def test_of_two_machines_that_print_one_batch_the_second_is_told_by_whom_and_keeps_nothing(
    machines: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = machines
    refused = in_the_middle(monkeypatch, make_job, "build_job", other, "print", "b", "--zip", "--by", "乙")
    one("print", "b", "--by", "王女士")
    assert f"王女士 started it on {gethostname()}" in refused[0].errors
    assert not (other.folder / "output" / "b" / "print").exists()
    assert not (other.folder / "batches" / "b" / "sent").exists()
    assert [job["letters"] for job in one("job", "list", "--json").json["jobs"]] == [1]
    assert (one.folder / "output" / "b" / "print" / "b-P01").is_dir()


def test_of_two_machines_that_send_one_batch_the_second_has_nothing_in_its_outbox(
    machines: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = machines
    refused = in_the_middle(monkeypatch, message, "build_message", other, "send", "b")
    one("send", "b", "--by", "王女士")
    assert "王女士" in refused[0].errors
    for folder in ("output", "batches"):
        assert list((other.folder / folder / "b").rglob("*.eml")) == []
        assert len(list((one.folder / folder / "b").rglob("*.eml"))) == 1
    assert one.states()[BY_MAIL.account] == {"email": "spooled"}
    assert one("ledger", "verify", "--json").json["broken"] == []


def test_a_command_that_lost_its_turn_with_its_connection_writes_no_more(
    machines: tuple[Desk, Desk], server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = machines
    build = message.build_message

    def slowly(*arguments: Any) -> Any:
        monkeypatch.setattr(message, "build_message", build)
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        other("send", "b", "--by", "乙")
        return build(*arguments)

    monkeypatch.setattr(message, "build_message", slowly)
    assert "took over b" in one("send", "b", status=3).errors
    assert other.states()[BY_MAIL.account] == {"email": "spooled"}
    one("resume", "b")
    assert list((one.folder / "output" / "b" / "outbox").glob("*.eml")) == []
    assert len(list((other.folder / "output" / "b" / "outbox").glob("*.eml"))) == 1


def run_at_once(*commands: tuple[Desk, tuple[str, ...]]) -> list[int]:
    """Run commands in processes of their own, all at once; return their exit statuses."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "notices", *words],
            env={**os.environ, "NOTICES_WORKSPACE": str(desk.folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for desk, words in commands
    ]
    for each in running:
        each.communicate()
    return [each.returncode for each in running]


def test_clerks_on_two_machines_who_approve_at_once_give_each_number_once_and_leave_none_out(
    shared: tuple[Desk, str], tmp_path: Path
) -> None:
    one, _ = shared
    for batch in "bc":
        owners = [Owes(f"{batch}-{unit}", "甲一", email=f"{batch}{unit}@example.com") for unit in range(20)]
        one.plan(*owners, batch=batch)
    other = one.copy(tmp_path / "other")
    words = {batch: ("approve", batch, "--by", "Releaser") for batch in "bc"}
    statuses = run_at_once((one, words["b"]), (other, words["b"]), (other, words["c"]))
    assert sorted(statuses[:2]) == [0, 4]
    assert statuses[2] == 0
    numbers = sorted(it["notice"] for batch in "bc" for it in one.decisions(batch).values())
    assert [int(number.rpartition("-")[2].rstrip("号")) for number in numbers] == list(range(1, 41))
    verified = one("ledger", "verify", "--json", status=1).json  # what the other machine froze is not on this one
    assert verified["broken"] == []
    assert all(file["what"] == "missing" and "approval" in file["file"] for file in verified["files"])


def test_of_two_machines_that_approve_one_batch_the_second_finds_nothing_left(
    shared: tuple[Desk, str], tmp_path: Path
) -> None:
    one, _ = shared
    one.plan(BY_MAIL, ON_PAPER)
    other = one.copy(tmp_path / "other")
    one("approve", "b", "--by", "Releaser")
    numbers = {it["notice"] for it in one.decisions().values()}
    assert "nothing left" in other("approve", "b", "--by", "Releaser", status=4).errors
    assert {it["notice"] for it in other.decisions().values()} == numbers
    assert not list((other.folder / "batches" / "b").glob("approval-*"))


def test_a_ledger_moves_to_the_server_and_its_clerk_goes_on_there(
    server: Postgres, fresh_desk: Desk, tmp_path: Path
) -> None:
    desk = fresh_desk.copy(tmp_path / "workspace")
    desk.plan(BY_MAIL, ON_PAPER)
    desk("approve", "b", "--by", "Releaser")
    decisions, head = desk.decisions(), desk("ledger", "verify", "--json").json["head"]
    url = server.database()
    desk("ledger", "move", status=2)
    desk("ledger", "move", "nonsense", status=2)
    moved = desk("ledger", "move", url, "--by", "Keeper", "--json").json
    assert (moved["head"], moved["tables"]["accounts"]) == (head, 2)
    assert moved["rows"] == sum(moved["tables"].values())
    told = desk("hold", "add", BY_MAIL.account, "--kind", "disputed", status=4).errors
    assert "moved to postgresql" in told
    assert desk.decisions() == decisions
    desk.use_ledger(url)
    desk("ledger", "move", url, status=2)
    assert desk.decisions() == decisions
    assert desk("ledger", "verify", "--json").json == {
        "events": moved["events"], "intact": True, "broken": [], "files": [], "head": head, "stamps": 0
    }  # fmt: skip
    desk("hold", "add", BY_MAIL.account, "--kind", "disputed")
    desk("withdraw", decisions[ON_PAPER.account]["notice"], "--by", "Releaser", "--why", "mistake")


def planned_desk(desk: Desk) -> Desk:
    desk.plan(BY_MAIL, ON_PAPER)
    desk("approve", "b", "--by", "Releaser")
    return desk


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("way", ["to the server", "to a file"])
def test_a_move_killed_at_any_moment_loses_nothing_and_is_finished_by_the_next(
    server: Postgres, fresh_desk: Desk, tmp_path: Path, way: str
) -> None:
    master, base = fresh_desk.copy(tmp_path / "master"), server.ledger()
    if way == "to a file":
        master.use_ledger(base)
    planned_desk(master)
    head, decisions = master("ledger", "verify", "--json").json["head"], master.decisions()
    die_at, status = 0, -signal.SIGKILL
    while status == -signal.SIGKILL:
        die_at += 1
        desk = master.copy(tmp_path / f"killed-{die_at}")
        if way == "to a file":
            target = f"sqlite:///{tmp_path / f'moved-{die_at}.db'}"
            desk.set(base, server.database(like=name_of(base)))
        else:
            target = server.database()
        status, _ = run(desk.folder, "ledger", "move", target, "--by", "Keeper", die_at=die_at)
        assert status in {0, -signal.SIGKILL}
        assert desk.decisions() == decisions
        if status == -signal.SIGKILL:
            again = desk("ledger", "move", target, "--by", "Keeper", status={0, 4})
            assert again.status == 0 or "The ledger was moved to" in again.errors
        told = desk("hold", "add", BY_MAIL.account, "--kind", "disputed", status=4).errors
        assert "The ledger was moved to" in told
        settings = desk.folder / "notices.toml"
        text = settings.read_text("utf-8")
        settings.write_text(re.sub(r'\[ledger\]\nurl = "[^"]*"', f'[ledger]\nurl = "{target}"', text), "utf-8")
        moved = desk("ledger", "verify", "--json").json
        assert (moved["head"], moved["intact"]) == (head, True)
        assert desk.decisions() == decisions
    assert die_at > 3
