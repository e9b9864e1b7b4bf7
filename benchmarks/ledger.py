"""The ledger on PostgreSQL beside SQLite, in one run: plan, approve, and the durable commits of `send`.

    python benchmarks/ledger.py [ACCOUNTS] [MESSAGES]

Plans and approves a list of that many accounts (100,000 by default) on either, then takes that many messages (1,000)
through the two commits that `send` makes for each: before the attempt, and after it. Starts a server of its own on a
socket, with its default durability.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from timing import Run, command

from notices.ledger import Ledger, StateChange
from notices.model import Channel, State

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from postgres import postgres

HEADINGS = ("小区", "房号", "业主姓名", "邮箱", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额")
ESTATE = "示例花园"
MOST = 1.5  # times as long as on SQLite


@dataclass(frozen=True)
class Measured:
    """Results on one database: two commands, and the seconds a message for its two commits."""

    plan: Run
    approve: Run
    message: float


def main() -> None:
    """Measure both and print a table."""
    accounts, messages = (
        int(sys.argv[place]) if len(sys.argv) > place else most for place, most in ((1, 100_000), (2, 1_000))
    )
    with tempfile.TemporaryDirectory() as folder, postgres("fsync=on") as server:
        found = {}
        for name, url in (("SQLite", ""), ("PostgreSQL", server.database())):
            found[name] = measured(Path(folder) / name, url, accounts, messages)
    one, other = found["SQLite"], found["PostgreSQL"]
    print(f"{accounts:,} accounts | SQLite | PostgreSQL | times\n--- | ---: | ---: | ---:")
    for step in ("plan", "approve"):
        first, second = getattr(one, step), getattr(other, step)
        ratio = second.seconds / first.seconds
        print(f"{step}, s | {first.seconds:.1f} | {second.seconds:.1f} | {ratio:.2f}")
        print(f"{step}, CPU s of the command | {first.processor:.1f} | {second.processor:.1f} |")
        print(f"{step}, MiB | {first.mebibytes:.0f} | {second.mebibytes:.0f} |")
    ratio = other.message / one.message
    print(f"two commits of a message, ms | {one.message * 1e3:.1f} | {other.message * 1e3:.1f} | {ratio:.2f}")


def measured(folder: Path, url: str, accounts: int, messages: int) -> Measured:
    """Measure one database in a workspace of its own."""
    command("init", str(folder), workspace=folder.parent)
    if url:
        settings = folder / "notices.toml"
        text = settings.read_text("utf-8").replace('[ledger]\nurl = ""', f'[ledger]\nurl = "{url}"')
        settings.write_text(text, "utf-8")
    write_list(folder / "list.csv", accounts)
    planned = command("plan", str(folder / "list.csv"), "--name", "b", "--as-of", "2026-11-23", workspace=folder)
    approved = command("approve", "b", "--by", "Releaser", workspace=folder)
    with closing(Ledger.open(url or f"sqlite:///{folder / 'batches' / 'ledger.db'}", heads=folder / "heads")) as ledger:
        return Measured(planned, approved, seconds_a_message(ledger, messages))


def write_list(path: Path, accounts: int) -> None:
    """Write a list of accounts that all get a first letter by e-mail."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADINGS)
        for number in range(accounts):
            unit = f"{number // 2000 + 1}-{number // 500 % 4 + 1}-{number % 500 + 101}"
            email = f"u{number}@example.com"
            rows.writerow((ESTATE, unit, "甲乙", email, "示例路1号", "2026年1月至6月", "2026-06-30", "1200", "0"))


def seconds_a_message(ledger: Ledger, count: int) -> float:
    """Return the seconds for the two commits of a message: `sending`, then `sent`."""
    with ledger.read() as books:
        ways = [
            key
            for each in books.batches.summaries("b")
            for key, channel, _ in each.deliveries
            if channel is Channel.EMAIL
        ]
    with ledger.begin() as books:
        ready = [StateChange(key, State.RENDERED) for key in ways[:count]]
        books.deliveries.set_states(ready, by="benchmark", at=datetime.now(UTC))
    began = time.perf_counter()
    for key in ways[:count]:
        for state in (State.SENDING, State.SENT):
            with ledger.begin() as books:
                books.deliveries.set_states([StateChange(key, state)], by="benchmark", at=datetime.now(UTC))
    return (time.perf_counter() - began) / min(count, len(ways))


if __name__ == "__main__":
    main()
