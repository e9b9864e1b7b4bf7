"""Fixtures for the LibreOffice installed on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from notices.office import Engine, find


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(find(), tmp_path / "profiles")
