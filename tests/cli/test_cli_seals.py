"""What was approved is sealed: a step names and refuses frozen files, or data in the ledger, that differ from it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Owes
from docx import Document
from letters_without_office import pretend_to_render
from mail_server import mail_server

from notices.flow.printing.handover.may_leave import ReleaseCheck
from notices.ledger import Ledger, LetterPosition, NewJob
from notices.ledger.chain import digest_of, link_of
from notices.ledger.sealing import contents
from notices.ledger.seals import new_seal
from notices.model import Slip
from notices.pdf import sha256_of
from notices.press import HotFolder

MAILED = Owes("1-1-101", "甲一", "1000.00", email="jia@example.com")
PRINTED = Owes("1-1-102", "乙二", "2000.00", address="示例路2号")
MAILED_TOO = Owes("1-1-103", "丙三", "3000.00", email="bing@example.com")
OWNERS = (MAILED, PRINTED, MAILED_TOO)
FROZEN = Path("batches") / "b" / "approval-01"
BROKEN = "its data in the ledger are not those that were approved"


@pytest.fixture(scope="session")
def sealed_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Three reminders, approved, with plain letters; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("sealed") / "workspace")
    desk.plan(*OWNERS)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    return desk


@pytest.fixture
def sealed(sealed_desk: Desk, tmp_path: Path) -> Desk:
    """Three reminders, approved, with plain letters."""
    return sealed_desk.copy(tmp_path / "workspace")


def another_bank_account(folder: Path) -> str:
    file = folder / "notices.toml"
    text = file.read_text("utf-8")
    start = text.index('account = "')
    file.write_text(f'{text[:start]}account = "6666 6666"\n# {text[start:]}', "utf-8")
    return "notices.toml was changed"


def another_threat(folder: Path) -> str:
    file = folder / "templates" / "reminder.docx"
    document = Document(str(file))
    document.add_paragraph("逾期将断水断电。")
    document.save(str(file))
    return "templates/reminder.docx was changed"


def another_picture(folder: Path) -> str:
    picture = next(path for path in sorted((folder / "templates").rglob("*")) if path.suffix == ".png")
    picture.write_bytes(picture.read_bytes()[:-1] + b"x")
    return f"{picture.relative_to(folder).as_posix()} was changed"


def a_file_more(folder: Path) -> str:
    (folder / "templates" / "mail" / "reminder.txt").write_text("请付款至 6666", "utf-8")
    return "templates/mail/reminder.txt was"


def a_file_less(folder: Path) -> str:
    (folder / "templates" / "answers.toml").unlink()
    return "templates/answers.toml is missing"


def a_link(folder: Path) -> str:
    file = folder / "templates" / "reminder.docx"
    shutil.copy(file, folder.parent / "elsewhere.docx")  # the same content, for the time being
    file.unlink()
    file.symlink_to(folder.parent / "elsewhere.docx")
    return "templates/reminder.docx is a symbolic link"


def a_linked_folder(folder: Path) -> str:
    shutil.move(folder / "templates", folder.parent / "elsewhere")
    (folder / "templates").symlink_to(folder.parent / "elsewhere")
    return "templates is a symbolic link"


CHANGES = [another_bank_account, another_threat, another_picture, a_file_more, a_file_less, a_link, a_linked_folder]


@pytest.mark.parametrize("change", CHANGES)
def test_a_step_names_the_frozen_file_that_is_not_as_approved(sealed: Desk, change: Callable[[Path], str]) -> None:
    said = change(sealed.folder / FROZEN)
    before = sealed.rows(), sealed.files()
    assert said in sealed("send", "b", status=4).errors
    assert (sealed.rows(), sealed.files()) == before


@pytest.mark.parametrize(
    "words", [("render", "b"), ("print", "b"), ("send", "b", "--dry-run"), ("mail", "confirm", "b")]
)
def test_every_step_looks_at_the_frozen_files(sealed: Desk, words: tuple[str, ...]) -> None:
    sealed("send", "b")
    said = another_bank_account(sealed.folder / FROZEN)
    assert said in sealed(*words, status=4).errors


def test_a_lock_file_that_an_office_left_in_the_frozen_folder_is_no_change(sealed: Desk) -> None:
    (sealed.folder / FROZEN / "templates" / ".~lock.reminder.docx#").write_text("somebody")
    sealed("send", "b")


def execute(desk: Desk, *statements: str) -> None:
    """Change the ledger as somebody with its file could, past all triggers."""
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger, ledger:
        for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            ledger.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            ledger.execute(statement)


def swapped(table: str, column: str, one: str, other: str) -> tuple[str, ...]:
    """Return statements that swap a column of two rows."""
    value = f"(SELECT {column} FROM {table} WHERE {{}})"
    return (
        f"CREATE TEMP TABLE held AS SELECT {value.format(one)} AS a, {value.format(other)} AS b",
        f"UPDATE {table} SET {column} = (SELECT b FROM held) WHERE {one}",
        f"UPDATE {table} SET {column} = (SELECT a FROM held) WHERE {other}",
    )


UNSEAL = "UPDATE events SET data = json_remove(data, '$.frozen', '$.seal') WHERE kind = 'approved'"
TAMPERINGS = {
    "recipient": ("UPDATE deliveries SET recipient = 'thief@example.com' WHERE id = 1",),
    "recipients of two notices": swapped("deliveries", "recipient", "id = 1", "id = 3"),
    "notices of two deliveries": (
        "UPDATE deliveries SET notice_id = -1 WHERE id = 1",
        "UPDATE deliveries SET notice_id = 1 WHERE id = 3",
        "UPDATE deliveries SET notice_id = 3 WHERE id = 1",
    ),
    "accounts of two decisions": (
        "UPDATE decisions SET account_id = -1 WHERE id = 1",
        "UPDATE decisions SET account_id = 1 WHERE id = 3",
        "UPDATE decisions SET account_id = 3 WHERE id = 1",
    ),
    "amounts of two charges": swapped("charges", "due", "account_id = 1", "account_id = 3"),
    "total": (
        "UPDATE decisions SET total = total + 100 WHERE id = 1",
        "UPDATE notices SET total = total + 100 WHERE id = 1",
    ),
    "everything of a sum": (
        "UPDATE decisions SET total = 900000, principal = 900000 WHERE id = 1",
        "UPDATE notices SET total = 900000, principal = 900000 WHERE id = 1",
        "UPDATE charges SET due = 900000, balance = 900000 WHERE account_id = 1",
    ),
    "owner": ("""UPDATE accounts SET owners = '["丁四"]' WHERE id = 1""",),
    "telephone": ("UPDATE accounts SET telephone = '13800000000' WHERE id = 1",),
    "deadline": ("UPDATE notices SET deadline = '2026-11-25' WHERE id = 1",),
    "seal": (f"{UNSEAL} AND what = 'notice' AND what_id = 1",),
}


def linked_anew(desk: Desk) -> None:
    """Give all events the digests and links that they would have if they had been recorded as they are now."""
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger, ledger:
        ledger.row_factory = sqlite3.Row
        link = ""
        for event in ledger.execute("SELECT * FROM events ORDER BY id").fetchall():
            digest = digest_of(event["salt"], json.loads(event["data"]))
            link = link_of(link, {**dict(event), "digest": digest}, event["at"])
            ledger.execute("UPDATE events SET digest = ?, link = ? WHERE id = ?", (digest, link, event["id"]))


def sealed_anew(desk: Desk) -> None:
    """Change a recipient, and give its notice the seal that fits: nothing in a seal is secret."""
    execute(desk, *TAMPERINGS["recipient"])
    with closing(Ledger.open(url(desk))) as ledger, ledger.read() as books:
        (entry,) = (it for it in books.batches.decisions("b") if it.notice and it.notice.id == 1)
        seal = json.dumps(new_seal(entry, None))
    where = "kind = 'approved' AND what = 'notice' AND what_id = 1"
    execute(desk, f"UPDATE events SET data = json_set(data, '$.seal', json('{seal}')) WHERE {where}")


def test_a_seal_that_was_renewed_with_the_data_holds_no_more_than_the_chain(sealed: Desk) -> None:
    sealed_anew(sealed)
    assert BROKEN in sealed("send", "b", status=1).errors
    assert sealed.states()[MAILED.account] == {"email": "set-aside"}


def test_an_approval_whose_seal_was_taken_away_is_refused(sealed: Desk) -> None:
    execute(sealed, f"{UNSEAL} AND what = 'batch'")
    assert "the seal of this approval is missing" in sealed("send", "b", status=4).errors


def test_whoever_takes_all_seals_away_does_not_make_it_an_earlier_version(sealed: Desk) -> None:
    execute(sealed, UNSEAL, *TAMPERINGS["recipient"])
    assert "the seal of this approval is missing" in sealed("send", "b", status=4).errors


def test_a_chain_that_was_linked_anew_is_not_the_one_that_is_known_outside(sealed: Desk) -> None:
    sealed_anew(sealed)
    linked_anew(sealed)
    assert "notices ledger reconcile" in sealed("send", "b", status=4).errors


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_notice_whose_data_are_not_as_approved_is_named_and_not_e_mailed(sealed: Desk, what: str) -> None:
    number = sealed.decisions()[MAILED.account]["notice"]
    execute(sealed, *TAMPERINGS[what])
    said = sealed("send", "b", status=1).errors
    assert f"{number} (" in said
    assert BROKEN in said
    outbox = sealed.folder / "output" / "b" / "outbox"
    assert not (outbox / f"{number}.eml").exists()
    with closing(sqlite3.connect(sealed.folder / "batches" / "ledger.db")) as ledger:
        states = dict(ledger.execute("SELECT d.id, d.state FROM deliveries d JOIN notices n ON n.id = d.notice_id"))
    assert states[1] == "set-aside"
    if what in {"recipient", "total", "deadline", "seal"}:  # only one notice is touched: the others go on
        assert states[3] == "spooled"


def test_by_smtp_too_nothing_goes_to_a_recipient_changed_after_rendering(sealed: Desk) -> None:
    with mail_server() as server:
        sealed.use_smtp(server.port)
        execute(sealed, *TAMPERINGS["recipient"])
        assert BROKEN in sealed("send", "b", status=1).errors
    assert [taken.recipient for taken in server.taken] == [MAILED_TOO.email]


def test_a_letter_is_not_printed_to_a_changed_address(sealed: Desk) -> None:
    execute(sealed, "UPDATE deliveries SET recipient = '小偷路1号' WHERE id = 2")
    assert BROKEN in sealed("print", "b", status=1).errors
    assert sealed("job", "list", "--json").json["jobs"] == []
    assert sealed.states()[PRINTED.account] == {"print": "set-aside"}


def test_an_e_mail_whose_data_changed_in_the_outbox_is_confirmed_only_by_name(sealed: Desk) -> None:
    number = sealed.decisions()[MAILED.account]["notice"]
    sealed("send", "b")
    execute(sealed, *TAMPERINGS["recipient"])
    document = sealed("mail", "confirm", "b", "--json", status=1).json
    assert document["sent"] == 1
    assert [number in said and BROKEN in said for said in document["attention"]] == [True]
    assert sealed("mail", "confirm", "b", "--notice", number, "--json").json["sent"] == 1


def url(desk: Desk) -> str:
    return f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}"


@pytest.fixture
def spooled(sealed: Desk) -> Desk:
    """Three reminders; the one on paper is in print job b-P01, whose files are not needed here."""
    place = LetterPosition(2, position=1, file="letters-1.pdf", first_page=1, pages=1, first_sheet=1, sheets=1)
    with closing(Ledger.open(url(sealed))) as ledger, ledger.begin() as books:
        books.jobs.add(NewJob("b-P01", "b", (place,), 1, 1, {}), by="Printer", at=datetime.now(UTC))
    return sealed


ANOTHER_ADDRESS = "UPDATE deliveries SET recipient = '小偷路1号' WHERE id = 2"


def test_a_letter_whose_data_changed_in_a_print_job_is_confirmed_only_by_name(spooled: Desk) -> None:
    number = spooled.decisions()[PRINTED.account]["notice"]
    execute(spooled, ANOTHER_ADDRESS)
    assert number in spooled("job", "confirm", "b-P01", status=1).errors
    assert spooled.states()[PRINTED.account] == {"print": "spooled"}
    spooled("job", "confirm", "b-P01", "--notice", number)
    assert spooled.states()[PRINTED.account] == {"print": "handed-over"}


def test_a_job_with_a_letter_whose_data_changed_is_not_handed_over(spooled: Desk, tmp_path: Path) -> None:
    execute(spooled, ANOTHER_ADDRESS)
    (tmp_path / "shop").mkdir()
    assert BROKEN in spooled("print", "b", "--to", tmp_path / "shop", "--again", status=1).errors
    assert list((tmp_path / "shop").iterdir()) == []
    assert spooled.states()[PRINTED.account] == {"print": "spooled"}


def test_a_letter_whose_data_changed_is_not_printed_again(spooled: Desk) -> None:
    number = spooled.decisions()[PRINTED.account]["notice"]
    spooled("job", "confirm", "b-P01")
    execute(spooled, ANOTHER_ADDRESS)
    assert BROKEN in spooled("print", "b", "--notice", number, status=1).errors
    assert len(spooled("job", "list", "--json").json["jobs"]) == 1


def test_a_slip_of_a_notice_whose_data_changed_gets_no_answer(sealed: Desk) -> None:
    sealed("send", "b")
    with closing(Ledger.open(url(sealed))) as ledger, ledger.begin() as books:
        slip = Slip(("heating-cold",), date(2026, 11, 24))
        books.slips.add(1, slip, "typed", by="Clerk", at=datetime.now(UTC))
    execute(sealed, *TAMPERINGS["owner"])
    assert BROKEN in sealed("answer", "b", "--date", "2026-11-25", status=1).errors


def test_a_letter_whose_data_changed_is_not_rendered(sealed: Desk) -> None:
    number = sealed.decisions()[MAILED.account]["notice"]
    execute(sealed, *TAMPERINGS["total"])
    said = sealed("render", "b", status=1).errors
    assert number in said
    assert BROKEN in said
    assert sealed.states()[MAILED.account] == {"email": "set-aside"}


def test_a_batch_that_an_earlier_version_approved_goes_as_before(sealed: Desk) -> None:
    execute(sealed, UNSEAL)
    linked_anew(sealed)
    for file in (sealed.folder / "notices.heads", *sealed.folder.rglob(".head")):
        file.unlink()
    assert len(sealed("send", "b", "--json").json["spooled"]) == 2


def test_an_approval_after_a_sealed_one_that_has_no_seal_has_lost_it(sealed: Desk) -> None:
    sealed.plan(Owes("9-1-101", "戊五", email="wu@example.com"), batch="c")
    sealed("approve", "c", "--by", "Releaser")
    pretend_to_render(sealed, "c")
    execute(sealed, f"{UNSEAL} AND id > (SELECT min(id) FROM events WHERE kind = 'approved' AND what = 'delivery')")
    linked_anew(sealed)
    for file in (sealed.folder / "notices.heads", *sealed.folder.rglob(".head")):
        file.unlink()
    assert "the seal of this approval is missing" in sealed("send", "c", status=4).errors


def test_a_digest_does_not_betray_what_it_seals(sealed_desk: Desk) -> None:
    with closing(sqlite3.connect(sealed_desk.folder / "batches" / "ledger.db")) as ledger:
        rows = ledger.execute("SELECT data FROM events WHERE kind = 'approved' AND what = 'notice'")
        told = [json.loads(data) for (data,) in rows]
    assert len({each["seal"]["salt"] for each in told}) == len(OWNERS)
    assert all(len(each["seal"]["salt"]) == 32 for each in told)
    assert not any(owner.owner in json.dumps(told, ensure_ascii=False) for owner in OWNERS)


def test_a_job_is_not_made_again_with_a_letter_whose_data_changed(
    fresh_desk: Desk, tmp_path: Path, plain_pages: None
) -> None:
    """Its manifest tells the shop the addresses, and another letter's withdrawal must not take a false one there."""
    desk = fresh_desk.copy(tmp_path / "workspace")
    desk.plan(PRINTED, Owes("1-1-104", "丁四", "4000.00", address="示例路4号"))
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    job = desk("print", "b", "--json").json["job"]
    made = desk.folder / "output" / "b" / "print" / job / "manifest.csv"
    execute(desk, "UPDATE deliveries SET recipient = '小偷路1号' WHERE id = 1")
    other = next(it["notice"] for name, it in desk.decisions().items() if name != PRINTED.account)
    desk("withdraw", other, "--pulled", "--by", "Releaser", "--why", "x", status={0, 1})
    assert "小偷路" not in made.read_text("utf-8-sig")
    assert BROKEN in desk("print", "b", status=1).errors
    assert "小偷路" not in made.read_text("utf-8-sig")


