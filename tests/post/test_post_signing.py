"""DKIM: signed messages verify, changed ones do not."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from notices.errors import SettingsMistake, Unusable
from notices.post import signed
from notices.settings import Route

MESSAGE = "From: 物业 <n@example.com>\r\nTo: b@example.com\r\nSubject: x\r\n\r\n正文\r\n".encode()


@pytest.fixture
def key(tmp_path: Path) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def route(file: Path) -> Route:
    return Route(host="h", sender="n@example.com", dkim_key=str(file), dkim_selector="s2026")


def test_a_signed_message_verifies_and_a_changed_one_does_not(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    file = tmp_path / "dkim.pem"
    plain = serialization.NoEncryption()
    pkcs1 = serialization.PrivateFormat.TraditionalOpenSSL
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs1, plain))
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    asked: list[bytes] = []

    def record(name: bytes, **_: object) -> bytes:
        asked.append(name)
        return b"v=DKIM1; k=rsa; p=" + b64encode(public)

    message = signed(MESSAGE, route(file))
    assert message.endswith(MESSAGE)
    assert dkim.verify(message, dnsfunc=record)
    assert asked == [b"s2026._domainkey.example.com."]
    assert not dkim.verify(message.replace("正文".encode(), "改文".encode()), dnsfunc=record)


def test_without_a_key_the_message_is_unchanged() -> None:
    assert signed(MESSAGE, Route(host="h")) == MESSAGE


def test_an_invalid_or_missing_key_is_reported(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no key")
    with pytest.raises(SettingsMistake):
        signed(MESSAGE, route(tmp_path / "no.pem"))
    with pytest.raises(Unusable):
        signed(MESSAGE, route(tmp_path / "gone.pem"))
