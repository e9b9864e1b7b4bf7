"""Print jobs at the shop: spoiled sheets, withdrawn letters, archives, and purging files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pypdfium2
import pytest
import pyzipper
from desk import Desk
from neighbours import BOTH_WAYS, BY_MAIL, ON_PAPER, ON_PAPER_TOO

from notices.press import file_name

pytestmark = pytest.mark.office

PAID = ("payment", "add", ON_PAPER.account, "--amount", "5000.00", "--date", "2026-11-24", "--yes")


def jobs(desk: Desk) -> Path:
    return desk.folder / "output" / "b" / "print"


def number(desk: Desk, account: str) -> str:
    return str(desk.decisions()[account]["notice"])


def manifest(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "manifest.csv").read_text(encoding="utf-8-sig"))))


def page_texts(folder: Path) -> list[str]:
    document = pypdfium2.PdfDocument(folder / file_name(1))
    try:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


def paper(desk: Desk) -> dict[str, str]:
    return {account: ways["print"] for account, ways in desk.states().items() if "print" in ways}


@pytest.fixture
def printed(rendered: Desk) -> Desk:
    """Job b-P01 with three letters: BOTH_WAYS, ON_PAPER, ON_PAPER_TOO at positions 1 to 3."""
    rendered.set('marks = "none"', 'marks = "code"')
    rendered("print", "b")
    return rendered


def test_a_spoiled_letter_is_reprinted_unchanged_in_its_old_place(printed: Desk) -> None:
    own = number(printed, ON_PAPER.account)
    states = printed.states()
    document = printed("print", "b", "--notice", own, "--json").json
    assert (document["job"], document["letters"]) == ("b-P02", 1)
    assert document["replaces"] == {"job": "b-P01", "positions": [2]}
    (row,) = manifest(jobs(printed) / "b-P02")
    (before,) = [each for each in manifest(jobs(printed) / "b-P01") if each["Notice"] == own]
    assert (row["Position"], row["First sheet in the job"], row["Replaces"]) == ("2", "2", "b-P01/2")
    assert row["Sheets"] == before["Sheets"]
    first = int(before["First page in the file"]) - 1
    again = page_texts(jobs(printed) / "b-P02")
    assert again == page_texts(jobs(printed) / "b-P01")[first : first + len(again)]
    assert printed.states() == states


def test_a_supplement_is_on_record_and_changes_no_state_when_it_is_confirmed(printed: Desk) -> None:
    printed("print", "b", "--notice", number(printed, ON_PAPER.account))
    listed = printed("job", "list", "--json").json["jobs"]
    assert [(each["job"], each["letters"], each["state"]) for each in listed] == [
        ("b-P01", 3, "spooled"),
        ("b-P02", 1, "spooled"),
    ]
    printed("job", "confirm", "b-P02")
    assert set(paper(printed).values()) == {"spooled"}


def test_letters_from_a_given_sheet_on_are_reprinted(printed: Desk) -> None:
    document = printed("print", "b", "--from-sheet", "2", "--json").json
    assert document["replaces"]["positions"] == [2, 3]
    assert "no sheet 9" in printed("print", "b", "--from-sheet", "9", status=1).errors


def test_spoiled_letters_are_read_from_codes_and_numbers_and_unknown_ones_reported(printed: Desk) -> None:
    spoiled = printed.folder / "spoiled.txt"
    own = number(printed, ON_PAPER_TOO.account)
    spoiled.write_text(f"# ruined\nb-P01/1/1-1\n\n{own}\nb-P01/9/1-1\nNO-1\n", encoding="utf-8")
    outcome = printed("print", "b", "--spoiled", spoiled, "--json", status=1)
    assert outcome.json["replaces"]["positions"] == [1, 3]
    assert [line for line in outcome.json["attention"] if "no print job" in line] == [
        "b-P01/9 (line 5) is in no print job of this batch.",
        "NO-1 (line 6) is in no print job of this batch.",
    ]


def test_letters_of_an_earlier_supplement_keep_their_place_in_the_first_job(printed: Desk) -> None:
    printed("print", "b", "--notice", number(printed, ON_PAPER.account))
    document = printed("print", "b", "--notice", number(printed, ON_PAPER.account), "--again", "--json").json
    assert (document["job"], document["replaces"]) == ("b-P03", {"job": "b-P01", "positions": [2]})


def test_the_same_letters_are_not_reprinted_while_a_supplement_of_them_is_open(printed: Desk) -> None:
    own = number(printed, ON_PAPER.account)
    printed("print", "b", "--notice", own)
    before = printed.rows()
    for words in (("--notice", own), ("--from-sheet", "1"), ("--notice", own, "--job", "b-P01")):
        assert "b-P02" in printed("print", "b", *words, "--json", status=4).json["error"]["fact"]
    assert printed.rows() == before, "nothing is left to resume either"
    printed("print", "b", "--notice", number(printed, BOTH_WAYS.account))
    printed("job", "confirm", "b-P02")
    assert printed("print", "b", "--notice", own, "--json").json["job"] == "b-P04"


def test_a_letter_to_withdraw_is_not_reprinted(printed: Desk) -> None:
    printed("job", "confirm", "b-P01")
    printed(*PAID)
    own = number(printed, ON_PAPER.account)
    outcome = printed("print", "b", "--notice", own, "--json", status=1)
    assert outcome.json["job"] is None
    assert any(own in line for line in outcome.json["attention"])


def test_reprinting_an_unprinted_letter_is_a_mistake_with_nothing_to_resume(rendered: Desk) -> None:
    rendered("print", "b", "--notice", "X", status=4)
    rendered("print", "b", "--job", "b-P01", status=2)
    rendered("print", "b")
    rendered("print", "b", "--from-sheet", "1", "--job", "b-P07", status=2)
    rendered("print", "b", "--spoiled", rendered.folder / "nothing.txt", status=2)
    assert rendered("status", "--json").json["batches"][0]["cut_off"] == []


def test_a_recalled_letter_is_not_confirmed_unless_it_is_named(printed: Desk) -> None:
    own = number(printed, ON_PAPER.account)
    printed(*PAID)
    assert own in printed("print", "b", status=1).errors
    assert own in printed("job", "confirm", "b-P01", status=1).errors
    states = paper(printed)
    assert states.pop(ON_PAPER.account) == "spooled"
    assert set(states.values()) == {"handed-over"}
    assert "--notice" in printed("job", "confirm", "b-P01", status=1).errors
    printed("job", "confirm", "b-P01", "--notice", number(printed, BOTH_WAYS.account), status=2)
    printed("job", "confirm", "b-P01", "--notice", own)
    assert paper(printed)[ON_PAPER.account] == "handed-over"
    printed("job", "confirm", "b-P01")


def test_a_recalled_letter_that_was_pulled_no_longer_blocks_the_confirmation(printed: Desk) -> None:
    printed(*PAID)
    printed("print", "b", status=1)
    printed("withdraw", number(printed, ON_PAPER.account), "--by", "X", "--why", "paid", "--pulled")
    printed("job", "confirm", "b-P01")
    assert paper(printed)[ON_PAPER.account] == "withdrawn"


def test_purging_removes_the_files_and_keeps_the_record_and_the_proof(printed: Desk) -> None:
    kept = printed.folder / "batches" / "b" / "sent" / "b-P01"
    before = printed.rows()
    assert "not confirmed" in printed("job", "purge", "b-P01", status=4).errors
    assert printed.rows() == before
    printed("job", "purge", "nothing", status=2)
    printed("job", "confirm", "b-P01")
    assert printed("job", "purge", "b-P01", "--json").json["state"] == "purged"
    assert list(jobs(printed).iterdir()) == []
    assert sorted(path.name for path in kept.iterdir()) == ["letters-01.pdf"]
    assert set(paper(printed).values()) == {"handed-over"}
    assert printed("job", "purge", "b-P01", "--json").json["state"] == "purged"
    assert printed("print", "b", "--notice", number(printed, ON_PAPER.account), "--json").json["letters"] == 1


def test_an_archive_holds_the_job_and_opens_with_the_password_of_the_environment_alone(
    rendered: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTICES_ZIP_PASSWORD", "示例口令")
    document = rendered("print", "b", "--zip", "--json").json
    archive = Path(document["archive"])
    assert archive == jobs(rendered) / "b-P01.zip"
    assert archive.stat().st_mode & 0o777 == 0o600
    with pyzipper.AESZipFile(archive) as opened:
        names = sorted(opened.namelist())
        assert names == sorted(f"b-P01/{path.name}" for path in (jobs(rendered) / "b-P01").iterdir())
        with pytest.raises(RuntimeError, match="password"):
            opened.read(names[0])
        opened.setpassword("示例口令".encode())
        for name in names:
            assert opened.read(name) == (jobs(rendered) / name).read_bytes()
    for ledger in (rendered.folder / "batches").glob("ledger.db*"):
        assert "示例口令".encode() not in ledger.read_bytes()
    rendered("job", "confirm", "b-P01")
    rendered("job", "purge", "b-P01")
    assert not archive.exists()


def test_neither_list_nor_cover_tells_an_amount_or_a_telephone_that_is_not_needed(printed: Desk) -> None:
    folder = jobs(printed) / "b-P01"
    shown = (folder / "manifest.csv").read_text(encoding="utf-8-sig")
    document = pypdfium2.PdfDocument(folder / "cover.pdf")
    shown += "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    for account, decision in printed.decisions().items():
        for amount in ("principal", "late_fee", "total"):
            assert decision[amount] not in shown, account
    for owner in (BOTH_WAYS, ON_PAPER, BY_MAIL):
        assert owner.owner not in "".join(page for page in [shown.split("Position")[0]])
