"""A scripted SMTP server for tests; it records the commands and messages that it receives."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

DROP = "drop"  # closes the connection in place of an answer
DROP_IN_CONTENT = "drop in content"  # in place of an answer to the content: closes after its first bytes
TAKE_AND_DROP = "take and drop"  # accepts the message, and closes the connection without an answer
USUAL = {
    "greeting": "220 test ESMTP",
    "EHLO": "250-test\r\n250-SIZE 50000000\r\n250-DSN\r\n250 8BITMIME",
    "MAIL": "250 sender ok",
    "RCPT": "250 recipient ok",
    "DATA": "354 go ahead",
    "content": "250 queued as {n}",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}

Answers = Mapping[str, str | Sequence[str] | Callable[[str], str]]


@dataclass(frozen=True)
class Taken:
    """A message accepted by the server: its envelope and raw bytes."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        found = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


@dataclass
class Server:
    """Accepted messages, received lines and number of connections.

    `answers` replaces the usual replies by command: a fixed reply, a list of replies (then the usual one), or a
    function of the line (for the content: of the recipient).
    """

    answers: Answers
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    connections: int = 0
    _turns: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def answer(self, word: str, line: str) -> str:
        given = self.answers.get(word)
        turn = self._turns[word]
        self._turns[word] += 1
        if given is None:
            return USUAL.get(word, "502 not here")
        if isinstance(given, str):
            return given
        if callable(given):
            return given(line)
        return given[turn] if turn < len(given) else USUAL[word]

    def told(self, word: str) -> list[str]:
        """Return the received lines that begin with a command."""
        return [line for line in self.lines if line.upper().startswith(word)]

    def converse(self, line: socket.socket) -> None:
        self.connections += 1
        with contextlib.suppress(OSError), line, line.makefile("rb") as heard:
            if not _say(line, self.answer("greeting", "")):
                return
            sender = recipient = ""
            for raw in heard:
                text = raw.decode("utf-8", "replace").strip()
                self.lines.append(text)
                word = text[:4].upper()
                if word == "MAIL":
                    sender = _path(text)
                elif word == "RCPT":
                    recipient = _path(text)
                if not _say(line, reply := self.answer(word, text)) or word == "QUIT":
                    return
                if word == "DATA" and reply.startswith("354") and not self._content(line, heard, sender, recipient):
                    return

    def _content(self, line: socket.socket, heard: Iterator[bytes], sender: str, recipient: str) -> bool:
        reply = self.answer("content", recipient)
        if reply == DROP_IN_CONTENT:
            next(heard)
            return False
        lines: list[bytes] = []
        for raw in heard:
            if raw == b".\r\n":
                break
            lines.append(raw[1:] if raw.startswith(b".") else raw)
        else:
            return False
        if reply.startswith("2") or reply == TAKE_AND_DROP:
            self.taken.append(Taken(sender, recipient, b"".join(lines)))
        return reply != TAKE_AND_DROP and _say(line, reply.replace("{n}", str(len(self.taken))))


def _say(line: socket.socket, reply: str) -> bool:
    if reply == DROP:
        return False
    line.sendall(reply.encode() + b"\r\n")
    return not reply.startswith("421")


def _path(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]


@contextmanager
def mail_server(answers: Answers | None = None) -> Iterator[Server]:
    """Run a server on loopback during the block."""
    server = Server(answers or {})
    with socket.create_server(("127.0.0.1", 0)) as door:
        server.port = door.getsockname()[1]
        guests: list[socket.socket] = []

        def receive() -> None:
            with contextlib.suppress(OSError):
                while True:
                    guest, _ = door.accept()
                    guest.settimeout(20)
                    guests.append(guest)
                    threading.Thread(target=server.converse, args=(guest,), daemon=True).start()

        threading.Thread(target=receive, daemon=True).start()
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            for guest in guests:
                guest.close()
