"""Handovers killed at any moment, then resumed: every file arrives exactly once, or a person is asked.

Each run tries every ninth moment, starting from another one each time; NOTICES_CHAOS_SEED chooses which (0 to 8), and
NOTICES_STRIDE the distance between them (`make proofs`: all).
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import dying
import pytest
from desk import Desk
from printers import PRINTER_PROGRAM, lacking, letters, on_paper, paper_printer

pytestmark = [pytest.mark.office, pytest.mark.slow, pytest.mark.timeout(0)]

STRIDE = int(os.environ.get("NOTICES_STRIDE", "9"))
SEED = int(os.environ.get("NOTICES_CHAOS_SEED") or secrets.token_hex(2), 16) % STRIDE
KILLED = -9


@pytest.fixture
def spooled(rendered: Desk) -> Desk:
    """Print job of two files, not yet handed over."""
    rendered.set("sheets_per_file = 2000", "sheets_per_file = 2")
    rendered("print", "b")
    assert len(letters(rendered)) == 2
    return rendered


def some(moments: list[str]) -> Iterator[int]:
    sys.stdout.write(f"NOTICES_CHAOS_SEED={SEED}: {len(moments)} moments\n")
    yield from range(1 + SEED, len(moments) + 1, STRIDE)


def go_on(desk: Desk, place: object) -> int:
    """Continue as a clerk would: `resume`, or the same command again if the ledger has no trace of it."""
    status, moments = dying.run(desk.folder, "resume", "b")
    if "http.client.connect" not in moments and on_paper(desk) == {"spooled"}:
        status, _ = dying.run(desk.folder, "print", "b", "--to", place, "--again")
    return status


@pytest.mark.skipif(bool(lacking(PRINTER_PROGRAM, "dbus-daemon")), reason="needs cups-ipp-utils and dbus-daemon")
def test_a_printer_gets_every_file_once_or_a_person_is_asked(spooled: Desk, tmp_path: Path, bus_address: str) -> None:
    asked = 0
    with paper_printer(tmp_path / "undisturbed", bus_address, "-2") as paper:
        desk = spooled.copy(tmp_path / "undisturbed" / "workspace")
        _, moments = dying.run(desk.folder, "print", "b", "--to", paper.uri, "--again")
        assert paper.received == letters(desk)
    for moment in some(moments):
        desk = spooled.copy(tmp_path / f"killed-{moment}" / "workspace")
        with paper_printer(tmp_path / f"killed-{moment}" / "printer", bus_address, "-2") as paper:
            status, lived = dying.run(desk.folder, "print", "b", "--to", paper.uri, "--again", die_at=moment)
            assert status == KILLED
            status = go_on(desk, paper.uri)
            told = f"moment {moment} ({lived[-1]}): exit {status}"
            assert len(set(paper.received)) == len(paper.received), f"{told}: printed twice"
            if status == 0:
                assert paper.received == letters(desk), told
                assert on_paper(desk) == {"handed-over"}, told
            else:
                assert (status, "spooled" in on_paper(desk)) == (1, True), told
                assert lived[-1] in {"http.client.send", "commit"}, (
                    f"{told}: only a document that may be cut is asked about"
                )
                asked += 1
    assert asked <= 1 + len(moments) // STRIDE // 4, "a person is asked too often"


def test_a_folder_gets_the_job_once_and_whole(spooled: Desk, tmp_path: Path) -> None:
    hot = tmp_path / "undisturbed"
    hot.mkdir()
    _, moments = dying.run(spooled.copy(tmp_path / "first").folder, "print", "b", "--to", hot, "--again")
    for moment in some(moments):
        desk, hot = spooled.copy(tmp_path / f"killed-{moment}"), tmp_path / f"hot-{moment}"
        hot.mkdir()
        status, lived = dying.run(desk.folder, "print", "b", "--to", hot, "--again", die_at=moment)
        assert status == KILLED
        for path in hot.iterdir():  # the folder shows all of the job, or nothing
            assert path.name.startswith(".") or {file.name for file in path.iterdir()} == files_of(desk)
        assert dying.run(desk.folder, "resume", "b")[0] == 0
        assert dying.run(desk.folder, "print", "b", "--to", hot, "--again")[0] == 0
        assert [path.name for path in hot.iterdir()] == ["b-P01"], f"moment {moment} ({lived[-1]})"
        assert {file.name for file in (hot / "b-P01").iterdir()} == files_of(desk)


def files_of(desk: Desk) -> set[str]:
    return {file.name for file in (desk.folder / "output" / "b" / "print" / "b-P01").iterdir()}
