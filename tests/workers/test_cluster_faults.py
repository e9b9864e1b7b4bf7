"""Random faults while a batch is rendered on a cluster: no letter is lost, none is made twice, none is wrong.

`render` runs as a process against a real scheduler and real workers; LibreOffice is a stand-in that draws the letters
after a nap. One worker with another LibreOffice, whose letters have wrong amounts, stands by all the time.
NOTICES_CLUSTER_FAULTS says how many faults to inject, NOTICES_CLUSTER_SEED which; the counts are printed at the end.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil
import pytest
from cluster_parts import Scheduler, Wire, Workers, environment, stand_in, wait_for
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from support import call

from notices.pdf import page_texts, sha256_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(6 * 3600)]

FAULTS = int(os.environ.get("NOTICES_CLUSTER_FAULTS", "8"))
SEED = int(os.environ.get("NOTICES_CLUSTER_SEED", "20"))
LETTERS = 96  # fewer than are worth compiling
NAP = 1.0  # seconds a document
BATCH = "faults"
HEADINGS = (
    "小区",
    "房号",
    "业主姓名",
    "通讯地址",
    "收费项目",
    "费用期间",
    "应缴日期",
    "应收金额",
    "已收金额",
    "欠费金额",
)
ROWS = """SELECT number, file, shards.sha256 AS sha256, first_page, notices.pages AS pages, state FROM notices
    LEFT JOIN shards ON shards.id = shard_id JOIN deliveries ON notice_id = notices.id ORDER BY number"""
MADE = "SELECT what_id, count(*) FROM events WHERE kind = 'rendered' GROUP BY what, what_id HAVING count(*) > 1"


def amount(place: int) -> str:
    return f"{300 + place}.{place % 100:02d}"


def write_template(path: Path) -> None:
    """Write a template that `approve` accepts; the stand-in draws its body only."""
    document = Document()
    document.styles["Normal"].font.name = "Nowhere Sans"  # no fonts of the batch, which take long to make
    document.add_paragraph("{{ number }} of {{ owner }} in {{ unit }} owes {{ total }} Page 1 of 1")
    footer = document.sections[0].footer.paragraphs[0]
    for text, code in (
        ("{{ number }} {{ deadline }} {{ bank_account }} 第", "PAGE"),
        ("页 共", "NUMPAGES"),
        ("页", ""),
    ):
        footer.add_run(text)
        if code:
            simple = OxmlElement("w:fldSimple")
            simple.set(qn("w:instr"), code)
            footer._p.append(simple)
    document.save(str(path))


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with an approved batch whose letters a stand-in can draw."""
    folder = tmp_path_factory.mktemp("faults") / "workspace"
    assert call("init", folder).status == 0
    write_template(folder / "templates" / "reminder.docx")
    with (folder / "list.csv").open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADINGS)
        for place in range(LETTERS):
            due = amount(place)
            unit, owner = f"1-1-{place + 101}", f"Owner{place:03d}"
            where = f"示例市样板路8号示例花园{unit}室"
            table.writerow(("示例花园", unit, owner, where, "物业服务费", "2025年度", "2026-06-30", due, "0.00", due))
    planned = call("plan", folder / "list.csv", "--name", BATCH, "--as-of", "2026-11-23", "--workspace", folder)
    assert planned.status in {0, 1}, planned
    assert call("approve", BATCH, "--by", "示例批准人", "--workspace", folder).status == 0
    return folder


