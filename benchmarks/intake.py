"""Time of `notices check` for 200,000 rows: `.venv/bin/python benchmarks/intake.py`.

The targets are 60 s and 600 MB for .xlsx, 20 s for .csv, each as a whole command on two cores.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

ROWS = 200_000
HEADINGS = ("小区", "楼栋", "单元", "房号", "业主姓名", "收费项目", "费用期间", "应缴日期", "应收金额", "已收金额")


def rows() -> Iterator[tuple[object, ...]]:
    """Yield two charges for each of 100,000 invented owners."""
    for number in range(ROWS):
        unit, year = number // 2, 2024 + number % 2
        place = ("示例花园", unit % 40 + 1, unit // 40 % 4 + 1, 101 + unit // 160)
        yield (*place, f"张{chr(0x4E00 + unit % 2000)}", "物业服务费", f"{year}年度", f"{year}-12-31", "1234.56", "0")


def write_lists(folder: Path) -> list[Path]:
    """Write the list as .xlsx and as .csv."""
    text, book = folder / "large.csv", folder / "large.xlsx"
    with text.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *rows()])
    with xlsxwriter.Workbook(str(book), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for number, cells in enumerate([HEADINGS, *rows()]):
            sheet.write_row(number, 0, cells)
    return [book, text]


def timed(command: list[str]) -> tuple[float, float]:
    """Run one command, discarding its output; return its seconds and megabytes."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def main() -> None:
    """Print a line for each format."""
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Path(scratch) / "workspace"
        notices = [sys.executable, "-m", "notices"]
        subprocess.run([*notices, "init", str(workspace)], check=True, stderr=subprocess.DEVNULL)
        for path in write_lists(Path(scratch)):
            seconds, megabytes = timed([*notices, "check", str(path), "--json", "--workspace", str(workspace)])
            print(f"{path.name}: {seconds:.1f} s, {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
