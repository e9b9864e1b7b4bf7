"""Pages of a batch of 100,000 decisions: work and size of each answer, and memory; benchmarks/page.py times them."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from browsing import Browser
from desk import Desk
from sqlalchemy import Engine, event
from test_web_serve import fetched, served

from notices.web.application import make_application
from notices.web.kept import Counted
from notices.web.server import SECONDS_BEFORE_LOADING
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
        ledger.commit()  # and no ANALYZE: nothing runs it in a workspace


ADDRESSES = (
    "/", "/batches/1", "/batches/1?page=1900", "/batches/1?action=issue&building=7",
    "/batches/1?reason=in-grace&page=300", "/batches/1?warning=no-email", "/batches/1?state=planned",
    "/batches/1?until=2027-01-01", "/batches/1/live", "/batches/1/filters", "/batches/1/release?tier=reminder",
    "/batches/1/decisions/51002/", "/batches/1/decisions/51002/?state=planned&building=7", "/batches/",
    "/accounts/51002", "/jobs/", "/replies/", "/history/", "/settings/", "/users/", "/purge/", "/lists/",
)  # fmt: skip
# Instructions of SQLite's virtual machine for an answer, the same on every machine. An answer that goes through all
# decisions once takes some millions; one that did so for each row of a page would take hundreds.
MOST_STEPS, STEPS_AT_A_TIME = 30_000_000, 1_000
MOST_MEMORY = 200 * 2**20


# Words that name one account, some, many and none, by each of the things that name it.
SEARCHES = (
    "U-51002", "-5100", "业主51002", "主5", "U-51002 业主51002", "示例花园", "示例花园/业主51002", "1390", "无此人",
)  # fmt: skip


@pytest.fixture
def steps() -> Iterator[Callable[[], int]]:
    """Return a function that tells the instructions of the database since it was last asked."""
    taken = [0]

    def count() -> int:
        taken[0] += STEPS_AT_A_TIME
        return 0  # go on

    def watch(connection: sqlite3.Connection, _: object) -> None:
        connection.set_progress_handler(count, STEPS_AT_A_TIME)

    def since() -> int:
        before, taken[0] = taken[0], 0
        return before

    event.listen(Engine, "connect", watch)
    yield since
    event.remove(Engine, "connect", watch)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_each_answer_about_100_000_decisions_takes_little_work_and_is_small(
    desk: Desk, site_of: Callable[..., Site], steps: Callable[[], int]
) -> None:
    """Each answer is counted anew, with what is counted beside it."""
    seed(desk)
    site = site_of(desk)
    application = make_application(site)
    browser = Browser(application.test_client())
    browser.post("/who", {"name": "王小明"}, page="/who")
    token = browser.token("/batches/1")
    search = {"csrf_token": token, "text": "业主50000"}
    found = browser.client.post("/batches/1/search", data=search).location.split("#")[0]
    measured: dict[str, tuple[int, int]] = {}

    def counted(what: str, ask: Callable[[], Any], status: int) -> None:
        site.counted._known.clear()  # as if something had changed since
        site.figures._known.clear()
        steps()
        answer = ask()
        wait([*site.figures._pending.values()])
        assert answer.status_code == status, what
        measured[what] = steps(), len(answer.data)

    for words in SEARCHES:
        sent = {"csrf_token": token, "words": words}
        counted(f"search for {words}", partial(browser.client.post, "/accounts/", data=sent), 303)
    paid = {"csrf_token": token, "amount": "1.00", "day": "2026-11-24", "again": "1"}
    counted("payment", partial(browser.client.post, "/accounts/51003/payment", data=paid), 303)
    for address in (*ADDRESSES, found):
        counted(address, partial(browser.get, address), 200)
    print(measured)  # noqa: T201 - of each answer: instructions and bytes, shown by pytest -s
    most = MOST_STEPS, LIMIT_BYTES
    assert {what: each for what, each in measured.items() if each[0] > most[0] or each[1] > most[1]} == {}


@pytest.mark.slow
def test_the_memory_of_the_server_stays_small(desk: Desk) -> None:
    with served(desk) as (address, process):
        status, _ = fetched(address)
        assert status == 200
        time.sleep(SECONDS_BEFORE_LOADING + 3)
        status_lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        peak = next(int(line.split()[1]) * 1024 for line in status_lines if line.startswith("VmHWM"))
        assert peak < MOST_MEMORY


def test_big_figures_are_counted_beside_the_request_and_old_ones_shown_until_then() -> None:
    figures: Counted[int] = Counted()
    go_on, began = Event(), Event()

    def slowly() -> int:
        began.set()
        go_on.wait(10)
        return 2

    assert figures.newest("batch", 1, lambda: 1, big=False) == (1, 1)
    assert figures.newest("batch", 2, slowly, big=True) == (1, 1)
    assert figures.newest("batch", 2, lambda: 9, big=True) == (1, 1)  # is being counted already
    assert began.is_set()
    go_on.set()
    figures.close()
    assert figures.newest("batch", 2, lambda: 9, big=False) == (2, 2)


def test_figures_that_cannot_be_counted_are_counted_again_at_the_next_request() -> None:
    figures: Counted[int] = Counted()

    def broken() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        figures.newest("batch", 1, broken, big=True)
    assert figures.newest("batch", 1, lambda: 1, big=False) == (1, 1)
    figures.close()
