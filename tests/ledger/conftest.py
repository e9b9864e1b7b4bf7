"""A fresh ledger for each test: on SQLite, and among the slow tests on PostgreSQL too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Postgres, needs_postgres

from notices.ledger import Ledger


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Make a migrated ledger without rows, copied for each test."""
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    Ledger.open(f"sqlite:///{path}").close()
    return path.read_bytes()


@pytest.fixture
def sqlite(tmp_path: Path, empty_ledger: bytes) -> str:
    """Make a ledger in a file; return its URL."""
    (tmp_path / "ledger.db").write_bytes(empty_ledger)
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[needs_postgres, pytest.mark.slow])])
def url(request: pytest.FixtureRequest) -> str:
    """Make a ledger on either database; return its URL."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite"))
    server: Postgres = request.getfixturevalue("server")
    return server.ledger()


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = Ledger.open(url)
    yield opened
    opened.close()
