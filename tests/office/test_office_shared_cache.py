"""The extension cache that LibreOffice shares between the users of a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from notices.office import closed_to_others


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "uno_packages"
    (folder / "cache" / "registry").mkdir(parents=True)
    (folder / "cache" / "stamp").write_text("", encoding="utf-8")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def test_a_cache_that_everybody_can_read_is_fine(cache: Path) -> None:
    assert closed_to_others(cache) is None


@pytest.mark.parametrize(
    ("name", "mode"), [(".", 0o700), ("cache", 0o700), ("cache/registry", 0o750), ("cache/stamp", 0o600)]
)
def test_what_others_cannot_read_is_named(name: str, mode: int, cache: Path) -> None:
    (cache / name).chmod(mode)
    assert closed_to_others(cache) == cache / name


def test_no_cache_is_fine(tmp_path: Path) -> None:
    assert closed_to_others(tmp_path / "none") is None