@dataclass
class Run:
    """A batch that is being rendered on a cluster while faults happen."""

    workspace: Path
    scheduler: Scheduler
    wire: Wire
    workers: Workers
    office: Path
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    client: subprocess.Popen[bytes] | None = None
    resumed: int = 0

    def start(self) -> None:
        """Start `render`, or start it again."""
        words = [sys.executable, "-m", "notices", "render", BATCH, "--cluster", self.scheduler.address]
        words += ["--shard", "1", "--workspace", str(self.workspace), "--lang", "en"]
        with (self.workspace / "client.log").open("ab") as log:
            self.client = subprocess.Popen(
                words,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=environment(self.office),
                # A test run in the background ignores Ctrl-C, and would hand that down.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            )

    def runs(self) -> bool:
        assert self.client is not None
        return self.client.poll() is None

    def has_advanced(self, before: int) -> bool:
        """Return whether more letters are recorded than before, or `render` has ended."""
        return not self.runs() or self.made() > before

    def made(self) -> int:
        """Return how many letters are recorded."""
        with closing(self._ledger()) as books:
            found: int = books.execute("SELECT count(*) FROM deliveries WHERE state = 'rendered'").fetchone()[0]
        return found

    def _ledger(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.workspace / 'batches' / 'ledger.db'}?mode=ro", uri=True)

    def finish(self) -> None:
        """Let `render` finish; start it again where a fault has ended it."""
        while True:
            assert self.client is not None
            if self.client.wait(900) == 0:
                return
            assert self.resumed < 50, (self.workspace / "client.log").read_text()[-3000:]
            self.resumed += 1
            self.start()

    def check(self) -> None:
        """Check every letter of the batch: there, once, proved by its own pages."""
        with closing(self._ledger()) as books:
            books.row_factory = sqlite3.Row
            rows = books.execute(ROWS).fetchall()
            assert books.execute(MADE).fetchall() == []
        assert len(rows) == LETTERS
        assert {row["state"] for row in rows} == {"rendered"}
        places = [(row["file"], row["first_page"]) for row in rows]
        assert len(set(places)) == LETTERS
        for row in rows:
            file = self.workspace / row["file"]
            assert sha256_of(file) == row["sha256"]
            text = "".join(page_texts(file)[row["first_page"] - 1 :][: row["pages"]])
            owner = int(text.split("Owner")[1][:3])
            assert row["number"] in text
            assert f"owes {amount(owner)} " in text, text
        owners = {page_texts(self.workspace / row["file"])[0].split("Owner")[1][:3] for row in rows}
        assert len(owners) == LETTERS
        left = sorted(path.name for path in (self.workspace / "output" / BATCH / "letters").iterdir())
        assert left == sorted(Path(row["file"]).name for row in rows)

    # The faults

    def a_worker(self) -> psutil.Process | None:
        found = self.workers.processes()
        return self.chance.choice(found) if found else None

    def worker_killed(self) -> None:
        if worker := self.a_worker():
            worker.kill()

    def worker_hangs(self) -> None:
        if worker := self.a_worker():
            worker.suspend()

    def wire_cut(self) -> None:
        self.wire.cut(self.chance.uniform(0.2, 2.0))

    def scheduler_restarted(self) -> None:
        self.scheduler.kill()
        time.sleep(self.chance.uniform(0.0, 2.0))
        self.scheduler.start()

    def client_killed(self) -> None:
        assert self.client is not None
        self.client.kill()
        self.client.wait()
        self.resumed += 1
        self.start()

    def client_interrupted(self) -> None:
        assert self.client is not None
        self.client.send_signal(signal.SIGINT)
        self.client.wait(120)
        self.resumed += 1
        self.start()


KINDS: tuple[tuple[Callable[[Run], None], int], ...] = (
    (Run.worker_killed, 8),
    (Run.worker_hangs, 3),
    (Run.wire_cut, 5),
    (Run.scheduler_restarted, 2),
    (Run.client_killed, 3),
    (Run.client_interrupted, 2),
)


def inject(run: Run, left: int) -> int:
    """Inject faults while letters are being made; return how many."""
    done = 0
    while done < left and run.runs():
        before = run.made()
        pause = run.chance.uniform(0.3, 4.0)
        wait_for(partial(run.has_advanced, before), 300, step=0.2)
        time.sleep(pause)
        if not run.runs():
            break
        ((fault, _),) = run.chance.choices(KINDS, [weight for _, weight in KINDS])
        fault(run)
        run.counts[fault.__name__] += 1
        done += 1
    return done


def test_no_letter_is_lost_made_twice_or_wrong_whatever_fails(
    tmp_path: Path, approved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = stand_in(tmp_path / "bin", seconds=NAP)
    other = stand_in(tmp_path / "other", version="9.9")
    drawing = other / "python"
    drawing.write_text(drawing.read_text().replace('if "MISWRITTEN" in page', "if page"))
    scheduler = Scheduler(tmp_path / "scheduler.log", allowed_failures=3)
    wire = Wire(scheduler.port)
    address = f"tcp://127.0.0.1:{wire.port}"
    workers = Workers(tmp_path / "workers", address, 2, office=office)
    unfit = Workers(tmp_path / "unfit", scheduler.address, 1, name="other", office=other)
    counts: Counter[str] = Counter()
    began, batches, resumed, faults = time.monotonic(), 0, 0, 0
    run: Run | None = None
    try:
        scheduler.start()
        workers.start()
        unfit.start()
        workers.wait_until_ready()
        unfit.wait_until_ready()
        while faults < FAULTS:
            workspace = tmp_path / f"workspace-{batches}"
            shutil.copytree(approved, workspace)
            chance = random.Random(SEED * 1000 + batches)
            run = Run(workspace, scheduler, wire, workers, office, chance, counts)
            run.start()
            faults += inject(run, FAULTS - faults)
            run.finish()
            run.check()
            batches, resumed = batches + 1, resumed + run.resumed
            told = dict(counts)
            with capsys.disabled():
                sys.stdout.write(
                    f"\n{faults} faults in {batches} batches of {LETTERS}: {told}; {resumed} restarts of render, "
                    f"{time.monotonic() - began:.0f} s\n"
                )
    finally:
        if run is not None and run.client is not None:
            run.client.kill()
        for process in workers.processes():
            process.resume()
        for each in (workers, unfit):
            each.stop()
        wire.close()
        scheduler.stop()
    log = (tmp_path / "workspace-0" / "client.log").read_text()
    assert "other-1" not in log or "LibreOffice 9.9 stand-in instead of 0.0 stand-in" in log
    assert list(workers.folder.iterdir()) == []
    assert list(unfit.folder.iterdir()) == []
