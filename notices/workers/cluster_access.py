"""Access to a cluster's scheduler: its address and certificates, checked in words before Dask tries."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass, replace
from pathlib import Path

from notices.certificates import why_untrusted
from notices.errors import Refused, Unusable, UsageMistake
from notices.messages import Message, say
from notices.settings.cluster import SCHEDULER

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """The scheduler's address (tcp:// or tls://), whether plain tcp:// may leave this machine, and files as PEM."""

    address: str
    insecure: bool = False
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def encrypted(self) -> bool:
        """True if the address asks for TLS."""
        return self.address.startswith("tls://")

    @property
    def place(self) -> tuple[str, int]:
        """Host and port of the scheduler; raises UsageMistake if the address is none."""
        found = SCHEDULER.fullmatch(self.address)
        if found is None or not 0 < int(found["port"]) < 65536:
            raise UsageMistake(
                say("{address} is not the address of a scheduler.", address=self.address),
                say("Write it as tls://scheduler.example.com:8786, or tcp://127.0.0.1:8786 on this machine."),
            )
        return found["six"] or found["host"], int(found["port"])

    @property
    def on_this_machine(self) -> bool:
        """True if the scheduler's host is a loopback address of this machine."""
        return is_loopback(self.place[0])


def is_loopback(host: str) -> bool:
    """Return whether all addresses of a host are loopback addresses; False for an unknown host."""
    found = _addresses(host)
    return bool(found) and all(each.is_loopback for each in found)


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Return the addresses of a host, IPv4 first; none if it is unknown."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return []
    return sorted(
        (ipaddress.ip_address(each.partition("%")[0]) for each in found), key=lambda it: (it.version, str(it))
    )


def check_access(access: ClusterAccess) -> ClusterAccess:
    """Refuse a cluster that anybody on the network could read, and name certificate files that are missing or damaged.

    Whoever reaches a scheduler without TLS can run any program on its workers. So use what is returned: in it a name
    without TLS is replaced by the address that was looked at. Dask looks a name up at each connection, for weeks, and
    the next answer may be another machine's.
    """
    if not access.encrypted:
        if access.insecure:
            return access
        host, port = access.place
        found = _addresses(host)
        if not found or not all(each.is_loopback for each in found):
            raise Refused(
                say("{address} is beyond this machine and not encrypted.", address=access.address),
                say(
                    "Use tls:// with certificates; on a network that nobody else can reach, set `insecure = true` in "
                    "[cluster]."
                ),
            )
        if host == "localhost":  # means this machine everywhere, by either kind of address
            return access
        return replace(access, address=f"tcp://{f'[{found[0]}]' if found[0].version == 6 else found[0]}:{port}")
    lacking = [name for name in ("ca_file", "certificate", "key") if getattr(access, name) is None]
    if lacking:
        raise UsageMistake(
            say("tls:// needs certificate files; not given: {names}.", names=", ".join(lacking)),
            say("Name them in [cluster] of the settings; for `notices worker` as options."),
        )
    tls_context(access)
    return access


def tls_context(access: ClusterAccess) -> ssl.SSLContext:
    """Return the context in which to talk to the scheduler; raises Unusable, naming the file that does not serve.

    Host names are not compared, as Dask does not either: the authority should sign for this cluster alone.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    assert access.ca_file is not None  # noqa: S101 - check_access has seen to it
    assert access.certificate is not None  # noqa: S101 - the same
    try:
        context.load_verify_locations(access.ca_file)
    except OSError as error:
        raise _bad_file(access.ca_file, error) from error
    try:
        context.load_cert_chain(access.certificate, access.key, password="")
    except OSError as error:
        if isinstance(error, ssl.SSLError) and "MISMATCH" in (error.reason or ""):
            raise Unusable(
                say(
                    "The key {key} does not belong to the certificate {certificate}.",
                    key=access.key,
                    certificate=access.certificate,
                ),
                say("Give the certificate and the key that were made together."),
            ) from error
        bad = access.certificate if _unreadable(access.certificate) else access.key or access.certificate
        raise _bad_file(bad, error) from error
    return context


def reach(access: ClusterAccess) -> None:
    """Connect to the scheduler once; raises Unusable with the reason if it is not there or does not accept us."""
    host, port = access.place
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as plain:
            if access.encrypted:
                with tls_context(access).wrap_socket(plain, server_hostname=host) as secured:
                    _first_word(access, secured)
            else:
                _first_word(access, plain)
    except ssl.SSLCertVerificationError as error:
        raise Unusable(
            say(
                "The scheduler {address} shows a certificate that is not trusted: {why}.",
                address=access.address,
                why=why_untrusted(error),
            ),
            say("Name the authority that signed it as ca_file, or have the scheduler's certificate issued again."),
        ) from error
    except ssl.SSLError as error:
        raise _not_accepted(access, say("{why}", why=error.reason or str(error))) from error
    except (ConnectionResetError, BrokenPipeError) as error:
        raise _not_accepted(access, say("it closed the connection")) from error
    except OSError as error:
        raise Unusable(
            say(
                "The scheduler {address} cannot be reached: {mistake}.",
                address=access.address,
                mistake=error.strerror or str(error),
            ),
            say(
                "Start it with `dask scheduler`, or correct the address; without a cluster, empty [cluster] scheduler."
            ),
        ) from error


def _first_word(access: ClusterAccess, connection: socket.socket) -> None:
    """Wait for the scheduler's first bytes: with TLS 1.3 a refused certificate shows only when something is read."""
    connection.settimeout(ANSWER_SECONDS)
    if not connection.recv(1):
        raise _not_accepted(access, say("it closed the connection"))


def _not_accepted(access: ClusterAccess, why: Message) -> Unusable:
    return Unusable(
        say("The scheduler {address} does not accept this connection: {why}.", address=access.address, why=why),
        say(
            "tls:// needs a scheduler started with --tls-ca-file, --tls-cert and --tls-key, and a certificate that its "
            "authority signed; tcp:// needs a scheduler without."
        ),
    )


def _unreadable(file: Path) -> bool:
    try:
        return b"-----BEGIN CERTIFICATE" not in file.read_bytes()
    except OSError:
        return True


def _bad_file(file: Path, error: OSError) -> Unusable:
    why = str(error) if isinstance(error, ssl.SSLError) else error.strerror or str(error)
    return Unusable(
        say("The certificate file {file} cannot be used: {mistake}.", file=file, mistake=why),
        say("Give a PEM file that this user may read; keys without a password."),
    )
