"""Faults that LibreOffice could introduce are caught and named, and the letter is not sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from shard_helpers import drawing_engine, letter, shard

from notices.letters.shards.dispatch import run_shards
from notices.letters.shards.shard import ShardResult
from notices.workers.pool import WorkerPool


def made(folder: Path, poison: str) -> ShardResult:
    letters = [letter(1), letter(2), letter(3, poison), letter(4), letter(5)]
    results: list[ShardResult] = []
    with WorkerPool(1) as pool:
        run_shards(pool, [shard(folder, drawing_engine(folder), "planted", letters)], results.append)
    return results[0]


@pytest.mark.parametrize(
    ("plant", "caught"),
    [("SWAPPED", {3, 4}), ("LOST", {3}), ("MISWRITTEN", {3}), ("STRANGE", {3})],
)
def test_a_planted_fault_is_reported_and_the_letter_is_not_sent(plant: str, caught: set[int], tmp_path: Path) -> None:
    result = made(tmp_path, plant)
    failed = {int(failure.number[-6:]): str(failure.reason) for failure in result.failures}
    assert set(failed) == caught
    assert all(failed.values())
    provable = [int(page.number[-6:]) for pdf in result.pdfs for page in pdf.letters]
    assert provable == [number for number in range(1, 6) if number not in caught]
