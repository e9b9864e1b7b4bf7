"""Signatures of PDFs: added to the end, valid by two validators, and still so after a form was filled in."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from archival import breaches
from filled_slips import filled as filled_in
from fpdf import FPDF
from PIL import Image
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader, PdfWriter
from signing_keys import PASSWORD, KeyMaker

from notices.pdf import FormFont, TextPlace, add_fields, encrypted, field_values, texts_of
from notices.pdf.picture_places import PicturePlace, find_picture
from notices.pdf.signatures import SignatureText, SigningKey, UnusableKey, refuse_unusable_key, signed_pdf

TOLD = SignatureText("示例物业服务有限公司", "催费函 SLHY-2026-000001")
BOX = TextPlace("water", 1, (60.0, 600.0, 72.0, 612.0), "tick", "漏水")
LINE = TextPlace("date", 1, (60.0, 560.0, 260.0, 575.0), "text", "日期")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyMaker:
    return KeyMaker(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def key(keys: KeyMaker) -> SigningKey:
    return SigningKey("centre.p12", PASSWORD, keys.key("centre"))


@pytest.fixture(scope="module")
def letter() -> bytes:
    """Return a letter with a fillable slip."""
    page = FPDF(unit="pt", format="A4")
    page.add_page()
    page.set_font("helvetica", size=12)
    page.text(60, 100, "Notice 1")
    font = FormFont("Typed", b"never drawn", True, {"1": 1}, {1: 500}, (0, -200, 1000, 800), 800, -200)
    return add_fields(bytes(page.output()), [BOX, LINE], font, "N-1")


def checked(content: bytes, keys: KeyMaker, password: str = "") -> PdfSignatureStatus:
    reader = PdfFileReader(BytesIO(content))
    if password:
        reader.decrypt(password)
    (signature,) = reader.embedded_regular_signatures
    trust = ValidationContext(trust_roots=[load_cert_from_pemder(str(keys.root()))], allow_fetching=False)
    return validate_pdf_signature(signature, trust)


def pdfsig(content: bytes, folder: Path, *more: str) -> str:
    path = folder / "signed.pdf"
    path.write_bytes(content)
    return subprocess.run(["pdfsig", *more, str(path)], capture_output=True, text=True, check=False).stdout


def filled(content: bytes, typed: str) -> bytes:
    return filled_in(content, {"N-1/water": True, "N-1/date": typed})


def test_a_signature_is_added_to_the_end_and_is_valid_by_both_validators(
    letter: bytes, key: SigningKey, keys: KeyMaker, tmp_path: Path
) -> None:
    signed = signed_pdf(letter, key, TOLD, fillable=True)
    assert signed.startswith(letter)
    status = checked(signed, keys)
    assert status.bottom_line, status.pretty_print_details()
    told = pdfsig(signed, tmp_path)
    assert "Signature is Valid" in told
    assert "ETSI.CAdES.detached" in told  # PAdES
    assert "Total document signed" in told


def test_the_signature_stays_valid_after_the_slip_was_filled_in(
    letter: bytes, key: SigningKey, keys: KeyMaker, tmp_path: Path
) -> None:
    answered = filled(signed_pdf(letter, key, TOLD, fillable=True), "2026-12-31")
    status = checked(answered, keys)
    assert status.bottom_line, status.pretty_print_details()
    assert status.docmdp_ok
    assert "Signature is Valid" in pdfsig(answered, tmp_path)
    returned = tmp_path / "returned.pdf"
    returned.write_bytes(answered)
    assert field_values(returned) == {"N-1/water": True, "N-1/date": "2026-12-31"}


def test_a_change_of_anything_but_the_form_breaks_it(letter: bytes, key: SigningKey, keys: KeyMaker) -> None:
    signed = signed_pdf(letter, key, TOLD, fillable=True)
    writer = PdfWriter(BytesIO(signed), incremental=True)
    writer.add_blank_page(100, 100)
    made = BytesIO()
    writer.write(made)
    assert not checked(made.getvalue(), keys).bottom_line
    assert not checked(signed.replace(b"/Rotate 0", b"/Rotate 9"), keys).bottom_line or b"/Rotate 0" not in signed


def test_without_a_form_to_fill_in_nothing_may_change(letter: bytes, key: SigningKey, keys: KeyMaker) -> None:
    closed = signed_pdf(letter, key, TOLD)
    assert checked(closed, keys).bottom_line
    assert not checked(filled(closed, "x"), keys).bottom_line


def test_an_encrypted_letter_is_signed_and_still_opens_with_its_password(
    letter: bytes, key: SigningKey, keys: KeyMaker, tmp_path: Path
) -> None:
    signed = signed_pdf(encrypted(letter, "1234"), key, TOLD, fillable=True, password="1234")
    assert checked(signed, keys, "1234").bottom_line
    assert "Signature is Valid" in pdfsig(signed, tmp_path, "-upw", "1234")
    assert "Notice 1" in texts_of(signed, "1234")[0]


@pytest.mark.parametrize("place", [None, PicturePlace(1, (400.0, 80.0, 500.0, 180.0))])
def test_a_signature_breaches_nothing_of_pdf_a(
    letter: bytes, key: SigningKey, tmp_path: Path, place: PicturePlace | None
) -> None:
    before, after = tmp_path / "before.pdf", tmp_path / "after.pdf"
    before.write_bytes(letter)
    after.write_bytes(signed_pdf(letter, key, TOLD, place=place, fillable=True))
    assert breaches(after) == breaches(before)


def test_the_field_stands_on_the_picture_and_draws_nothing_over_it(letter: bytes, key: SigningKey) -> None:
    place = PicturePlace(1, (400.0, 80.0, 500.0, 180.0))
    signed = PdfReader(BytesIO(signed_pdf(letter, key, TOLD, place=place, fillable=True)))
    (field,) = (it.get_object() for it in signed.pages[0]["/Annots"] if it.get_object().get("/FT") == "/Sig")
    assert [float(side) for side in field["/Rect"]] == list(place.rect)
    drawn = field["/AP"]["/N"].get_data()
    assert not set(drawn.split()) & {b"Do", b"Tj", b"re", b"f", b"S"}


def test_the_picture_is_found_by_its_proportions_and_the_largest_one_is_taken() -> None:
    page = FPDF(unit="pt", format="A4")
    page.add_page()
    for size, left, width, height in ((40, 100, 60, 60), (80, 300, 100, 100), (50, 50, 200, 100)):
        page.image(picture(size, size * height // width), left, 400, width, height)
    content = bytes(page.output())
    found = find_picture(content, 160, 160)
    assert found is not None
    assert [round(side) for side in found.rect[::2]] == [300, 400]
    assert find_picture(content, 100, 300) is None


def picture(width: int, height: int) -> BytesIO:
    made = BytesIO()
    Image.new("RGB", (width, height), "red").save(made, "PNG")
    made.seek(0)
    return made


def test_a_key_that_cannot_sign_is_refused_with_the_reason(keys: KeyMaker, tmp_path: Path) -> None:
    path, now = keys.key("centre-2"), datetime.now(UTC)
    junk = tmp_path / "junk.p12"
    junk.write_bytes(b"no key")

    def why(key: SigningKey, at: datetime = now) -> str:
        with pytest.raises(UnusableKey) as refused:
            refuse_unusable_key(key, at)
        assert PASSWORD not in str(refused.value)
        return str(refused.value.fact)

    assert "password is wrong" in why(SigningKey("k", "other", path))
    assert "No such file" in why(SigningKey("k", PASSWORD, tmp_path / "none.p12"))
    assert "not a PKCS#12 file" in why(SigningKey("k", PASSWORD, junk))
    assert "not a PKCS#12 file" in why(SigningKey("k", PASSWORD, keys.root()))
    assert "expired on" in why(SigningKey("k", PASSWORD, path), now + timedelta(days=40))
    assert "valid only from" in why(SigningKey("k", PASSWORD, path), now - timedelta(days=40))
    assert "token cannot be used" in why(SigningKey("k", "1", module="/none.so", token="T", certificate="C"))
    assert PASSWORD not in repr(SigningKey("k", PASSWORD, path))
