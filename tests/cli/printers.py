"""Real printers for tests: CUPS's IPP Everywhere printer and a CUPS server, running for one test only."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from desk import Desk
from support import free_port

PRINTER_PROGRAM = "ippeveprinter"
BUS = """<busconfig>
  <type>system</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
PRINTS = "#!/bin/sh\nexit 0\n"


def wait_until(happened: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(*words: object, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the duration of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Paper:
    """Printer and the documents it has received."""

    port: int
    spool: Path
    command: Path

    @property
    def uri(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/ipp/print"

    @property
    def received(self) -> list[str]:
        """Return the SHA-256 of every document received, in the order of the printer's job numbers."""
        files = sorted(self.spool.glob("*.pdf"), key=lambda path: int(path.name.split("-")[0]))
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]

    def does(self, script: str) -> None:
        """Set the shell script to run for each document from now on; it is given the document's path."""
        self.command.write_text(script)


@contextmanager
def bus(folder: Path) -> Iterator[str]:
    """Run a private D-Bus, without which the printer does not start; return its address."""
    settings = folder / "bus.conf"
    settings.write_text(BUS.format(folder=folder))
    with running("dbus-daemon", f"--config-file={settings}", "--nofork", log=folder / "bus.log"):
        wait_until((folder / "bus").exists)
        yield f"unix:path={folder}/bus"


@contextmanager
def paper_printer(
    folder: Path, address: str, *options: object, formats: str = "application/pdf", port: int | None = None
) -> Iterator[Paper]:
    """Run a duplex printer that prints at once and keeps the documents it receives."""
    printer = Paper(port or free_port(), folder / "received", folder / "prints")
    printer.spool.mkdir(parents=True)
    printer.does(PRINTS)
    printer.command.chmod(0o755)
    words = ("-r", "off", "-p", printer.port, "-f", formats, "-d", printer.spool, "-k", "-c", printer.command)
    log = folder / "printer.log"
    with running(PRINTER_PROGRAM, *words, *options, "Paper", log=log, DBUS_SYSTEM_BUS_ADDRESS=address):
        wait_until(lambda: answers(printer.port))
        yield printer


def lacking(*programs: str) -> list[str]:
    """Return which of the programs are not installed."""
    places = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    return [program for program in programs if shutil.which(program, path=places) is None]


def on_paper(desk: Desk) -> set[str]:
    return {ways["print"] for ways in desk.states().values() if "print" in ways}


def letters(desk: Desk, job: str = "b-P01") -> list[str]:
    folder = desk.folder / "output" / "b" / "print" / job
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("letters-*.pdf"))]


CUPS_SETTINGS = """
Listen 127.0.0.1:{port}
ServerAlias *
Browsing No
WebInterface No
DefaultAuthType None
LogLevel warn
MaxLogSize 0
PreserveJobHistory Yes
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess default
  JobPrivateValues none
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
"""
CUPS_FILES = """
ServerRoot {folder}/etc
ServerBin {folder}/bin
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/spool/tmp
ErrorLog {folder}/error_log
AccessLog {folder}/access_log
PageLog {folder}/page_log
User lp
Group lp
SystemGroup root
FatalErrors config
Sandboxing relaxed
"""
# CUPS hands each file to a backend in the end; this one stores it under the queue's job number.
KEEPS = """#!/bin/sh
[ $# -eq 0 ] && {{ echo 'direct keep "Paper" "Paper"'; exit 0; }}
[ -e "{slow}" ] && {{ echo >"{busy}"; sleep 30; }}
cat "${{6:--}}" >"{spool}/$1-$2.pdf"
"""


@dataclass(frozen=True)
class Cups:
    """Private CUPS server with one queue, `letters`, and its output."""

    port: int
    spool: Path
    slow: Path  # while this file exists, printing is slow
    busy: Path  # exists once slow printing has begun

    @property
    def uri(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/printers/letters"

    @property
    def received(self) -> list[str]:
        files = sorted(self.spool.glob("*.pdf"), key=lambda path: int(path.name.split("-")[0]))
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]

    def admin(self, program: str, *words: str) -> str:
        """Run one of CUPS's commands against this server."""
        command = [program, "-h", f"127.0.0.1:{self.port}", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


@contextmanager
def cups(folder: Path) -> Iterator[Cups]:
    """Run a CUPS server with a queue that keeps its output; needs root."""
    server = Cups(free_port(), folder / "paper", folder / "slow", folder / "paper" / "busy")
    for name in ("etc", "bin/backend", "spool/tmp", "cache", "state", "paper"):
        (folder / name).mkdir(parents=True)
    for name in ("daemon", "filter"):
        (folder / "bin" / name).symlink_to(f"/usr/lib/cups/{name}")
    settings, files = folder / "etc" / "cupsd.conf", folder / "etc" / "cups-files.conf"
    settings.write_text(CUPS_SETTINGS.format(port=server.port))
    files.write_text(CUPS_FILES.format(folder=folder))
    backend = folder / "bin" / "backend" / "keep"
    backend.write_text(KEEPS.format(spool=server.spool, slow=server.slow, busy=server.busy))
    backend.chmod(0o755)
    for name in ("spool", "spool/tmp", "cache", "state", "paper"):
        shutil.chown(folder / name, "lp", "lp")
    with running("/usr/sbin/cupsd", "-f", "-c", settings, "-s", files, log=folder / "cupsd.log"):
        wait_until(lambda: answers(server.port))
        server.admin("lpadmin", "-p", "letters", "-v", "keep:/", "-E")
        yield server
