"""The server is killed in the middle of each long verb: the next one shows what was cut off and finishes it.

Nothing is lost then, and nothing is twice: what stands in the ledger at the end is what an undisturbed run leaves.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from http.cookiejar import CookieJar
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from desk import Desk, Owes, Sent
from letters_without_office import pretend_to_render
from neighbours import EVERYBODY
from statement_files import Money, statement
from test_web_serve import served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
RESUME = 'value="resume"'
MANY = 60


class Visitor:
    """A browser of the one person of a page without users, over a socket; `jar` has the cookies of an earlier one."""

    def __init__(self, address: str, jar: CookieJar | None = None, name: str = "王小明") -> None:
        self.address, self.jar = address.rstrip("/"), CookieJar() if jar is None else jar
        self.opener = build_opener(HTTPCookieProcessor(self.jar))
        if jar is None:
            self.post("/who", name=name)

    def get(self, path: str) -> str:
        with self.opener.open(self.address + path, timeout=60) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> str:
        data = urlencode({"csrf_token": self._token("/who" if path == "/who" else "/batches/1"), **fields}).encode()
        with self.opener.open(self.address + path, data, timeout=60) as answer:
            return str(answer.read().decode())

    def upload(self, path: str, field: str, file: Path, **fields: str) -> str:
        """Send a file as a form does; return the address that it leads to."""
        border, parts = token_hex(8), {"csrf_token": self._token("/batches/1"), **fields}
        body = b"".join(
            f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in parts.items()
        )
        head = f'--{border}\r\nContent-Disposition: form-data; name="{field}"; filename="{file.name}"\r\n\r\n'
        body += head.encode() + file.read_bytes() + f"\r\n--{border}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={border}"}
        with self.opener.open(Request(self.address + path, body, headers), timeout=60) as answer:
            return str(answer.url).removeprefix(self.address)

    def go_on(self, page: str, where: str = "") -> str:
        """Send the first form of a page that goes on with what was cut off; return the address that it leads to."""
        found = re.search(rf'action="({where}/cut-off/[0-9a-f]+)"', page)
        assert found, page
        data = urlencode({"csrf_token": self._token("/batches/1")}).encode()
        with self.opener.open(self.address + found[1], data, timeout=60) as answer:
            return str(answer.url).removeprefix(self.address)

    def _token(self, page: str) -> str:
        found = TOKEN.search(self.get(page))
        assert found
        return found[1]


def errands_of(process: subprocess.Popen[str]) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if parent == process.pid and b"notices.web.errand" in command:
                found.append(int(entry.name))
    return found


def gone(pid: int, seconds: float = 60) -> bool:
    return wait_for(lambda: not Path(f"/proc/{pid}").exists(), seconds)


def wait_for(true: Callable[[], bool], seconds: float = 240) -> bool:
    """Wait until something is true; return whether it is."""
    deadline = time.monotonic() + seconds
    while not (is_true := true()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_true


def wait_for_end(visitor: Visitor, page: str = "/batches/1") -> str:
    shown: list[str] = [""]

    def ended() -> bool:
        shown[0] = visitor.get(page)
        return "<progress" not in shown[0]

    assert wait_for(ended)
    return shown[0]


def kill(process: subprocess.Popen[str]) -> None:
    """Kill the server, and wait until its errands have ended too."""
    errands = errands_of(process)
    os.kill(process.pid, signal.SIGKILL)
    assert all(gone(pid) for pid in errands)


def unfinished(desk: Desk) -> list[str]:
    """Return the verbs of the commands that were begun and not finished."""
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:
        return [verb for (verb,) in ledger.execute("SELECT verb FROM commands WHERE finished_at IS NULL ORDER BY id")]


def release(visitor: Visitor, tier: str = "reminder") -> None:
    seen = re.search(r'name="seen" value="([^"]+)"', visitor.get(f"/batches/1/release?tier={tier}"))
    assert seen
    visitor.post(f"/batches/1/release?tier={tier}", seen=seen[1])


def begin(visitor: Visitor, verb: str) -> None:
    if verb != "approve":
        visitor.post("/batches/1/work", verb=verb)
    elif "/release?tier=reminder" in visitor.get("/batches/1"):
        release(visitor)


def events(desk: Desk) -> list[tuple[object, ...]]:
    """Return what happened to deliveries and notices: the kind of each event, and what it is about."""
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:
        wanted = "SELECT kind, what, what_id FROM events WHERE what != 'ledger' ORDER BY kind, what, what_id"
        return ledger.execute(wanted).fetchall()


# --- verbs on a batch -------------------------------------------------------------------------------------------------


@pytest.mark.office
@pytest.mark.parametrize("moment", ["begun", "later"])
def test_killing_the_server_in_each_long_verb_loses_and_repeats_nothing(desk: Desk, moment: str) -> None:
    for verb in ("approve", "render", "send", "print"):
        with served(desk) as (address, process):
            visitor = Visitor(address)
            begin(visitor, verb)
            wait_for(lambda verb=verb, process=process: verb in unfinished(desk) or not errands_of(process))  # type: ignore[misc]
            if moment == "later":
                time.sleep(0.7)
            kill(process)
        with served(desk) as (address, _):
            visitor = Visitor(address)
            if verb in unfinished(desk):
                assert RESUME in visitor.get("/batches/1")
                assert "interrupted" in visitor.get("/") or "中断" in visitor.get("/")
                visitor.post("/batches/1/work", verb="resume")
                wait_for_end(visitor)
            begin(visitor, verb)
            assert RESUME not in wait_for_end(visitor)
        assert unfinished(desk) == []
    desk("ledger", "verify")
    reminders = [each for each in desk.decisions().values() if each["tier"] == "reminder" and each["notice"]]
    numbers = [each["notice"] for each in reminders]
    assert len(numbers) == len(set(numbers)) > 0
    assert len(desk("job", "list", "--json").json["jobs"]) == 1
    messages = list((desk.folder / "output" / "b" / "outbox").glob("*.eml"))
    assert len(messages) == sum("email" in each["channels"] for each in reminders) > 0


@pytest.fixture(scope="module")
def mails_master(planned_master: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b` of many e-mails, rendered and ready to be sent."""
    desk = planned_master.copy(tmp_path_factory.mktemp("mails") / "workspace")
    desk("batch", "discard", "b", "--yes", "--why", "another one")
    owners = [Owes(f"7-1-{100 + n}", f"庚{chr(0x4E00 + n)}", email=f"owner{n}@example.com") for n in range(MANY)]
    desk.plan(*owners, batch="m")
    desk("approve", "m", "--by", "Releaser")
    pretend_to_render(desk, "m")
    return desk


