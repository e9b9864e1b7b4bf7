"""Fixtures: a desk for the story, made by the program itself, on either database, and databases to move to."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
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


@pytest.fixture
def other_database(tmp_path: Path, server: Postgres) -> Callable[[Desk], str]:
    """Return a function that gives the URL of an empty database of the other kind than the one that a desk uses."""
    places = count(1)

    def other(desk: Desk) -> str:
        if 'url = "postgresql' in (desk.folder / "notices.toml").read_text("utf-8"):
            return f"sqlite:///{tmp_path / f'moved-{next(places)}.db'}"
        return server.database()

    return other
