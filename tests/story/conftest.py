"""Fixture: a desk for the story, made by the program itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Workspace with the sample settings and an empty ledger."""
    made = Desk(tmp_path / "workspace")
    made("init", made.folder)
    return made
