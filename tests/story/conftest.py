"""Fixture: a desk for the story, made by the program itself, on either database."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk
from postgres import Postgres, needs_postgres


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)])
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """Workspace with the sample settings and an empty ledger, on either database."""
    made = Desk(tmp_path / "workspace")
    made("init", made.folder)
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("server")
        made.use_ledger(server.ledger())
    return made
