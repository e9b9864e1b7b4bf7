"""Time to turn 2,000 rendered letters into a print job: `.venv/bin/python benchmarks/printing.py [WORKSPACE]`.

The target is 500 letters a second for binding rendered shards into files of letters, with fonts stored once a shard. It
first makes a workspace and renders the letters, which takes some minutes, unless given a workspace whose batch `large`
is rendered and not printed.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from notices.pdf import DocumentInfo, bind, font_programs, look, page_count
from notices.workers.pool import WorkerPool

LETTERS = 2_000
HEADINGS = ("小区", "房号", "业主姓名", "通讯地址", "邮编", "费用期间", "应缴日期", "应收金额", "已收金额")


def rows() -> Iterator[tuple[object, ...]]:
    """Yield one charge for each of 2,000 invented owners."""
    for number in range(LETTERS):
        unit = f"{number // 60 + 1}-{number // 20 % 3 + 1}-{number % 20 // 2 + 1}0{number % 2 + 1}"
        owner = f"张{chr(0x4E00 + number)}"
        yield (
            "示例花园",
            unit,
            owner,
            f"示例市样板路8号{unit}",
            "100000",
            "2026年1月至6月",
            "2026-06-30",
            "1234.56",
            "0",
        )


def make(workspace: Path) -> None:
    """Make a workspace with the letters rendered."""
    notices = [sys.executable, "-m", "notices"]
    subprocess.run([*notices, "init", str(workspace)], check=True, stderr=subprocess.DEVNULL)
    with (workspace / "list.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *rows()])
    where = ["--workspace", str(workspace)]
    for words in (
        ["plan", str(workspace / "list.csv"), "--name", "large", "--as-of", "2026-11-23", "--by", "A"],
        ["approve", "large", "--by", "B"],
        ["render", "large"],
    ):
        subprocess.run([*notices, *words, *where], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measure(workspace: Path) -> None:
    """Print the times of binding, of inspecting every page, and of the whole command."""
    shards = sorted((workspace / "output" / "large" / "letters").glob("*.pdf"))
    pages = {shard: page_count(shard) for shard in shards}
    interleaved = [
        (shard, page, 1) for page in range(1, max(pages.values()) + 1) for shard in shards if page <= pages[shard]
    ]
    bound = workspace / "bound.pdf"
    began = time.perf_counter()
    bind(interleaved, bound, DocumentInfo("large", "zh-CN", date(2026, 11, 23)))
    took = time.perf_counter() - began
    size = bound.stat().st_size / 1024 / LETTERS
    print(
        f"bind {len(interleaved)} pages, {len(shards)} shards interleaved: {took:.2f} s, {LETTERS / took:.0f} letters/s"
    )
    print(
        f"{size:.1f} KiB a letter; font programs: {font_programs(bound)}, {font_programs(shards[0])} in the first shard"
    )
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "notices", "print", "large", "--workspace", str(workspace)], check=True)
    took = time.perf_counter() - began
    print(f"notices print, whole command: {took:.2f} s, {LETTERS / took:.0f} letters/s")
    (job,) = (workspace / "output" / "large" / "print").iterdir()
    began = time.perf_counter()
    look(job / "letters-01.pdf", start_workers=WorkerPool)
    took = time.perf_counter() - began
    print(f"of which inspecting every page: {took:.2f} s, {LETTERS / took:.0f} letters/s")


def main() -> None:
    """Measure the given workspace, or a temporary one."""
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch) / "workspace")
        measure(Path(scratch) / "workspace")


if __name__ == "__main__":
    main()
