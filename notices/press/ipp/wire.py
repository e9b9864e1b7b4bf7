"""HTTP transport for IPP (RFC 8010, section 3.1): each request is sent once, without retries."""

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

from notices.bounded_input import BoundedResponse
from notices.errors import Refused
from notices.messages import say
from notices.press.ipp.address import Address
from notices.press.ipp.faults import OutcomeUnknown, PrinterRefused, PrinterUnreachable
from notices.press.ipp.trust import Trust, not_trusted

PORTION = 1 << 16
RESUME = say("Check the printer; then run `notices resume BATCH`, which asks it what it received and continues.")


@dataclass(frozen=True, slots=True)
class HttpTransport:
    """Connection settings for one printer; `timeout` is the longest silence allowed, in seconds.

    A whole answer may take four times as long and have 16 MB, its headers included.
    """

    address: Address
    trust: Trust = field(default_factory=Trust)
    user: str = "notices"
    password: str = ""
    timeout: float = 30.0

    def ask(self, request: bytes, document: Path | None = None, arrived: Callable[[], None] | None = None) -> bytes:
        """Send a request, followed by a document if given, and return the response.

        `arrived` is called before reading the response, once the other side has acknowledged every byte.
        Raises PrinterUnreachable if nothing was sent, PrinterRefused if HTTP rejected it, OutcomeUnknown if
        there was no answer.
        """
        length = len(request) + (document.stat().st_size if document else 0)
        headers = {"Content-Type": "application/ipp", "Content-Length": str(length), **self._authorization()}
        connection = self._connected()
        try:
            sent = _send(connection, self.address.path, headers, _body(request, document))
            if sent and arrived is not None and _acknowledged(connection.sock, self.timeout):
                arrived()
            response = connection.getresponse()
            content = response.read()
        except (OSError, HTTPException) as error:
            raise _unanswered(self.address, error) from error
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise self._http_error(response.status, response.headers.get_all("WWW-Authenticate") or [])
        return content

    def _connected(self) -> HTTPConnection:
        connection = self._connection()
        try:
            connection.connect()
            if isinstance(connection.sock, ssl.SSLSocket):
                self.trust.insist(connection.sock, self.address)
        except PrinterUnreachable:
            connection.close()
            raise
        except ssl.SSLCertVerificationError as error:
            raise not_trusted(self.address, self.timeout, error) from error
        except OSError as error:
            raise PrinterUnreachable(
                say("{printer} cannot be reached: {mistake}.", printer=self.address.uri, mistake=_said(error)),
                say("Check that it is switched on and its address is right; then run `notices resume BATCH`."),
            ) from error
        return connection

    def _connection(self) -> HTTPConnection:
        host, port = self.address.host, self.address.port
        connection = (
            HTTPSConnection(host, port, timeout=self.timeout, context=self.trust.context())
            if self.address.secure
            else HTTPConnection(host, port, timeout=self.timeout)
        )
        connection.response_class = BoundedResponse
        return connection

    def _authorization(self) -> dict[str, str]:
        if not self.password:
            return {}
        if not (self.address.secure or self.address.on_this_machine):
            raise Refused(
                say(
                    "The password would be sent to {printer} unencrypted.",
                    printer=self.address.uri,
                ),
                say("Use ipps:// for this printer, or remove NOTICES_PRINT_PASSWORD."),
            )
        return {"Authorization": "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")}

    def _http_error(self, status: int, ways: Sequence[str] = ()) -> PrinterRefused | OutcomeUnknown:
        spoken = any(way.lower().startswith("basic") for way in ways)
        if status == HTTPStatus.UNAUTHORIZED and ways and not spoken:
            asked = ", ".join(way.split(" ", 1)[0] for way in ways)
            return PrinterRefused(
                say(
                    "{printer} accepts logins by {ways} only, which is not supported.",
                    printer=self.address.uri,
                    ways=asked,
                ),
                say("Enable Basic over ipps:// on the printer, or print through a CUPS queue on this machine."),
            )
        fact = say("{printer} answered HTTP {status}.", printer=self.address.uri, status=status)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return PrinterRefused(
                say("{printer} requires a login.", printer=self.address.uri),
                say("Put the name in [print] user and the password in the variable NOTICES_PRINT_PASSWORD."),
            )
        if status == HTTPStatus.UPGRADE_REQUIRED:
            return PrinterRefused(fact, say("It requires encryption: write ipps:// instead of ipp://."))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            return OutcomeUnknown(fact, RESUME)
        return PrinterRefused(fact, say("Check the path in its address, such as /ipp/print or /printers/QUEUE."))


def _send(connection: HTTPConnection, path: str, headers: Mapping[str, str], body: Iterable[bytes]) -> bool:
    """Send the request; return False if the printer stopped reading, as it does when it rejects a request early."""
    try:
        connection.request("POST", path, body, headers)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _acknowledged(connected: socket.socket, timeout: float) -> bool:
    """Wait until every sent byte is acknowledged (Linux SIOCOUTQ); return False on timeout or error.

    This matters because after a dropped connection a printer may print half a document and report it as completed.
    """
    end, answers = monotonic() + timeout, False
    while monotonic() < end and not answers:
        answers = bool(select([connected], [], [], 0)[0])  # or has closed its side
        (waiting,) = unpack("i", ioctl(connected.fileno(), TIOCOUTQ, bytes(4)))
        if not waiting:
            return connected.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        sleep(0.002)
    return False


def _unanswered(address: Address, error: Exception) -> OutcomeUnknown:
    return OutcomeUnknown(
        say("{printer} did not answer: {mistake}.", printer=address.uri, mistake=_said(error)), RESUME
    )


def _said(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _body(request: bytes, document: Path | None) -> Iterator[bytes]:
    yield request
    if document is not None:
        with document.open("rb") as file:
            while portion := file.read(PORTION):
                yield portion
