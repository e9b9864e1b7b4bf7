"""Printer addresses: ipp://host/path, or ipps:// with TLS (RFC 3510, RFC 7472)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from notices.errors import UsageMistake
from notices.messages import say

IPP_PORT = 631


@dataclass(frozen=True, slots=True)
class Address:
    """Parsed printer address; `uri` is the printer-uri sent in every request."""

    uri: str
    host: str
    port: int
    path: str
    secure: bool

    @property
    def on_this_machine(self) -> bool:
        """True for a loopback address, where nothing crosses a network."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def is_address(text: str) -> bool:
    """Tell a printer address, or any other URL, from a folder name."""
    return "://" in text


def read_address(text: str) -> Address:
    """Parse a printer address; raises UsageMistake if it is invalid."""
    mistake = UsageMistake(
        say("“{address}” is not a printer address.", address=_without_password(text)),
        say("Write ipp://HOST/ipp/print, ipps://HOST/ipp/print or ipp://HOST/printers/QUEUE, or name a folder."),
    )
    try:
        parts = urlsplit(text)
        port = parts.port or IPP_PORT
    except ValueError:
        raise mistake from None
    if parts.scheme not in {"ipp", "ipps"} or not parts.hostname or parts.query or parts.fragment:
        raise mistake
    if parts.username is not None or parts.password is not None:
        raise UsageMistake(
            say("The printer address contains a user name or password."),
            say("Put the name in [print] user and the password in the variable NOTICES_PRINT_PASSWORD."),
        )
    path = parts.path or "/"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    at = host if parts.port is None else f"{host}:{port}"
    return Address(f"{parts.scheme}://{at}{path}", parts.hostname, port, path, parts.scheme == "ipps")


def _without_password(text: str) -> str:
    before, at, after = text.rpartition("@")
    return after if at and ":" in before else text
