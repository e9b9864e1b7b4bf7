"""A cluster is used only if nobody else can read along; whatever is wrong with address or certificates is named."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cluster_parts import Papers, openssl, papers
from support import Cli, free_port

from notices.errors import NoticesError, Refused, Unusable, UsageMistake
from notices.workers.cluster_access import ClusterAccess, check_access, is_loopback, reach


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("ours") / "papers")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("theirs") / "papers")


def access(port: int, given: Papers, scheme: str = "tls") -> ClusterAccess:
    return ClusterAccess(f"{scheme}://127.0.0.1:{port}", False, given.ca, given.certificate, given.key)


@dataclass
class Listener:
    """Listens as Dask's scheduler does: with TLS both sides show a certificate, then it speaks first."""

    port: int


@pytest.fixture
def listener() -> Iterator[Callable[[Papers | None], Listener]]:
    sockets: list[socket.socket] = []

    def start(shown: Papers | None) -> Listener:
        listening = socket.create_server(("127.0.0.1", 0))
        sockets.append(listening)
        context = None
        if shown is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(shown.certificate, shown.key)
            context.load_verify_locations(shown.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        threading.Thread(target=_answer, args=(listening, context), daemon=True).start()
        return Listener(listening.getsockname()[1])

    yield start
    for each in sockets:
        each.close()


def _answer(listening: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with suppress(OSError), connection:
            speaking = context.wrap_socket(connection, server_side=True) if context else connection
            speaking.sendall(b"hello")
            speaking.recv(1)


def test_without_encryption_no_other_machine_is_used_unless_the_settings_say_so() -> None:
    with pytest.raises(Refused, match="beyond this machine and not encrypted"):
        check_access(ClusterAccess("tcp://192.0.2.1:8786"))
    check_access(ClusterAccess("tcp://192.0.2.1:8786", insecure=True))
    for here in ("tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786"):
        check_access(ClusterAccess(here))


def test_loopback_is_told_by_the_address_not_by_the_name() -> None:
    assert is_loopback("127.9.9.9")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("127.0.0.1.example.invalid")


def test_a_name_without_encryption_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name whose owner lets it mean this machine while it is checked, and another one later."""
    answers = iter(["127.0.0.9", "192.0.2.1"])

    def answer(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 0))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    checked = check_access(ClusterAccess("tcp://scheduler.example.com:8786"))
    assert checked.address == "tcp://127.0.0.9:8786"


def test_a_name_that_means_another_machine_too_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_: object, **__: object) -> list[tuple[object, ...]]:
        places: list[tuple[object, ...]] = [("::1", 0, 0, 0), ("2001:db8::1", 0, 0, 0)]
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", place) for place in places]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with pytest.raises(Refused, match="not encrypted"):
        check_access(ClusterAccess("tcp://scheduler.example.com:8786"))


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:8786", "tcp://[::]:8786", "tcp://[::ffff:192.0.2.1]:8786"])
def test_every_address_beyond_loopback_is_refused_without_encryption(address: str) -> None:
    with pytest.raises(Refused, match="not encrypted"):
        check_access(ClusterAccess(address))


@pytest.mark.parametrize(
    "address", ["scheduler:8786", "http://127.0.0.1:80", "tcp://127.0.0.1", "tcp://127.0.0.1:99999"]
)
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(UsageMistake, match="is not the address of a scheduler"):
        check_access(ClusterAccess(address))


def test_tls_names_the_files_that_are_missing_or_do_not_serve(ours: Papers, theirs: Papers, tmp_path: Path) -> None:
    good = access(8786, ours)
    check_access(good)
    with pytest.raises(UsageMistake, match="not given: ca_file, certificate, key"):
        check_access(ClusterAccess("tls://127.0.0.1:8786"))
    with pytest.raises(Unusable, match=r"gone\.pem cannot be used: No such file"):
        check_access(replace(good, ca_file=tmp_path / "gone.pem"))
    (tmp_path / "text.pem").write_text("no certificate")
    for name in ("ca_file", "certificate", "key"):
        with pytest.raises(Unusable, match=r"text\.pem cannot be used"):
            check_access(replace(good, **{name: tmp_path / "text.pem"}))  # type: ignore[arg-type]
    with pytest.raises(Unusable, match="does not belong to the certificate"):
        check_access(replace(good, key=theirs.key))


def test_a_key_with_a_password_is_refused_and_asks_nothing_at_the_terminal(ours: Papers, tmp_path: Path) -> None:
    openssl(tmp_path, "ec", "-in", str(ours.key), "-aes256", "-passout", "pass:secret", "-out", "locked.key")
    with pytest.raises(Unusable, match=r"locked\.key cannot be used"):
        check_access(replace(access(8786, ours), key=tmp_path / "locked.key"))


def test_a_scheduler_with_our_authority_is_reached(ours: Papers, listener: Callable[[Papers | None], Listener]) -> None:
    reach(access(listener(ours).port, ours))
    reach(access(listener(None).port, ours, "tcp"))


@pytest.mark.parametrize("kind", ["not there", "their authority", "our certificate", "no tls there"])
def test_a_scheduler_that_cannot_be_used_says_why(
    kind: str, ours: Papers, theirs: Papers, listener: Callable[[Papers | None], Listener]
) -> None:
    asked, words = {
        "not there": (lambda: access(free_port(), ours, "tcp"), "cannot be reached: Connection refused"),
        "their authority": (lambda: access(listener(theirs).port, ours), "shows a certificate that is not trusted"),
        "our certificate": (
            lambda: replace(access(listener(theirs).port, ours), ca_file=theirs.ca),
            "does not accept this connection",
        ),
        "no tls there": (lambda: access(listener(None).port, ours), "does not accept this connection"),
    }[kind]
    with pytest.raises(NoticesError, match=words):
        reach(asked())


def test_settings_name_a_scheduler_that_is_none(cli: Cli, workspace: Path) -> None:
    settings = workspace / "notices.toml"
    settings.write_text(settings.read_text("utf-8").replace('scheduler = ""', 'scheduler = "scheduler:8786"'), "utf-8")
    outcome = cli("status", "--lang", "en", status=2)
    assert "cluster.scheduler: is not an address such as tls://" in outcome.errors


def test_a_worker_is_refused_an_address_beyond_this_machine(cli: Cli) -> None:
    outcome = cli("worker", "tcp://192.0.2.1:8786", "--lang", "en", status=4)
    assert "not encrypted" in outcome.errors
