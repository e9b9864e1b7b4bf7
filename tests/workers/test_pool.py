"""Worker processes that are killed, interrupted or orphaned.

NOTICES_PRESSES is how many times Ctrl-C is pressed at a random moment (`make proofs`: 60).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from shard_helpers import drawing_engine, letter, shard

from notices.letters.shards.dispatch import run_shards, warm_up
from notices.letters.shards.shard import ShardResult
from notices.office import Engine, OfficeBroken, find
from notices.office.find import _imports_uno
from notices.pdf import page_texts
from notices.workers.pool import WorkerPool

ROOT = Path(__file__).parents[2]

# Seconds until no process is left while other programs keep the cores busy; on an idle machine it takes under two.
BUSY_SECONDS = 6.0
PRESSES = int(os.environ.get("NOTICES_PRESSES", "6"))


def running(word: str) -> list[int]:
    """Return the live processes whose command line or working folder contains this word."""
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
    with WorkerPool(2) as pool:
        run_shards(pool, work, results.append)
    made = {each.number for result in results for pdf in result.pdfs for each in pdf.letters}
    assert made == {letter(index).number for index in range(12)}
    assert list((tmp_path / "profiles").glob("office-*")) == []
    assert running(str(tmp_path)) == []


def test_offices_start_before_there_are_letters_and_stop_if_none_come(tmp_path: Path) -> None:
    pool = WorkerPool(2)
    warm_up(pool, drawing_engine(tmp_path), 2)
    assert until(lambda: len(list(tmp_path.glob("started-*"))) == 2, 60)
    pool.kill()
    assert until(lambda: running(str(tmp_path)) == [], BUSY_SECONDS)


def test_an_office_that_cannot_start_is_reported_with_the_first_letters(tmp_path: Path) -> None:
    engine = drawing_engine(tmp_path)
    broken = replace(engine, office=replace(engine.office, python=tmp_path / "gone"))
    pool = WorkerPool(1)
    warm_up(pool, broken, 1)
    with pytest.raises(OfficeBroken), pool:
        run_shards(pool, [shard(tmp_path, broken, "s", [letter(1)])], print)


@pytest.mark.slow
@pytest.mark.alone
def test_a_letter_that_kills_its_worker_is_named_and_every_other_letter_is_made(tmp_path: Path) -> None:
    engine = drawing_engine(tmp_path)
    letters = [letter(index, "KILLS-WORKER" if index == 4 else None) for index in range(12)]
    work = [shard(tmp_path, engine, f"s{index}", letters[3 * index : 3 * index + 3]) for index in range(4)]
    results: list[ShardResult] = []
    with WorkerPool(2) as pool:
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
from notices.workers.pool import WorkerPool
from notices.letters.shards.dispatch import run_shards
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    engine = drawing_engine(folder)
    work = [shard(folder, engine, f"s{{index}}", [letter(index, "HANGS")], limit=600) for index in range(6)]
    try:
        (folder / "begun").touch()
        with WorkerPool(2) as pool:
            run_shards(pool, work, print)
    except KeyboardInterrupt:
        sys.exit(130)
"""


def begin(folder: Path, *, until_offices_run: bool) -> subprocess.Popen[str]:
    """Start a program in its own process group, with two workers waiting for offices that hang."""
    script = folder / "run.py"
    script.write_text(RUN.format(helpers=str(Path(__file__).parents[1])))
    process = subprocess.Popen(
        [sys.executable, script, folder],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        process_group=0,
        stderr=subprocess.PIPE,
        text=True,
    )
    if until_offices_run:
        assert until(lambda: len(list(folder.glob("started-*"))) == 2, 60)
    else:
        assert until((folder / "begun").exists, 60)
    return process


def press_ctrl_c(process: subprocess.Popen[str], folder: Path) -> float:
    """Send Ctrl-C to the process group, as a terminal does; return the seconds until every process has ended."""
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
    assert until(lambda: running(str(folder)) == [], 20.0)
    return time.monotonic() - began


@pytest.fixture
def hanging_run(tmp_path: Path, ctrl_c_works: None) -> Iterator[subprocess.Popen[str]]:
    """Program whose two offices hang; check afterwards that no process is left."""
    with begin(tmp_path, until_offices_run=True) as process:
        yield process
        process.kill()