OTHER_ROWS = {
    "amount": "UPDATE charges SET due = 9000, balance = 9000 WHERE account_id = 1",
    "decision": "UPDATE decisions SET principal = 9000, total = 9000 WHERE id = 1",
    "owner": """UPDATE accounts SET owners = '["丁四"]' WHERE id = 1""",
    "recipient": "UPDATE deliveries SET recipient = 'thief@example.com' WHERE id = 1",
}


@pytest.fixture
def planned_only(fresh_desk: Desk, tmp_path: Path) -> Desk:
    """Three reminders, planned."""
    desk = fresh_desk.copy(tmp_path / "planned")
    desk.plan(*OWNERS)
    return desk


@pytest.mark.parametrize("what", OTHER_ROWS)
def test_nothing_is_approved_that_another_program_changed_after_the_plan(planned_only: Desk, what: str) -> None:
    execute(planned_only, OTHER_ROWS[what])
    said = planned_only("approve", "b", "--by", "Releaser", status=4).errors
    assert "another program changed its rows" in said
    assert MAILED.account in said or what == "owner"
    assert PRINTED.account not in said
    assert planned_only.rows()["approvals"] == []


def test_a_row_whose_seal_was_renewed_with_it_is_not_approved_either(planned_only: Desk) -> None:
    """The seal beside a row holds no secret: what counts is the event that recorded it."""
    execute(planned_only, OTHER_ROWS["recipient"])
    with closing(Ledger.open(url(planned_only))) as ledger, ledger.engine.connect() as connection:
        digest = digest_of("00", contents(connection, "notices", ["1"])["1"])
    execute(planned_only, f"UPDATE seals SET salt = '00', digest = '{digest}' WHERE entity = 'notices' AND key = '1'")
    assert MAILED.account in planned_only("approve", "b", "--by", "Releaser", status=4).errors


