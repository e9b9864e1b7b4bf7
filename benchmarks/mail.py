"""E-mails sent a second, compared with plain smtplib sending the same messages on one kept connection.

    python benchmarks/mail.py [MESSAGES] [KILOBYTES]

Makes a batch of that many notices, each with a PDF of that many kilobytes (pages of noise instead of LibreOffice's
letters), and sends it through Postfix's smtp-sink on loopback. Needs Postfix, and root to start smtp-sink.
"""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject
from timing import command

from notices.ledger import Ledger, RenderedLetter

HEADINGS = ("小区", "房号", "业主姓名", "邮箱", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额")
SINK = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
BASELINE = 1_000  # messages; the rate does not depend on their number


@dataclass(frozen=True)
class Sent:
    """Result for `count` messages: the command's seconds and MiB, and the messages/s of plain smtplib."""

    count: int
    kilobytes: int
    seconds: float
    mebibytes: float
    plain: float

    @property
    def told(self) -> str:
        """The result as a sentence."""
        rate = self.count / self.seconds
        return (
            f"{self.count:,} messages of {self.kilobytes} kB: {rate:.0f} a second, {rate / self.plain:.2f} of what"
            f" plain smtplib does ({self.plain:.0f}), {self.mebibytes:.0f} MiB"
        )


def main() -> None:
    """Print the result."""
    print(measured(*map(int, sys.argv[1:3])).told)


def measured(count: int = 10_000, kilobytes: int = 100) -> Sent:
    """Make and send a batch, then send equal messages with plain smtplib."""
    size = kilobytes * 1000
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        workspace = Path(folder) / "workspace"
        make_batch(workspace, count, size, port)
        run = command("send", "b", "--now", workspace=workspace)
        return Sent(count, kilobytes, run.seconds, run.mebibytes, baseline(min(count, BASELINE), size, port))


def possible() -> bool:
    """Return whether smtp-sink is installed and may be started."""
    return Path(SINK).exists() and os.geteuid() == 0


@contextmanager
def sink() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [SINK, "-u", "nobody", f"127.0.0.1:{port}", "100"]
    with subprocess.Popen(command) as process:
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def notices(workspace: Path, *words: str) -> None:
    environment = {**os.environ, "NOTICES_WORKSPACE": str(workspace)}
    subprocess.run([sys.executable, "-m", "notices", *words], check=True, env=environment, stdout=subprocess.DEVNULL)


def make_batch(workspace: Path, count: int, size: int, port: int) -> None:
    notices(workspace, "init", str(workspace))
    settings = workspace / "notices.toml"
    smtp = f'transport = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n# '
    settings.write_text(settings.read_text("utf-8").replace('transport = "outbox"', smtp), "utf-8")
    owners = workspace / "list.csv"
    with owners.open("w", encoding="utf-8", newline="") as file:
        rows = (row(number) for number in range(count))
        csv.writer(file).writerows([HEADINGS, *rows])
    notices(workspace, "plan", str(owners), "--name", "b", "--as-of", "2026-11-23", "--by", "Planner")
    notices(workspace, "approve", "b", "--by", "Releaser")
    letters(workspace, size)


def row(number: int) -> tuple[str, ...]:
    unit = f"{number // 400 + 1}-{number // 100 % 4 + 1}-{number // 4 % 25 + 1}0{number % 4 + 1}"
    period = ("2026年1月至6月", "2026-06-30", "1200.00", "0")
    return ("示例花园", unit, f"业主{number}", f"owner{number}@example.com", "示例路1号", *period)


def letters(workspace: Path, size: int) -> None:
    """Write a separate PDF for each notice, as `render` does for e-mail."""
    ledger = Ledger.open(f"sqlite:///{workspace / 'batches' / 'ledger.db'}")
    folder = workspace / "output" / "b" / "letters"
    folder.mkdir(parents=True)
    now = datetime.now(UTC)
    with ledger.begin() as books:
        made = []
        for entry in books.batches.decisions("b"):
            assert entry.notice is not None
            file = folder / f"{entry.notice.id}.pdf"
            file.write_bytes(content := letter(size))
            digest = hashlib.sha256(content).hexdigest()
            path = file.relative_to(workspace).as_posix()
            shard = books.notices.add_shard("b", file=path, sha256=digest, pages=1, at=now)
            made.append(RenderedLetter(entry.notice.id, shard, 1, 1))
        books.notices.set_rendered(made, at=now, by="Renderer")
    ledger.close()


def letter(size: int) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    noise = StreamObject()
    noise.set_data(os.urandom(size))
    page[NameObject("/Noise")] = writer._add_object(noise.flate_encode())  # as LibreOffice writes its streams
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def baseline(count: int, size: int, port: int) -> float:
    """Time a plain implementation: messages built by `email`, sent by smtplib on one connection."""
    attachment = os.urandom(size)
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(count):
            message = EmailMessage()
            message["From"], message["To"] = "notices@example.com", f"owner{number}@example.com"
            message["Subject"] = f"催费函（编号：{number}）"
            message.set_content("尊敬的业主：\n" * 20)
            message.add_alternative("<p>尊敬的业主：</p>\n" * 20, subtype="html")
            message.add_attachment(attachment, maintype="application", subtype="pdf", filename=f"催费函{number}.pdf")
            smtp.send_message(message)
    return count / (time.monotonic() - began)


if __name__ == "__main__":
    main()
