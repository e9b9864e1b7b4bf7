"""Supplements and archives killed while being made, then resumed: exactly one of each, complete.

Each run tries every ninth moment, starting from another one each time; NOTICES_CHAOS_SEED chooses which (0 to 8), and
NOTICES_STRIDE the distance between them (`make proofs`: all).
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import dying
import pytest
import pyzipper
from desk import Desk
from neighbours import ON_PAPER
from printers import on_paper

pytestmark = [pytest.mark.office, pytest.mark.slow, pytest.mark.timeout(0)]

STRIDE = int(os.environ.get("NOTICES_STRIDE", "9"))
SEED = int(os.environ.get("NOTICES_CHAOS_SEED") or secrets.token_hex(2), 16) % STRIDE
KILLED = -9
PASSWORD = "only for the shop"


def some(moments: list[str]) -> Iterator[int]:
    sys.stdout.write(f"NOTICES_CHAOS_SEED={SEED}: {len(moments)} moments\n")
    yield from range(1 + SEED, len(moments) + 1, STRIDE)


def made(desk: Desk) -> dict[str, str]:
    """Return every file of every job and its evidence copies, with their hashes; archives by their content."""
    places = (desk.folder / "output" / "b" / "print", desk.folder / "batches" / "b" / "sent")
    return {
        path.relative_to(desk.folder).as_posix(): held(path) if path.suffix == ".zip" else _hash(path.read_bytes())
        for place in places
        for path in place.rglob("*")
        if path.is_file()
    }


def held(archive: Path) -> str:
    with pyzipper.AESZipFile(archive) as content:
        content.setpassword(PASSWORD.encode())
        return " ".join(f"{name} {_hash(content.read(name))}" for name in sorted(content.namelist()))


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()


def jobs(desk: Desk) -> list[tuple[str, int, str]]:
    return [(it["job"], it["letters"], it["state"]) for it in desk("job", "list", "--json").json["jobs"]]


def go_on(desk: Desk, words: tuple[object, ...], before: int) -> None:
    """Continue as a clerk would: `resume`, or the same command again if the ledger has no trace of it."""
    assert dying.run(desk.folder, "resume", "b")[0] == 0
    if len(jobs(desk)) == before:
        assert dying.run(desk.folder, *words)[0] == 0


def test_an_interrupted_supplement_is_made_once(rendered: Desk, tmp_path: Path) -> None:
    rendered("print", "b")
    words = ("print", "b", "--notice", rendered.decisions()[ON_PAPER.account]["notice"])
    first = rendered.copy(tmp_path / "undisturbed")
    status, moments = dying.run(first.folder, *words)
    assert status == 0
    for moment in some(moments):
        desk = rendered.copy(tmp_path / f"killed-{moment}")
        status, lived = dying.run(desk.folder, *words, die_at=moment)
        assert status == KILLED
        go_on(desk, words, before=1)
        told = f"moment {moment} ({lived[-1]})"
        assert jobs(desk) == jobs(first) == [("b-P01", 3, "spooled"), ("b-P02", 1, "spooled")], told
        assert made(desk) == made(first), told
        assert on_paper(desk) == {"spooled"}, told


def test_an_interrupted_archive_is_completed_with_its_job(
    rendered: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTICES_ZIP_PASSWORD", PASSWORD)
    words = ("print", "b", "--zip")
    first = rendered.copy(tmp_path / "undisturbed")
    status, moments = dying.run(first.folder, *words)
    assert status == 0
    assert any(name.endswith(".zip") for name in made(first))
    for moment in some(moments):
        desk = rendered.copy(tmp_path / f"killed-{moment}")
        status, lived = dying.run(desk.folder, *words, die_at=moment)
        assert status == KILLED
        go_on(desk, words, before=0)
        told = f"moment {moment} ({lived[-1]})"
        assert jobs(desk) == jobs(first) == [("b-P01", 3, "spooled")], told
        assert made(desk) == made(first), told


def test_an_archive_is_not_made_without_the_password_it_was_to_have(
    rendered: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTICES_ZIP_PASSWORD", PASSWORD)
    _, moments = dying.run(rendered.copy(tmp_path / "undisturbed").folder, "print", "b", "--zip")
    recorded = moments.index("committed", moments.index("committed") + 1) + 1
    assert dying.run(rendered.folder, "print", "b", "--zip", die_at=recorded + 1)[0] == KILLED
    monkeypatch.delenv("NOTICES_ZIP_PASSWORD")
    assert "NOTICES_ZIP_PASSWORD is not set" in rendered("resume", "b", status=3).errors
    monkeypatch.setenv("NOTICES_ZIP_PASSWORD", PASSWORD)
    rendered("resume", "b")
    (archive,) = (rendered.folder / "output").rglob("*.zip")
    assert "letters-01.pdf" in held(archive)
    with pyzipper.AESZipFile(archive) as content, pytest.raises(RuntimeError, match="password"):
        content.read(content.namelist()[0])
