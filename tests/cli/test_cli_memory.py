"""Memory use: a command needs only a few KiB more for each notice in the batch."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from desk import AS_OF, ESTATE

FEW, MANY = 1_000, 3_000
YEARS = (2023, 2024, 2025)
HEADINGS = ("小区", "房号", "业主姓名", "邮箱", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额")
COMMANDS = (
    ("plan", "list.csv", "--name", "b", "--as-of", AS_OF, "--json"),
    ("approve", "b", "--by", "Releaser"),
    ("render", "b"),
    ("send", "b"),
    ("print", "b"),
)
# KiB per notice. A full decision with three charges takes more than ten; a list must be read as a whole. A print job is
# laid out as a whole too: its items stay.
MOST = {"plan": 5.0, "approve": 4.0, "render": 3.0, "send": 3.0, "print": 8.0}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def workspace_with(owners: int, folder: Path) -> Path:
    """Make a workspace with a list of this many owners, every eighth with an e-mail address."""
    subprocess.run([sys.executable, "-m", "notices", "init", folder], check=True, capture_output=True)
    settings = folder / "notices.toml"
    settings.write_text(settings.read_text("utf-8").replace("sheets_per_file = 2000", "sheets_per_file = 100"), "utf-8")
    with (folder / "list.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADINGS)
        for number in range(owners):
            unit = f"{number % 40 + 1}-{number // 40 % 4 + 1}-{101 + number // 160}"
            email = f"u{number}@example.com" if number % 8 == 0 else ""
            for year in YEARS:
                due = f"{year}-12-31"
                rows.writerow(
                    (ESTATE, unit, f"张{chr(0x4E00 + number)}", email, "示例路1号", f"{year}年度", due, "1200", "0")
                )
    return folder


def peaks(folder: Path) -> dict[str, int]:
    """Return the peak memory of each command, in KiB."""
    program = [sys.executable, str(Path(__file__).with_name("pretending.py"))]
    found = {}
    for words in COMMANDS:
        ran = subprocess.run([*program, *words], cwd=folder, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr[-2_000:]
        found[words[0]] = int(ran.stderr.splitlines()[-1])
    return found


def test_memory_per_notice_stays_within_its_limit(tmp_path: Path) -> None:
    few, many = (peaks(workspace_with(owners, tmp_path / str(owners))) for owners in (FEW, MANY))
    grown = {command: (many[command] - few[command]) / (MANY - FEW) for command in MOST}
    assert {command: kib for command, kib in grown.items() if kib > MOST[command]} == {}, grown
