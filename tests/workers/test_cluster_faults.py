"""Random faults while a batch is rendered on a cluster: no letter is lost, none is made twice, none is wrong.

`render` and `resume` run as processes against a real scheduler and real workers; LibreOffice is a stand-in that draws
the letters after a nap. Three strangers stand by all the time and are started anew again and again: workers with
another version of the program, of LibreOffice, or other fonts, who would write wrong amounts. Each kind of fault comes
once, in random order, then they come as often as they weigh; one that found nothing to harm does not count.
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
from cluster_parts import Scheduler, Workers, environment, stand_in, wait_for
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from support import ROOT, call
from wire import Wire

from notices.letters.shards import facts
from notices.letters.shards.remote import take_census
from notices.pdf import page_texts, sha256_of
from notices.workers.cluster_access import ClusterAccess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(6 * 3600)]

FAULTS = int(os.environ.get("NOTICES_CLUSTER_FAULTS", "2"))
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
BEGUN = "SELECT count(*) FROM commands WHERE verb = 'render' AND finished_at IS NULL"
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
    settings = folder / "notices.toml"
    text = settings.read_text("utf-8")
    assert "\nshard = 40 " in text
    settings.write_text(text.replace("\nshard = 40 ", "\nshard = 1 "), "utf-8")
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


@dataclass(frozen=True)
class Stranger:
    """A worker that would make other letters, and how it is named when it is refused."""

    workers: Workers
    named: str

    @property
    def has_drawn(self) -> bool:
        """True if its LibreOffice was ever started to make a letter."""
        assert self.workers.office is not None
        return any(self.workers.office.glob("started-*"))


def strangers(folder: Path, address: str) -> list[Stranger]:
    """Return a worker with another LibreOffice, one with another version of this program, and one with other fonts."""
    made = []
    program = folder / "other-version" / "notices"  # not "program", which is where that worker runs
    shutil.copytree(ROOT / "notices", program, ignore=shutil.ignore_patterns("__pycache__"))
    version = program / "__init__.py"
    version.write_text(version.read_text().replace('__version__ = "', '__version__ = "9.'))
    fonts = folder / "fonts.conf"
    fonts.write_text(f'<?xml version="1.0"?><fontconfig><dir>{folder / "no-fonts"}</dir></fontconfig>')
    for name, version_of_office, own, named in (
        ("office", "9.9", {}, "LibreOffice 9.9 stand-in instead of 0.0 stand-in"),
        ("program", "0.0", {"PYTHONPATH": str(program.parent), "PYTHONSAFEPATH": "1"}, "program 9."),
        ("fonts", "0.0", {"FONTCONFIG_FILE": str(fonts)}, "without the fonts "),
    ):
        office = stand_in(folder / f"{name}-bin", version=version_of_office)
        drawing = office / "python"
        text = drawing.read_text()
        assert 'if "MISWRITTEN" in page' in text
        drawing.write_text(text.replace('if "MISWRITTEN" in page', "if page"))
        made.append(Stranger(Workers(folder / name, address, 1, name=f"other-{name}", office=office, own=own), named))
    return made


@dataclass
class Run:
    """A batch that is being rendered on a cluster while faults happen; each fault says if it harmed anything."""

    workspace: Path
    scheduler: Scheduler
    wires: tuple[Wire, Wire]  # from the workers and from the client to the scheduler
    workers: Workers
    strangers: list[Stranger]
    office: Path
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    client: subprocess.Popen[bytes] | None = None
    resumed: Counter[str] = field(default_factory=Counter)

    def start(self) -> None:
        """Start `render`, or resume it if it was recorded."""
        verb = "resume" if self._count(BEGUN) else "render"
        if self.client is not None:
            self.resumed[verb] += 1
        words = [sys.executable, "-m", "notices", verb, BATCH, "--workspace", str(self.workspace), "--lang", "en"]
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
        return self._count("SELECT count(*) FROM deliveries WHERE state = 'rendered'")

    def _count(self, statement: str) -> int:
        with closing(self._ledger()) as books:
            found: int = books.execute(statement).fetchone()[0]
        return found

    def _ledger(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.workspace / 'batches' / 'ledger.db'}?mode=ro", uri=True)

    def finish(self) -> None:
        """Let `render` finish; start it again where a fault has ended it."""
        assert self.client is not None
        while self.client.wait(900) != 0 or self.made() < LETTERS:
            assert self.resumed.total() < 50, (self.workspace / "client.log").read_text()[-3000:]
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

    def worker_killed(self) -> bool:
        if worker := self.a_worker():
            worker.kill()
        return worker is not None

    def worker_hangs(self) -> bool:
        if worker := self.a_worker():
            worker.suspend()
        return worker is not None

    def workers_cut_off(self) -> bool:
        return self.wires[0].cut(self.chance.uniform(0.2, 2.0)) > 0

    def client_cut_off(self) -> bool:
        return self.wires[1].cut(self.chance.uniform(0.2, 2.0)) > 0

    def scheduler_restarted(self) -> bool:
        self.scheduler.kill()
        time.sleep(self.chance.uniform(0.0, 2.0))
        self.scheduler.start()
        return True

    def client_killed(self) -> bool:
        assert self.client is not None
        self.client.kill()
        ended = self.client.wait()
        self.start()
        return ended == -signal.SIGKILL

    def client_interrupted(self) -> bool:
        assert self.client is not None
        self.client.send_signal(signal.SIGINT)
        ended = self.client.wait(120)
        self.start()
        return ended != 0

    def stranger_joins(self) -> bool:
        stranger = self.chance.choice(self.strangers).workers
        stranger.stop()
        stranger.log.unlink(missing_ok=True)
        stranger.start()
        stranger.wait_until_ready()
        return True


KINDS: dict[Callable[[Run], bool], int] = {
    Run.worker_killed: 8,
    Run.worker_hangs: 3,
    Run.workers_cut_off: 4,
    Run.client_cut_off: 2,
    Run.scheduler_restarted: 2,
    Run.client_killed: 3,
    Run.client_interrupted: 2,
    Run.stranger_joins: 1,
}


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
        missing = [kind for kind in KINDS if not run.counts[kind.__name__]]
        fault = run.chance.choice(missing) if missing else run.chance.choices([*KINDS], [*KINDS.values()])[0]
        if fault(run):
            run.counts[fault.__name__] += 1
            done += 1
    return done


def test_no_letter_is_lost_made_twice_or_wrong_whatever_fails(
    tmp_path: Path, approved: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = stand_in(tmp_path / "bin", seconds=NAP)
    scheduler = Scheduler(tmp_path / "scheduler.log", allowed_failures=3)
    wires = Wire(scheduler.port), Wire(scheduler.port)
    addresses = [f"tcp://127.0.0.1:{wire.port}" for wire in wires]
    workers = Workers(tmp_path / "workers", addresses[0], 2, office=office)
    others = strangers(tmp_path, scheduler.address)
    everybody = [workers, *(stranger.workers for stranger in others)]
    counts: Counter[str] = Counter()
    began, batches, resumed = time.monotonic(), 0, Counter[str]()
    run: Run | None = None
    try:
        scheduler.start()
        for each in everybody:
            each.start()
        for each in everybody:
            each.wait_until_ready()
        with monkeypatch.context() as patch:
            patch.setenv("PATH", f"{office}:{os.environ['PATH']}")
            facts.machine_facts.cache_clear()
            census = take_census(ClusterAccess(addresses[1]), 60)
        facts.machine_facts.cache_clear()
        assert census.fit == 2
        reasons = {unfit.worker: str(unfit.reason) for unfit in census.unfit}
        assert len(reasons) == len(others)
        for stranger in others:
            assert stranger.named in reasons[f"{stranger.workers.name}-1"]
        while counts.total() < FAULTS:
            workspace = tmp_path / f"workspace-{batches}"
            shutil.copytree(approved, workspace)
            settings = workspace / "notices.toml"
            text = settings.read_text("utf-8")
            assert '\nscheduler = "" ' in text
            settings.write_text(text.replace('\nscheduler = "" ', f'\nscheduler = "{addresses[1]}" '), "utf-8")
            chance = random.Random(SEED * 1000 + batches)
            run = Run(workspace, scheduler, wires, workers, others, office, chance, counts)
            run.start()
            inject(run, FAULTS - counts.total())
            run.finish()
            run.check()
            batches, resumed = batches + 1, resumed + run.resumed
            with capsys.disabled():
                sys.stdout.write(
                    f"\n{counts.total()} faults in {batches} batches of {LETTERS}: {dict(counts)}; started again: "
                    f"{dict(resumed)}; {time.monotonic() - began:.0f} s\n"
                )
    finally:
        if run is not None and run.client is not None:
            run.client.kill()
        for process in workers.processes():
            process.resume()
        for each in everybody:
            each.stop()
        for wire in wires:
            wire.close()
        scheduler.stop()
    assert len(counts) == min(FAULTS, len(KINDS))
    assert not any(stranger.has_drawn for stranger in others)
    assert any(office.glob("started-*"))  # so the same would be seen of strangers
    for each in everybody:
        assert list(each.folder.iterdir()) == []
