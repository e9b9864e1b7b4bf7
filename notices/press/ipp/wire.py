"""One request to a printer over HTTP (RFC 8010, section 3.1), sent once: nothing is tried again in here."""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fcntl import ioctl
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from select import select
from struct import unpack
from termios import TIOCOUTQ
from time import monotonic, sleep

from notices.errors import Refused
from notices.messages import say
from notices.press.ipp.address import Address
from notices.press.ipp.faults import Declined, Unanswered, Unreached
from notices.press.ipp.trust import Trust, not_trusted

PORTION = 1 << 16
MOST_BYTES = 1 << 24  # of an answer: the longest list of jobs is far below, and what is longer is no printer's
RESUME = say("See how the printer is; then `notices resume BATCH` asks it what it has, and goes on.")


@dataclass(frozen=True, slots=True)
class Wire:
    """The way to one printer; `timeout` in seconds is how long it may say nothing."""

    address: Address
    trust: Trust = field(default_factory=Trust)
    user: str = "notices"
    password: str = ""
    timeout: float = 30.0

    def ask(self, request: bytes, document: Path | None = None, arrived: Callable[[], None] | None = None) -> bytes:
        """Send a request, a document after it where one is given, and give the answer.

        `arrived` is called before the answer, once the other side has acknowledged every byte.
        Raises Unreached where nothing was sent, Declined where HTTP refused it, Unanswered where nobody can say.
        """
        length = len(request) + (document.stat().st_size if document else 0)
        headers = {"Content-Type": "application/ipp", "Content-Length": str(length), **self._who()}
        connection = self._connected()
        try:
            sent = _send(connection, self.address.path, headers, _body(request, document))
            if sent and arrived is not None and _acknowledged(connection.sock, self.timeout):
                arrived()
            response = connection.getresponse()
            content = response.read(MOST_BYTES)
        except (OSError, HTTPException) as error:
            raise _unanswered(self.address, error) from error
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise self._not_done(response.status, response.headers.get_all("WWW-Authenticate") or [])
        return content

    def _connected(self) -> HTTPConnection:
        connection = self._connection()
        try:
            connection.connect()
            if isinstance(connection.sock, ssl.SSLSocket):
                self.trust.insist(connection.sock, self.address)
        except Unreached:
            connection.close()
            raise
        except ssl.SSLCertVerificationError as error:
            raise not_trusted(self.address, self.timeout) from error
        except OSError as error:
            raise Unreached(
                say("{printer} cannot be reached: {mistake}.", printer=self.address.uri, mistake=_said(error)),
                say("See that it is switched on and its address is right; then `notices resume BATCH` goes on."),
            ) from error
        return connection

    def _connection(self) -> HTTPConnection:
        host, port = self.address.host, self.address.port
        if not self.address.secure:
            return HTTPConnection(host, port, timeout=self.timeout)
        return HTTPSConnection(host, port, timeout=self.timeout, context=self.trust.context())

    def _who(self) -> dict[str, str]:
        if not self.password:
            return {}
        if not (self.address.secure or self.address.on_this_machine):
            raise Refused(
                say(
                    "The password would cross the network unprotected on its way to {printer}.",
                    printer=self.address.uri,
                ),
                say("Use ipps:// for this printer, or remove NOTICES_PRINT_PASSWORD."),
            )
        return {"Authorization": "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")}

    def _not_done(self, status: int, ways: Sequence[str] = ()) -> Declined | Unanswered:
        spoken = any(way.lower().startswith("basic") for way in ways)
        if status == HTTPStatus.UNAUTHORIZED and ways and not spoken:
            asked = ", ".join(way.split(" ", 1)[0] for way in ways)
            return Declined(
                say(
                    "{printer} takes passwords by {ways} only, which is not spoken here.",
                    printer=self.address.uri,
                    ways=asked,
                ),
                say("Allow it Basic over ipps://, or print through a CUPS queue of this machine."),
            )
        fact = say("{printer} answered HTTP {status}.", printer=self.address.uri, status=status)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return Declined(
                say("{printer} wants to know who prints.", printer=self.address.uri),
                say("Put the name into [print] user and the password into the variable NOTICES_PRINT_PASSWORD."),
            )
        if status == HTTPStatus.UPGRADE_REQUIRED:
            return Declined(fact, say("It insists on encryption: write ipps:// in place of ipp://."))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            return Unanswered(fact, RESUME)
        return Declined(fact, say("See that the path of its address is right, such as /ipp/print or /printers/QUEUE."))


def _send(connection: HTTPConnection, path: str, headers: Mapping[str, str], body: Iterable[bytes]) -> bool:
    """Whether all of it went: a printer that refuses early says why, and listens no longer."""
    try:
        connection.request("POST", path, body, headers)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _acknowledged(connected: socket.socket, timeout: float) -> bool:
    """Wait until nothing sent is without its acknowledgement (Linux's SIOCOUTQ); False where that does not come.

    A printer that was cut off may take half a document for the whole and call it completed, so that a document is on
    its way is not enough to know.
    """
    end, answers = monotonic() + timeout, False
    while monotonic() < end and not answers:
        answers = bool(select([connected], [], [], 0)[0])  # or has closed its side
        (waiting,) = unpack("i", ioctl(connected.fileno(), TIOCOUTQ, bytes(4)))
        if not waiting:
            return connected.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        sleep(0.002)
    return False


def _unanswered(address: Address, error: Exception) -> Unanswered:
    return Unanswered(say("{printer} gave no answer: {mistake}.", printer=address.uri, mistake=_said(error)), RESUME)


def _said(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _body(request: bytes, document: Path | None) -> Iterator[bytes]:
    yield request
    if document is not None:
        with document.open("rb") as file:
            while portion := file.read(PORTION):
                yield portion
