"""A temporary folder whose path leaves no room for a socket is named, before any process is started."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from notices.errors import Unusable
from notices.workers.cluster_access import ClusterAccess
from notices.workers.dask_workers import serve
from notices.workers.pool import WorkerPool
from notices.workers.sockets import BELOW, LONGEST_PATH, refuse_long_folder


def deep(folder: Path, length: int) -> Path:
    """Make a folder with a path of so many bytes."""
    made = folder
    while len(str(made)) < length:
        made /= "d" * min(40, max(1, length - len(str(made)) - 1))
    made.mkdir(parents=True, exist_ok=True)
    return made


def test_a_path_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(deep(tmp_path, LONGEST_PATH - BELOW + 1)))
    with pytest.raises(Unusable, match="too long"):
        WorkerPool(1)
    nobody = ClusterAccess("tcp://127.0.0.1:1", False, None, None, None)
    with pytest.raises(Unusable, match="too long"):
        serve(nobody, 1, 100, "w", "notices.letters.shards.preload", lambda _: None)


def test_a_path_of_just_the_length_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/" + "d" * (LONGEST_PATH - BELOW - 1))
    refuse_long_folder()
