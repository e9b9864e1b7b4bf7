"""Parts of a cluster as processes on loopback: scheduler, workers, a wire to cut, a stand-in for LibreOffice."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from shard_helpers import DRAWING_OFFICE
from support import ROOT, free_port

from notices.errors import Unusable
from notices.workers.cluster_access import ClusterAccess, reach

PATIENCE = 400.0  # a worker imports the whole program, on a machine that may be busy
TTL = "30s"  # how long a worker may be silent: shorter, and one on a busy machine that imports much is taken for dead
SHELL = """#!/bin/sh
echo "LibreOffice {version} stand-in"
"""


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE, step: float = 0.05) -> None:
    """Wait until a condition holds; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(step)


def stand_in(folder: Path, version: str = "0.0", seconds: float = 0.0) -> Path:
    """Make a LibreOffice that draws one page a paragraph, after so many seconds; return the folder for PATH."""
    folder.mkdir(parents=True)
    drawing = DRAWING_OFFICE.format(python=sys.executable, folder=str(folder))
    drawing = drawing.replace("import json,", "import sys, time\nif '-c' in sys.argv[1:]: sys.exit()\nimport json,", 1)
    drawing = drawing.replace("for line in iter(", f"NAP = {seconds}\nfor line in iter(", 1)
    drawing = drawing.replace("    request = json", "    time.sleep(NAP)\n    request = json", 1)
    # Letters keep numbers together with characters that the stand-in's font lacks.
    plain = "    xml = xml.replace(chr(0x2011), '-').replace(chr(0xA0), ' ').replace(chr(0x2060), '')\n    paragraphs ="
    drawing = drawing.replace("    paragraphs =", plain, 1)
    for name, text in {"soffice": SHELL.format(version=version), "python": drawing}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(stat.S_IRWXU)
    return folder


def environment(office: Path | None = None, **more: str) -> dict[str, str]:
    """Return the environment of a process of the cluster."""
    path = f"{office}:{os.environ['PATH']}" if office else os.environ["PATH"]
    own = {"PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **own, **more}


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, seconds: float = 60.0) -> None:
    """End a process and wait for it; kill it and its children if it does not end."""
    children: list[psutil.Process] = []
    with suppress(psutil.Error):
        children = psutil.Process(process.pid).children(recursive=True)
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in children:
        with suppress(psutil.Error):
            child.kill()


@dataclass
class Scheduler:
    """Dask's scheduler as a process; `options` are its own."""

    log: Path
    port: int = field(default_factory=free_port)
    scheme: str = "tcp"
    options: tuple[str, ...] = ()
    allowed_failures: int = 0  # Dask's own number, 3, lets a letter that kills workers kill four before it is suspected
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", f"{self.scheme}://127.0.0.1"]
        words += ["--port", str(self.port), "--no-dashboard", "--dashboard-address", "127.0.0.1:0", *self.options]
        own = environment(
            DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL=TTL,
            DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=str(self.allowed_failures),
        )
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=own)
        wait_for(lambda: _listens(self.port))

    def kill(self) -> None:
        """Kill it at once."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            end(self.process)


@dataclass
class Workers:
    """`notices worker` as a process; its files are below `folder`."""

    folder: Path
    address: str
    count: int = 1
    name: str = "w"
    office: Path | None = None
    options: tuple[str, ...] = ()
    own: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    link: Path | None = None

    def start(self) -> None:
        """Start it; `wait_until_ready` waits for its workers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-m", "notices", "worker", self.address, "--workers", str(self.count)]
        words += ["--name", self.name, "--lang", "en", *self.options]
        own = environment(self.office, TMPDIR=str(self._short()), PYTHONUNBUFFERED="1", **self.own)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=own)

    def _short(self) -> Path:
        """Return a short name for the folder: sockets of the processes begin with it, and may have 107 bytes."""
        if self.link is None:
            self.link = Path(tempfile.mkdtemp(prefix="w")) / "t"
            self.link.symlink_to(self.folder)
        return self.link

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    def wait_until_ready(self) -> None:
        """Wait until all workers have registered."""
        wait_for(lambda: self.log.read_text().count("is ready") >= self.count)

    def processes(self) -> list[psutil.Process]:
        """Return the worker processes, not the nannies."""
        assert self.process is not None
        try:
            children = psutil.Process(self.process.pid).children()
            servers = [child for child in children if "forkserver" in " ".join(child.cmdline())]
            return [worker for server in servers for worker in server.children()]
        except psutil.Error:
            return []

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        if self.process is not None:
            end(self.process, how)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(access: ClusterAccess) -> bool:
    """Return whether a scheduler accepts connections."""
    try:
        reach(access)
    except Unusable:
        return False
    return True


@contextmanager
def cluster(
    folder: Path, *, workers: int = 2, office: Path | None = None, options: tuple[str, ...] = ()
) -> Iterator[tuple[Scheduler, Workers]]:
    """Run a scheduler and workers; nothing of them may be left in their folder afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    scheduler = Scheduler(folder / "scheduler.log")
    press = Workers(folder / "workers", scheduler.address, workers, office=office, options=options)
    try:
        scheduler.start()
        press.start()
        press.wait_until_ready()
        yield scheduler, press
    finally:
        press.stop()
        scheduler.stop()
    assert list(press.folder.iterdir()) == []


@dataclass(frozen=True)
class Papers:
    """An authority, and a certificate and key that it signed."""

    ca: Path
    certificate: Path
    key: Path


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def papers(folder: Path) -> Papers:
    """Make an authority with one certificate."""
    folder.mkdir()
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(folder, "req", "-x509", *curve, "-days", "2", "-subj", "/CN=cluster", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(folder, "req", *curve, "-subj", "/CN=node", "-keyout", "node.key", "-out", "node.csr")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    openssl(folder, "x509", "-req", "-in", "node.csr", *signing, "-out", "node.pem")
    return Papers(folder / "ca.pem", folder / "node.pem", folder / "node.key")
