"""payment import killed at any moment, then run again: each line is booked once."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk, Owes
from dying import run
from statement_files import FIRST, Money, statement

ZHANG = Owes("3-2-501", "张三", "90000.00")


@pytest.fixture(scope="module")
def owing_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Workspace with one owner who owes; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("owing") / "workspace")
    desk.plan(ZHANG)
    return desk


def test_an_import_that_is_killed_at_any_moment_and_run_again_books_each_line_once(
    owing_desk: Desk, tmp_path: Path
) -> None:
    def lines(name: str) -> list[Money]:
        return [Money(FIRST, f"10:00:{n:02}", f"{n + 1}.00", "张三", "3-2-501", f"{name}{n}") for n in range(6)]

    files = [statement(tmp_path, name, lines(name)) for name in ("boc", "wechat-merchant")]
    words = ("payment", "import", *files, "--by", "Clerk")
    status, moments = run(owing_desk.copy(tmp_path / "whole").folder, *words)
    assert status in {0, 1}
    assert len(moments) >= 4  # two files, each committed: before and after
    for moment in range(1, len(moments) + 1):
        desk = owing_desk.copy(tmp_path / f"killed-{moment}")
        status, _ = run(desk.folder, *words, die_at=moment)
        assert status < 0, moments[moment - 1]
        after_kill = len(desk("payment", "list", "--json").json["payments"])
        assert after_kill in {0, 6}, "a file is in whole or not at all"
        desk("payment", "import", *files, status={0, 1})
        taken = desk("payment", "list", "--json").json["payments"]
        seen = desk("payment", "match", "--json").json["proposed"]
        assert len(taken) + len(seen) == 12, moments[moment - 1]
        desk("ledger", "verify")
