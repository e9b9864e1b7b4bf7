"""Signatures on every way: to the mail server, after the slip was filled in, letters of reply, a court's file."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk, Owes, Sent
from filled_slips import filled
from mail_server import Taken, mail_server
from replies_without_office import pretend_to_reply
from sealed_desk import checked, pdfsig, with_seals
from signing_keys import PASSWORD, KeyMaker

from notices.pdf import field_values

pytestmark = [pytest.mark.office, pytest.mark.slow]
OWNER = Owes("1-1-301", "林一山", email="owner@example.com", due_date="2025-06-30")
BEFORE = (
    Sent(OWNER, "2026-03-02", "催费函", "SLHY-2026-000001", "EMS", "已签收", "2026-03-05"),
    Sent(OWNER, "2026-06-01", "律师函", "（2026）示律函字第001号", "EMS", "已签收", "2026-06-04"),
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyMaker:
    made = KeyMaker(tmp_path_factory.mktemp("keys"))
    for name in ("centre", "firm"):
        made.key(name)
    return made


@pytest.fixture(autouse=True, scope="module")
def passwords() -> object:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NOTICES_SEAL_PASSWORD", "FIRM_PASSWORD"):
            patch.setenv(name, PASSWORD)
        yield


@pytest.fixture(scope="module")
def mailed(fresh_desk: Desk, keys: KeyMaker, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, list[Taken]]:
    """Let a signed follow-up leave by SMTP and on paper, and a letter of reply to its owner by SMTP."""
    desk = with_seals(fresh_desk.copy(tmp_path_factory.mktemp("signed") / "workspace"), keys)
    desk("history", "import", desk.history(*BEFORE))
    desk.plan(OWNER)
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    with mail_server() as server:
        desk.use_smtp(server.port)
        desk("send", "b", "--by", "Sender")
        job = desk("print", "b", "--by", "Printer", "--json").json["job"]
        desk("job", "confirm", job, "--by", "Printer")
        number = desk.decisions()[OWNER.account]["notice"]
        desk("slip", "set", number, "--objection", "fee-too-high", "--date", "2026-11-24", "--by", "Clerk")
        pretend_to_reply(desk, number, {"email": OWNER.email})
        desk("letter", "send", "--by", "Sender")
    return desk, server.taken


def letter_in(taken: Taken) -> bytes:
    (pdf,) = (part for part in taken.message.walk() if part.get_content_type() == "application/pdf")
    return bytes(pdf.get_payload(decode=True))


def test_what_the_mail_server_got_is_signed_and_valid(
    mailed: tuple[Desk, list[Taken]], keys: KeyMaker, tmp_path: Path
) -> None:
    _, (letter, reply) = mailed
    for content in (letter_in(letter), letter_in(reply)):
        status = checked(content, keys)
        assert status.bottom_line, status.pretty_print_details()
        assert status.signing_cert.subject.native["common_name"] == "centre"
        assert "Signature is Valid" in pdfsig(content, tmp_path)


def test_the_signature_of_a_letter_is_valid_after_its_owner_filled_in_the_slip(
    mailed: tuple[Desk, list[Taken]], keys: KeyMaker, tmp_path: Path
) -> None:
    desk, (letter, _) = mailed
    number = desk.decisions()[OWNER.account]["notice"]
    marks: dict[str, str | bool] = {f"{number}/fee-too-high": True, f"{number}/problems-1": "room 3"}
    answered = filled(letter_in(letter), marks)
    status = checked(answered, keys)
    assert status.bottom_line, status.pretty_print_details()
    assert status.docmdp_ok
    told = pdfsig(answered, tmp_path)
    assert "Signature is Valid" in told
    values = field_values(tmp_path / "letter.pdf")
    assert {name: values[name] for name in marks} == marks


def test_the_bundle_of_a_court_file_is_signed_and_the_letter_in_it_is_the_one_that_left(
    mailed: tuple[Desk, list[Taken]], keys: KeyMaker, tmp_path: Path
) -> None:
    desk, (letter, _) = mailed
    (made,) = desk("court", OWNER.account, "--to", tmp_path / "court", "--json", status={0, 1}).json["accounts"]
    assert made["files"]
    (folder,) = (tmp_path / "court").iterdir()
    for book in (folder / "evidence.pdf", *folder.glob("notices/*/evidence.pdf")):
        status = checked(book.read_bytes(), keys)
        assert status.bottom_line, status.pretty_print_details()
        assert "Signature is Valid" in pdfsig(book.read_bytes(), tmp_path)
    (kept,) = folder.glob("notices/*/letter-email.pdf")
    assert kept.read_bytes() == letter_in(letter)