def test_the_others_are_approved_without_the_account_that_was_changed(planned_only: Desk) -> None:
    execute(planned_only, OTHER_ROWS["amount"])
    planned_only("approve", "b", "--by", "Releaser", "--exclude", MAILED.account, "--why", "changed")
    assert "accounts 1" in planned_only("ledger", "verify", status=1).output, "the exclusion does not hide it"
    assert planned_only.states()[PRINTED.account] == {"print": "approved"}


CHANGED_ROWS = "another program changed its rows in the ledger"


def test_a_withdrawn_letter_that_another_program_makes_ready_again_does_not_leave(sealed: Desk) -> None:
    number = sealed.decisions()[MAILED.account]["notice"]
    sealed("withdraw", number, "--by", "Releaser", "--why", "paid")
    execute(sealed, "UPDATE deliveries SET state = 'rendered' WHERE id = 1")
    for words in (("send", "b"), ("render", "b"), ("send", "b")):  # told each time, and never sealed anew
        assert CHANGED_ROWS in sealed(*words, status=1).errors
    assert not (sealed.folder / "output" / "b" / "outbox" / f"{number}.eml").exists()
    assert sealed("ledger", "verify", "--json", status=1).json["broken"]


def other_pdf(desk: Desk, delivery: int) -> None:
    """Exchange the PDF of a letter, and its checksum in the ledger."""
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:
        wanted = (
            "SELECT s.id, s.file FROM shards s JOIN notices n ON n.shard_id = s.id"
            " JOIN deliveries d ON d.notice_id = n.id WHERE d.id = ?"
        )
        shard, file = ledger.execute(wanted, (delivery,)).fetchone()
    path = desk.folder / file
    path.write_bytes(path.read_bytes() + b"\n% another letter\n")
    execute(desk, f"UPDATE shards SET sha256 = '{sha256_of(path)}' WHERE id = {shard}")


