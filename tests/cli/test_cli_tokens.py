"""Letters signed with keys on a PKCS#11 token: both senders' keys on one, and what is wrong with a token in words."""

from __future__ import annotations

import os
import subprocess
import sys
from email import message_from_bytes
from io import BytesIO
from pathlib import Path

import pytest
from desk import Desk
from neighbours import BOTH_WAYS, BY_MAIL, BY_MAIL_TOO
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from signing_keys import KeyMaker
from soft_token import LABEL, MODULE, PIN, SoftToken

from notices.pdf import page_texts

pytestmark = [pytest.mark.slow, pytest.mark.office]

CENTRE = f"""
[seal.senders.service-centre]
module = "{MODULE}"
token = "{LABEL}"
certificate = "centre"
"""
FIRM = f"""
[seal.senders.law-firm]
module = "{MODULE}"
token = "{LABEL}"
certificate = "firm"
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyMaker:
    return KeyMaker(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def token(keys: KeyMaker, tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    """Token with the keys of both senders, one that has expired, and a certificate without its key."""
    made = SoftToken(tmp_path_factory.mktemp("token")).make()
    made.put(keys, "centre", "01")
    made.put(keys, "firm", "02")
    made.put(keys, "expired", "03", days=-1)
    made.put(keys, "bare", "04", key=False)
    return made


@pytest.fixture
def sealed(rendered: Desk) -> Desk:
    settings = rendered.folder / "notices.toml"
    settings.write_text(settings.read_text("utf-8") + CENTRE + FIRM, "utf-8")
    return rendered


def notices(desk: Desk, token: SoftToken, *words: object, pin: str = PIN) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own: one that has opened a token once needs no PIN the second time."""
    return subprocess.run(
        [sys.executable, "-m", "notices", *map(str, words), "--workspace", str(desk.folder)],
        env={**os.environ, "SOFTHSM2_CONF": str(token.settings), "NOTICES_SEAL_PASSWORD": pin, "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_two_senders_with_keys_on_one_token_sign_their_letters_and_the_evidence_of_them(
    sealed: Desk, token: SoftToken, keys: KeyMaker, tmp_path: Path
) -> None:
    done = notices(sealed, token, "send", "b", "--by", "Sender")
    assert done.returncode == 0, done.stderr
    trust = ValidationContext(trust_roots=[load_cert_from_pemder(str(keys.root()))], allow_fetching=False)
    signers = {}
    for path in (sealed.folder / "output" / "b" / "outbox").glob("*.eml"):
        message = message_from_bytes(path.read_bytes())
        (pdf,) = (part for part in message.walk() if part.get_content_type() == "application/pdf")
        letter = tmp_path / "letter.pdf"
        letter.write_bytes(pdf.get_payload(decode=True))
        (signature,) = PdfFileReader(BytesIO(letter.read_bytes())).embedded_regular_signatures
        status = validate_pdf_signature(signature, trust)
        assert status.bottom_line, status.pretty_print_details()
        told = subprocess.run(["pdfsig", str(letter)], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in told
        signers[message["To"]] = status.signing_cert.subject.native["common_name"]
    assert signers == {BY_MAIL.email: "centre", BY_MAIL_TOO.email: "centre", BOTH_WAYS.email: "firm"}
    sealed("mail", "confirm", "b", "--by", "Sender")
    folder = tmp_path / "evidence"
    number = sealed.decisions()[BY_MAIL.account]["notice"]
    assert notices(sealed, token, "evidence", number, "--to", folder).returncode == 0
    (signature,) = PdfFileReader(BytesIO((folder / "evidence.pdf").read_bytes())).embedded_regular_signatures
    assert validate_pdf_signature(signature, trust).bottom_line
    assert BY_MAIL.owner in page_texts(folder / "evidence.pdf")[0]


@pytest.mark.parametrize(
    ("old", "new", "pin", "reason"),
    [
        ("", "", "9999", "its PIN is wrong"),
        ("", "", "", "without the PIN it shows none"),
        (f'token = "{LABEL}"', 'token = "OTHER"', PIN, "no token OTHER is plugged in"),
        ('"centre"', '"nobody"', PIN, "no certificate, or several, called nobody"),
        ('"centre"', '"bare"', PIN, "no key that belongs to the certificate"),
        ('"centre"', '"expired"', PIN, "its certificate expired on 20"),
        (str(MODULE), "/etc/hostname", PIN, "the token cannot be used"),
        (str(MODULE), "/usr/lib/none.so", PIN, "the token cannot be used"),
    ],
)
def test_a_token_that_cannot_sign_stops_the_command_and_nothing_leaves(
    sealed: Desk, token: SoftToken, old: str, new: str, pin: str, reason: str
) -> None:
    if old:
        sealed.set(old, new)
    before = sealed.files()
    done = notices(sealed, token, "send", "b", "--by", "Sender", pin=pin)
    assert done.returncode == 3, done.stderr
    assert reason in done.stderr
    assert not pin or pin not in done.stderr
    assert "Traceback" not in done.stderr
    assert sealed.files() == before


PULLED_OUT = """
import shutil, sys
from fpdf import FPDF
from notices.pdf.signatures import SignatureText, SigningKey, UnusableKey, signed_pdf

module, token, folder, pin = sys.argv[1:]
page = FPDF()
page.add_page()
letter, told = bytes(page.output()), SignatureText("house", "letter")
key = SigningKey("HOUSE", pin, module=module, token=token, certificate="centre")
signed_pdf(letter, key, told)
shutil.rmtree(folder)
try:
    signed_pdf(letter, key, told)
except UnusableKey as error:
    print(error.fact, error.remedy)
"""


def test_a_token_that_is_pulled_out_between_two_letters_is_named(keys: KeyMaker, tmp_path: Path) -> None:
    made = SoftToken(tmp_path / "token").make()
    made.put(keys, "centre", "01")
    words = [sys.executable, "-c", PULLED_OUT, str(MODULE), LABEL, str(made.folder / "tokens"), PIN]
    environment = {**os.environ, "SOFTHSM2_CONF": str(made.settings)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert "the token does not sign" in done.stdout, done.stderr
    assert "Plug the token in" in done.stdout
