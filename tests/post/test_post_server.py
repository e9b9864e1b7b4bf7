"""Connecting to a real server: verified TLS, login, and refusal to send unencrypted."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notices.errors import SettingsMistake, Unusable
from notices.post import MailEnvelope, Verdict
from notices.post.server import connect
from notices.settings import Route

# aiosmtpd warns of logins without STARTTLS even where the whole connection is encrypted.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")

MESSAGE = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\n.dots\r\n.\r\n..more\r\n"
ENVELOPE = MailEnvelope("a@example.com", "b@example.com", "N-1")


class Kept(Message):
    """Handler that keeps the messages the server accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.contents: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as aiosmtpd calls it
        self.contents.append(envelope.content)
        return "250 OK queued as 42"

    def handle_message(self, message: object) -> None:
        raise NotImplementedError


def let_in(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"clerk", b"secret")
    return AuthResult(success=known, handled=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificate for this machine with its key, signed by a CA made for the test, as a PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    file = tmp_path_factory.mktemp("certificate") / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def signed_without_key_identifier(folder: Path) -> tuple[Path, Path]:
    """Return the certificate of a private CA, and a server's with its key, signed without naming the CA's key."""
    now, names = datetime.now(UTC), x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    made = []
    for key, name, authority in zip(keys, ("The house", "The server"), (True, False), strict=True):
        usage = x509.KeyUsage(True, False, False, False, False, authority, authority, False, False)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The house")]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(names, critical=False)
        )
        made.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    secret = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "authority.pem").write_bytes(made[0])
    (folder / "server.pem").write_bytes(made[1] + secret)
    return folder / "authority.pem", folder / "server.pem"


@contextmanager
def served(certificate: Path, security: str, **options: Any) -> Iterator[tuple[Kept, int]]:
    """Run a server on loopback with this security, optionally requiring a login."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    kept = Kept()

    def conversation() -> SMTP:
        secure = context if security == "starttls" else None
        return SMTP(kept, tls_context=secure, require_starttls=secure is not None, loop=loop, **options)

    loop = asyncio.new_event_loop()
    direct = context if security == "tls" else None
    server = loop.run_until_complete(loop.create_server(conversation, "127.0.0.1", 0, ssl=direct))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield kept, server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def route(port: int, security: str, certificate: Path | None = None, **more: Any) -> Route:
    ca_file = str(certificate) if certificate else ""
    return Route(host="127.0.0.1", port=port, security=security, ca_file=ca_file, timeout_seconds=5, **more)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_message_arrives_unchanged_over_verified_tls_with_login(certificate: Path, security: str) -> None:
    options = {"authenticator": let_in, "auth_required": True, "auth_require_tls": security == "starttls"}
    with (
        served(certificate, security, **options) as (kept, port),
        connect(route(port, security, certificate, user="clerk"), "secret") as line,
    ):
        answer = line.attempt(ENVELOPE, MESSAGE)
    assert (answer.verdict, answer.code, answer.text) == (Verdict.SENT, 250, "OK queued as 42")
    assert kept.contents == [MESSAGE]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_untrusted_certificate_is_refused(certificate: Path, security: str) -> None:
    with served(certificate, security) as (_, port), pytest.raises(Unusable) as refused:
        connect(route(port, security), None)
    assert "certificate" in str(refused.value)


@pytest.fixture
def as_in_python_3_13(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify strictly by default, as later versions of Python do."""
    usual = ssl.create_default_context

    def strict(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        context = usual(*args, **kwargs)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)


@pytest.mark.usefixtures("as_in_python_3_13")
def test_a_private_authoritys_incomplete_certificate_is_named_for_what_it_is(tmp_path: Path) -> None:
    authority, server = signed_without_key_identifier(tmp_path)
    with served(server, "tls") as (_, port), pytest.raises(Unusable) as refused:
        connect(route(port, "tls", authority), None)
    assert "Authority Key Identifier" in str(refused.value.fact)
    assert "again" in str(refused.value.remedy)


def test_a_ca_file_without_a_certificate_is_a_settings_mistake(certificate: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("", encoding="ascii")
    with served(certificate, "tls") as (_, port), pytest.raises(SettingsMistake, match="ca_file"):
        connect(route(port, "tls", tmp_path / "empty.pem"), None)


def test_a_certificate_for_another_host_name_is_refused(certificate: Path) -> None:
    with served(certificate, "tls") as (_, port), pytest.raises(Unusable) as refused:
        connect(route(port, "tls", certificate).model_copy(update={"host": "127.0.0.2"}), None)
    assert "127.0.0.2" in str(refused.value)


def test_a_server_without_the_configured_tls_is_refused(certificate: Path) -> None:
    with served(certificate, "none") as (kept, port):
        for security in ("starttls", "tls"):
            with pytest.raises(Unusable):
                connect(route(port, security, certificate, user="clerk"), "secret")
    assert kept.contents == []


def test_a_wrong_password_is_reported_with_the_servers_reply_but_not_the_password(certificate: Path) -> None:
    options = {"authenticator": let_in, "auth_required": True, "auth_require_tls": False}
    with served(certificate, "tls", **options) as (_, port), pytest.raises(Unusable) as refused:
        connect(route(port, "tls", certificate, user="clerk"), "wrong-one")
    assert "535" in str(refused.value)
    assert "wrong-one" not in str(refused.value)


def test_a_login_that_the_server_does_not_support_is_refused(certificate: Path) -> None:
    with served(certificate, "tls") as (_, port), pytest.raises(Unusable):
        connect(route(port, "tls", certificate, user="clerk"), "secret")


def test_an_unsendable_password_is_reported_as_unusable_settings(certificate: Path) -> None:
    options = {"authenticator": let_in, "auth_required": True, "auth_require_tls": False}
    with served(certificate, "tls", **options) as (_, port), pytest.raises(Unusable) as refused:
        connect(route(port, "tls", certificate, user="文员"), "密码")
    assert "user" in str(refused.value)


def test_without_tls_only_loopback_is_allowed() -> None:
    with pytest.raises(Unusable) as refused:
        connect(Route(host="mail.example.com", security="none"), None)
    assert "TLS" in str(refused.value)


def test_a_closed_port_is_reported() -> None:
    with pytest.raises(Unusable) as refused:
        connect(Route(host="127.0.0.1", port=1, security="none"), None)
    assert "127.0.0.1:1" in str(refused.value)