OTHER_PDF = "another program changed the record of its PDF"


def test_a_pdf_that_was_exchanged_together_with_its_checksum_is_not_e_mailed(sealed: Desk) -> None:
    number = sealed.decisions()[MAILED.account]["notice"]
    other_pdf(sealed, 1)
    said = sealed("send", "b", status=1).errors
    assert OTHER_PDF in said
    assert not (sealed.folder / "output" / "b" / "outbox" / f"{number}.eml").exists()
    assert sealed.states()[MAILED.account] == {"email": "set-aside"}, "rendering makes it again"


def test_a_pdf_that_was_exchanged_together_with_its_checksum_is_not_printed(sealed: Desk) -> None:
    other_pdf(sealed, 2)
    assert OTHER_PDF in sealed("print", "b", status=1).errors
    assert sealed("job", "list", "--json").json["jobs"] == []


def shop_that_is_watched(monkeypatch: pytest.MonkeyPatch, then: Callable[[], None]) -> None:
    """Do something while the files of a job are being copied, before they get their name at the shop."""
    copy_in = HotFolder.copy_in

    def watched(*arguments: Any) -> None:
        copy_in(*arguments)
        then()

    monkeypatch.setattr(HotFolder, "copy_in", watched)


@pytest.fixture
def at_the_shop(spooled: Desk, tmp_path: Path) -> tuple[Desk, Path]:
    """Job b-P01 with files, and a folder of the shop."""
    folder = spooled.folder / "output" / "b" / "print" / "b-P01"
    folder.mkdir(parents=True)
    (tmp_path / "shop").mkdir()
    return spooled, tmp_path / "shop"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (ANOTHER_ADDRESS, BROKEN),
        ("UPDATE jobs SET sheets = 7 WHERE number = 'b-P01'", "another program changed the record of its print job"),
        ("UPDATE deliveries SET attempt = 7 WHERE id = 2", CHANGED_ROWS),
    ],
)
def test_what_is_changed_while_the_files_are_copied_is_not_handed_over(
    at_the_shop: tuple[Desk, Path], monkeypatch: pytest.MonkeyPatch, statement: str, said: str
) -> None:
    """The seals are compared again at the moment when a file leaves, not only when the command begins."""
    desk, shop = at_the_shop
    monkeypatch.setattr(ReleaseCheck, "_has_its_sides", lambda *_: True)
    shop_that_is_watched(monkeypatch, lambda: execute(desk, statement))
    assert said in desk("print", "b", "--to", shop, "--again", status=1).errors
    assert list(shop.iterdir()) == []
