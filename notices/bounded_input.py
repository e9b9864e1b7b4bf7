"""Answers of servers and printers, bounded in bytes and in time as a whole.

A socket's own timeout bounds each silence only: a byte every few seconds, or an answer that never ends, outlives it.
"""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request, build_opener

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_BYTES = 1 << 24  # of an HTTP response; even a printer's longest list of jobs is far below this
SILENCES = 4  # a whole response may take as long as so many of the longest silences


class EndlessAnswer(OSError):  # noqa: N818 - names what happened
    """The answer has more bytes than any answer of its kind has."""


class BoundedInput(RawIOBase):
    """Input from a connected socket; between `begin` and `end` it must come within the bounds.

    `silence` bounds each silence as well; the socket's own timeout is not consulted.
    """

    def __init__(self, connected: socket.socket, silence: float | None = None) -> None:
        self._socket = connected
        self._input = connected.makefile("rb", buffering=0)  # keeps the connection open as long as it is read
        self._silence = silence
        self._deadline: float | None = None
        self._left = 0

    def begin(self, *, seconds: float | None, most_bytes: int) -> None:
        """Begin an answer: its last byte must come within these seconds, and no more than so many bytes."""
        self._deadline = None if seconds is None else monotonic() + seconds
        self._left = most_bytes

    def end(self) -> None:
        """End the answer; what is read from now on is unbounded."""
        self._deadline = None
        self._left = 0

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read what has come; raise TimeoutError or EndlessAnswer."""
        if self._deadline is None:
            return self._input.readinto(buffer)
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        if self._left <= 0:
            raise EndlessAnswer("the answer does not end")
        before = self._socket.gettimeout()
        self._socket.settimeout(left if self._silence is None else min(left, self._silence))
        try:
            count = self._input.readinto(buffer)
        finally:
            self._socket.settimeout(before)
        self._left -= count or 0
        return count

    def readable(self) -> bool:
        """Return True."""
        return True

    def close(self) -> None:
        """Close the input."""
        self._input.close()
        super().close()


def bounded_reader(connected: socket.socket, silence: float | None = None) -> tuple[BoundedInput, BufferedReader]:
    """Return an input with bounds, and the reader that reads from it."""
    bounded = BoundedInput(connected, silence)
    return bounded, BufferedReader(bounded)


class BoundedResponse(HTTPResponse):
    """A response that ends: http.client would read provisional responses, or drops of a byte, for ever.

    It is bounded by MOST_BYTES, and by SILENCES times the connection's timeout; for a connection's `response_class`.
    """

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp.close()
        silence = sock.gettimeout()
        bounded, self.fp = bounded_reader(sock, silence=silence)
        bounded.begin(seconds=None if silence is None else SILENCES * silence, most_bytes=MOST_BYTES)


def bounded_opener() -> OpenerDirector:
    """Return urllib's opener of URLs, with answers that end."""
    return build_opener(_Http, _Https)


class _HttpConnection(HTTPConnection):
    response_class = BoundedResponse


class _HttpsConnection(HTTPSConnection):
    response_class = BoundedResponse


class _Http(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_HttpConnection, req)


class _Https(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_HttpsConnection, req)
