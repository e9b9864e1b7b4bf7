"""A PKCS#11 token without hardware (SoftHSM 2): keys that openssl made, put on a token with their certificates."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from signing_keys import KeyMaker

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
LABEL, PIN = "HOUSE", "4321"
# A process of its own: a program loads a module once, and tests are to load it afresh.
PUT_CERTIFICATE = """
import sys
import pkcs11
from pathlib import Path
from pkcs11 import Attribute
from pkcs11.util.x509 import decode_x509_certificate

module, token, pin, file, label, identity = sys.argv[1:]
with pkcs11.lib(module).get_token(token_label=token).open(rw=True, user_pin=pin) as session:
    certificate = decode_x509_certificate(Path(file).read_bytes())
    more = {Attribute.TOKEN: True, Attribute.LABEL: label, Attribute.ID: bytes.fromhex(identity)}
    session.create_object(certificate | more)
"""


@dataclass(frozen=True)
class SoftToken:
    """A token in a folder; the module finds it by the environment variable `SOFTHSM2_CONF`."""

    folder: Path

    @property
    def settings(self) -> Path:
        return self.folder / "softhsm2.conf"

    def make(self) -> SoftToken:
        (self.folder / "tokens").mkdir(parents=True)
        self.settings.write_text(f"directories.tokendir = {self.folder}/tokens\nlog.level = ERROR\n", "utf-8")
        self._run("softhsm2-util", "--init-token", "--free", "--label", LABEL, "--so-pin", "12345678", "--pin", PIN)
        return self

    def put(self, keys: KeyMaker, name: str, identity: str, *, key: bool = True, days: int = 20) -> None:
        """Put a key called `the key of NAME` and its certificate called NAME on the token; or only the certificate."""
        keys.key(name, days=days)
        plain, certificate = keys.folder / f"{name}.pk8", keys.folder / f"{name}.der"
        self._run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", keys.folder / f"{name}.key", "-out", plain)
        self._run("openssl", "x509", "-in", keys.folder / f"{name}.pem", "-outform", "der", "-out", certificate)
        if key:
            labels = ("--label", f"the key of {name}", "--id", identity)
            self._run("softhsm2-util", "--import", plain, "--token", LABEL, "--pin", PIN, *labels)
        self._run(sys.executable, "-c", PUT_CERTIFICATE, MODULE, LABEL, PIN, certificate, name, identity)

    def _run(self, *words: object) -> None:
        environment = {**os.environ, "SOFTHSM2_CONF": str(self.settings)}
        done = subprocess.run(
            list(map(str, words)), env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
