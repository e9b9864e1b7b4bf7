"""Time of `notices payment import` for 100,000 lines: `.venv/bin/python benchmarks/statements.py`.

The target is 60 s for the whole command on two cores, with 10,000 accounts and every second line booked.
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

ACCOUNTS, LINES = 10_000, 100_000
LIST = ("小区", "房号", "业主姓名", "联系电话", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额")
BANK = (
    "记账日期",
    "记账时间",
    "币别",
    "金额",
    "余额",
    "交易名称",
    "渠道",
    "网点名称",
    "附言",
    "对方账户名",
    "对方卡号/账号",
    "对方开户行",
)


def unit(number: int) -> str:
    """Return the unit of an account."""
    return f"{number // 200 + 1}-{number % 4 + 1}-{number // 4 % 50 + 101}"


def name(number: int) -> str:
    """Return the owner's name of an account."""
    return f"张{chr(0x4E00 + number % 5000)}{chr(0x5E00 + number // 5000)}"


def accounts() -> Iterator[tuple[object, ...]]:
    """Yield the rows of the arrears list."""
    for number in range(ACCOUNTS):
        telephone = f"139{number:08d}"
        yield ("示例花园", unit(number), name(number), telephone, "示例路1号", "2026年", "2026-06-30", "99999.00", "0")


def lines() -> Iterator[tuple[object, ...]]:
    """Yield the rows of the statement: unit and owner, a name, a unit, a telephone, a lump sum, money out."""
    for place in range(LINES):
        number = place * 7919 % ACCOUNTS
        payer, remark, amount = name(number), f"{unit(number)}物业费", f"{place % 900 + 1}.{place % 100:02d}"
        if place % 10 in {5, 6}:
            remark = "物业费2026年"
        elif place % 10 == 7:
            payer = "外人"
        elif place % 10 == 8:
            payer, remark = "财付通支付科技有限公司", "结算"
        elif place % 10 == 9:
            amount = f"-{amount}"
        day, clock = f"2026-11-{place % 28 + 1:02}", f"{place // 3600 % 24:02}:{place // 60 % 60:02}:{place % 60:02}"
        yield (
            day,
            clock,
            "人民币",
            amount,
            f"{place}.00",
            "跨行转账",
            "网银",
            "",
            remark,
            payer,
            f"62{place:014d}",
            "",
        )


def timed(command: list[str]) -> tuple[float, float, float, int]:
    """Run one command, discarding its output; return its seconds, those of the processor, megabytes and exit status."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    busy = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - began, busy, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def main() -> None:
    """Print the time of the first import and of one that only recognises the lines."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        notices = [sys.executable, "-m", "notices"]
        subprocess.run([*notices, "init", str(folder / "workspace")], check=True, stderr=subprocess.DEVNULL)
        for file, rows in (("list.csv", [LIST, *accounts()]), ("bank.csv", [BANK, *lines()])):
            with (folder / file).open("w", encoding="utf-8-sig", newline="") as target:
                csv.writer(target).writerows(rows)
        inside = ["--workspace", str(folder / "workspace")]
        plan = ["plan", str(folder / "list.csv"), "--name", "b", "--as-of", "2026-11-20", "--by", "Planner"]
        subprocess.run([*notices, *plan, *inside], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for what in ("first", "again"):
            seconds, busy, megabytes, status = timed(
                [*notices, "payment", "import", str(folder / "bank.csv"), "--json", *inside]
            )
            print(
                f"{what}: {LINES:,} lines, {ACCOUNTS:,} accounts, status {status}: {seconds:.1f} s ({busy:.1f} s busy)"
            )
            print(f"{megabytes:.0f} MB")


if __name__ == "__main__":
    main()
