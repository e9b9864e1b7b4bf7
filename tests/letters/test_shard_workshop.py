"""The workshop of a worker process: letters are made in a folder of its own, and nothing stays there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from cluster_parts import stand_in, wait_for
from shard_helpers import drawing_engine, letter, shard

from notices.letters.shards.parcels import pack, pack_kit, unpack
from notices.letters.shards.shard import Shard
from notices.letters.shards.workshop import Workshop


@pytest.fixture
def work(tmp_path: Path) -> Shard:
    return shard(tmp_path, drawing_engine(tmp_path), "s", [letter(1), letter(2)])


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    scratch = tmp_path_factory.mktemp("worker")
    office = stand_in(scratch / "bin")
    monkeypatch.setenv("PATH", f"{office}:{os.environ['PATH']}")
    return scratch / "workshop"


def test_letters_are_made_in_private_folders_that_are_cleared(folder: Path, work: Shard) -> None:
    workshop = Workshop(folder)
    try:
        delivery = workshop.make(pack_kit(work), pack(work))
        assert delivery.fault is None
        assert [page.number for page in unpack(work, delivery).pdfs[0].letters] == [letter(1).number, letter(2).number]
        assert all(path.stat().st_mode & 0o77 == 0 for path in folder.iterdir())
        assert not list(folder.glob("shard-*"))
        workshop.put_away()
        assert list(folder.iterdir()) == []
    finally:
        workshop.close()
    assert not folder.exists()


def test_an_idle_workshop_is_cleared_though_no_client_asks_for_it(folder: Path, work: Shard) -> None:
    workshop = Workshop(folder, idle_seconds=0.2)
    try:
        workshop.make(pack_kit(work), pack(work))
        wait_for(lambda: not list(folder.iterdir()), 10)
    finally:
        workshop.close()


def test_a_kit_is_unpacked_once(folder: Path, work: Shard) -> None:
    workshop = Workshop(folder)
    try:
        for _ in range(2):
            workshop.make(pack_kit(work), pack(work))
        assert len(list(folder.glob("kit-*"))) == 1
    finally:
        workshop.close()


def test_a_machine_that_cannot_make_letters_says_so_and_gives_up(
    folder: Path, work: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    gave_up: list[float] = []
    workshop = Workshop(folder, on_fault=lambda: gave_up.append(time.monotonic()))
    try:
        kit = pack_kit(work)
        (folder / "profiles").write_text("in the way")
        delivery = workshop.make(kit, pack(work))
    finally:
        workshop.close()
    assert "cannot keep its profile" in str(delivery.fault)
    assert gave_up