def test_killing_send_and_its_resume_leaves_each_message_in_the_outbox_once(mails_master: Desk, tmp_path: Path) -> None:
    desk, calm = mails_master.copy(tmp_path / "workspace"), mails_master.copy(tmp_path / "calm")
    outbox = desk.folder / "output" / "m" / "outbox"

    def spooled() -> int:
        return len(list(outbox.glob("*.eml"))) if outbox.is_dir() else 0

    cut = []
    for verb, enough in (("send", 3), ("resume", MANY // 3), ("resume", MANY * 2 // 3)):
        with served(desk) as (address, process):
            visitor = Visitor(address)
            if unfinished(desk):
                assert RESUME in visitor.get("/batches/2")
                assert "/batches/2" in visitor.get("/")
                visitor.post("/batches/2/work", verb="resume")
            else:
                visitor.post("/batches/2/work", verb=verb)
            wait_for(lambda enough=enough: spooled() >= enough or not errands_of(process))  # type: ignore[misc]
            kill(process)
        cut.append(unfinished(desk))
    assert cut[0] == ["send"]
    with served(desk) as (address, _):
        visitor = Visitor(address)
        if unfinished(desk):
            visitor.post("/batches/2/work", verb="resume")
        page = wait_for_end(visitor, "/batches/2")
        assert RESUME not in page, re.sub(r"<[^>]*>|\\s+", " ", page.split("<main")[1])
    calm("send", "m")
    assert desk.states("m") == calm.states("m")
    assert events(desk) == events(calm)
    assert spooled() == MANY
    desk("ledger", "verify")


# --- uploads ----------------------------------------------------------------------------------------------------------


def killed_reading(
    desk: Desk, where: str, field: str, file: Path, pauses: tuple[float, ...] = (0.0, 0.5, 1.0), **fields: str
) -> str:
    """Upload a file and kill the server while it is read, again and again; return the page of what was read at last."""
    jar, shown = None, 0
    for pause in pauses:
        with served(desk) as (address, process):
            visitor = Visitor(address, jar)
            jar = visitor.jar
            page = visitor.get(where)
            where_read = visitor.go_on(page, where.rstrip("/")) if "/cut-off/" in page else ""
            if not where_read:
                where_read = visitor.upload(f"{where}{'' if field == 'list' else field}", *_of(field, file), **fields)
            visitor.get(where_read)
            wait_for(lambda: bool(errands_of(process)), 2)
            time.sleep(pause)
            kill(process)
        with served(desk) as (address, _):
            visitor = Visitor(address, jar)
            page = visitor.get(where)
            shown += file.name in page and "/cut-off/" in page
            assert ("/cut-off/" in page) == (where in visitor.get("/").split("<main")[1].split("todo")[0])
            assert "/cut-off/" not in Visitor(address, name="李四").get(where)
    assert shown
    with served(desk) as (address, _):
        visitor = Visitor(address, jar)
        page = visitor.get(where)
        if "/cut-off/" in page:
            where_read = visitor.go_on(page, where.rstrip("/"))
        else:
            where_read = visitor.upload(f"{where}{'' if field == 'list' else field}", *_of(field, file), **fields)
        page = wait_for_end(visitor, where_read)
        assert 'role="alert"' not in page
        assert "/cut-off/" not in visitor.get(where)
    return page


def _of(field: str, file: Path) -> tuple[str, Path]:
    return ("list" if field == "list" else "files"), file


def test_killing_the_server_while_a_list_is_read_records_nothing_and_loses_no_list(desk: Desk) -> None:
    before = desk.rows()
    owners = [Owes(f"8-1-{100 + n}", f"辛{chr(0x4E00 + n)}") for n in range(1500)]
    page = killed_reading(desk, "/lists/", "list", desk.list(*owners, name="清单.csv"))
    assert "1500" in page
    assert desk.rows() == before


def test_killing_the_server_while_a_statement_is_read_books_every_line_once(desk: Desk, tmp_path: Path) -> None:
    calm = desk.copy(tmp_path / "calm")
    lines = [
        Money(date(2026, 11, 24 + n % 5), f"09:{n:02}:00", f"{100 + n}.00", owner.owner, f"{owner.unit}物业费", f"S{n}")
        for n, owner in enumerate((*EVERYBODY, *EVERYBODY, *EVERYBODY))
    ]
    file = statement(tmp_path, "boc", lines)
    killed_reading(desk, "/replies/", "statements", file)
    calm("payment", "import", file, status={0, 1})
    for words in (("payment", "list", "--json"), ("payment", "match", "--json")):
        assert _without_who(desk(*words).json) == _without_who(calm(*words).json)
    desk("ledger", "verify")


def _without_who(document: Any) -> Any:
    """Return a document without who recorded each thing, and when."""
    if isinstance(document, dict):
        return {
            name: _without_who(each) for name, each in document.items() if name not in {"by", "at", "recorded", "note"}
        }
    return [_without_who(each) for each in document] if isinstance(document, list) else document


def test_killing_the_server_while_slips_are_read_records_each_slip_once(desk: Desk, tmp_path: Path) -> None:
    owners = [Owes(f"9-1-{100 + n}", f"壬{chr(0x4E00 + n)}") for n in range(MANY)]
    letters = [
        Sent(owner, day, kind) for owner in owners for day, kind in (("2026-08-03", "催费函"), ("2026-09-28", "律师函"))
    ]
    desk("history", "import", desk.history(*letters))
    desk.plan(*owners, batch="s")
    desk("approve", "s", "--by", "Releaser")
    desk.change("UPDATE deliveries SET state = 'spooled' WHERE state = 'approved'")
    numbers = [each["notice"] for each in desk.decisions("s").values()]
    table = desk.table(
        ("编号", "异议", "说明"), [(number, "", f"漏水{n}") for n, number in enumerate(numbers)], "回执.csv"
    )
    killed_reading(desk, "/replies/", "slips", table, received="2026-11-24")
    slips = desk("slip", "list", "s", "--json").json["slips"]
    assert sorted(each["note"] for each in slips) == sorted(f"漏水{n}" for n in range(MANY))
    desk("ledger", "verify")


def test_killing_the_server_while_a_list_is_planned_plans_it_once(desk: Desk) -> None:
    """Each kill leaves all of the plan or nothing; the page of the list leads to the batch that it became."""
    owners = [Owes(f"8-2-{100 + n}", f"癸{chr(0x4E00 + n)}") for n in range(900)]
    file, jar, shown = desk.list(*owners, name="清单.csv"), None, 0
    for pause in (0.0, 0.6, 1.2, 1.8, 2.4, 0.0):
        with served(desk) as (address, process):
            visitor = Visitor(address, jar)
            jar = visitor.jar
            page = visitor.get("/lists/")
            if "/cut-off/" in page:
                shown += 1
                where = visitor.go_on(page, "/lists")
            else:
                where = visitor.upload("/lists/", "list", file)
            page = wait_for_end(visitor, where)
            made = re.search(r'href="/batches/(\d+)">[^<]*<', page.split('id="live"')[1].split("</div>")[0])
            if made:
                break
            where = where.split("?")[0]
            visitor.post(f"{where}/plan")
            wait_for(lambda: bool(errands_of(process)), 2)
            time.sleep(pause)
            kill(process)
        batches = desk("status", "--json").json["batches"]
        assert len(batches) in {1, 2}
    else:
        with served(desk) as (address, process):
            visitor = Visitor(address, jar)
            page = visitor.get("/lists/")
            where = visitor.go_on(page, "/lists") if "/cut-off/" in page else visitor.upload("/lists/", "list", file)
            if 'href="/batches/2"' not in wait_for_end(visitor, where):
                visitor.post(f"{where.split('?')[0]}/plan")
            assert wait_for(lambda: len(desk("status", "--json").json["batches"]) == 2)
            assert wait_for(lambda: not errands_of(process))
    assert shown
    assert unfinished(desk) == []
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:
        assert ledger.execute("SELECT count(*) FROM batches").fetchone() == (2,)
        assert ledger.execute("SELECT count(*) FROM accounts WHERE batch_id = 2").fetchone() == (len(owners),)
    desk("ledger", "verify")


@pytest.mark.office
def test_stop_interrupts_and_resume_goes_on(desk: Desk) -> None:
    desk("approve", "b", "--by", "Releaser")
    with served(desk) as (address, process):
        visitor = Visitor(address)
        visitor.post("/batches/1/work", verb="render")
        time.sleep(1.0)
        (errand,) = errands_of(process)
        visitor.post("/batches/1/work", verb="render")  # a second click
        assert errands_of(process) == [errand]
        visitor.post("/batches/1/stop")
        assert gone(errand)
        page = wait_for_end(visitor)
        if RESUME in page:
            visitor.post("/batches/1/work", verb="resume")
            page = wait_for_end(visitor)
        assert RESUME not in page
    desk("render", "b", status={0, 1})
    assert "approved" not in str(desk.states())
    desk("ledger", "verify")
