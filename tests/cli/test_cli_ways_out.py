"""The render, send and print commands: each letter leaves once, to its owner, or is held back."""

from __future__ import annotations

import csv
import io
import re
import shutil
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

import pypdfium2
import pytest
from desk import AS_OF, Desk
from docx import Document
from neighbours import BOTH_WAYS, BY_MAIL, BY_MAIL_TOO, EVERYBODY, ON_PAPER, ON_PAPER_TOO

pytestmark = pytest.mark.office

MAILED = {BY_MAIL.account, BY_MAIL_TOO.account, BOTH_WAYS.account}
PRINTED = {ON_PAPER.account, ON_PAPER_TOO.account, BOTH_WAYS.account}


def pages(pdf: bytes) -> list[str]:
    """Return the text of every page, without spaces and line breaks."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [re.sub(r"\s+", "", page.get_textpage().get_text_range()) for page in document]
    finally:
        document.close()


def text(pdf: bytes) -> str:
    return "".join(pages(pdf))


def messages(desk: Desk) -> dict[str, EmailMessage]:
    """Return the messages in the outbox, by recipient."""
    found: dict[str, EmailMessage] = {}
    for file in (desk.folder / "output" / "b" / "outbox").iterdir():
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert message["To"] not in found
        found[message["To"]] = message
    return found


def attachment(message: EmailMessage) -> bytes:
    (part,) = message.iter_attachments()
    assert part.get_content_type() == "application/pdf"
    content = part.get_content()
    assert isinstance(content, bytes)
    return content


def job(desk: Desk) -> Path:
    (folder,) = (desk.folder / "output" / "b" / "print").iterdir()
    return folder


def manifest(desk: Desk) -> list[list[str]]:
    return list(csv.reader(io.StringIO((job(desk) / "manifest.csv").read_text(encoding="utf-8-sig"))))


def number(desk: Desk, account: str) -> str:
    return str(desk.decisions()[account]["notice"])


def shard_of(desk: Desk, account: str) -> Path:
    notices = {notice["account"]: notice for notice in desk("status", "b", "--json").json["notices"]}
    return desk.folder / notices[account]["file"]


def channel_states(desk: Desk, channel: str) -> dict[str, str]:
    return {account: ways[channel] for account, ways in desk.states().items() if channel in ways}


def test_unapproved_letters_cannot_be_rendered_or_sent(desk: Desk) -> None:
    desk.plan(BY_MAIL, ON_PAPER)
    before = desk.rows(), desk.files()
    for words in (("render", "b"), ("send", "b"), ("send", "b", "--dry-run"), ("print", "b")):
        desk(*words, status=4)
    assert (desk.rows(), desk.files()) == before


def test_unrendered_letters_are_reported_and_not_sent(approved: Desk) -> None:
    mailed = approved("send", "b", status=1).errors
    printed = approved("print", "b", status=1).errors
    for account in MAILED:
        assert number(approved, account) in mailed
    for account in PRINTED:
        assert number(approved, account) in printed
    assert number(approved, ON_PAPER.account) not in mailed
    assert number(approved, BY_MAIL.account) not in printed
    assert not list((approved.folder / "output").rglob("*.eml"))
    assert not list((approved.folder / "output").rglob("manifest.csv"))
    assert {state for ways in approved.states().values() for state in ways.values()} == {"approved"}


def test_each_letter_has_only_its_owners_pages(rendered: Desk) -> None:
    notices = rendered("status", "b", "--json").json["notices"]
    numbers = {notice["notice"] for notice in notices}
    for notice in notices:
        whole = pages((rendered.folder / notice["file"]).read_bytes())
        first = notice["first_page"] - 1
        own = whole[first : first + notice["pages"]]
        assert all(notice["notice"] in page for page in own)
        decision = rendered.decisions()[notice["account"]]
        said = "".join(own)
        assert decision["owner"] in said
        assert decision["unit"] in said
        assert f"{float(decision['total']):,.2f}" in said
        assert not [other for other in numbers - {notice["notice"]} if other in said]
        assert f"第1页共{notice['pages']}页" in own[0]


def test_a_second_render_makes_nothing_again(rendered: Desk) -> None:
    before = rendered.files()
    assert rendered("render", "b", "--json").json["rendered"] == 0
    assert rendered.files() == before


def test_a_letter_prints_the_deadline_and_date_that_the_notice_keeps(rendered: Desk) -> None:
    decision = rendered.decisions()[BY_MAIL.account]
    assert (decision["letter_date"], decision["deadline"]) == (AS_OF, "2026-12-08")
    said = text(shard_of(rendered, BY_MAIL.account).read_bytes())
    assert "2026年12月8日" in said
    assert "2026年11月23日" in said


def test_every_message_is_whole_for_one_recipient_with_that_owners_letter_alone(rendered: Desk) -> None:
    document = rendered("send", "b", "--json").json
    assert document["attention"] == []
    found = messages(rendered)
    assert found.keys() == {"jia@example.com", "ji@example.com", "bing@example.com"}
    everybody = {owner.owner: owner for owner in EVERYBODY}
    for owner in (BY_MAIL, BY_MAIL_TOO, BOTH_WAYS):
        message = found[owner.email]
        own = number(rendered, owner.account)
        assert not message["Cc"]
        assert not message["Bcc"]
        assert own in message["Subject"]
        assert message["Date"]
        assert message["Message-ID"]
        for kind in ("plain", "html"):
            body = message.get_body((kind,))
            assert body is not None
            assert own in body.get_content()
        letter = text(attachment(message))
        assert own in letter
        assert [name for name in everybody if name in letter] == [owner.owner]
    assert sorted(document["spooled"]) == sorted(number(rendered, account) for account in MAILED)
    assert set(channel_states(rendered, "email").values()) == {"spooled"}
    assert set(channel_states(rendered, "print").values()) == {"rendered"}


def test_sending_again_sends_nothing_twice(rendered: Desk) -> None:
    rendered("send", "b")
    before = rendered.files()
    assert rendered("send", "b", "--json").json["spooled"] == []
    assert rendered.files() == before


def test_a_limited_send_says_how_many_more_wait(rendered: Desk) -> None:
    assert "1 more wait" in rendered("send", "b", "--limit", "2").errors
    assert "more wait" not in rendered("send", "b").errors


def test_a_limited_send_leaves_the_rest_to_the_next_send(rendered: Desk) -> None:
    counts = [len(rendered("send", "b", "--limit", "2", "--json").json["spooled"]) for _ in range(3)]
    assert counts == [2, 1, 0]
    assert len(messages(rendered)) == 3


def test_a_dry_run_changes_nothing_at_all(rendered: Desk) -> None:
    rendered("payment", "add", BY_MAIL_TOO.account, "--amount", "777.70")
    shard_of(rendered, BOTH_WAYS.account).unlink()
    before = rendered.rows(), rendered.files()
    document = rendered("send", "b", "--dry-run", "--json", status=1).json
    assert document["dry_run"] is True
    assert document["spooled"] == [number(rendered, BY_MAIL.account)]
    assert len(document["attention"]) == 2
    assert (rendered.rows(), rendered.files()) == before


def test_sent_messages_are_kept_as_sent(rendered: Desk) -> None:
    rendered("send", "b")
    rendered("print", "b")
    kept = rendered.folder / "batches" / "b" / "sent"
    for file in (rendered.folder / "output" / "b" / "outbox").iterdir():
        assert (kept / file.name).read_bytes() == file.read_bytes()
    for file in job(rendered).glob("letters-*.pdf"):
        assert (kept / job(rendered).name / file.name).read_bytes() == file.read_bytes()


def test_a_print_job_holds_the_printed_letters_alone_in_walking_order(rendered: Desk) -> None:
    document = rendered("print", "b", "--json").json
    assert (document["letters"], document["folder"]) == (3, str(job(rendered)))
    heading, *lines = manifest(rendered)
    assert [dict(zip(heading, line, strict=True))["Unit"] for line in lines] == ["1-1-103", "2-1-101", "10-1-101"]
    (merged,) = job(rendered).glob("letters-*.pdf")
    said = text(merged.read_bytes())
    order = [said.index(number(rendered, owner.account)) for owner in (BOTH_WAYS, ON_PAPER, ON_PAPER_TOO)]
    assert order == sorted(order)
    assert number(rendered, BY_MAIL.account) not in said
    assert set(channel_states(rendered, "print").values()) == {"spooled"}
    assert channel_states(rendered, "email")[BY_MAIL.account] == "rendered"


def test_each_letter_of_a_duplex_job_begins_on_a_new_sheet(rendered: Desk) -> None:
    rendered("print", "b")
    heading, *lines = manifest(rendered)
    (merged,) = job(rendered).glob("letters-*.pdf")
    printed = pages(merged.read_bytes())
    for line in lines:
        entry = dict(zip(heading, line, strict=True))
        first = int(entry["First page in the file"])
        assert first % 2 == 1
        own = printed[first - 1 : first - 1 + int(entry["Pages"])]
        assert all(entry["Notice"] in page for page in own)


def test_the_cover_is_in_the_language_of_the_estates_whoever_prints(rendered: Desk) -> None:
    rendered("print", "b", "--lang", "en")
    assert f"打印任务单{job(rendered).name}" in text((job(rendered) / "cover.pdf").read_bytes())


def test_a_manifest_has_no_amounts(rendered: Desk) -> None:
    rendered("print", "b")
    whole = (job(rendered) / "manifest.csv").read_text(encoding="utf-8-sig")
    for account, decision in rendered.decisions().items():
        for amount in ("principal", "late_fee", "total"):
            assert decision[amount] not in whole, account


def test_the_checksums_of_a_job_are_those_of_its_files(rendered: Desk) -> None:
    rendered("print", "b")
    lines = (job(rendered) / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name.lstrip("*"): digest for digest, name in (line.split(maxsplit=1) for line in lines)}
    files = {file.name: sha256(file.read_bytes()).hexdigest() for file in job(rendered).iterdir()}
    assert sums == {name: digest for name, digest in files.items() if name != "SHA256SUMS"}


def test_no_letter_is_in_two_jobs(rendered: Desk) -> None:
    rendered("print", "b")
    assert rendered("print", "b", "--json").json["job"] is None
    assert len(rendered("job", "list", "--json").json["jobs"]) == 1


def test_a_job_is_listed_confirmed_once_and_hands_its_letters_over(rendered: Desk) -> None:
    rendered("print", "b")
    (listed,) = rendered("job", "list", "--json").json["jobs"]
    assert listed == {
        "job": job(rendered).name,
        "batch": "b",
        "version": 1,
        "stale": False,
        "state": "spooled",
        "letters": 3,
        "sheets": listed["sheets"],
    }
    assert rendered("job", "confirm", listed["job"], "--json").json == {**listed, "state": "handed-over"}
    assert set(channel_states(rendered, "print").values()) == {"handed-over"}
    rows = rendered.rows()
    rendered("job", "confirm", listed["job"])
    assert rendered.rows() == rows


def test_mail_confirm_marks_the_outbox_as_sent(rendered: Desk) -> None:
    rendered("send", "b", "--limit", "2")
    assert rendered("mail", "confirm", "b", "--json").json == {"batch": "b", "sent": 2, "attention": []}
    assert sorted(channel_states(rendered, "email").values()) == ["rendered", "sent", "sent"]
    assert rendered("mail", "confirm", "b", "--json").json["sent"] == 0


def test_a_notice_has_the_state_of_its_least_advanced_delivery(rendered: Desk) -> None:
    def state() -> str:
        return str(rendered.decisions()[BOTH_WAYS.account]["state"])

    rendered("send", "b")
    assert state() == "rendered"
    rendered("print", "b")
    rendered("mail", "confirm", "b")
    assert state() == "spooled"
    rendered("job", "confirm", job(rendered).name)
    assert state() == "sent"


PAID = ("payment", "add", BOTH_WAYS.account, "--amount", "1400.00", "--date", "2026-11-24")


@pytest.mark.slow
def test_a_payment_before_rendering_withdraws_the_letter(approved: Desk) -> None:
    approved(*PAID)
    said = approved("render", "b", status=1).errors
    assert BOTH_WAYS.account in said
    assert set(approved.states()[BOTH_WAYS.account].values()) == {"withdrawn"}
    for file in (approved.folder / "output").rglob("letters-*.pdf"):
        assert BOTH_WAYS.owner not in text(file.read_bytes())
    assert set(approved.states()[ON_PAPER.account].values()) == {"rendered"}


@pytest.mark.slow
def test_a_payment_before_sending_withdraws_the_message(rendered: Desk) -> None:
    rendered(*PAID)
    assert BOTH_WAYS.account in rendered("send", "b", status=1).errors
    assert BOTH_WAYS.email not in messages(rendered)
    assert set(rendered.states()[BOTH_WAYS.account].values()) == {"withdrawn"}
    rendered("print", "b")
    assert "1-1-103" not in {line[4] for line in manifest(rendered)}


def test_a_payment_after_the_message_was_spooled_keeps_the_paper_back(rendered: Desk) -> None:
    rendered("send", "b")
    rendered(*PAID)
    assert BOTH_WAYS.account in rendered("print", "b", status=1).errors
    assert rendered.states()[BOTH_WAYS.account] == {"email": "spooled", "print": "withdrawn"}
    assert "1-1-103" not in {line[4] for line in manifest(rendered)}


def test_a_hold_entered_after_rendering_keeps_the_letter_back_whatever_its_date(rendered: Desk) -> None:
    rendered("hold", "add", ON_PAPER.account, "--kind", "do-not-contact", "--registered", "2026-12-24")
    assert ON_PAPER.account in rendered("print", "b", status=1).errors
    assert rendered.states()[ON_PAPER.account] == {"print": "withdrawn"}


def neighbours_of(desk: Desk, account: str) -> set[str]:
    """Return the accounts whose letters are in the same PDF."""
    return {other for other in desk.states() if shard_of(desk, other) == shard_of(desk, account)}


@pytest.mark.slow
def test_letters_in_a_pdf_that_was_changed_are_set_aside_and_made_again(rendered: Desk) -> None:
    shard = shard_of(rendered, ON_PAPER.account)
    members = neighbours_of(rendered, ON_PAPER.account)
    shard.write_bytes(shard.read_bytes() + b"\n")
    said = rendered("print", "b", status=1).errors
    assert number(rendered, ON_PAPER.account) in said
    states = rendered.states()
    assert {state for account in members for state in states[account].values()} == {"set-aside"}
    assert set(states[BOTH_WAYS.account].values()) == {"spooled", "rendered"}
    assert {line[4] for line in manifest(rendered)[1:]} == {"1-1-103"}
    rendered("render", "b")
    rendered("print", "b")
    rendered("send", "b")
    assert {state for ways in rendered.states().values() for state in ways.values()} == {"spooled"}
    assert messages(rendered).keys() == {owner.email for owner in EVERYBODY if owner.email}


def test_letters_in_a_missing_pdf_are_set_aside(rendered: Desk) -> None:
    members = neighbours_of(rendered, BY_MAIL.account)
    shard_of(rendered, BY_MAIL.account).unlink()
    assert number(rendered, BY_MAIL.account) in rendered("send", "b", status=1).errors
    states = rendered.states()
    assert {state for account in members for state in states[account].values()} == {"set-aside"}
    assert BY_MAIL.email not in messages(rendered)


def test_a_withdrawn_letter_is_not_sent_and_the_others_are(rendered: Desk) -> None:
    own = number(rendered, BY_MAIL.account)
    rendered("withdraw", own, "--by", "X", "--why", " ", status=2)
    rendered("withdraw", own, "--by", "X", "--why", "moved away")
    rendered("send", "b")
    assert BY_MAIL.email not in messages(rendered)
    assert len(messages(rendered)) == 2
    rendered("withdraw", own, "--by", "X", "--why", "again", status=4)


def test_a_spooled_letter_is_withdrawn_only_if_it_was_pulled(rendered: Desk) -> None:
    rendered("send", "b")
    own = number(rendered, BY_MAIL.account)
    rows = rendered.rows()
    assert "--pulled" in rendered("withdraw", own, "--by", "X", "--why", "paid", status=4).errors
    assert rendered.rows() == rows
    rendered("withdraw", own, "--by", "X", "--why", "paid", "--pulled")
    assert rendered.states()[BY_MAIL.account] == {"email": "withdrawn"}
    rendered("mail", "confirm", "b")
    assert rendered.states()[BY_MAIL.account] == {"email": "withdrawn"}


@pytest.mark.slow
def test_a_letter_pulled_from_a_job_is_not_handed_over_with_it(rendered: Desk) -> None:
    rendered("print", "b")
    rendered("withdraw", number(rendered, ON_PAPER.account), "--by", "X", "--why", "paid", "--pulled")
    rendered("job", "confirm", job(rendered).name)
    states = channel_states(rendered, "print")
    assert states.pop(ON_PAPER.account) == "withdrawn"
    assert set(states.values()) == {"handed-over"}


def test_a_notice_sent_by_one_channel_has_the_other_withdrawn_and_reported(rendered: Desk) -> None:
    rendered("send", "b")
    rendered("mail", "confirm", "b")
    words = ("withdraw", number(rendered, BOTH_WAYS.account), "--by", "X", "--why", "y", "--json")
    document = rendered(*words, status=1).json
    assert document["withdrawn"] == ["print"]
    assert document["left"] == [{"channel": "email", "state": "sent"}]
    assert rendered.decisions()[BOTH_WAYS.account]["state"] == "sent"
    rendered(*words, status=4)


@pytest.mark.slow
def test_letters_use_the_templates_and_settings_frozen_at_approval(approved: Desk) -> None:
    for name in ("reminder.docx", "lawyer-letter.docx"):
        file = approved.folder / "templates" / name
        document = Document(str(file))
        document.add_paragraph("改动之后的一句话")
        document.save(str(file))
    approved.set('company = "示例物业服务有限公司"', 'company = "改名物业服务有限公司"')
    (approved.folder / "templates" / "mail" / "reminder.txt").write_text("改动之后的一句话", encoding="utf-8")
    approved("render", "b")
    approved("send", "b")
    for message in messages(approved).values():
        body = message.get_body(("plain",))
        assert body is not None
        whole = text(attachment(message)) + body.get_content()
        assert "改动之后" not in whole
        assert "改名物业" not in whole


def test_mail_settings_are_read_when_they_are_used(rendered: Desk) -> None:
    rendered.set('sender = "notices@example.com"', 'sender = "other@example.com"')
    rendered("send", "b")
    assert all("other@example.com" in message["From"] for message in messages(rendered).values())


def test_without_the_frozen_files_nothing_is_rendered(approved: Desk) -> None:
    shutil.rmtree(approved.folder / "batches" / "b" / "approval-01")
    assert "approval-01" in approved("render", "b", status=3).errors
    assert {state for ways in approved.states().values() for state in ways.values()} == {"approved"}


@pytest.fixture
def without_office(tmp_path: Path) -> Iterator[None]:
    """Simulate a machine that can list its fonts but has no LibreOffice."""
    fonts, office = shutil.which("fc-list"), sys.modules["notices.office.find"]
    assert fonts
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "fc-list").symlink_to(fonts)
    with pytest.MonkeyPatch.context() as machine:
        machine.setenv("PATH", str(tmp_path / "bin"))
        machine.setattr(office, "FOLDERS", ())
        yield


def test_without_an_office_nothing_is_lost(approved: Desk, without_office: None) -> None:
    said = approved("render", "b", status=3).errors
    assert "LibreOffice" in said
    assert "apt" in said
    assert {state for ways in approved.states().values() for state in ways.values()} == {"approved"}
    assert approved("status", "--json").json["batches"][0]["cut_off"] == ["render"]


@pytest.mark.slow
def test_resume_goes_on_once_there_is_an_office(approved: Desk) -> None:
    with pytest.MonkeyPatch.context() as machine:
        machine.setattr(sys.modules["notices.office.find"], "FOLDERS", ())
        machine.setattr("shutil.which", lambda name: None)
        approved("render", "b", status=3)
    approved("resume", "b")
    assert {state for ways in approved.states().values() for state in ways.values()} == {"rendered"}
    assert approved("status", "--json").json["batches"][0]["cut_off"] == []


def test_resume_after_a_complete_run_does_nothing(rendered: Desk) -> None:
    before = rendered.rows(), rendered.files()
    rendered("resume", "b")
    assert (rendered.rows(), rendered.files()) == before
