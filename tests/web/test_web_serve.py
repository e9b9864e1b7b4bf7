"""`notices serve`: where it listens, whom it refuses, and how it ends."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from desk import Desk
from support import free_port


@contextmanager
def served(desk: Desk, *words: str, port: int = 0) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve a workspace for the duration of the block; yield the address and the process."""
    command = [sys.executable, "-m", "notices", "serve", "--no-browser", "--port", str(port), *words]
    environment = {**os.environ, "NOTICES_WORKSPACE": str(desk.folder), "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert "http" in line, line + process.stderr.read()
        yield line.split(" at ")[1].split()[0], process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def fetched(address: str, context: ssl.SSLContext | None = None) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, context=context, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.usefixtures("ctrl_c_works")
def test_the_first_page_is_there_and_ctrl_c_ends_the_server(desk: Desk) -> None:
    with served(desk) as (address, process):
        assert address.startswith("http://127.0.0.1:")
        status, page = fetched(address)
        assert status == 200
        assert "csrf_token" in page
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_a_request_to_terminate_ends_it_as_well(desk: Desk) -> None:
    with served(desk) as (_, process):
        process.terminate()
        assert process.wait(15) == 0


def test_a_port_that_is_taken_is_named(desk: Desk) -> None:
    port = free_port()
    with served(desk, port=port):
        outcome = desk("serve", "--no-browser", "--port", port, status=3)
    assert f"Port {port} of 127.0.0.1 is taken." in outcome.errors


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "office.example"])
def test_no_other_machine_is_served_without_tls(office: Desk, host: str) -> None:
    assert "without TLS" in office("serve", "--no-browser", "--host", host, status=4).errors


def test_no_other_machine_is_served_while_nobody_has_to_log_in(desk: Desk) -> None:
    assert "no user" in desk("serve", "--no-browser", "--behind-proxy", status=4).errors


def test_half_a_pair_of_certificate_and_key_is_a_mistake(office: Desk, tmp_path: Path) -> None:
    office("serve", "--no-browser", "--certificate", tmp_path / "c.pem", status=2)
    words = ("--certificate", tmp_path / "c.pem", "--key", tmp_path / "k.pem")
    assert "c.pem cannot be used" in office("serve", "--no-browser", "--port", 0, *words, status=3).errors


def test_it_speaks_tls_with_a_certificate(office: Desk, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    with served(office, "--certificate", str(certificate), "--key", str(key)) as (address, _):
        assert address.startswith("https://")
        context = ssl.create_default_context(cafile=str(certificate))
        assert fetched(address + "log-in", context)[0] == 200
