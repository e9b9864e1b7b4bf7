"""A fresh ledger for each test; with NOTICES_TEST_POSTGRES=URL in that PostgreSQL database, which is emptied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from notices.ledger import Ledger


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Make a migrated ledger without rows, copied for each test."""
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    Ledger.open(f"sqlite:///{path}").close()
    return path.read_bytes()


@pytest.fixture
def url(tmp_path: Path, empty_ledger: bytes) -> str:
    server = os.environ.get("NOTICES_TEST_POSTGRES")
    if not server:
        (tmp_path / "ledger.db").write_bytes(empty_ledger)
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return server


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = Ledger.open(url)
    yield opened
    opened.close()
