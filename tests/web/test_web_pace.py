"""A batch of 100,000 decisions on the page: each answer has a bounded size, whatever the filter."""

from __future__ import annotations

import json
import sqlite3
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from browsing import Browser
from desk import Desk

from notices.web.application import make_application
from notices.web.site import Site

COUNT = 100_000
LIMIT_BYTES = 100_000


def seed(desk: Desk) -> None:
    """Write 100,000 decisions straight into the ledger, as copies of one."""
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:
        for table in ("accounts", "decisions", "notices", "deliveries"):
            for (name,) in ledger.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
            ).fetchall():
                ledger.execute(f"DROP TRIGGER {name}")
        ledger.row_factory = sqlite3.Row
        decision = dict(ledger.execute("SELECT * FROM decisions WHERE action = 'issue' LIMIT 1").fetchone())
        account = dict(ledger.execute("SELECT * FROM accounts WHERE id = ?", (decision["account_id"],)).fetchone())
        notice = dict(ledger.execute("SELECT * FROM notices WHERE decision_id = ?", (decision["id"],)).fetchone())
        delivery = dict(ledger.execute("SELECT * FROM deliveries WHERE notice_id = ?", (notice["id"],)).fetchone())
        first = 1000

        def insert(table: str, row: dict[str, Any], change: Callable[[int], dict[str, Any]]) -> None:
            columns = ", ".join(f'"{name}"' for name in row)
            places = ", ".join("?" * len(row))
            rows = (tuple({**row, **change(n)}.values()) for n in range(first, first + COUNT))
            ledger.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)

        insert("accounts", account, lambda n: {
            "id": n, "unit": f"U-{n}", "shown_unit": f"U-{n}", "key": f"示例花园/U-{n}/业主{n}",
            "building": str(n % 40), "owners": json.dumps([f"业主{n}"]), "case_owners": json.dumps([f"业主{n}"]),
        })  # fmt: skip
        insert("decisions", decision, lambda n: {
            "id": n, "account_id": n, "reason": ("first-notice", "in-grace", "paid")[n % 3],
            "action": ("issue", "wait", "skip")[n % 3], "principal": n * 7,
        })  # fmt: skip
        insert("notices", notice, lambda n: {"id": n, "decision_id": n, "unit": f"U-{n}"})
        insert("deliveries", delivery, lambda n: {"id": n, "notice_id": n})
        ledger.commit()
        ledger.execute("ANALYZE")
        ledger.commit()


@pytest.mark.slow
def test_answers_about_a_batch_of_100_000_are_small(desk: Desk, site_of: Callable[..., Site]) -> None:
    seed(desk)
    site = site_of(desk)
    browser = Browser(make_application(site).test_client())
    browser.post("/who", {"name": "王小明"}, page="/who")
    browser.get("/batches/1")  # what there is to choose from is counted once
    token = browser.token("/batches/1")
    found = browser.client.post("/batches/1/search", data={"csrf_token": token, "text": "业主50000"}).location.split(
        "#"
    )[0]
    counted = site.counted
    choices = {key: value for key, value in counted._known.items() if isinstance(key, tuple) and key[0] == "choices"}
    large, measured = {}, {}
    for address in (
        "/batches/1", "/batches/1?page=1900", "/batches/1?action=issue&building=7",
        "/batches/1?reason=in-grace&page=300",
        "/batches/1?warning=no-email", "/batches/1?state=planned", "/batches/1/decisions/51002/",
        found, "/batches/1/live",
        "/batches/", "/",
    ):  # fmt: skip
        times, size = [], 0
        for _ in range(3):
            counted._known.clear()  # as if something had changed since
            counted._known.update(choices)
            began = time.thread_time()  # also right while others use the machine
            answer = browser.get(address)
            times.append(time.thread_time() - began)
            size = len(answer.data)
            assert answer.status_code == 200, address
        measured[address] = (round(statistics.median(times), 3), size)
        if size > LIMIT_BYTES:
            large[address] = measured[address]
    print(measured)  # noqa: T201 - address: seconds of processor time and bytes, shown by pytest -s
    assert large == {}, measured
