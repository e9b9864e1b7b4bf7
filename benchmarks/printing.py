"""How fast 2,000 rendered letters become a print job: `.venv/bin/python benchmarks/printing.py [WORKSPACE]`.

The aim is 500 letters a second for making the files of letters from rendered shards, their fonts once a shard. It
makes a workspace and renders the letters first, which takes some minutes, unless it is given one whose batch `large` is
rendered and not printed.
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

from notices.pdf import bind, font_programs, look, page_count

LETTERS = 2_000
HEADINGS = ("小区", "房号", "业主姓名", "通讯地址", "邮编", "费用期间", "应缴日期", "应收金额", "已收金额")


def rows() -> Iterator[tuple[object, ...]]:
    """One charge for each of 2,000 invented owners."""
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
    """A workspace with the letters rendered."""
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
    """Print what binding, looking at every page, and the whole command take."""
    shards = sorted((workspace / "output" / "large" / "letters").glob("*.pdf"))
    pages = {shard: page_count(shard) for shard in shards}
    interleaved = [
        (shard, page, 1) for page in range(1, max(pages.values()) + 1) for shard in shards if page <= pages[shard]
    ]
    bound = workspace / "bound.pdf"
    began = time.perf_counter()
    bind(interleaved, bound, title="large", language="zh-CN", dated=date(2026, 11, 23))
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
    print(f"notices print, all of it: {took:.2f} s, {LETTERS / took:.0f} letters/s")
    (job,) = (workspace / "output" / "large" / "print").iterdir()
    began = time.perf_counter()
    look(job / "letters-01.pdf")
    took = time.perf_counter() - began
    print(f"of which looking at every page: {took:.2f} s, {LETTERS / took:.0f} letters/s")


def main() -> None:
    """Measure a given workspace, or one made for it."""
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch) / "workspace")
        measure(Path(scratch) / "workspace")


if __name__ == "__main__":
    main()
