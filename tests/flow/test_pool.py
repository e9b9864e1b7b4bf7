"""Worker processes: killed, interrupted, orphaned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from shard_helpers import drawing_engine, letter, shard

from notices.flow.pool import shard_pool
from notices.flow.shards import ShardResult, run_shards
from notices.office import Engine, find
from notices.pdf import page_texts

ROOT = Path(__file__).parents[2]


def running(word: str) -> list[int]:
    """The living processes whose command line or working folder has this word."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            traces = (entry / "cmdline").read_bytes() + os.fsencode((entry / "cwd").readlink())
        except OSError:
            continue
        if state != "Z" and os.fsencode(word) in traces:
            found.append(int(entry.name))
    return found


def until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def test_many_shards_are_made_by_many_workers_and_nothing_of_them_is_left(tmp_path: Path) -> None:
    engine = drawing_engine(tmp_path)
    work = [shard(tmp_path, engine, f"s{index}", [letter(2 * index), letter(2 * index + 1)]) for index in range(6)]
    results: list[ShardResult] = []
    with shard_pool(2) as pool:
        run_shards(pool, work, results.append)
    made = {each.number for result in results for pdf in result.pdfs for each in pdf.letters}
    assert made == {letter(index).number for index in range(12)}
    assert list((tmp_path / "profiles").glob("office-*")) == []
    assert running(str(tmp_path)) == []


@pytest.mark.slow
def test_a_letter_that_kills_its_worker_is_named_and_every_other_letter_is_made(tmp_path: Path) -> None:
    engine = drawing_engine(tmp_path)
    letters = [letter(index, "KILLS-WORKER" if index == 4 else None) for index in range(12)]
    work = [shard(tmp_path, engine, f"s{index}", letters[3 * index : 3 * index + 3]) for index in range(4)]
    results: list[ShardResult] = []
    with shard_pool(2) as pool:
        run_shards(pool, work, results.append)
    assert sorted(result.name for result in results) == ["s0", "s1", "s2", "s3"]
    assert [failure.number for result in results for failure in result.failures] == [letters[4].number]
    made = {each.number for result in results for pdf in result.pdfs for each in pdf.letters}
    assert made == {each.number for each in letters} - {letters[4].number}


RUN = """
import sys
sys.path.insert(0, {helpers!r})
from pathlib import Path
from shard_helpers import drawing_engine, letter, shard
from notices.flow.pool import shard_pool
from notices.flow.shards import run_shards
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    engine = drawing_engine(folder)
    work = [shard(folder, engine, f"s{{index}}", [letter(index, "HANGS")], limit=600) for index in range(6)]
    try:
        with shard_pool(2) as pool:
            run_shards(pool, work, print)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.fixture
def hanging_run(tmp_path: Path) -> subprocess.Popen[bytes]:
    """A program in a process group of its own whose two workers wait for offices that hang."""
    script = tmp_path / "run.py"
    script.write_text(RUN.format(helpers=str(Path(__file__).parent)))
    process = subprocess.Popen(
        [sys.executable, script, tmp_path], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, process_group=0
    )
    assert until(lambda: len(list(tmp_path.glob("started-*"))) == 2, 20)
    return process


def test_ctrl_c_ends_parent_workers_and_offices_within_two_seconds(
    tmp_path: Path, hanging_run: subprocess.Popen[bytes]
) -> None:
    began = time.monotonic()
    os.killpg(hanging_run.pid, signal.SIGINT)  # as a terminal does
    if not until(lambda: hanging_run.poll() is not None, 5.0):  # Python loses one that falls into a finalizer
        began = time.monotonic()
        os.killpg(hanging_run.pid, signal.SIGINT)
    assert hanging_run.wait(10) == 130
    assert until(lambda: running(str(tmp_path)) == [], 2.0)
    assert time.monotonic() - began < 2.0


def test_a_killed_parent_leaves_no_process(tmp_path: Path, hanging_run: subprocess.Popen[bytes]) -> None:
    hanging_run.kill()
    hanging_run.wait(10)
    assert until(lambda: running(str(tmp_path)) == [], 10.0)


@pytest.mark.office
def test_the_real_office_makes_shards_whose_letters_prove_themselves(tmp_path: Path) -> None:
    engine = Engine(find(), tmp_path / "profiles")
    work = [shard(tmp_path, engine, f"s{index}", [letter(10 * index + n) for n in range(10)]) for index in range(3)]
    results: list[ShardResult] = []
    with shard_pool(2) as pool:
        run_shards(pool, work, results.append)
    assert [failure for result in results for failure in result.failures] == []
    for result in results:
        (pdf,) = result.pdfs
        texts = page_texts(pdf.path)
        assert pdf.pages == len(pdf.letters) == 10  # no empty page where page numbers start again
        assert all(each.number in texts[each.first_page - 1] for each in pdf.letters)
    assert running(str(tmp_path)) == []
    assert list(engine.profiles.glob("office-*")) == []
