"""A small estate covering all tiers, in its own workspace, and helpers to run the program as a process."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BATCH = "chaos"
AS_OF = "2026-11-23"
ESTATE = "示例花园"
PLANNER, RELEASER, CLERK = "示例经办人", "示例批准人", "示例文员"
LIST, HISTORY, HOLDS = "欠费清单.csv", "历史函件.csv", "登记.csv"
LETTERS_A_SHARD = 2  # so that a render makes many documents and can be killed between them
LIMIT_SECONDS = 900.0  # that only a command that hangs needs, however busy the machine

PROGRAM = (sys.executable, "-m", "notices")
DYING = (sys.executable, str(Path(__file__).with_name("dies_at.py")))


@dataclass(frozen=True)
class Step:
    """A command in the sequence from list to letters."""

    name: str
    words: tuple[str, ...]


_PLANNING = (LIST, "--name", BATCH, "--as-of", AS_OF, "--by", PLANNER)
IMPORT = Step("import", ("history", "import", HISTORY, "--by", CLERK))
PLAN = Step("plan", ("plan", *_PLANNING))
APPROVE = Step("approve", ("approve", BATCH, "--by", RELEASER))
RENDER = Step("render", ("render", BATCH, "--by", CLERK))
SEND = Step("send", ("send", BATCH, "--by", CLERK))
PRINT = Step("print", ("print", BATCH, "--by", CLERK))
RUN = Step("run", ("run", *_PLANNING, "--yes"))
CHAIN = (IMPORT, PLAN, APPROVE, RENDER, SEND, PRINT)

PLACE = ("小区", "房号", "业主姓名")
HEADINGS = (*PLACE, "电子邮箱", "通讯地址", "收费项目", "费用期间", "应缴日期", "应收金额", "已收金额", "欠费金额")
HISTORY_HEADINGS = (*PLACE, "函件", "编号", "发出日期", "送达方式", "结果", "送达日期")
HOLD_HEADINGS = (*PLACE, "类型", "登记日期")

# Unit, owner, whether there is an e-mail address, due date, amount; the comment gives the decision. Who has several
# units has one address for all, and gets one letter.
ACCOUNTS = (
    ("1-1-101", "沈一鸣", True, "2026-06-30", "1181.40"),  # reminder, e-mail
    ("1-1-102", "陆小满", True, "2026-06-30", "881.10"),  # reminder, e-mail
    ("1-1-201", "顾清和", True, "2025-12-31", "1478.40"),  # reminder, e-mail
    ("1-1-202", "唐雨眠", False, "2026-06-30", "993.96"),  # reminder, print
    ("1-2-101", "孟知微", False, "2026-06-30", "760.32"),  # reminder, print
    ("2-1-101", "白一舟", True, "2025-12-31", "2512.19"),  # lawyer's letter, both ways
    ("2-1-102", "韩青石", True, "2025-12-31", "1900.80"),  # lawyer's letter, both ways
    ("2-1-201", "叶初晴", False, "2024-12-31", "2700.07"),  # lawyer's letter, print
    ("3-1-101", "江望月", True, "2024-12-31", "3073.87"),  # follow-up, both ways
    ("3-1-102", "苏远山", False, "2024-12-31", "3218.95"),  # follow-up, print
    ("3-1-201", "温故新", True, "2026-11-08", "264.88"),  # waits: in grace
    ("3-1-202", "安在野", True, "2026-06-30", "50.00"),  # skipped: below the minimum
    ("车位11", "沈一鸣", True, "2026-06-30", "360.00"),  # reminder, in the letter of 1-1-101
    ("车位12", "沈一鸣", True, "2026-06-30", "420.00"),  # reminder, in the same letter
    ("车位13", "唐雨眠", False, "2026-06-30", "300.00"),  # reminder, in the letter of 1-1-202
    ("车位14", "韩青石", True, "2025-12-31", "1300.00"),  # lawyer's letter, both ways, in that of 2-1-102
)
TOGETHER = 7  # notices that leave in a letter with others
SENT_BEFORE = (
    ("2-1-101", "白一舟", "催费函", "旧-001", "2026-09-21"),
    ("2-1-102", "韩青石", "催费函", "旧-002", "2026-09-21"),
    ("车位14", "韩青石", "催费函", "旧-008", "2026-09-21"),
    ("2-1-201", "叶初晴", "催费函", "旧-003", "2026-09-21"),
    ("3-1-101", "江望月", "催费函", "旧-004", "2026-08-03"),
    ("3-1-101", "江望月", "律师函", "旧-005", "2026-09-28"),
    ("3-1-102", "苏远山", "催费函", "旧-006", "2026-08-03"),
    ("3-1-102", "苏远山", "律师函", "旧-007", "2026-09-28"),
)


@dataclass(frozen=True)
class Ended:
    """Result of a process: its exit status (negative if killed by a signal) and its output."""

    status: int
    output: str
    errors: str

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL

    @property
    def json(self) -> Any:
        return json.loads(self.output)

    def __str__(self) -> str:
        return f"exit {self.status}\n{self.errors}{self.output}"


def make_workspace(folder: Path) -> Path:
    """Make a workspace with `notices init`, and put the list and the history beside the settings."""
    made = run(folder.parent, "init", folder)
    assert made.status == 0, made
    settings = folder / "notices.toml"
    text = settings.read_text(encoding="utf-8")
    text, changed = re.subn(r"(?m)^shard = \d+ ", f"shard = {LETTERS_A_SHARD} ", text)
    assert changed == 1
    settings.write_text(text, encoding="utf-8")
    write_table(folder / LIST, HEADINGS, (_listed(*account) for account in ACCOUNTS))
    write_table(
        folder / HISTORY, HISTORY_HEADINGS, ((ESTATE, *notice, "EMS", "已送达", notice[-1]) for notice in SENT_BEFORE)
    )
    return folder


def _listed(unit: str, owner: str, has_email: bool, due: str, amount: str) -> Sequence[str]:
    number, home = next((place, it[0]) for place, it in enumerate(ACCOUNTS) if it[1] == owner)
    email = f"owner{number:02d}@example.com" if has_email else ""
    address = f"示例市样板路8号{ESTATE}{home}室"
    return (ESTATE, unit, owner, email, address, "物业服务费", due[:4] + "年度", due, amount, "0.00", amount)


def write_table(path: Path, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a list as a spreadsheet program saves it as text."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([headings, *rows])


def run(folder: Path, *words: object, program: Sequence[str] = PROGRAM) -> Ended:
    """Run a command in a folder and wait for it."""
    return _ended(start(folder, *words, program=program))


def run_for(folder: Path, seconds: float, *words: object, everything: bool) -> Ended:
    """Run a command for some seconds, then kill it; with `everything`, also its child processes at the same moment."""
    process = start(folder, *words)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        others = inhabitants(folder) if everything else ()
        for pid in {process.pid, *others}:
            _kill(pid)
    return _ended(process)


def start(folder: Path, *words: object, program: Sequence[str] = PROGRAM) -> subprocess.Popen[str]:
    """Start a command in a folder; the folder identifies all processes that it starts."""
    return subprocess.Popen(
        [*program, *(str(word) for word in words), "--debug"],  # if it crashes, print where
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def inhabitants(folder: Path) -> list[int]:
    """Return the processes whose working directory is in a folder or below it."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            place = Path(str((entry / "cwd").readlink()).removesuffix(" (deleted)"))
        except OSError:  # it has just ended, or belongs to another user
            continue
        if place.is_relative_to(folder):
            found.append(int(entry.name))
    return found


def deserted(folder: Path, within: float = 20.0) -> bool:
    """Return whether no process is left in a folder, waiting up to some seconds."""
    end = time.monotonic() + within
    while inhabitants(folder):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _ended(process: subprocess.Popen[str]) -> Ended:
    try:
        output, errors = process.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Ended(process.returncode, output, errors)
