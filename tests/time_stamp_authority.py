"""A time-stamp authority for tests: `openssl ts` behind an HTTP server on loopback, which can be told to lie."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

SETTINGS = """
[tsa]
default_tsa = own
[own]
dir = {folder}
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/{signer}.pem
certs = {folder}/ca.pem
signer_key = {folder}/{signer}.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
"""
FOR_STAMPS = "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"
REPLY = "application/timestamp-reply"


@dataclass
class TimeStampAuthority:
    """The authority: its folder, its address, and how it answers a request (DER in, DER out)."""

    folder: Path
    url: str = ""
    answer: Callable[[bytes], bytes] = field(default=bytes)
    asked: list[bytes] = field(default_factory=list)

    @property
    def ca_file(self) -> Path:
        """The certificate of the root."""
        return self.folder / "ca.pem"

    def honest(self, request: bytes, signer: str = "tsa") -> bytes:
        """Return the stamp that `openssl ts` makes."""
        asked, made, settings = (self.folder / name for name in ("asked.tsq", "made.tsr", f"{signer}.cnf"))
        asked.write_bytes(request)
        settings.write_text(SETTINGS.format(folder=self.folder, signer=signer))
        _openssl("ts", "-reply", "-config", settings, "-queryfile", asked, "-out", made)
        return made.read_bytes()

    def request_for(self, content: bytes, *, nonce: bool = True) -> bytes:
        """Return a request of its own making, for a lie."""
        data, asked = self.folder / "other.data", self.folder / "other.tsq"
        data.write_bytes(content)
        _openssl("ts", "-query", "-data", data, "-sha256", "-cert", "-out", asked, *([] if nonce else ["-no_nonce"]))
        return asked.read_bytes()

    def signer(self, name: str, *more: object, extensions: str = FOR_STAMPS, ca: str = "ca") -> None:
        """Make a certificate of the root for a signer."""
        key, request, said = (self.folder / f"{name}.{end}" for end in ("key", "csr", "ext"))
        said.write_text(extensions)
        subject = f"/CN=Time Stamps {name}"
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", subject)
        root = ("-CA", self.folder / f"{ca}.pem", "-CAkey", self.folder / f"{ca}.key", "-CAcreateserial")
        days = more or ("-days", "30")
        _openssl("x509", "-req", "-in", request, *root, "-extfile", said, *days, "-out", self.folder / f"{name}.pem")

    def root(self, name: str) -> None:
        """Make a root."""
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        made = ("-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "30")
        _openssl("req", "-x509", *made, "-subj", f"/CN=Root {name}")


@contextmanager
def time_stamp_authority(folder: Path) -> Iterator[TimeStampAuthority]:
    """Serve an honest authority during the block; `answer` can be replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "serial").write_text("01\n")
    authority = TimeStampAuthority(folder)
    authority.root("ca")
    authority.signer("tsa")
    authority.answer = authority.honest

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            authority.asked.append(request)
            reply = authority.answer(request)
            self.send_response(200 if reply else 503)
            self.send_header("Content-Type", REPLY)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    authority.url = f"http://127.0.0.1:{server.server_port}/"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _openssl(*words: object) -> None:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
