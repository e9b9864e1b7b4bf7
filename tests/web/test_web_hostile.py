"""Hostile uploads: too big, never ending, unpacking to more than there is, of another kind, with a path for a name."""

from __future__ import annotations

import socket
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from desk import Desk
from test_web_serve import fetched, served

from notices.web import errands
from notices.web.errands import Errands, ErrandState

MEGABYTE = b"x" * 2**20
FORMS = (("/lists/", "list"), ("/replies/mail", "files"), ("/replies/carrier", "files"), ("/replies/slips", "files"),
         ("/replies/statements", "files"))  # fmt: skip


def connected(address: str) -> socket.socket:
    where = urlsplit(address)
    assert where.hostname
    return socket.create_connection((where.hostname, where.port or 80), timeout=20)


def head(*more: str) -> bytes:
    lines = ("POST /lists/ HTTP/1.1", "Host: 127.0.0.1", "Content-Type: multipart/form-data; boundary=B", *more)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def test_what_is_too_big_is_refused_by_its_length_and_while_it_streams(desk: Desk) -> None:
    """Two gigabytes with their length are refused before anything of them is read; without it, after the limit."""
    with served(desk) as (address, process):
        with connected(address) as browser:
            browser.sendall(head(f"Content-Length: {2 * 2**30}"))
            assert browser.recv(100).split()[1] == b"413"
        sent = 0
        with connected(address) as browser:
            browser.sendall(head("Transfer-Encoding: chunked"))
            try:
                while sent < 200:
                    browser.sendall(b"100000\r\n" + MEGABYTE + b"\r\n")
                    sent += 1
            except OSError:  # the server has hung up
                pass
            assert sent < 200
        assert fetched(address)[0] == 200
        assert memory(process.pid) < 250 * 2**20
        assert [
            path for path in (desk.folder / "batches").rglob("*") if path.is_file() and path.stat().st_size > 2**22
        ] == []


def bomb(size: int) -> bytes:
    """Return a workbook whose sheet unpacks to so many bytes."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(size // 2**20):
                sheet.write(bytes(2**20))
    return content.getvalue()


def boasting() -> bytes:
    """Return a workbook that says of itself that it unpacks to two gigabytes."""
    content = bomb(2**20)
    size, two_gigabytes = (2**20).to_bytes(4, "little"), (2**31).to_bytes(4, "little")
    assert size in content
    return content.replace(size, two_gigabytes)


@pytest.fixture(scope="module")
def bombs() -> dict[str, bytes]:
    return {"big.xlsx": bomb(200 * 2**20), "x.xlsx": boasting(), "x.zip": boasting()}


def sent_to(browser: Any, address: str, field: str, content: bytes, name: str) -> Any:
    page = "/lists/" if address == "/lists/" else "/replies/"
    fields = {field: (BytesIO(content), name), "csrf_token": browser.token(page)}
    return browser.client.post(address, data=fields, content_type="multipart/form-data", follow_redirects=True)


@pytest.mark.parametrize(("address", "field"), FORMS)
def test_no_upload_unpacks_to_more_than_there_is(alone: Any, bombs: dict[str, bytes], address: str, field: str) -> None:
    for name, content in bombs.items():
        answer = sent_to(alone, address, field, content, name)
        assert 'role="alert"' in answer.text or 'class="banner attention"' in answer.text, (address, name)
        assert "Unexpected" not in answer.text
        assert "MemoryError" not in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/x.csv",
        "..\\..\\x.csv",
        "/etc/passwd",
        "a\x00b.csv",
        "x.csv/..",
        "。" * 300 + ".csv",
        ".csv",
    ],
)
def test_the_name_of_an_upload_leads_nowhere(alone: Any, desk: Desk, name: str) -> None:
    before = {path for path in desk.folder.rglob("*") if ".uploads" not in path.parts}
    sent_to(alone, "/lists/", "list", b"a,b\n1,2\n", name)
    assert {path for path in desk.folder.rglob("*") if ".uploads" not in path.parts} - before <= {
        desk.folder / "batches" / ".page.key"
    }
    for kept in (desk.folder / "batches" / ".uploads").iterdir():
        assert kept.name.split(".")[0].isalnum()
        assert len(kept.name) < 24


OF_ANOTHER_KIND = (
    ("x.exe", b"MZ\x90\x00" + bytes(100)), ("x.pdf", b"%PDF-1.7\n%%EOF"), ("x.png", b"\x89PNG\r\n\x1a\n")
)  # fmt: skip


@pytest.mark.parametrize(("address", "field"), FORMS)
def test_what_is_of_another_kind_is_named_and_records_nothing(alone: Any, desk: Desk, address: str, field: str) -> None:
    before = desk.rows()["events"]
    for name, content in (
        ("x.exe", b"MZ\x90\x00" + bytes(100)),
        ("x.pdf", b"%PDF-1.7\n%%EOF"),
        ("x.png", b"\x89PNG\r\n\x1a\n"),
    ):
        answer = sent_to(alone, address, field, content, name)
        assert answer.status_code in {200, 422}
        assert "Traceback" not in answer.text
        assert str(desk.folder) not in answer.text
    assert desk.rows()["events"] == before


def test_an_errand_runs_no_module_of_the_folder_in_which_the_server_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "signal", "threading"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    running = Errands()
    order = {"workspace": str(tmp_path / "none"), "language": "en", "by": "Clerk", "options": {}}
    errand, _ = running.start("place", "todo", order)
    running.wait("place", 60)
    running.close()
    assert errand.state is ErrandState.FAILED
    assert "is not a workspace" in str(errand.attention)
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("ctrl_c_works")
def test_a_person_has_few_reports_gathered_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address with other days is another report, and a process."""
    monkeypatch.setattr(errands, "COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    running = Errands()
    try:
        for number in range(6):
            running.forget_older("report", "Clerk", 3)
            running.start(f"report:{number}", "report", {"by": "Clerk"})
        running.start("report:other", "report", {"by": "Approver"})
        for number in range(3):
            running.wait(f"report:{number}", 60)
        at_work = [place for place in ("0", "1", "2", "3", "4", "5", "other") if _is_at_work(running, place)]
        assert at_work == ["3", "4", "5", "other"]
    finally:
        running.close()


def _is_at_work(running: Errands, place: str) -> bool:
    errand = running.find(f"report:{place}")
    return errand is not None and errand.at_work
