"""`ledger verify`, `backup` and `restore`."""

from __future__ import annotations

import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Owes, held_elsewhere

from notices.flow.ledger import restore
from notices.ledger import Ledger

WRITER = """
import sys
from datetime import UTC, datetime
from notices.ledger import Ledger
ledger = Ledger.open(sys.argv[1])
print("writing", flush=True)
for number in range(100_000):
    with ledger.begin() as books:
        books.commands.start("render", {"number": number}, batch="b", at=datetime.now(UTC))
"""
PAYER = Owes("1-1-101", "甲一")


@pytest.fixture
def elsewhere(fresh_desk: Desk, tmp_path: Path) -> Desk:
    """Copy a second workspace, with an empty ledger."""
    return fresh_desk.copy(tmp_path / "elsewhere")


def url(desk: Desk) -> str:
    return f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}"


def pay(desk: Desk) -> None:
    desk("payment", "add", PAYER.account, "--amount", "10.00", "--date", "2026-11-22", "--unseen")


def test_an_untouched_workspace_is_intact(planned: Desk) -> None:
    found = planned("ledger", "verify", "--json").json
    assert (found["intact"], found["broken"], found["files"]) == (True, [], [])
    rows = planned.rows()["events"]
    assert (found["events"], found["head"]) == (len(rows), rows[-1][-1])


def test_a_changed_row_is_named_with_status_1(desk: Desk) -> None:
    pay(desk)
    desk.tamper("UPDATE payments SET amount = 1")
    found = desk("ledger", "verify", "--json", status=1).json
    (broken,) = found["broken"]
    assert (broken["what"], broken["row"], found["intact"]) == ("changed", "payments 1", False)
    assert "payments 1" in desk("ledger", "verify", status=1).output


def test_a_list_that_is_missing_or_changed_is_named(planned: Desk) -> None:
    (path,) = (planned.folder / "batches" / "b" / "list").iterdir()
    name = path.relative_to(planned.folder).as_posix()
    path.write_bytes(path.read_bytes() + b" ")
    assert planned("ledger", "verify", "--json", status=1).json["files"] == [{"file": name, "what": "changed"}]
    path.unlink()
    found = planned("ledger", "verify", "--json", status=1).json
    assert (found["files"], found["broken"]) == ([{"file": name, "what": "missing"}], [])


def test_what_an_approval_froze_is_verified_too(approved: Desk) -> None:
    frozen = approved.folder / "batches" / "b" / "approval-01"
    assert approved("ledger", "verify", "--json").json["files"] == []
    settings, texts = frozen / "notices.toml", frozen / "templates" / "mail" / "default.txt"
    settings.write_text(settings.read_text(encoding="utf-8") + "# other", encoding="utf-8")
    texts.unlink()
    (frozen / "templates" / "another.docx").write_bytes(b"put in")
    found = approved("ledger", "verify", "--json", status=1).json["files"]
    assert {(Path(it["file"]).name, it["what"]) for it in found} == {
        ("notices.toml", "changed"),
        ("default.txt", "missing"),
        ("another.docx", "changed"),
    }


@pytest.mark.office
def test_letters_e_mails_and_print_jobs_are_verified_too(rendered: Desk) -> None:
    rendered("send", "b", "--now")
    job = rendered("print", "b", "--json").json["job"]
    assert rendered("ledger", "verify", "--json").json["files"] == []
    sent = rendered.folder / "batches" / "b" / "sent"
    mail = sorted(sent.glob("*.eml"))[0]
    kept = sorted((rendered.folder / "output" / "b" / "letters").glob("*.pdf"))[0]
    mail.write_bytes(b"changed")
    kept.unlink()
    (sent / job / "manifest.csv").unlink()
    wanted = {
        (path.relative_to(rendered.folder).as_posix(), what) for path, what in ((mail, "changed"), (kept, "missing"))
    }
    wanted.add((f"batches/b/sent/{job}/manifest.csv", "missing"))
    found = rendered("ledger", "verify", "--json", status=1).json["files"]
    assert {(it["file"], it["what"]) for it in found} == wanted
    rendered("job", "confirm", job)
    rendered("job", "purge", job)
    found = rendered("ledger", "verify", "--json", status=1).json["files"]
    assert {(it["file"], it["what"]) for it in found} == {it for it in wanted if job not in it[0]}


