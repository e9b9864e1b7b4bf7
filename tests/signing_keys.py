"""Keys for signatures, made by openssl: PKCS#12 files of a root that the tests trust."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "a secret"


@dataclass(frozen=True)
class KeyMaker:
    """A folder with a root, and the keys that it makes."""

    folder: Path

    def root(self) -> Path:
        """Return the root's certificate in PEM form; made once."""
        if not (self.folder / "root.pem").exists():
            made = (
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                self.folder / "root.key",
                "-out",
                self.folder / "root.pem",
            )
            _openssl("req", "-x509", *made, "-days", "30", "-subj", "/CN=Root of Seals")
        return self.folder / "root.pem"

    def key(self, name: str, *, days: int = 20) -> Path:
        """Return a PKCS#12 file with a key and its certificate."""
        key, request, certificate, said = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem", "ext"))
        said.write_text("keyUsage=critical,digitalSignature,nonRepudiation\n")
        root = ("-CA", self.root(), "-CAkey", self.folder / "root.key", "-CAcreateserial")
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        _openssl("x509", "-req", "-in", request, *root, "-days", days, "-extfile", said, "-out", certificate)
        made = self.folder / f"{name}.p12"
        packed = ("-export", "-inkey", key, "-in", certificate, "-certfile", self.root(), "-out", made)
        _openssl("pkcs12", *packed, "-passout", f"pass:{PASSWORD}")
        return made


def _openssl(*words: object) -> None:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
