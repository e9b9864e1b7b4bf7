"""Fixtures: a desk for each test, made by the program itself, one with letters already rendered, and plain pages."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from answered_slips import take_slips_back
from desk import Desk
from neighbours import EVERYBODY, LETTERS_BEFORE
from printers import bus
from purge_desk import send_to_two
from readable_letters import page_pdf


@pytest.fixture(scope="session")
def fresh_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Workspace as made by `init`, with its ledger; a master to be copied."""
    desk = Desk(tmp_path_factory.mktemp("fresh") / "workspace")
    desk("init", desk.folder)
    desk.set('combine = "owner"', 'combine = "unit"')  # letters for several units have tests of their own
    desk("status")
    return desk


@pytest.fixture
def desk(fresh_desk: Desk, tmp_path: Path) -> Desk:
    """Workspace with the sample settings and an empty ledger."""
    return fresh_desk.copy(tmp_path / "workspace")


@pytest.fixture(scope="session")
def planned_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b` for all owners, planned by Planner; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("planned") / "workspace")
    desk("history", "import", desk.history(*LETTERS_BEFORE))
    desk.plan(*EVERYBODY)
    return desk


@pytest.fixture
def planned(planned_desk: Desk, tmp_path: Path) -> Desk:
    """Batch `b` for all owners, planned by Planner; includes one lawyer's letter."""
    return planned_desk.copy(tmp_path / "workspace")


@pytest.fixture(scope="session")
def approved_desk(planned_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b` for all owners, approved; a master to be copied."""
    desk = planned_desk.copy(tmp_path_factory.mktemp("approved") / "workspace")
    desk("approve", "b", "--by", "Releaser")
    return desk


@pytest.fixture
def approved(approved_desk: Desk, tmp_path: Path) -> Desk:
    """Batch `b` for all owners, approved."""
    return approved_desk.copy(tmp_path / "workspace")


@pytest.fixture(scope="session")
def rendered_desk(approved_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b` for all owners, rendered, to be printed in one job; a master to be copied."""
    desk = approved_desk.copy(tmp_path_factory.mktemp("rendered") / "workspace")
    desk.set('separate = "sender"', 'separate = "none"')  # one job of all letters, for the tests of a job's way
    desk("render", "b")
    return desk


@pytest.fixture
def rendered(rendered_desk: Desk, tmp_path: Path) -> Desk:
    """Batch `b` for all owners, rendered."""
    return rendered_desk.copy(tmp_path / "workspace")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """Folder on a separate disk that is full: it contains `filler` and has no free space."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("only who may mount can try a full disk")
    try:
        with suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
            while filler.write(bytes(65536)):
                pass
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="session")
def bus_address() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, bus(Path(folder)) as address:  # the socket's path must be short
        yield address


@pytest.fixture
def plain_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let plain pages pass the checks of a print job, which only letters made by LibreOffice pass."""
    for name in ("missing_fonts", "page_problems"):
        monkeypatch.setattr(f"notices.press.proof.{name}", lambda _: ())
    monkeypatch.setattr("notices.press.proof.window_problem", lambda *_: None)


@pytest.fixture
def plain_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give print jobs a plain page as their cover: drawing one takes long."""

    def plain_cover(folder: Path, *_facts: object, **_dated: object) -> str:
        (folder / "cover.pdf").write_bytes(page_pdf(["cover"]))
        return "cover.pdf"

    monkeypatch.setattr("notices.press.cover.write_cover", plain_cover)


@pytest.fixture(scope="session")
def answered_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two follow-ups that have left and their slips, which came back; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("answered") / "workspace")
    take_slips_back(desk)
    return desk


@pytest.fixture(scope="session")
def sent_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b` of two owners by e-mail, sent; one of them paid everything in 2025, the other nothing."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("sent") / "workspace")
    send_to_two(desk, f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}")
    return desk


@pytest.fixture
def sent(sent_desk: Desk, tmp_path: Path) -> Desk:
    return sent_desk.copy(tmp_path / "workspace")
