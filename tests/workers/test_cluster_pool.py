"""The cluster as an executor: tasks run on real workers and survive lost ones; the seam is that of the local pool."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest
from cluster_parts import Scheduler, Workers, cluster, stand_in, wait_for
from shard_helpers import drawing_engine, letter, shard

from notices.errors import Unusable
from notices.letters.shards import facts
from notices.letters.shards.dispatch import run_shards
from notices.letters.shards.remote import RemotePress, connect
from notices.letters.shards.shard import Shard, ShardResult
from notices.letters.shards.worker import make_shard
from notices.pdf import page_texts, sha256_of
from notices.workers.cluster_access import ClusterAccess

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stand_in(tmp_path_factory.mktemp("office") / "bin")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, office: Path) -> Iterator[tuple[Scheduler, Workers]]:
    with cluster(tmp_path_factory.mktemp("cluster"), office=office) as parts:
        yield parts


@pytest.fixture
def press(running: tuple[Scheduler, Workers], office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemotePress]:
    monkeypatch.setenv("PATH", f"{office}:{os.environ['PATH']}")
    facts.machine_facts.cache_clear()
    press, unfit = connect(ClusterAccess(running[0].address), 60)
    assert unfit == ()
    yield press
    press.kill()
    facts.machine_facts.cache_clear()


def made_by(press: RemotePress, shards: Sequence[Shard]) -> list[ShardResult]:
    results: list[ShardResult] = []
    run_shards(press, shards, results.append, ahead=press.ahead)
    return results


def numbers(results: Sequence[ShardResult]) -> list[str]:
    return sorted(page.number for result in results for pdf in result.pdfs for page in pdf.letters)


def test_a_shard_made_elsewhere_is_written_here_and_proved(tmp_path: Path, press: RemotePress) -> None:
    engine = drawing_engine(tmp_path)
    letters = [letter(number) for number in range(1, 8)]
    (result,) = made_by(press, [shard(tmp_path, engine, "one", letters)])
    (pdf,) = result.pdfs
    assert pdf.path == tmp_path / "one.pdf"
    assert sha256_of(pdf.path) == pdf.sha256
    assert [page.number for page in pdf.letters] == [each.number for each in letters]
    assert all(each.number in text for each, text in zip(letters, page_texts(pdf.path), strict=True))
    assert result.failures == ()


def test_a_letter_that_cannot_be_made_is_named_and_the_others_are_made(tmp_path: Path, press: RemotePress) -> None:
    engine = drawing_engine(tmp_path)
    letters = [letter(1), letter(2, "MISWRITTEN"), letter(3), letter(4, "CRASHES")]
    (result,) = made_by(press, [shard(tmp_path, engine, "two", letters)])
    assert numbers([result]) == [letters[0].number, letters[2].number]
    assert sorted(failure.number for failure in result.failures) == [letters[1].number, letters[3].number]


def test_a_letter_that_kills_every_worker_is_set_aside_alone(tmp_path: Path, press: RemotePress) -> None:
    engine = drawing_engine(tmp_path)
    shards = [shard(tmp_path, engine, f"s{n}", [letter(n), letter(n + 10)]) for n in range(1, 4)]
    shards.append(shard(tmp_path, engine, "poison", [letter(31, "KILLS-WORKER")]))
    results = made_by(press, shards)
    assert len(numbers(results)) == 6
    assert [failure.number for result in results for failure in result.failures] == [letter(31).number]


def test_a_worker_killed_in_the_middle_costs_no_letter(
    tmp_path: Path, press: RemotePress, running: tuple[Scheduler, Workers]
) -> None:
    engine = drawing_engine(tmp_path)
    shards = [shard(tmp_path, engine, f"k{n}", [letter(n)]) for n in range(1, 30)]
    results: list[ShardResult] = []

    def take(result: ShardResult) -> None:
        results.append(result)
        if len(results) == 5:
            running[1].processes()[0].send_signal(signal.SIGKILL)

    run_shards(press, shards, take, ahead=press.ahead)
    assert numbers(results) == [letter(n).number for n in range(1, 30)]


def test_nothing_of_the_letters_is_left_on_a_worker_when_the_client_has_finished(
    tmp_path: Path, press: RemotePress, running: tuple[Scheduler, Workers]
) -> None:
    engine = drawing_engine(tmp_path)
    made_by(press, [shard(tmp_path, engine, "gone", [letter(1)])])
    folders = list(running[1].folder.glob("*/*/*/notices"))
    assert folders
    assert any(folder.iterdir() for folder in folders)
    assert all(path.stat().st_mode & 0o77 == 0 for folder in folders for path in (folder, folder.parent))
    press.shutdown()
    wait_for(lambda: not any(path for folder in folders for path in folder.iterdir()), 20)


def test_without_a_worker_left_the_letters_that_wait_end_in_words(
    tmp_path: Path, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{office}:{os.environ['PATH']}")
    facts.machine_facts.cache_clear()
    scheduler = Scheduler(tmp_path / "scheduler.log")
    scheduler.start()
    try:
        with pytest.raises(Unusable, match="has no worker that can make these letters"):
            connect(ClusterAccess(scheduler.address), 1)
    finally:
        scheduler.stop()
        facts.machine_facts.cache_clear()


def test_a_killed_pool_breaks_what_waits(tmp_path: Path, press: RemotePress) -> None:
    engine = drawing_engine(tmp_path)
    future = press.submit(make_shard, shard(tmp_path, engine, "late", [letter(1, "HANGS")]))
    press.kill()
    with pytest.raises(BrokenExecutor):
        future.result(30)
