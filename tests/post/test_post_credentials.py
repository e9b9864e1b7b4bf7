"""Password lookup and OAuth 2 login, against real servers on loopback."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
import yagmail.oauth2
import yagmail.password
from mail_server import mail_server

from notices.errors import Unusable
from notices.post.server import connect
from notices.settings import Route

USER = "notices@example.com"
GRANTED = {
    "email_address": USER,
    "google_client_id": "client",
    "google_client_secret": "secret",
    "google_refresh_token": "refresh",
}
HELLO = {"EHLO": "250-test\r\n250 AUTH XOAUTH2 PLAIN"}


class Tokens(HTTPServer):
    """OAuth 2 provider that issues a new token for each request, or refuses."""

    asked: list[dict[str, list[str]]]
    refuses: bool = False


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Tokens)
        said = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append(parse_qs(said))
        self.send_response(400 if self.server.refuses else 200)
        self.end_headers()
        token = f"token-{len(self.server.asked)}"
        self.wfile.write(json.dumps({"access_token": token, "expires_in": 3599}).encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def tokens() -> Iterator[Tokens]:
    with Tokens(("127.0.0.1", 0), _Answer) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tokens]:
    with tokens() as server:
        monkeypatch.setattr(yagmail.oauth2, "GOOGLE_ACCOUNTS_BASE_URL", f"http://127.0.0.1:{server.server_port}")
        yield server


@pytest.fixture
def granted(tmp_path: Path) -> str:
    file = tmp_path / "oauth2.json"
    file.write_text(json.dumps(GRANTED))
    return str(file)


def route(port: int, **more: str) -> Route:
    return Route(host="127.0.0.1", port=port, security="none", **more)


def test_each_connection_logs_in_with_a_fresh_token(provider: Tokens, granted: str) -> None:
    with mail_server({**HELLO, "AUTH": "235 welcome"}) as server:
        for _ in range(2):
            connect(route(server.port, oauth2_file=granted), None).close()
    told = [base64.b64decode(line.split()[2]).decode() for line in server.told("AUTH XOAUTH2")]
    assert told == [f"user={USER}\1auth=Bearer token-{order}\1\1" for order in (1, 2)]
    assert [each["refresh_token"] + each["grant_type"] for each in provider.asked] == [["refresh", "refresh_token"]] * 2


def test_a_rejected_token_is_reported_with_the_servers_reply(provider: Tokens, granted: str) -> None:
    reason = base64.b64encode(b'{"status":"400"}').decode()
    answers = {**HELLO, "AUTH": f"334 {reason}", "": "535 5.7.8 not accepted"}
    with mail_server(answers) as server, pytest.raises(Unusable) as refused:
        connect(route(server.port, oauth2_file=granted), None)
    assert "535 5.7.8 not accepted" in str(refused.value)
    assert refused.value.exit_status == 3
    assert "token-1" not in str(refused.value)
    assert "" in server.lines  # the empty response to a refused token's challenge


def test_a_revoked_permission_is_reported_with_a_remedy(provider: Tokens, granted: str) -> None:
    provider.refuses = True
    with mail_server(HELLO) as server, pytest.raises(Unusable) as refused:
        connect(route(server.port, oauth2_file=granted), None)
    assert "400" in str(refused.value)
    assert granted in str(refused.value.remedy)
    assert not server.told("AUTH")


class LockedError(Exception):
    pass


def keyring(**known: str) -> SimpleNamespace:
    def get_password(service: str, user: str) -> str | None:
        if "locked" in known:
            raise LockedError
        return known.get("password") if (service, user) == ("yagmail", USER) else None

    return SimpleNamespace(get_password=get_password, errors=SimpleNamespace(KeyringError=LockedError))


@pytest.mark.parametrize(
    ("given", "expected"), [(None, "of the keyring"), ("", "of the keyring"), ("of the environment",) * 2]
)
def test_a_password_missing_from_the_environment_is_read_from_the_keyring(
    monkeypatch: pytest.MonkeyPatch, given: str | None, expected: str
) -> None:
    monkeypatch.setattr(yagmail.password, "keyring", keyring(password="of the keyring"))
    with mail_server({"EHLO": "250-test\r\n250 AUTH PLAIN", "AUTH": "235 welcome"}) as server:
        connect(route(server.port, user=USER), given).close()
    (line,) = server.told("AUTH PLAIN")
    assert base64.b64decode(line.split()[2]).decode().split("\0")[1:] == [USER, expected]


@pytest.mark.parametrize("found", [None, keyring(), keyring(locked="yes")], ids=["no keyring", "not in it", "locked"])
def test_a_missing_password_is_reported_with_both_ways_to_provide_it(
    monkeypatch: pytest.MonkeyPatch, found: SimpleNamespace | None
) -> None:
    monkeypatch.setattr(yagmail.password, "keyring", found)
    with mail_server() as server, pytest.raises(Unusable) as refused:
        connect(route(server.port, user=USER), None)
    assert "NOTICES_MAIL_PASSWORD" in str(refused.value.remedy)
    assert f"python -m keyring set yagmail {USER}" in str(refused.value.remedy)
    assert server.connections == 0
