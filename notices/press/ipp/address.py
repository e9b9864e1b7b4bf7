"""The address of a printer: ipp://host/path, or ipps:// with TLS (RFC 3510, RFC 7472)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from notices.errors import UsageMistake
from notices.messages import say

IPP_PORT = 631


@dataclass(frozen=True, slots=True)
class Address:
    """Where a printer listens; `uri` is what it is called in every request."""

    uri: str
    host: str
    port: int
    path: str
    secure: bool

    @property
    def on_this_machine(self) -> bool:
        """Whether what is sent there never crosses a network."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def is_address(text: str) -> bool:
    """Whether this names a printer, or something else that is no folder either."""
    return "://" in text


def read_address(text: str) -> Address:
    """The address that a text names; raises UsageMistake for one that no printer has."""
    mistake = UsageMistake(
        say("“{address}” is not the address of a printer.", address=_without_password(text)),
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
            say("The address of a printer holds a name or a password."),
            say("Put the name into [print] user and the password into the variable NOTICES_PRINT_PASSWORD."),
        )
    path = parts.path or "/"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    at = host if parts.port is None else f"{host}:{port}"
    return Address(f"{parts.scheme}://{at}{path}", parts.hostname, port, path, parts.scheme == "ipps")


def _without_password(text: str) -> str:
    before, at, after = text.rpartition("@")
    return after if at and ":" in before else text
