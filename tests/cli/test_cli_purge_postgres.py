"""The purge command on PostgreSQL: what it removes is in no row any more, and the chain verifies as on SQLite."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from desk import Desk
from postgres import PROGRAMS, USER, Postgres, needs_postgres
from purge_desk import OWING, PAID, SETTLED_BEFORE, send_to_two

pytestmark = [needs_postgres, pytest.mark.slow]


def dumped(server: Postgres, url: str) -> str:
    """Return every row of the ledger's database as text."""
    assert PROGRAMS is not None
    name = url.partition("@/")[2].partition("?")[0]
    words = (PROGRAMS / "pg_dump", "--data-only", "--inserts", "-h", server.folder, "-U", USER, "-d", name)
    return subprocess.run([*map(str, words)], capture_output=True, text=True, check=True, timeout=60).stdout


def holds(text: str, word: str) -> bool:
    return word in text or json.dumps(word).strip('"') in text


def test_a_settled_case_is_in_no_row_any_more_and_the_chain_verifies(
    server: Postgres, fresh_desk: Desk, tmp_path: Path
) -> None:
    desk, url = fresh_desk.copy(tmp_path / "workspace"), server.ledger()
    desk.use_ledger(url)
    send_to_two(desk, url)
    for word in (PAID.owner, PAID.email, "门口灯坏了", "转账"):
        assert holds(dumped(server, url), word), word
    done = desk("purge", "--settled-before", SETTLED_BEFORE, "--by", "Keeper", "--json").json
    assert done["cases"] == 1
    after = dumped(server, url)
    assert [word for word in (PAID.owner, PAID.email, "门口灯坏了", "转账") if holds(after, word)] == []
    assert holds(after, OWING.owner)
    proved = desk("ledger", "verify", "--json").json
    assert (proved["intact"], proved["broken"]) == (True, [])
    assert desk("purge", "--settled-before", SETTLED_BEFORE, "--by", "Keeper", "--json").json["cases"] == 0