def test_ctrl_c_ends_parent_workers_and_offices(tmp_path: Path, hanging_run: subprocess.Popen[str]) -> None:
    assert press_ctrl_c(hanging_run, tmp_path) < BUSY_SECONDS  # other tests may be running beside it


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """Keep every core busy with twice as many processes as cores."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    yield
    for process in busy:
        process.kill()
        process.wait()


def pressed_at_random(folder: Path, seed: int, *, times: int) -> list[float]:
    chance = Random(seed)
    taken = []
    for place in range(times):
        own = folder / str(place)
        own.mkdir()
        with begin(own, until_offices_run=False) as process:
            time.sleep(chance.uniform(0.0, 2.0))  # while the workers start, work or hang
            taken.append(press_ctrl_c(process, own))
    return taken


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.usefixtures("ctrl_c_works")
def test_ctrl_c_at_any_moment_ends_everything_silently_within_two_seconds(tmp_path: Path) -> None:
    assert max(pressed_at_random(tmp_path, 1, times=PRESSES)) < 2.0


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.usefixtures("busy_machine", "ctrl_c_works")
def test_ctrl_c_at_any_moment_ends_everything_on_a_busy_machine(tmp_path: Path) -> None:
    assert max(pressed_at_random(tmp_path, 2, times=max(1, PRESSES // 2))) < BUSY_SECONDS


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.usefixtures("ctrl_c_works")
def test_ctrl_c_for_the_parent_alone_ends_its_workers_too(tmp_path: Path) -> None:
    with begin(tmp_path, until_offices_run=False) as process:
        process.send_signal(signal.SIGINT)  # while its workers are being started
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
    assert until(lambda: running(str(tmp_path)) == [], 2.0)


def much(size: int) -> bytes:
    return b"x" * size


@pytest.mark.slow
@pytest.mark.alone
def test_workers_killed_during_a_long_answer_block_nothing() -> None:
    for moment in range(4):
        pool = WorkerPool(2)
        futures = [pool.submit(much, 40_000_000) for _ in range(6)]
        futures[0].result(60)
        time.sleep(0.003 * moment)
        pool.kill()  # a test that hangs here is stopped by its time limit
        assert all(future.done() for future in futures)


def end_this_process() -> None:
    os._exit(1)


def test_a_killed_worker_loses_only_its_own_work() -> None:
    with WorkerPool(2) as pool:
        kept = [pool.submit(much, 10) for _ in range(4)]
        lost = pool.submit(end_this_process)
        later = [pool.submit(much, 10) for _ in range(4)]
        assert [future.result(60) for future in (*kept, *later)] == [much(10)] * 8
        with pytest.raises(BrokenExecutor):
            lost.result(60)


def test_a_killed_parent_leaves_no_process(tmp_path: Path, hanging_run: subprocess.Popen[str]) -> None:
    hanging_run.kill()
    hanging_run.wait(10)
    assert until(lambda: running(str(tmp_path)) == [], 10.0)


@pytest.mark.office
@pytest.mark.slow
def test_the_real_office_makes_shards_whose_letters_prove_themselves(tmp_path: Path) -> None:
    engine = Engine(find(), tmp_path / "profiles")
    work = [shard(tmp_path, engine, f"s{index}", [letter(10 * index + n) for n in range(10)]) for index in range(3)]
    results: list[ShardResult] = []
    with WorkerPool(2) as pool:
        run_shards(pool, work, results.append)
    assert [failure for result in results for failure in result.failures] == []
    for result in results:
        (pdf,) = result.pdfs
        texts = page_texts(pdf.path)
        assert pdf.pages == len(pdf.letters) == 10  # no blank page where page numbering restarts
        assert all(each.number in texts[each.first_page - 1] for each in pdf.letters)
    assert running(str(tmp_path)) == []
    assert list(engine.profiles.glob("office-*")) == []


PRELOADS = """
import sys
from notices.workers.pool import WorkerPool
if __name__ == "__main__":
    with WorkerPool(1, preload=["wave"]) as pool:
        assert "wave" in pool.submit(eval, "list(__import__('sys').modules)").result(60)
    assert "wave" not in sys.modules
"""


def test_workers_have_the_modules_that_the_caller_preloads(tmp_path: Path) -> None:
    script = tmp_path / "preloads.py"
    script.write_text(PRELOADS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script], check=False, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """Make a folder with modules that a Python started there would run instead of the right ones."""
    folder = tmp_path / "planted"
    folder.mkdir()
    for name in ("uno", "json", "selectors", "struct"):
        (folder / f"{name}.py").write_text(f"open({str(folder / 'ran')!r}, 'w').close()\n")
    return folder


def test_workers_run_no_module_of_the_current_folder(planted: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from notices.workers.pool import WorkerPool\n"
        "if __name__ == '__main__':\n"
        "    with WorkerPool(1) as pool:\n"
        "        print(pool.submit(abs, -7).result())\n"
    )
    words, environment = [sys.executable, program], {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=planted, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "7\n", done.stderr
    assert not (planted / "ran").exists()


def test_the_python_of_libreoffice_is_not_tried_with_a_module_of_the_current_folder(
    planted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(planted)
    assert not _imports_uno(Path(sys.executable))
    assert not (planted / "ran").exists()