def test_a_backup_restored_elsewhere_is_the_same_ledger(planned: Desk, elsewhere: Desk, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    made = planned("ledger", "backup", file, "--json").json
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    done = elsewhere("ledger", "restore", file, "--json").json
    assert (done["head"], done["files"]) == (made["head"], made["files"])
    found = elsewhere("ledger", "verify", "--json").json
    assert (found["intact"], found["head"]) == (True, made["head"])
    assert elsewhere.decisions() == planned.decisions()
    assert {path.name for path in file.parent.iterdir() if path.name.startswith(".backup")} == set()


def test_a_backup_made_while_another_process_writes_is_whole(planned: Desk, elsewhere: Desk, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, url(planned)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        made = [planned("ledger", "backup", tmp_path / f"{number}.zip", "--json").json for number in range(3)]
        writer.kill()
    assert made[0]["events"] < made[2]["events"]
    elsewhere("ledger", "restore", tmp_path / "1.zip")
    found = elsewhere("ledger", "verify", "--json").json
    assert (found["intact"], found["head"], found["events"]) == (True, made[1]["head"], made[1]["events"])


def test_a_restore_over_a_ledger_needs_a_word_and_deletes_nothing(planned: Desk, tmp_path: Path) -> None:
    planned("ledger", "backup", tmp_path / "old.zip")
    pay(planned)
    before = planned.rows()
    assert "--yes" in planned("ledger", "restore", tmp_path / "old.zip", status=4).errors
    assert planned.rows() == before
    aside = Path(planned("ledger", "restore", tmp_path / "old.zip", "--yes", "--json").json["aside"])
    assert planned.rows()["payments"] == []
    kept = Ledger.open(f"sqlite:///{aside / 'ledger.db'}")
    with kept.read() as books:
        assert len(books.payments.all()) == 1
    kept.close()
    lost = planned("ledger", "verify", "--json", status=1).json["broken"]
    assert {breach["what"] for breach in lost} == {"removed"}, "the file of heads knows what came after the backup"
    planned("ledger", "reconcile", status=1)
    assert planned("ledger", "verify", "--json").json["intact"]


def test_nothing_is_restored_while_a_command_works(planned: Desk, tmp_path: Path) -> None:
    planned("ledger", "backup", tmp_path / "old.zip")
    with held_elsewhere(planned.folder / "batches" / ".b.lock"):
        planned("ledger", "restore", tmp_path / "old.zip", "--yes", status=4)
    assert not list(planned.folder.glob(".batches*"))
    assert planned.decisions()


READER_THEN_WRITER = """
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from notices.ledger import Ledger
from notices.model import CaseKey, Payment
ledger = Ledger.open(sys.argv[1], heads=Path(sys.argv[2]))
print("open", flush=True)
sys.stdin.readline()
with ledger.begin() as books:
    books.payments.add(CaseKey("e", "u", "o"), Payment(date(2026, 11, 23), Decimal(1)), by="x", at=datetime.now(UTC))
"""


def test_no_command_writes_into_a_ledger_that_was_moved_aside(planned: Desk, tmp_path: Path) -> None:
    """Whoever opened the ledger before a restore, and writes after it, would lose what they write."""
    planned("ledger", "backup", tmp_path / "old.zip")
    command = [sys.executable, "-c", READER_THEN_WRITER, url(planned), str(planned.folder / "notices.heads")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        said = planned("ledger", "restore", tmp_path / "old.zip", "--yes", status=4).errors
        writer.communicate(b"go\n")
    assert "Another command is using the ledger" in said
    assert not list(planned.folder.glob("batches.*"))
    assert len(planned.rows()["payments"]) == 1
    planned("ledger", "restore", tmp_path / "old.zip", "--yes")


def test_a_command_that_begins_during_a_restore_writes_into_the_restored_ledger(
    planned: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned("ledger", "backup", tmp_path / "old.zip")
    words = ("payment", "add", PAYER.account, "--amount", "10.00", "--date", "2026-11-22", "--unseen")
    command = [sys.executable, "-c", "from notices.cli import main; main()", *words, "--workspace", str(planned.folder)]
    move_aside = restore._move_aside
    begun: list[subprocess.Popen[bytes]] = []

    def slowly(*arguments: Any) -> Any:
        begun.append(subprocess.Popen(command))
        with pytest.raises(subprocess.TimeoutExpired):
            begun[0].wait(3)
        return move_aside(*arguments)

    monkeypatch.setattr(restore, "_move_aside", slowly)
    planned("ledger", "restore", tmp_path / "old.zip", "--yes")
    assert begun[0].wait() == 0
    assert len(planned.rows()["payments"]) == 1


@pytest.mark.parametrize("fault", ["cut", "changed", "no zip", "added", "climbing"])
def test_a_damaged_backup_is_refused_and_changes_nothing(
    planned: Desk, elsewhere: Desk, tmp_path: Path, fault: str
) -> None:
    file = tmp_path / "backup.zip"
    planned("ledger", "backup", file)
    content = file.read_bytes()
    if fault == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif fault == "no zip":
        file.write_bytes(b"nothing of the kind")
    else:
        with zipfile.ZipFile(file) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        if fault == "changed":
            files["ledger.db"] = files["ledger.db"][:-1] + b"x"
        else:
            files["../outside" if fault == "climbing" else "more"] = b"x"
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    before = elsewhere.rows()
    assert "not a complete backup" in elsewhere("ledger", "restore", file, status=3).errors
    assert elsewhere.rows() == before
    assert not (tmp_path / "outside").exists()


def test_a_backup_replaces_no_file(planned: Desk, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    planned("ledger", "backup", tmp_path / "kept", status=2)
    assert (tmp_path / "kept").read_text() == "kept"


def test_a_database_of_its_own_is_left_to_its_own_tools(planned: Desk, tmp_path: Path) -> None:
    planned.use_ledger(url(planned))
    assert "pg_dump" in planned("ledger", "backup", tmp_path / "b.zip", status=4).errors
    assert "pg_restore" in planned("ledger", "restore", tmp_path / "b.zip", status=4).errors
