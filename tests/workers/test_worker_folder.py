"""The folder of a cluster's workers is deleted in the end, or by the next workers if they were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from notices.workers.worker_folder import worker_folder

KILLED = """
import os, signal
from notices.workers.worker_folder import worker_folder
with worker_folder() as folder:
    (folder / "letter.pdf").write_bytes(b"a letter")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_for_nobody_else_to_read_and_gone_in_the_end(temporary: Path) -> None:
    with worker_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "letter.pdf").write_bytes(b"a letter")
    assert list(temporary.iterdir()) == []


def test_what_killed_workers_left_is_deleted_by_the_next_ones(temporary: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    (left,) = temporary.iterdir()
    with worker_folder() as folder:
        assert list(temporary.iterdir()) == [folder]
    assert not left.exists()


def test_workers_that_run_and_what_is_not_ours_are_left_alone(temporary: Path) -> None:
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".lock").touch()
    (temporary / "notices-worker-link").symlink_to(elsewhere)
    with worker_folder() as first, worker_folder() as second:
        assert first.is_dir()
        assert second.is_dir()
    assert (elsewhere / ".lock").exists()
