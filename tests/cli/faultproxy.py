"""Fault-injecting proxy between program and printer that loses requests, responses and halves of documents."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Literal

from pyipp.enums import IppOperation, IppStatus

Fault = Literal["request lost", "answer lost", "cut short", "not HTTP"] | IppStatus


@dataclass
class Proxy:
    """State of the proxy: `faults` lists what to do to the next requests of an operation, `seen` those so far."""

    port: int
    upstream: int
    faults: dict[IppOperation, list[Fault]] = field(default_factory=dict)
    seen: list[IppOperation] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/ipp/print"

    def count(self, operation: IppOperation) -> int:
        return self.seen.count(operation)


@contextmanager
def proxy(upstream: int) -> Iterator[Proxy]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Passing)
    state = Proxy(server.server_address[1], upstream)
    server.state = state  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        state: Proxy = self.server.state  # type: ignore[attr-defined]
        length = int(self.headers["Content-Length"])
        head = self.rfile.read(4)
        operation = IppOperation(struct.unpack(">h", head[2:])[0])
        state.seen.append(operation)
        faults = state.faults.get(operation, [])
        fault = faults.pop(0) if faults else None
        self.close_connection = True
        if fault == "cut short":
            self._send_half(state, head + self.rfile.read(length // 2 - 4), length)
            return
        body = head + self.rfile.read(length - 4)
        if fault == "request lost":
            return
        if fault == "not HTTP":
            self.wfile.write(b"\x00\x01\x02")
            return
        if isinstance(fault, IppStatus):
            self._answer(struct.pack(">bbhib", 1, 1, fault, 1, 1) + _CHARSET + b"\x03")
            return
        answer = self._pass_on(state, body)
        if fault != "answer lost":
            self._answer(answer)

    def _pass_on(self, state: Proxy, body: bytes) -> bytes:
        connection = HTTPConnection("127.0.0.1", state.upstream, timeout=30)
        try:
            connection.request("POST", self.path, body, {"Content-Type": "application/ipp"})
            return connection.getresponse().read()
        finally:
            connection.close()

    def _send_half(self, state: Proxy, half: bytes, length: int) -> None:
        head = f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ipp\r\n"
        with socket.create_connection(("127.0.0.1", state.upstream)) as printer:
            printer.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + half)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/ipp")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Log nothing."""


def _attribute(tag: int, name: bytes, value: bytes) -> bytes:
    return struct.pack(">bh", tag, len(name)) + name + struct.pack(">h", len(value)) + value


_CHARSET = _attribute(0x47, b"attributes-charset", b"utf-8") + _attribute(0x48, b"attributes-natural-language", b"en")
