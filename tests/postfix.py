"""Postfix on loopback with its own configuration folder and queue; it delivers to Maildirs and sends bounces."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from support import free_port

POSTFIX = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
needs_postfix = pytest.mark.skipif(
    POSTFIX is None or os.geteuid() != 0, reason="needs Postfix, which starts only as root"
)

# Every domain is hosted here; mail to an address without a mailbox is accepted first and bounced afterwards.
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.cn
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
smtputf8_enable = no
recipient_delimiter = +
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = texthash:{folder}/boxes.map
virtual_alias_maps = texthash:{folder}/aliases.map
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
transport_maps = texthash:{folder}/transport.map
maximal_queue_lifetime = 0
bounce_queue_lifetime = 0
"""
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A running Postfix: its port and its folder."""

    port: int
    folder: Path

    def box(self, name: str) -> Path:
        """Return the Maildir of a mailbox."""
        return self.folder / "boxes" / name

    def wait_for(self, name: str, count: int, seconds: float = 30) -> Path:
        """Wait until the Maildir holds so many messages; return it."""
        end = time.monotonic() + seconds
        while len(list(self.box(name).glob("new/*"))) < count:
            assert time.monotonic() < end, _log(self.folder)
            time.sleep(0.05)
        return self.box(name)


@contextmanager
def postfix(*, boxes: dict[str, str], aliases: dict[str, str], transports: dict[str, str]) -> Iterator[Postfix]:
    """Run Postfix during the block; `boxes` maps addresses to mailboxes, `transports` domains to transports."""
    assert POSTFIX is not None
    with TemporaryDirectory(
        prefix="postfix-"
    ) as made:  # not below pytest's folder, because Postfix's own users need access
        folder, port = Path(made), free_port()
        _configure(folder, port, boxes, aliases, transports)
        command = [POSTFIX, "-c", str(folder / "etc")]
        started = subprocess.run([*command, "start"], check=False, capture_output=True, text=True, timeout=60)
        assert started.returncode == 0, f"{started.stderr}{_log(folder)}"
        try:
            _wait_until_it_answers(port)
            yield Postfix(port, folder)
        finally:
            subprocess.run([*command, "abort"], check=False, capture_output=True, timeout=60)


def _configure(
    folder: Path, port: int, boxes: dict[str, str], aliases: dict[str, str], transports: dict[str, str]
) -> None:
    folder.chmod(0o755)
    for name in ("queue", "data", "boxes", "etc"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "boxes", "nobody", "nogroup")
    maildirs = {address: f"{box}/" for address, box in boxes.items()}
    for name, table in {"boxes": maildirs, "aliases": aliases, "transport": transports}.items():
        (folder / f"{name}.map").write_text("".join(f"{key} {value}\n" for key, value in table.items()))
    domains = sorted({address.partition("@")[2] for address in (*boxes, *aliases)} - transports.keys())
    owner = (folder / "boxes").stat()
    values = {"folder": folder, "domains": ", ".join(domains), "uid": owner.st_uid, "gid": owner.st_gid, "port": port}
    (folder / "etc" / "main.cf").write_text(MAIN.format(**values))
    (folder / "etc" / "master.cf").write_text(SERVICES.format(**values))


def _log(folder: Path) -> str:
    log = folder / "mail.log"
    return log.read_text()[-3000:] if log.exists() else ""


def _wait_until_it_answers(port: int) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
                if line.recv(3) == b"220":
                    return
        except OSError:
            pass
        assert time.monotonic() < end, "Postfix does not answer"
        time.sleep(0.05)
