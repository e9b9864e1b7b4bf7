"""Processes killed while a print file is read back: a killed job leaves none behind, a killed worker is replaced."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from press_builders import an_item
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from notices.flow.batch.lock import only_one
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.pdf import look, sha256_of
from notices.workers.pool import WorkerPool

PAGES = 700
BOXES = 400  # a page, so that reading them takes some seconds
SECONDS = 5.0

RUN = """
import pickle, sys
from datetime import date
from pathlib import Path
from notices.flow.batch.lock import only_one
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.press import JobOrder, build_job
from notices.settings import Print
from notices.workers.pool import WorkerPool
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    items = pickle.loads(sys.stdin.buffer.read())
    with only_one(Workspace(folder), Ledger.open(sys.argv[2]), "b", by="clerk"):
        build_job(JobOrder("P-1", Print(), date(2026, 1, 1)), items, folder / "print", WorkerPool)
"""


def write_boxes(path: Path) -> None:
    """Pages full of small boxes; all share one content stream."""
    writer, content = PdfWriter(), DecodedStreamObject()
    content.set_data("\n".join(f"{60 + n % 20 * 20} {100 + n // 20 * 30} 10 10 re f" for n in range(BOXES)).encode())
    stream = writer._add_object(content)
    for _ in range(PAGES):
        writer.add_blank_page(595, 842)[NameObject("/Contents")] = stream
    writer.write(path)


def descendants(parent: int) -> set[int]:
    """Return the living processes that `parent` started, and those that they started."""
    try:
        lists = [file.read_text() for file in Path(f"/proc/{parent}/task").glob("*/children")]
    except OSError:
        return set()
    children = {int(process) for each in lists for process in each.split()}
    return children.union(*map(descendants, children))


def has_open(process: int, name: str) -> bool:
    """Tell whether a process has a file of this name open."""
    try:
        return any(link.readlink().name == name for link in Path(f"/proc/{process}/fd").glob("*"))
    except OSError:
        return False


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core shares no work")
def test_the_workers_of_a_killed_print_job_end_and_its_lock_is_free(tmp_path: Path) -> None:
    write_boxes(tmp_path / "boxes.pdf")
    source = {"source": tmp_path / "boxes.pdf", "source_sha256": sha256_of(tmp_path / "boxes.pdf")}
    (tmp_path / "run.py").write_text(RUN)
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger.open(url).close()
    with (tmp_path / "items").open("wb") as items:
        pickle.dump([an_item(first=1, count=PAGES, **source)], items)
    with (tmp_path / "items").open("rb") as items:
        run = subprocess.Popen(
            [sys.executable, tmp_path / "run.py", tmp_path, url],
            stdin=items,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
    with run:
        try:
            assert until(lambda: any(has_open(each, "letters-01.pdf") for each in descendants(run.pid)), 60)
        finally:
            workers = descendants(run.pid)
            run.kill()
        run.wait()
        assert workers
        ended = until(lambda: not any(map(lives, workers)), SECONDS)
        for process in filter(lives, workers):
            os.kill(process, signal.SIGKILL)
        assert ended
    with only_one(Workspace(tmp_path), Ledger.open(url), "b", by="clerk"):
        pass


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core shares no work")
def test_a_file_is_read_back_whole_although_a_worker_is_killed(tmp_path: Path) -> None:
    write_boxes(tmp_path / "boxes.pdf")
    pools: list[WorkerPool] = []

    def start(workers: int, preload: Sequence[str] = ()) -> WorkerPool:
        pools.append(WorkerPool(workers, preload))
        threading.Thread(target=kill_first_worker, daemon=True).start()
        return pools[0]

    def kill_first_worker() -> None:
        reading = [each for each in descendants(os.getpid()) if has_open(each, "boxes.pdf")]
        while not reading:
            reading = [each for each in descendants(os.getpid()) if has_open(each, "boxes.pdf")]
        os.kill(reading[0], signal.SIGKILL)

    pages = look(tmp_path / "boxes.pdf", start_workers=start)
    assert pools
    assert len(pages) == PAGES
