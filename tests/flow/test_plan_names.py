"""Batch names: each becomes a folder beside the ledger, and must not collide with the ledger's files."""

from __future__ import annotations

import pytest

from notices.flow.planning.plan import BATCH_NAME


@pytest.mark.parametrize(
    "name", ["ledger.db", "ledger.db-wal", "LEDGER.DB", ".hidden", "_x", "a/b", "..", "", "a" * 81]
)
def test_a_name_that_collides_with_the_ledger_or_escapes_the_folder_is_refused(name: str) -> None:
    assert not BATCH_NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["2026-11", "十一月（一）", "ledger", "a.b"])
def test_an_ordinary_name_is_accepted(name: str) -> None:
    assert BATCH_NAME.fullmatch(name)
