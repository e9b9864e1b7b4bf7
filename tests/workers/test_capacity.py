from __future__ import annotations

from pathlib import Path

import pytest

from notices.settings import Letters
from notices.workers import capacity
from notices.workers.capacity import Capacity


def test_the_option_overrides_the_settings() -> None:
    settings = Letters(workers=3, shard=50)
    assert Capacity(offices=2, letters=10).workers(settings, documents=9) == 2
    assert Capacity(offices=2, letters=10).shard(settings) == 10
    assert Capacity().workers(settings, documents=9) == 3
    assert Capacity().shard(settings) == 50


def test_there_are_never_more_offices_than_documents() -> None:
    assert Capacity(offices=8).workers(Letters(), documents=2) == 2
    assert Capacity(offices=8).workers(Letters(), documents=0) == 1


@pytest.mark.parametrize(("free", "offices"), [(100, 1), (1_300, 2), (64_000, 4)])
def test_by_default_there_is_one_office_per_core_within_memory(
    free: int, offices: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "meminfo"
    memory.write_text(f"MemTotal: 1 kB\nMemAvailable:  {free * 1024} kB\n")
    monkeypatch.setattr(capacity, "MEMORY", memory)
    monkeypatch.setattr(capacity.os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert capacity.for_this_machine() == offices
