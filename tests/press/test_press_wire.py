"""The connection to a printer over real HTTP: certificate verification and login."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from notices.errors import SettingsMistake
from notices.press.ipp.address import read_address
from notices.press.ipp.faults import PrinterRefused, PrinterUnreachable
from notices.press.ipp.trust import Trust
from notices.press.ipp.wire import HttpTransport

ANSWER = b"what a printer says"
Key = ec.EllipticCurvePrivateKey


class Printer(HTTPServer):
    """HTTP server in place of a printer; keeps the requests, and requires a login by one of `ways`."""

    ways: tuple[str, ...] = ()
    heard: list[bytes]


class RequestHandler(BaseHTTPRequestHandler):
    """Request handler of the stand-in printer."""

    server: Printer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        known = self.headers.get("Authorization") == "Basic " + b64encode(b"clerk:secret").decode()
        self.send_response(401 if self.server.ways and not known else 200)
        for way in self.server.ways:
            self.send_header("WWW-Authenticate", way)
        content = b"" if self.server.ways and not known else ANSWER
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        if content:
            self.server.heard.append(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def printer(*ways: str, secured: ssl.SSLContext | None = None) -> Iterator[Printer]:
    with Printer(("127.0.0.1", 0), RequestHandler) as server:
        server.ways, server.heard = ways, []
        if secured is not None:
            server.socket = secured.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def certificate(
    name: str, issuer: x509.Certificate | None, signer: Key | None, *, authority: bool
) -> tuple[x509.Certificate, Key]:
    own = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    )
    return builder.sign(signer or own, hashes.SHA256()), own


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """Return the certificate file of a private CA, and the TLS context of a printer certified by it."""
    folder = tmp_path_factory.mktemp("authority")
    ours, key = certificate("The house", None, None, authority=True)
    printers, own = certificate("The printer", ours, key, authority=False)
    authority, chain = folder / "authority.pem", folder / "printer.pem"
    authority.write_bytes(ours.public_bytes(Encoding.PEM))
    secret = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(printers.public_bytes(Encoding.PEM) + secret)
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(chain)
    return authority, secured


def wire(server: Printer, trust: Trust | None = None, scheme: str = "ipp", password: str = "") -> HttpTransport:
    address = read_address(f"{scheme}://127.0.0.1:{server.server_port}/ipp/print")
    return HttpTransport(address, trust or Trust(), "clerk", password, timeout=5)


def test_a_printer_certified_by_ca_file_is_trusted(house: tuple[Path, ssl.SSLContext]) -> None:
    authority, secured = house
    with printer(secured=secured) as server:
        assert wire(server, Trust(authority), "ipps").ask(b"request") == ANSWER
        assert server.heard == [b"request"]


def test_an_untrusted_printer_receives_nothing(house: tuple[Path, ssl.SSLContext], tmp_path: Path) -> None:
    another = tmp_path / "another.pem"
    another.write_bytes(certificate("Another", None, None, authority=True)[0].public_bytes(Encoding.PEM))
    with printer(secured=house[1]) as server:
        for trust in (Trust(), Trust(another)):
            with pytest.raises(PrinterUnreachable, match="not trusted"):
                wire(server, trust, "ipps").ask(b"request")
        assert server.heard == []


def test_a_ca_file_without_a_certificate_is_a_settings_mistake(
    house: tuple[Path, ssl.SSLContext], tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    with printer(secured=house[1]) as server:
        for file in ("empty.pem", "missing.pem"):
            with pytest.raises(SettingsMistake, match="ca_file"):
                wire(server, Trust(tmp_path / file), "ipps").ask(b"request")


def test_a_printer_that_requires_a_login_gets_the_password() -> None:
    with printer('Basic realm="printer"') as server:
        with pytest.raises(PrinterRefused, match="requires a login"):
            wire(server).ask(b"request")
        with pytest.raises(PrinterRefused, match="requires a login"):
            wire(server, password="wrong").ask(b"request")
        assert server.heard == []
        assert wire(server, password="secret").ask(b"request") == ANSWER


def test_an_unsupported_login_method_is_reported() -> None:
    with printer('Digest realm="printer", nonce="1"') as server:
        with pytest.raises(PrinterRefused, match="by Digest only"):
            wire(server, password="right").ask(b"request")
        assert server.heard == []
