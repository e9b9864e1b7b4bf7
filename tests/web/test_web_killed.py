"""The server is killed in the middle of each long verb: its errand ends too, *Resume* finishes, nothing is twice."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from desk import Desk
from test_web_serve import served

pytestmark = [pytest.mark.slow, pytest.mark.office, pytest.mark.timeout(900)]
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """A browser of the one person of a page without users, over a socket."""

    def __init__(self, address: str) -> None:
        self.address, self.opener = address.rstrip("/"), build_opener(HTTPCookieProcessor(CookieJar()))
        self.post("/who", name="王小明")

    def get(self, path: str) -> str:
        with self.opener.open(self.address + path, timeout=60) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> str:
        found = TOKEN.search(self.get(path if path == "/who" else "/batches/1"))
        assert found
        data = urlencode({"csrf_token": found[1], **fields}).encode()
        with self.opener.open(self.address + path, data, timeout=60) as answer:
            return str(answer.read().decode())


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
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.1)
    return False


def wait_for_end(visitor: Visitor, seconds: float = 240) -> str:
    deadline = time.monotonic() + seconds
    while "<progress" in (page := visitor.get("/batches/1")):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return page


@pytest.mark.parametrize("after", [0.3, 1.5])
def test_killing_the_server_in_each_long_verb_loses_and_repeats_nothing(desk: Desk, after: float) -> None:
    for verb in ("approve", "render", "print"):
        with served(desk) as (address, process):
            visitor = Visitor(address)
            if verb == "approve":
                count = re.search(r'name="count" value="(\d+)"', visitor.get("/batches/1/release?tier=reminder"))
                assert count
                visitor.post("/batches/1/release?tier=reminder", count=count[1])
            else:
                visitor.post("/batches/1/work", verb=verb)
            time.sleep(after)
            errands = errands_of(process)
            os.kill(process.pid, signal.SIGKILL)
            assert all(gone(pid) for pid in errands)
        with served(desk) as (address, _):
            visitor = Visitor(address)
            if 'value="resume"' in visitor.get("/batches/1"):
                visitor.post("/batches/1/work", verb="resume")
                wait_for_end(visitor)
            if verb == "approve":
                page = visitor.get("/batches/1")
                if "/release?tier=reminder" in page:
                    count = re.search(r'name="count" value="(\d+)"', visitor.get("/batches/1/release?tier=reminder"))
                    assert count
                    visitor.post("/batches/1/release?tier=reminder", count=count[1])
            else:
                visitor.post("/batches/1/work", verb=verb)
            page = wait_for_end(visitor)
            assert 'value="resume"' not in page
    desk("ledger", "verify")
    reminders = [each for each in desk.decisions().values() if each["tier"] == "reminder" and each["notice"]]
    numbers = [each["notice"] for each in reminders]
    assert len(numbers) == len(set(numbers)) > 0
    jobs = desk("job", "list", "--json").json["jobs"]
    assert len(jobs) == 1


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
        if 'value="resume"' in page:
            visitor.post("/batches/1/work", verb="resume")
            page = wait_for_end(visitor)
        assert 'value="resume"' not in page
    desk("render", "b", status={0, 1})
    assert "approved" not in str(desk.states())
    desk("ledger", "verify")
