"""A desk whose letters are signed, and what two validators say of a signed PDF."""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path

from desk import Desk
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext
from signing_keys import KeyMaker

SETTINGS = """
[seal.senders.service-centre]
file = "keys/centre.p12"
[seal.senders.law-firm]
file = "keys/firm.p12"
password_variable = "FIRM_PASSWORD"
"""


def with_seals(desk: Desk, keys: KeyMaker) -> Desk:
    folder = desk.folder / "keys"
    folder.mkdir()
    for path in keys.folder.glob("*.p12"):
        (folder / path.name).write_bytes(path.read_bytes())
    settings = desk.folder / "notices.toml"
    settings.write_text(settings.read_text("utf-8") + SETTINGS, "utf-8")
    return desk


def checked(content: bytes, keys: KeyMaker) -> PdfSignatureStatus:
    (signature,) = PdfFileReader(BytesIO(content)).embedded_regular_signatures
    trust = ValidationContext(trust_roots=[load_cert_from_pemder(str(keys.root()))], allow_fetching=False)
    return validate_pdf_signature(signature, trust)


def pdfsig(content: bytes, folder: Path) -> str:
    path = folder / "letter.pdf"
    path.write_bytes(content)
    return subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
