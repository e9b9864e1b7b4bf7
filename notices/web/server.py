"""Server: the application behind cheroot, on one address, until Ctrl-C."""

from __future__ import annotations

import ctypes
import errno
import gc
import ipaddress
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING

from cheroot.wsgi import Server
from flask import Flask

from notices.errors import NoticesError, Refused, Unusable, UsageMistake
from notices.messages import say
from notices.web.application import MOST_UPLOADED, make_application
from notices.web.site import ListeningAddress, Site

if TYPE_CHECKING:
    from cheroot.ssl.builtin import BuiltinSSLAdapter

THREADS = 8
SECONDS_BEFORE_LOADING = 1.0
# What views load when they are first called; then the first reader of each page need not wait for it.
LOADED_AHEAD = (
    "notices.flow.viewing",
    "notices.flow.printing.jobs",
    "notices.flow.reports.account",
    "notices.flow.reports.log",
    "notices.flow.register.account_records",
    "notices.flow.register.holds",
    "notices.flow.register.payments",
    "notices.flow.templates.check",
    "notices.flow.replies.review",
    "notices.flow.replies.match",
    "notices.flow.replies.slips",
)
SECONDS_IDLE = 30
M_ARENA_MAX = -8  # an option of glibc's malloc.h


def address_of(
    host: str, port: int, *, certificate: Path | None, key: Path | None, behind_proxy: bool
) -> ListeningAddress:
    """Return the address to listen on; raises Refused if others could read along, UsageMistake for half a pair."""
    if (certificate is None) != (key is None):
        raise UsageMistake(say("--certificate and --key belong together."), say("Give both, or neither."))
    address = ListeningAddress(host, port, _is_loopback(host), certificate is not None, behind_proxy)
    if not address.loopback and not address.https:
        raise Refused(
            say("{host} can be reached from other machines, and without TLS they could read along.", host=host),
            say("Give --certificate and --key, or --behind-proxy if a proxy with TLS is in front."),
        )
    return address


def refuse_nobody(address: ListeningAddress, *, has_users: bool) -> None:
    """Raise Refused if other machines could reach a page that nobody has to log in to."""
    if not has_users and (not address.loopback or address.behind_proxy):
        raise Refused(
            say("There is no user yet, so anybody who reaches {host} could act.", host=address.host),
            say("Add one first: notices user add NAME --role admin"),
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(site: Site, certificate: Path | None, key: Path | None, ready: Callable[[str], None]) -> None:
    """Serve a site until Ctrl-C; `ready` takes the address once it answers. Raises Unusable if it cannot listen."""
    _keep_one_heap()
    address = site.address
    application = make_application(site)
    server = Server(
        (address.host, address.port),
        application,
        numthreads=THREADS,
        server_name="notices",
        timeout=SECONDS_IDLE,
        shutdown_timeout=2,
    )
    server.max_request_body_size = MOST_UPLOADED
    server.max_request_header_size = 2**15
    if certificate is not None and key is not None:
        server.ssl_adapter = _tls(certificate, key)
    try:
        _try_address(address)
        server.prepare()
    except OSError as error:
        raise _not_listening(address, error) from error
    try:
        with _terminated_as_interrupted():
            Thread(target=load_ahead, args=(application,), daemon=True).start()
            ready(f"{'https' if address.tls else 'http'}://{_in_url(address.host)}:{server.bind_addr[1]}/")
            server.serve()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()


def _keep_one_heap() -> None:
    """Have all threads share one heap: glibc gives each its own, which keeps what its greatest page needed."""
    with suppress(OSError, AttributeError):  # another C library has no such option
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def load_ahead(application: Flask) -> None:
    """Load and read what views need, soon after the server began to answer; what is not installed is left out."""
    time.sleep(SECONDS_BEFORE_LOADING)
    for template in application.jinja_env.list_templates(["html"]):
        application.jinja_env.get_template(template)
    for name in LOADED_AHEAD:
        with suppress(ImportError):
            import_module(name)
    site: Site = application.extensions["notices"]
    with suppress(NoticesError, OSError), site.ledger.read() as books:  # a page that needs it says what is wrong
        books.finding.read_ahead()
    # What is loaded stays: without it, the garbage of each request is found often and soon. The documents of templates
    # are circles of references that hold megabytes outside Python's sight.
    gc.collect()
    gc.freeze()


def _try_address(address: ListeningAddress) -> None:
    """Raise OSError if the address cannot be bound; cheroot would leave a socket open that it could not bind."""
    family, kind, protocol, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind(place)


def _tls(certificate: Path, key: Path) -> BuiltinSSLAdapter:
    from cheroot.ssl.builtin import BuiltinSSLAdapter  # noqa: PLC0415 - loopback needs none

    try:
        adapter = BuiltinSSLAdapter(str(certificate), str(key))
    except (OSError, ssl.SSLError) as error:
        raise Unusable(
            say("The certificate {file} cannot be used: {mistake}.", file=certificate, mistake=str(error)),
            say("Give a certificate and its own key, both as PEM, readable by this user."),
        ) from error
    adapter.context.minimum_version = ssl.TLSVersion.TLSv1_2
    return adapter


def _not_listening(address: ListeningAddress, error: OSError) -> Unusable:
    if error.errno == errno.EADDRINUSE or "in use" in str(error):
        return Unusable(
            say("Port {port} of {host} is taken.", port=address.port, host=address.host),
            say("The page may be running already; otherwise choose another port with --port."),
        )
    return Unusable(
        say(
            "{host}:{port} cannot be listened on: {mistake}.", host=address.host, port=address.port, mistake=str(error)
        ),
        say("Choose another address with --host and --port."),
    )


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Treat a request to terminate as a Ctrl-C during the block."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
