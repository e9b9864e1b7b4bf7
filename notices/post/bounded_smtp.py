"""smtplib's connections with bounds on each reply: a server that drips, or never ends its reply, stops nobody."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from time import monotonic
from typing import Any

import yagmail

from notices.bounded_input import BoundedInput, bounded_reader

MOST_REPLY = 64 * 1024  # bytes; the longest reply in use, to EHLO, has some 20 lines of 40


class _Bounded(smtplib.SMTP):
    """The socket's timeout bounds each reply, and each content, as a whole."""

    _replies: BoundedInput | None = None

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply within the socket's timeout and MOST_REPLY bytes; raise SMTPServerDisconnected."""
        assert self.sock is not None  # noqa: S101 - smtplib asks for replies only while connected
        if self.file is None:
            self._replies, self.file = bounded_reader(self.sock)
        assert self._replies is not None  # noqa: S101 - made with the file
        self._replies.begin(seconds=self.sock.gettimeout(), most_bytes=MOST_REPLY)
        try:
            return super().getreply()
        finally:
            self._replies.end()

    def send(self, s: Any) -> None:
        """Send within the socket's timeout: TLS would grant it anew for every 16 kB."""
        if not isinstance(self.sock, ssl.SSLSocket):
            super().send(s)
            return
        content = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        before = self.sock.gettimeout()
        end = None if before is None else monotonic() + before
        try:
            while content:
                if end is not None:
                    self.sock.settimeout(max(0.001, end - monotonic()))
                content = content[self.sock.send(content) :]
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected("Server not connected") from error
        finally:
            if self.sock is not None:
                self.sock.settimeout(before)


class _BoundedTls(_Bounded, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class BoundedClient(yagmail.Client):  # type: ignore[misc]  # yagmail has no types
    """yagmail's client on bounded connections."""

    @property
    def connection(self) -> Callable[..., smtplib.SMTP]:
        """The class of its connection."""
        return _BoundedTls if self.ssl else _Bounded
