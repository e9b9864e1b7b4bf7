"""One LibreOffice process: start it, send requests, kill it; every wait has a timeout."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, cast

from notices.messages import Message, say
from notices.office.find import Office, plain_build
from notices.office.profiles import Profile

BRIDGE = Path(__file__).with_name("bridge.py")
GOODBYE_SECONDS = 1.0
# Settings of our own Python, wrong for the Python that runs the bridge.
OURS_ALONE = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")

REASONS: Mapping[str, Message] = {
    "start": say("it did not start"),
    "load": say("it could not open the document"),
    "export": say("it could not write the PDF"),
    "died": say("it ended unexpectedly"),
}


class WorkerFault(Exception):  # noqa: N818 - caught inside this package
    """A conversion failed in this worker; `reason` says why. Never leaves this package."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason)
        self.reason = reason


class Worker:
    """A LibreOffice process of its own, starting in the background as soon as the object is created.

    `environment` is added to the inherited environment; its profile is created under `profiles`.
    """

    def __init__(self, office: Office, profiles: Path, environment: Mapping[str, str]) -> None:
        self.profile = Profile(profiles, plain_build(office.program))
        self.memory_kib = 0
        self.documents = 0
        self._ready = False
        self._received = b""
        try:
            self._bridge = self._launch(office, environment)
        except OSError as error:
            self.profile.remove()
            raise WorkerFault(REASONS["start"]) from error
        # Both are pipes, as requested in _launch.
        self._requests = cast("IO[bytes]", self._bridge.stdin)
        self._answers = cast("IO[bytes]", self._bridge.stdout)

    def _launch(self, office: Office, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        inherited = {name: value for name, value in os.environ.items() if name not in OURS_ALONE}
        # The time zone is fixed so that timestamps in PDFs always have the same format; the locale, because LibreOffice
        # opens no file with a Chinese name where the machine's is not UTF-8.
        own = {"TMPDIR": str(self.profile.path / "tmp"), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        return subprocess.Popen(
            [office.python, BRIDGE, office.program, self.profile.path, self.profile.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**inherited, **own, **environment},
            cwd=self.profile.path,
            # Our files are private by their folders (0700). With a stricter mask LibreOffice, run once as root, closes
            # its extension cache under /var/spool, and no other user of the machine can start it any more.
            umask=0o022,
            pass_fds=(self.profile.lock,),  # keeps the profile locked as long as the bridge lives
            start_new_session=True,  # one process group to kill; Ctrl-C reaches only us
        )

    def ready(self, limit: float) -> None:
        """Wait until LibreOffice answers, at most `limit` seconds; raises WorkerFault."""
        if not self._ready:
            self._answer(time.monotonic() + limit, REASONS["start"])
            self._ready = True

    def convert(self, source: Path, target: Path, limit: float) -> None:
        """Convert `source` into `target` within `limit` seconds; raises WorkerFault, after which to `close`."""
        request = json.dumps({"source": str(source.resolve()), "target": str(target.resolve())})
        # If the bridge has ended, the missing answer reveals it.
        with contextlib.suppress(BrokenPipeError):
            self._requests.write(request.encode() + b"\n")
            self._requests.flush()
        answer = self._answer(time.monotonic() + limit, REASONS["died"])
        with contextlib.suppress(FileNotFoundError):  # the caller finds out that it wrote nothing
            target.chmod(0o600)
        kib = answer.get("kib", 0)
        self.memory_kib = kib if isinstance(kib, int) else 0
        self.documents += 1

    def close(self) -> None:
        """End LibreOffice and all its child processes, whatever they are doing, and remove its profile."""
        # The bridge kills its process group when its input is closed.
        with contextlib.suppress(OSError):
            self._requests.close()
        try:
            self._bridge.wait(GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._bridge.pid, signal.SIGKILL)
            self._bridge.wait()
        self._answers.close()
        self.profile.remove()

    def _answer(self, deadline: float, on_silence: Message) -> Mapping[str, object]:
        descriptor = self._answers.fileno()
        while b"\n" not in self._received:
            readable, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                raise WorkerFault(say("it did not answer in time"))
            received = os.read(descriptor, 65536)
            if not received:
                raise WorkerFault(on_silence)
            self._received += received
        line, _, self._received = self._received.partition(b"\n")
        return _parsed(line, on_silence)


def _parsed(line: bytes, on_garbage: Message) -> Mapping[str, object]:
    try:
        answer = json.loads(line)
    except ValueError as error:
        raise WorkerFault(on_garbage) from error
    if not isinstance(answer, dict):
        raise WorkerFault(on_garbage)
    if "failed" in answer:
        raise WorkerFault(REASONS.get(str(answer["failed"]), on_garbage))
    return answer
