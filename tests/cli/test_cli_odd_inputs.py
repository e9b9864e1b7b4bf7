"""Odd names, values and files: said or handled, never lost, believed or put elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk, Owes
from docx import Document
from letters_without_office import pretend_to_render
from neighbours import BOTH_WAYS, BY_MAIL, BY_MAIL_TOO

from notices.cli.display import table
from notices.flow.rendering.documents import may_be_ours
from notices.intake.party import LONGEST_OWNERS


@pytest.mark.parametrize("name", ["x?y", "x%41", "x#y", "x@y:z", "中 文"])
def test_the_ledger_is_in_the_workspace_whatever_its_folder_is_called(name: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path / name)
    desk("init", desk.folder)
    desk("status")
    assert (desk.folder / "batches" / "ledger.db").stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_names_that_no_index_can_hold_are_row_errors(desk: Desk) -> None:
    rows = desk.list(Owes("1-1-101", "林" * 4000), Owes("1-1-" + "9" * 200, "林甲"), Owes("1-1-102", "林乙"))
    problems = desk("check", rows, "--json", status=1).json["problems"]
    assert [each["row"] for each in problems] == [2, 3]
    assert all("more than" in each["problem"] for each in problems)


def test_as_many_joint_owners_as_an_index_holds_are_planned(desk: Desk) -> None:
    owners = "、".join(f"林样{chr(0x4E00 + n)}" for n in range(LONGEST_OWNERS // 12))
    assert list(desk.plan(Owes("1-1-101", owners))) == [f"示例花园/1-1-101/{owners}"]


def test_a_list_with_the_longest_name_is_kept_under_it(desk: Desk) -> None:
    name = "单" * 83 + "1.csv"  # 254 bytes
    rows = desk.list(BY_MAIL, name=name)
    desk("plan", rows, "--name", "b", "--as-of", "2026-11-23", "--by", "P")
    assert (desk.folder / "batches" / "b" / "list" / name).read_bytes() == rows.read_bytes()


def test_marks_that_reorder_or_steer_a_terminal_are_shown_as_codes(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    table(["owner"], [["林\u202e甲\u2066乙\u200f\x1b[31m\x07"], ["张\t三"]])
    assert capsys.readouterr().out == "owner\n林\\u202e甲\\u2066乙\\u200f\\u001b[31m\\u0007\n张 三\n"
    said = desk("check", desk.folder / "x\u202ey.csv", status=3).errors
    assert "\u202e" not in said
    assert "x\\u202ey.csv" in said


@pytest.mark.parametrize("where", ["body", "header"])
def test_a_linked_picture_is_named_by_template_check(desk: Desk, where: str) -> None:
    file = desk.folder / "templates" / "reminder.docx"
    document = Document(str(file))
    part = document.part if where == "body" else document.sections[0].header.part
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    part.relate_to("file:///C:/seal.png", kind, is_external=True)
    document.save(str(file))
    shown = desk("template", "check", status=1).output
    assert "seal.png" in shown
    assert "linked" in shown


def _spooled(approved: Desk) -> tuple[Path, dict[str, str]]:
    pretend_to_render(approved)
    approved("send", "b")
    numbers = {account: str(each.get("notice")) for account, each in approved.decisions().items()}
    return approved.folder / "output" / "b" / "outbox", numbers


def test_mail_confirm_records_no_message_that_is_gone_or_changed_unless_it_is_named(approved: Desk) -> None:
    outbox, numbers = _spooled(approved)
    gone, changed = numbers[BY_MAIL.account], numbers[BY_MAIL_TOO.account]
    (outbox / f"{gone}.eml").unlink()
    file = outbox / f"{changed}.eml"
    file.write_bytes(file.read_bytes() + b"x")
    answer = approved("mail", "confirm", "b", "--json", status=1).json
    assert answer["sent"] == 1
    assert f"{gone}: not recorded as sent, because its file is no longer in the outbox" in " ".join(answer["attention"])
    assert f"{changed}: not recorded as sent, because its file in the outbox was changed" in " ".join(
        answer["attention"]
    )
    assert approved.states()[BOTH_WAYS.account]["email"] == "sent"
    approved("mail", "confirm", "b", "--notice", gone)
    assert approved.states()[BY_MAIL.account]["email"] == "sent"
    assert approved.states()[BY_MAIL_TOO.account]["email"] == "spooled"


def test_outbox_messages_open_ready_to_be_sent(approved: Desk) -> None:
    outbox, numbers = _spooled(approved)
    assert (outbox / f"{numbers[BY_MAIL.account]}.eml").read_bytes().startswith(b"X-Unsent: 1\r\n")


def test_only_names_that_render_gives_are_its_own() -> None:
    templates = ("reminder.docx", "en/reminder.docx")
    own = ["reminder-01-001.pdf", "reminder-01-mail-012.pdf", "en-reminder-02-001-r1ab.pdf", "reminder-01-003a.pdf"]
    others = ["scan.pdf", "reminder.pdf", "reminder-01.pdf", "scan-01-001.pdf", "reminder-01-001 copy.pdf"]
    assert [name for name in (*own, *others) if may_be_ours(name, templates)] == own


def _foreign_files(desk: Desk, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "scan.pdf", folder / "contract-01-001.pdf"]
    for file in files:
        file.write_bytes(b"%PDF-1.7 mine")
    return files


@pytest.mark.office
def test_render_deletes_only_what_it_wrote(approved: Desk) -> None:
    folder = approved.folder / "output" / "b" / "letters"
    mine = _foreign_files(approved, folder)
    leftover = folder / "reminder-01-099.pdf"
    leftover.write_bytes(b"%PDF-1.7 of an interrupted run")
    outside = approved.folder / "outside.pdf"
    outside.write_bytes(b"x")
    link = folder / "reminder-01-098.pdf"
    link.symlink_to(outside)
    pretend_to_render(approved)
    approved("render", "b")
    assert all(file.exists() for file in (*mine, link, outside))
    assert not leftover.exists()


@pytest.mark.office
def test_render_deletes_nothing_through_a_link(approved: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "reminder-01-099.pdf").write_bytes(b"x")
    (elsewhere / ".x.pdf.partial").write_bytes(b"x")
    (approved.folder / "output" / "b").mkdir(parents=True)
    (approved.folder / "output" / "b" / "letters").symlink_to(elsewhere)
    pretend_to_render(approved)
    approved("render", "b")
    assert {"reminder-01-099.pdf", ".x.pdf.partial"} <= {path.name for path in elsewhere.iterdir()}


def test_nothing_of_others_is_removed_from_a_folder_that_the_outbox_is_a_link_to(planned: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mail"
    elsewhere.mkdir()
    (elsewhere / ".report.pdf.partial").write_bytes(b"a download of somebody else")
    planned("approve", "b", "--by", "Releaser")
    number = planned.decisions()[BY_MAIL.account]["notice"]
    (elsewhere / f".{number}.eml.partial").write_bytes(b"left by a killed send")
    (planned.folder / "output" / "b").mkdir(parents=True)
    (planned.folder / "output" / "b" / "outbox").symlink_to(elsewhere)
    pretend_to_render(planned)
    planned("send", "b", "--now", "--dry-run", status={0, 1})
    planned("send", "b", "--now", status={0, 1})
    assert (elsewhere / ".report.pdf.partial").is_file()
    assert not (elsewhere / f".{number}.eml.partial").exists()
