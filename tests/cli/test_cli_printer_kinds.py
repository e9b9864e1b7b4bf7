"""The print --to option with CUPS queues and encrypted printers, and `doctor` on both."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from desk import Desk
from printers import PRINTER_PROGRAM, Cups, Paper, cups, lacking, letters, on_paper, paper_printer, wait_until

pytestmark = pytest.mark.office

needs_cups = pytest.mark.skipif(bool(lacking("cupsd", "lpadmin")) or os.geteuid() != 0, reason="needs cups, and root")
needs_printer = pytest.mark.skipif(bool(lacking(PRINTER_PROGRAM, "dbus-daemon")), reason="needs cups-ipp-utils")


@pytest.fixture(scope="module")
def server() -> Iterator[Cups]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # CUPS hands files to programs that run as another user
        with cups(Path(folder)) as running:
            yield running


@pytest.fixture
def queue(server: Cups) -> Cups:
    """Empty and enable the server's queue, and return it."""
    server.admin("cancel", "-a", "-x")
    server.admin("cupsenable", "letters")
    server.admin("cupsaccept", "letters")
    for path in server.spool.iterdir():
        path.unlink()
    return server


@pytest.fixture
def encrypted(tmp_path: Path, bus_address: str) -> Iterator[Paper]:
    keys = tmp_path / "keys"
    keys.mkdir()
    with paper_printer(tmp_path / "printer", bus_address, "-2", "-K", keys) as printer:
        yield printer


@pytest.mark.slow
@needs_cups
def test_a_queue_gets_the_job_and_reports_when_it_is_printed(rendered: Desk, queue: Cups) -> None:
    rendered.set("sheets_per_file = 2000", "sheets_per_file = 2")
    rendered("print", "b", "--to", queue.uri)
    assert queue.received == letters(rendered)
    assert len(queue.received) == 2
    assert on_paper(rendered) == {"handed-over"}


@pytest.mark.slow
@needs_cups
@pytest.mark.parametrize(("command", "said"), [("cupsdisable", "paused"), ("cupsreject", "not accepting jobs")])
def test_a_stopped_or_rejecting_queue_gets_nothing(command: str, said: str, rendered: Desk, queue: Cups) -> None:
    queue.admin(command, "letters")
    assert said in rendered("print", "b", "--to", queue.uri, status=3).errors
    assert (queue.received, on_paper(rendered)) == ([], {"rendered"})
    queue.admin("cupsenable", "letters")
    queue.admin("cupsaccept", "letters")
    rendered("resume", "b")
    assert queue.received == letters(rendered)


@pytest.mark.slow
@needs_cups
def test_letters_cancelled_at_the_queue_go_into_the_next_job(rendered: Desk, queue: Cups) -> None:
    rendered.set("sheets_per_file = 2000", "sheets_per_file = 2")
    command = [sys.executable, "-m", "notices", "print", "b", "--to", queue.uri]
    environment = {**os.environ, "NOTICES_WORKSPACE": str(rendered.folder)}
    queue.slow.touch()
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as printing:
        wait_until(queue.busy.exists, 60)
        queue.admin("cancel", "-a")
        _, errors = printing.communicate(timeout=60)
    queue.slow.unlink()
    assert printing.returncode == 1, errors
    assert "Destroy what was printed" in errors
    assert on_paper(rendered) == {"rendered"}
    (job,) = rendered("job", "list", "--json").json["jobs"]
    assert job["state"] == "cancelled"
    for path in queue.spool.iterdir():
        path.unlink()
    rendered("print", "b", "--to", queue.uri)
    assert queue.received == letters(rendered, "b-P02")


def kill_while_the_queue_prints(rendered: Desk, queue: Cups) -> None:
    command = [sys.executable, "-m", "notices", "print", "b", "--to", queue.uri]
    environment = {**os.environ, "NOTICES_WORKSPACE": str(rendered.folder)}
    queue.slow.touch()
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as printing:
        wait_until(queue.busy.exists, 60)
        printing.kill()


@pytest.mark.slow
@needs_cups
def test_a_job_cancelled_here_is_cancelled_at_the_queue(rendered: Desk, queue: Cups) -> None:
    kill_while_the_queue_prints(rendered, queue)
    assert "letters" in queue.admin("lpstat", "-W", "not-completed", "-o")
    said = rendered("job", "cancel", "b-P01", "--why", "wrong paper", "--pulled").errors
    queue.slow.unlink()
    assert f"{queue.uri} cancels letters-01.pdf of print job b-P01" in said
    wait_until(lambda: not queue.admin("lpstat", "-W", "not-completed", "-o"))
    assert on_paper(rendered) == {"rendered"}


@pytest.mark.slow
@needs_cups
def test_an_unreachable_printer_is_reported_and_the_job_cancelled_here(rendered: Desk, queue: Cups) -> None:
    kill_while_the_queue_prints(rendered, queue)
    queue.slow.unlink()
    with closing(sqlite3.connect(rendered.folder / "batches" / "ledger.db")) as ledger, ledger:
        ledger.execute(
            "UPDATE handovers SET place = 'ipp://127.0.0.1:9/printers/letters'"
        )  # the printer is now switched off
    said = rendered("job", "cancel", "b-P01", "--why", "wrong paper", "--pulled").errors
    assert "cannot be reached" in said
    assert "Check at ipp://127.0.0.1:9/printers/letters that print job b-P01 is not printed" in said
    assert on_paper(rendered) == {"rendered"}


@pytest.mark.slow
@needs_printer
def test_an_untrusted_ipps_printer_gets_nothing_until_its_fingerprint_is_set(rendered: Desk, encrypted: Paper) -> None:
    uri = encrypted.uri.replace("ipp:", "ipps:")
    shown = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", encrypted.port)))
    fingerprint = hashlib.sha256(shown).hexdigest()
    said = rendered("print", "b", "--to", uri, status=3).errors
    assert fingerprint.upper() in said.replace(":", "")
    assert on_paper(rendered) == {"rendered"}
    rendered.set('fingerprint = ""', f'fingerprint = "{"0" * 64}"')
    assert "does not match" in rendered("resume", "b", status=3).errors
    assert encrypted.received == []
    rendered.set(f'fingerprint = "{"0" * 64}"', f'fingerprint = "{fingerprint}"')
    rendered("resume", "b")
    assert encrypted.received == letters(rendered)


def test_a_password_never_crosses_a_network_unprotected(rendered: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTICES_PRINT_PASSWORD", "secret")
    start = time.monotonic()
    said = rendered("print", "b", "--to", "ipp://192.0.2.1/ipp/print", status=4).errors
    assert "secret" not in said
    assert time.monotonic() - start < 20, "it was not even tried to reach it"


@needs_printer
@pytest.mark.slow
def test_doctor_looks_at_the_printer_of_the_settings(desk: Desk, tmp_path: Path, bus_address: str) -> None:
    with paper_printer(tmp_path / "printer", bus_address) as paper:
        desk.set('\nto = ""', f'\nto = "{paper.uri}"')
        assert "It does not print on both sides" in desk("doctor", status=3).output
        desk.set("duplex = true ", "duplex = false")
        assert f"{paper.uri} is ready" in desk("doctor").output
    assert "cannot be reached" in desk("doctor", status=3).output
