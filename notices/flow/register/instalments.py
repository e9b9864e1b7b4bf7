"""Instalment plans that a person types, a part a line, as the table that `hold add --plan` reads."""

from __future__ import annotations

import csv
from pathlib import Path


def instalments_file(folder: str | Path, text: str) -> Path:
    """Write typed parts (a day, then an amount, each pair on a line) as a table in a folder; return its path.

    Nothing is judged here: the reader of the table names every line that is wrong.
    """
    path = Path(folder) / "plan.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("日期", "金额"))
        table.writerows(_parts(line) for line in text.splitlines() if line.strip())
    return path


def _parts(line: str) -> tuple[str, str]:
    """Return the day and the amount of a line, separated by space, tab or a sign that nobody has in an amount."""
    day, _, amount = line.strip().replace("\t", " ").replace("，", " ").replace("；", " ").partition(" ")
    return day, amount.strip()
