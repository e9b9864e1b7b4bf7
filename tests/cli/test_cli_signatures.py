"""Signed letters and evidence: valid for everybody, also after the slip was filled in, and refused in time if not."""

from __future__ import annotations

import os
import re
from contextlib import closing
from email import message_from_bytes
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from desk import Desk
from neighbours import BOTH_WAYS, BY_MAIL
from pyhanko.pdf_utils.reader import PdfFileReader
from sealed_desk import checked, pdfsig, with_seals
from signing_keys import PASSWORD, KeyMaker

from notices.flow.batch.signing_keys import signing_keys
from notices.flow.reports.evidence import sign_book
from notices.flow.workspace import Workspace
from notices.pdf import texts_of
from notices.pdf.picture_places import find_picture
from notices.settings.estates import ServiceCentre


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyMaker:
    made = KeyMaker(tmp_path_factory.mktemp("keys"))
    for name, days in (("centre", 20), ("firm", 20), ("expired", -1)):
        made.key(name, days=days)
    return made


@pytest.fixture
def passwords(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("NOTICES_SEAL_PASSWORD", "FIRM_PASSWORD"):
        monkeypatch.setenv(name, PASSWORD)
    return monkeypatch


@pytest.fixture
def sealed(rendered: Desk, keys: KeyMaker, passwords: pytest.MonkeyPatch) -> Desk:
    return with_seals(rendered, keys)


def letters(desk: Desk) -> dict[str, bytes]:
    """Return the attached letters in the outbox by owner's e-mail."""
    found = {}
    for path in sorted((desk.folder / "output" / "b" / "outbox").glob("*.eml")):
        message = message_from_bytes(path.read_bytes())
        (pdf,) = (part for part in message.walk() if part.get_content_type() == "application/pdf")
        found[str(message["To"])] = bytes(pdf.get_payload(decode=True))
    return found


@pytest.mark.office
def test_each_letter_is_signed_by_its_sender_on_the_picture_of_its_seal(
    sealed: Desk, keys: KeyMaker, tmp_path: Path
) -> None:
    sealed("send", "b", "--by", "Sender")
    sent = letters(sealed)
    for owner, signer in ((BY_MAIL, "centre"), (BOTH_WAYS, "firm")):
        content = sent[owner.email]
        status = checked(content, keys)
        assert status.bottom_line, status.pretty_print_details()
        assert status.docmdp_ok
        assert status.signing_cert.subject.native["common_name"] == signer
        assert status.signer_reported_dt is not None
        told = pdfsig(content, tmp_path)
        assert "Signature is Valid" in told
        assert "Total document signed" in told
        place = find_picture(content, 496, 496)
        assert place is not None
        with pikepdf.open(BytesIO(content)) as letter:
            (field,) = [it for it in letter.pages[place.page - 1].Annots if it.get("/FT") == "/Sig"]
            assert [float(side) for side in field.Rect] == pytest.approx(place.rect, abs=1)
            assert letter.Root.Perms.DocMDP.Reference[0].TransformParams.P == 2


@pytest.mark.office
def test_what_leaves_is_what_was_rendered_with_the_signature_at_its_end(
    sealed: Desk, rendered_desk: Desk, tmp_path: Path
) -> None:
    plain = rendered_desk.copy(tmp_path / "plain")
    plain("send", "b", "--by", "Sender")
    sealed("send", "b", "--by", "Sender")
    unsigned, signed = letters(plain), letters(sealed)
    for owner in (BY_MAIL, BOTH_WAYS):
        assert texts_of(signed[owner.email]) == texts_of(unsigned[owner.email])
        assert len(signed[owner.email]) > len(unsigned[owner.email])
    assert sealed("ledger", "verify", "--json").json["intact"]


def test_a_missing_file_a_wrong_password_and_an_expired_certificate_stop_render_before_anything_is_made(
    approved: Desk, keys: KeyMaker, passwords: pytest.MonkeyPatch
) -> None:
    desk = with_seals(approved, keys)
    for change, word in (
        (lambda: passwords.setenv("NOTICES_SEAL_PASSWORD", "wrong"), "the password is wrong"),
        (lambda: passwords.delenv("NOTICES_SEAL_PASSWORD"), "the password is wrong, or missing"),
        ((desk.folder / "keys" / "centre.p12").unlink, "No such file"),
    ):
        change()
        for command in ("render", "send"):
            refused = desk(command, "b", status=3).errors
            assert word in refused
            assert "centre.p12" in refused
        assert not (desk.folder / "output" / "b" / "letters").exists()
    passwords.setenv("NOTICES_SEAL_PASSWORD", PASSWORD)
    (desk.folder / "keys" / "centre.p12").write_bytes((keys.folder / "expired.p12").read_bytes())
    assert re.search(r"its certificate expired on 20\d\d-\d\d-\d\d", desk("render", "b", status=3).errors)
    assert {each["state"] for each in desk.decisions().values() if each.get("notice")} == {"approved"}


@pytest.mark.parametrize(
    ("house", "key"), [('name = "示例律师事务所"', "firm.p12"), ('company = "示例物业服务有限公司"', "centre.p12")]
)
def test_released_letters_are_not_signed_with_the_key_of_another_house(
    approved: Desk, keys: KeyMaker, passwords: pytest.MonkeyPatch, house: str, key: str
) -> None:
    """The letters say who they are from as they were released; the keys are those of the settings of today."""
    desk = with_seals(approved, keys)
    desk.set(house, house.replace("示例", "别家"))
    for command in ("render", "send"):
        told = desk(command, "b", status=4).errors
        assert "别家" in told
        assert key in told
    desk.set(house.replace("示例", "别家"), house)
    passwords.setenv("NOTICES_SEAL_PASSWORD", "wrong")
    assert "the password is wrong" in desk("send", "b", status=3).errors


def test_a_book_names_the_house_whose_key_signs_it(
    desk: Desk, keys: KeyMaker, passwords: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace = Workspace(with_seals(desk, keys).folder)
    today = workspace.settings.estates[0]
    before = today.model_copy(update={"service_centre": ServiceCentre(company="别家物业")})
    book = tmp_path / "book.pdf"
    with pikepdf.new() as blank:
        blank.add_blank_page()
        blank.save(book)
    sign_book(book, before, signing_keys(workspace, os.environ.get), "证据")
    (signature,) = PdfFileReader(BytesIO(book.read_bytes())).embedded_regular_signatures
    assert signature.sig_object["/Name"] == today.service_centre.company


def test_doctor_names_what_is_wrong_with_a_key(desk: Desk, keys: KeyMaker, passwords: pytest.MonkeyPatch) -> None:
    with_seals(desk, keys)
    (desk.folder / "keys" / "firm.p12").write_bytes(b"no key")
    findings = desk("doctor", "--json", status=3).json["findings"]
    told = [(each["fine"], each["fact"]) for each in findings if each["what"] == "signatures"]
    assert [fine for fine, _ in told] == [True, False]
    assert "centre.p12 signs" in told[0][1]
    assert "firm.p12 cannot be used: it is not a PKCS#12 file" in told[1][1]


@pytest.mark.office
def test_a_book_of_evidence_is_signed_and_the_letter_in_it_stays_as_it_left(
    sealed: Desk, keys: KeyMaker, tmp_path: Path
) -> None:
    sealed("send", "b", "--by", "Sender")
    sealed("mail", "confirm", "b", "--by", "Sender")
    number, sent = sealed.decisions()[BY_MAIL.account]["notice"], letters(sealed)[BY_MAIL.email]
    folder = tmp_path / "evidence"
    assert sealed("evidence", number, "--to", folder, "--json").json["verified"]
    assert (folder / "letter-email.pdf").read_bytes() == sent
    status = checked((folder / "evidence.pdf").read_bytes(), keys)
    assert status.bottom_line, status.pretty_print_details()
    assert "Signature is Valid" in pdfsig((folder / "evidence.pdf").read_bytes(), tmp_path)
    with closing(pikepdf.open(folder / "evidence.pdf")) as book:
        signed = [it for page in book.pages for it in page.obj.get("/Annots", ()) if it.get("/FT") == "/Sig"]
        assert len(signed) == 1
