"""A long list: read in bounded memory, each of many bad rows reported; benchmarks/intake.py times it.

NOTICES_ROWS is its length (`make proofs`: 200,000).
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

ROWS = int(os.environ.get("NOTICES_ROWS", "40000"))
BAD = ROWS // 40
MOST = 100 + 500 * ROWS / 200_000  # megabytes: of the program, and of the rows
HEADINGS = (
    "小区",
    "楼栋",
    "单元",
    "房号",
    "业主姓名",
    "联系电话",
    "邮箱",
    "收费项目",
    "费用期间",
    "应缴日期",
    "应收金额",
    "已收金额",
    "欠费金额",
    "备注",
)
READ = """
import json, re, sys
from datetime import date
from pathlib import Path
from notices.intake import read_arrears
from notices.settings import Intake

told = []
read = read_arrears(Path(sys.argv[1]), Intake(), known_estates=["阳光花园"], as_of=date(2026, 11, 23),
                    progress=lambda done, total: told.append((done, total)))
# Of this program alone: what getrusage tells begins with the size of whoever started it.
peak = re.search(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())
print(json.dumps({
    "megabytes": int(peak.group(1)) / 1024,
    "rows": read.rows, "accounts": len(read.accounts), "problems": len({problem.row for problem in read.problems}),
    "told": len(told), "last": told[-1],
}))
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def rows() -> Iterator[list[object]]:
    for number in range(ROWS):
        unit, due = number // 2, 500 + number % 4500 + 0.25
        year = 2024 + number % 2
        owner = f"张{chr(0x4E00 + unit % 2000)}"
        yield [
            "阳光花园", f"{unit % 40 + 1}", f"{unit // 40 % 4 + 1}", f"{101 + unit // 160}", owner, f"138{unit:08}",
            f"u{unit}@example.com", "物业服务费", f"{year}年度", f"{year}-12-31",
            "12o.5" if number % (ROWS // BAD) == 0 else due, 0, due, f"备注{number}",
        ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    with (folder / "large.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *rows()])
    book = xlsxwriter.Workbook(str(folder / "large.xlsx"), {"constant_memory": True})
    page = book.add_worksheet()
    for number, cells in enumerate([HEADINGS, *rows()]):
        page.write_row(number, 0, cells)
    book.close()
    return folder


@pytest.mark.parametrize("name", ["large.xlsx", "large.csv"])
def test_a_large_list_is_read_in_bounded_memory_and_every_bad_row_is_reported(folder: Path, name: str) -> None:
    command = [sys.executable, "-c", READ, str(folder / name)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert result["megabytes"] < MOST, result
    assert (result["rows"], result["problems"]) == (ROWS, BAD)
    assert result["accounts"] == ROWS // 2 - BAD
    assert result["told"] == ROWS // 1000
    done, total = result["last"]
    assert done == ROWS <= total <= ROWS + 1
