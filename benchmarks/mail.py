"""E-mails sent a second, compared with plain smtplib sending the same messages on one kept connection.

    python benchmarks/mail.py [MESSAGES]

Makes a batch of that many letters, and sends it through Postfix's smtp-sink on loopback. Plain smtplib only attaches
the same PDFs; `send` also cuts them out of the documents that they were made in, proves that nothing of other letters
is left, and reads each back. Needs Postfix, and root to start smtp-sink.
"""

from __future__ import annotations

import csv
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from timing import command

HEADINGS = ("小区", "房号", "业主姓名", "邮箱", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额")
SINK = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
BASELINE = 1_000  # messages; the rate does not depend on their number


@dataclass(frozen=True)
class Sent:
    """Result for `count` messages: the command's seconds and MiB, and the messages/s of plain smtplib."""

    count: int
    kilobytes: float
    seconds: float
    mebibytes: float
    plain: float

    @property
    def told(self) -> str:
        """The result as a sentence."""
        rate = self.count / self.seconds
        return (
            f"{self.count:,} messages of {self.kilobytes:.0f} kB: {rate:.0f} a second, {rate / self.plain:.2f} of what"
            f" plain smtplib does ({self.plain:.0f}), {self.mebibytes:.0f} MiB"
        )


def main() -> None:
    """Print the result."""
    print(measured(*map(int, sys.argv[1:2])).told)


def measured(count: int = 2_000) -> Sent:
    """Make and send a batch, then send the same letters with plain smtplib."""
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        workspace = Path(folder) / "workspace"
        make_batch(workspace, count, port)
        run = command("send", "b", "--now", workspace=workspace)
        kept = sorted((workspace / "batches" / "b" / "sent").glob("*.eml"))[:BASELINE]
        assert len(kept) == min(count, BASELINE)
        size = sum(each.stat().st_size for each in kept) / len(kept) / 1000
        return Sent(count, size, run.seconds, run.mebibytes, baseline([attached(each) for each in kept], port))


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


def make_batch(workspace: Path, count: int, port: int) -> None:
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
    notices(workspace, "render", "b")


def row(number: int) -> tuple[str, ...]:
    unit = f"{number // 400 + 1}-{number // 100 % 4 + 1}-{number // 4 % 25 + 1}0{number % 4 + 1}"
    period = ("2026年1月至6月", "2026-06-30", "1200.00", "0")
    return ("示例花园", unit, f"业主{number}", f"owner{number}@example.com", "示例路1号", *period)


def attached(message: Path) -> bytes:
    """Return the letter of a message."""
    parts = message_from_bytes(message.read_bytes(), policy=default).iter_attachments()
    return next(part.get_content() for part in parts)


def baseline(letters: Sequence[bytes], port: int) -> float:
    """Time a plain implementation: messages built by `email`, sent by smtplib on one connection."""
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number, attachment in enumerate(letters):
            message = EmailMessage()
            message["From"], message["To"] = "notices@example.com", f"owner{number}@example.com"
            message["Subject"] = f"催费函（编号：{number}）"
            message.set_content("尊敬的业主：\n" * 20)
            message.add_alternative("<p>尊敬的业主：</p>\n" * 20, subtype="html")
            message.add_attachment(attachment, maintype="application", subtype="pdf", filename=f"催费函{number}.pdf")
            smtp.send_message(message)
    return len(letters) / (time.monotonic() - began)


if __name__ == "__main__":
    main()
