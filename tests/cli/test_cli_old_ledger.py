"""An old copy of the ledger: it numbers, sends and prints nothing until it has taken in what left since."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from desk import Desk, Owes
from letters_without_office import pretend_to_render
from mail_server import Server, mail_server
from neighbours import BOTH_WAYS, EVERYBODY
from neighbours import ON_PAPER as PAPER

from notices.flow.batch.cleanup import sweep
from notices.flow.setup import doctor
from notices.flow.workspace import Workspace
from notices.ledger import Ledger

FIRST = Owes("1-1-101", "甲一", email="jia@example.com")
SECOND = Owes("1-1-102", "乙二", email="yi@example.com")
ON_PAPER = Owes("2-1-101", "丙三")
LATER = Owes("3-1-101", "丁四", email="ding@example.com")
OWNERS = (FIRST, SECOND, ON_PAPER)
GATED = (
    ("approve", "b", "--by", "Releaser"),
    ("render", "b"),
    ("send", "b"),
    ("send", "b", "--dry-run"),
    ("print", "b"),
    ("mail", "confirm", "b"),
    ("resume", "b"),
)


@pytest.fixture(scope="session")
def leaving_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two e-mails and a letter on paper, ready to leave; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("leaving") / "workspace")
    desk.plan(*OWNERS)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    return desk


@pytest.fixture
def ready(leaving_desk: Desk, tmp_path: Path) -> Desk:
    """Two e-mails and a letter on paper, ready to leave."""
    return leaving_desk.copy(tmp_path / "workspace")


@pytest.fixture
def server(ready: Desk) -> Iterator[Server]:
    with mail_server() as running:
        ready.use_smtp(running.port, 'office_hours = "00:00-23:59"')
        yield running


def the_ledger(desk: Desk, tmp_path: Path) -> Callable[[], None]:
    """Copy the ledger."""
    desk.copy_ledger(tmp_path / "copy.db")
    return lambda: desk.put_back(tmp_path / "copy.db")


def without_wal(desk: Desk, _tmp_path: Path) -> Callable[[], None]:
    """Copy ledger.db while the program works, without its -wal."""
    held = sqlite3.connect(desk.folder / "batches" / "ledger.db")
    held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    held.execute("BEGIN")
    held.execute("SELECT count(*) FROM events").fetchone()  # keeps what follows in the -wal

    def back() -> None:
        copied = (desk.folder / "batches" / "ledger.db").read_bytes()
        held.close()
        for file in (desk.folder / "batches").glob("ledger.db*"):
            file.unlink()
        (desk.folder / "batches" / "ledger.db").write_bytes(copied)

    return back


def the_folder(desk: Desk, tmp_path: Path) -> Callable[[], None]:
    """Copy the folder batches/, with the copies of what was sent until then."""
    shutil.copytree(desk.folder / "batches", tmp_path / "copied")

    def back() -> None:
        shutil.rmtree(desk.folder / "batches")
        shutil.copytree(tmp_path / "copied", desk.folder / "batches")

    return back


def states(desk: Desk) -> dict[str, str]:
    return {account: state for account, ways in desk.states().items() for state in ways.values()}


def numbers(desk: Desk) -> dict[str, str]:
    return {account: decision["notice"] for account, decision in desk.decisions().items()}


def kept(desk: Desk) -> dict[str, bytes]:
    return {name: content for name, content in desk.files().items() if "/sent/" in name or "/outbox/" in name}


def heads(desk: Desk) -> list[dict[str, object]]:
    return [json.loads(line) for line in (desk.folder / "notices.heads").read_text().splitlines()]


def events(desk: Desk) -> int:
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:
        (count,) = ledger.execute("SELECT max(id) FROM events").fetchone()
    return int(count)


@pytest.mark.parametrize("old", [the_ledger, without_wal, the_folder])
def test_an_old_copy_sends_and_numbers_nothing_until_it_is_reconciled(
    ready: Desk, server: Server, tmp_path: Path, old: Callable[[Desk, Path], Callable[[], None]]
) -> None:
    back = old(ready, tmp_path)
    ready("send", "b")
    assert len(server.taken) == 2
    copies, known = kept(ready), numbers(ready)
    back()
    survived = kept(ready)
    assert old is the_folder or survived == copies
    assert "removed" in {found["what"] for found in ready("ledger", "verify", "--json", status=1).json["broken"]}
    for words in GATED:
        refused = ready(*words, status=4)
        assert "notices ledger reconcile" in refused.errors
    assert (len(server.taken), kept(ready)) == (2, survived), "nothing was sent again, nothing swept"

    trial = ready("ledger", "reconcile", "--by", "Clerk", "--dry-run", "--json", status=1).json
    assert ready("send", "b", status=4).errors
    done = ready("ledger", "reconcile", "--by", "Clerk", "--json", status=1).json
    assert {**trial, "dry_run": False} == done
    assert sorted(done["unknown"]) == sorted([known[FIRST.account], known[SECOND.account]])
    assert done["older"]
    assert states(ready) == {FIRST.account: "unknown", SECOND.account: "unknown", ON_PAPER.account: "rendered"}
    ready("send", "b", status=1)
    assert len(server.taken) == 2
    assert kept(ready) == survived
    left = ready("ledger", "reconcile", "--json", status=1).json
    assert (left["older"], len(left["attention"])) == (False, 2)
    ready("mail", "settle", known[FIRST.account], "--sent")
    ready("mail", "settle", known[SECOND.account], "--resend")
    assert ready("ledger", "reconcile", "--json").json["attention"] == []
    proof = ready("ledger", "verify", "--json", status=1 if old is the_folder else 0).json
    assert proof["broken"] == []
    assert len(proof["files"]) == (old is the_folder), "the copy of the e-mail that was sent is gone with the folder"
    ready("send", "b")
    assert [taken.recipient for taken in server.taken] == [FIRST.email, SECOND.email, SECOND.email]


def test_a_sweep_removes_nothing_that_an_old_copy_does_not_know(ready: Desk, server: Server, tmp_path: Path) -> None:
    """Every step refuses before it sweeps; this is the second net."""
    back = the_ledger(ready, tmp_path)
    ready("send", "b")
    before = kept(ready)
    assert before
    back()
    workspace = Workspace(ready.folder)
    with closing(Ledger.open(workspace.ledger_url)) as ledger, ledger.read() as books:
        sweep(workspace, books, "b")
    assert kept(ready) == before


def test_doctor_warns_of_an_old_copy(ready: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    back = the_ledger(ready, tmp_path)
    ready("withdraw", numbers(ready)[FIRST.account], "--by", "Releaser", "--why", "disputed")
    for slow in ("_office", "_fonts", "_templates"):
        monkeypatch.setattr(doctor, slow, lambda *_: ())
    assert "notices ledger reconcile" not in ready("doctor").output
    back()
    assert "notices ledger reconcile" in ready("doctor", status=3).output


def test_what_is_found_has_its_message_id_and_digest(ready: Desk, server: Server, tmp_path: Path) -> None:
    back = the_ledger(ready, tmp_path)
    ready("send", "b")
    back()
    ready("ledger", "reconcile", status=1)
    with closing(sqlite3.connect(ready.folder / "batches" / "ledger.db")) as ledger:
        found = ledger.execute("SELECT message_id, sha256 FROM deliveries WHERE state = 'unknown'").fetchall()
    assert sorted(mid for mid, _ in found) == sorted(taken.message["Message-ID"] for taken in server.taken)
    assert all(len(digest) == 64 for _, digest in found)


@pytest.mark.parametrize("heads_lost", [False, True])
def test_no_number_is_given_twice(ready: Desk, server: Server, tmp_path: Path, *, heads_lost: bool) -> None:
    """The copy is older than an approval: its numbers are out in the world, and the ledger does not know them."""
    ready("send", "b")
    ready.plan(LATER, Owes("3-1-102", "戊五", email="wu@example.com"), batch="c")
    back = the_ledger(ready, tmp_path)
    ready("approve", "c", "--by", "Releaser")
    pretend_to_render(ready, "c")
    ready("send", "c")
    gone = ready.decisions("c")[LATER.account]["notice"]
    back()
    if heads_lost:
        (ready.folder / "notices.heads").unlink()
    ready("approve", "c", "--by", "Releaser", status=4)
    done = ready("ledger", "reconcile", "--by", "Clerk", "--json", status=1).json
    assert gone in done["imported"]
    assert done["series"]
    assert ready("approve", "c", "--by", "Releaser", status=1).errors, "the owners have their letters already"
    assert len(server.taken) == 4
    ready.plan(Owes("4-1-101", "己六", email="liu@example.com"), batch="d")
    ready("approve", "d", "--by", "Releaser")
    (new,) = (decision["notice"] for decision in ready.decisions("d").values())
    assert new not in {path.stem for path in (ready.folder / "batches").rglob("*.eml")}
    assert int(new[-6:]) == 6
    assert list((ready.folder / "batches" / "c").glob("approval-01.lost-*")), "the frozen letters of what left are kept"


def test_a_batch_that_only_the_files_know_keeps_its_name_and_files(ready: Desk, server: Server, tmp_path: Path) -> None:
    back = the_ledger(ready, tmp_path)
    ready.plan(LATER, batch="c")
    ready("approve", "c", "--by", "Releaser")
    pretend_to_render(ready, "c")
    ready("send", "c")
    gone = ready.decisions("c")[LATER.account]["notice"]
    copies = kept(ready)
    back()
    done = ready("ledger", "reconcile", "--json", status=1).json
    assert done["unrecorded"] == [gone]
    ready("plan", ready.list(LATER), "--name", "c", "--as-of", "2026-11-23", "--by", "Planner", status=2)
    assert kept(ready) == copies
    assert ready("ledger", "reconcile", "--json", status=1).json["attention"], "it is left to a person"
    assert len(server.taken) == 1


def on_paper(desk: Desk) -> set[str]:
    return {ways["print"] for ways in desk.states().values() if "print" in ways}


@pytest.mark.office
@pytest.mark.parametrize("old", [the_ledger, the_folder])
@pytest.mark.slow
def test_a_print_job_that_an_old_copy_does_not_know_is_left_to_a_person(
    rendered: Desk, tmp_path: Path, old: Callable[[Desk, Path], Callable[[], None]]
) -> None:
    back = old(rendered, tmp_path)
    rendered("print", "b")
    made = rendered.rows()["job_items"]
    back()
    folder = rendered.folder / "output" / "b" / "print" / "b-P01"
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    hot = tmp_path / "hot"
    hot.mkdir()
    rendered("print", "b", status=4)
    rendered("print", "b", "--to", hot, status=4)
    assert rendered("ledger", "reconcile", "--json", status=1).json["jobs"] == ["b-P01"]
    assert on_paper(rendered) == {"spooled"}
    assert rendered.rows()["job_items"] == made
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    rendered("print", "b", "--to", hot)
    assert not list(hot.iterdir()), "nobody knows whether it was printed already"
    again = rendered.copy(tmp_path / "again")
    again("job", "confirm", "b-P01")
    assert on_paper(again) == {"handed-over"}
    assert again("ledger", "reconcile", "--json").json["attention"] == []
    rendered("job", "cancel", "b-P01", "--pulled", "--why", "not printed", "--by", "Releaser")
    assert on_paper(rendered) == {"rendered"}
    assert rendered("print", "b", "--json").json["job"] == "b-P02"


@pytest.mark.office
def test_a_job_handed_over_since_the_copy_is_not_handed_over_again(rendered: Desk, tmp_path: Path) -> None:
    rendered("print", "b")
    back = the_ledger(rendered, tmp_path)
    hot = tmp_path / "hot"
    hot.mkdir()
    rendered("print", "b", "--to", hot, "--again")
    shutil.rmtree(hot / "b-P01")  # the shop took it
    back()
    rendered("job", "confirm", "b-P01", status=4)
    assert rendered("ledger", "reconcile", "--json", status=1).json["jobs"] == ["b-P01"]
    rendered("print", "b", "--to", hot)
    assert not list(hot.iterdir())
    rendered("job", "confirm", "b-P01")
    assert rendered("ledger", "reconcile", "--json").json["attention"] == []


@pytest.mark.office
def test_letters_of_notices_that_an_old_copy_does_not_know_are_history(rendered: Desk, tmp_path: Path) -> None:
    """The manifest proves whose they are, even if the copy does not know their batch."""
    rendered("print", "b")
    rendered("job", "confirm", "b-P01")
    numbers = {entry["notice"] for entry in rendered.decisions().values() if "print" in entry["channels"]}
    rendered.put_back(empty_ledger(tmp_path))
    done = rendered("ledger", "reconcile", "--by", "Clerk", "--json", status=1).json
    assert set(done["imported"]) == numbers
    again = rendered.plan(*EVERYBODY, batch="again", as_of=datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat())
    assert {again[account]["action"] for account in (PAPER.account, BOTH_WAYS.account)} == {"wait"}
    assert (rendered.folder / "batches" / "b" / "sent" / "b-P01" / "manifest.csv").exists()


def empty_ledger(tmp_path: Path) -> Path:
    """Return a ledger with nothing but one hold."""
    other = Desk(tmp_path / "other")
    other("init", other.folder)
    other("hold", "add", FIRST.account, "--kind", "disputed", "--note", "x")
    other.copy_ledger(tmp_path / "empty.db")
    return tmp_path / "empty.db"


def test_an_email_of_which_the_copy_has_no_letter_is_rendered_again_if_it_did_not_leave(
    fresh_desk: Desk, tmp_path: Path
) -> None:
    desk = fresh_desk.copy(tmp_path / "workspace")
    desk.plan(FIRST)
    desk("approve", "b", "--by", "Releaser")
    back = the_ledger(desk, tmp_path)
    pretend_to_render(desk)
    desk("send", "b")
    own = numbers(desk)[FIRST.account]
    back()
    assert desk("ledger", "reconcile", "--json", status=1).json["unknown"] == [own]
    assert desk("mail", "settle", own, "--resend", "--json").json["state"] == "set-aside"
    assert "notices render" in desk("send", "b", status=1).errors


def test_what_was_entered_since_the_copy_is_named_by_kind_and_time(fresh_desk: Desk, tmp_path: Path) -> None:
    desk = fresh_desk.copy(tmp_path / "workspace")
    namesake = Owes("9-1-101", FIRST.owner)
    desk.plan(FIRST, SECOND, namesake)
    back = the_ledger(desk, tmp_path)
    desk("account", "join", FIRST.account, namesake.account, "--apart")
    desk("account", "claim", FIRST.account, "--from", "2026-01-01")
    desk("account", "rename", SECOND.account, SECOND.account + "某", status=1)
    desk("payment", "add", FIRST.account, "--amount", "1.00", "--date", "2026-11-23")
    back()
    done = desk("ledger", "reconcile", "--json", status=1).json
    assert {kind: len(times) for kind, times in done["entered"].items()} == {
        "account-claimed": 1,
        "account-renamed": 1,
        "accounts-kept-apart": 1,
        "payment-added": 1,
    }
    assert any("account-renamed, 1 time(s), at 20" in it for it in done["attention"])
    assert FIRST.owner not in (desk.folder / "notices.heads").read_text()


def test_a_withdrawal_that_the_copy_does_not_know_still_holds(ready: Desk, server: Server, tmp_path: Path) -> None:
    back = the_ledger(ready, tmp_path)
    own = numbers(ready)[FIRST.account]
    ready("withdraw", own, "--by", "Releaser", "--why", "disputed")
    back()
    assert ready("ledger", "reconcile", "--json", status=1).json["withdrawn"] == [own]
    ready("send", "b")
    assert [taken.recipient for taken in server.taken] == [SECOND.email]


def test_without_the_file_of_heads_what_was_sent_still_shows_an_old_copy(
    ready: Desk, server: Server, tmp_path: Path
) -> None:
    back = the_ledger(ready, tmp_path)
    ready("send", "b")
    back()
    (ready.folder / "notices.heads").unlink()
    copies = kept(ready)
    ready("send", "b", status=4)
    done = ready("ledger", "reconcile", "--json", status=1).json
    assert len(done["unknown"]) == 2
    assert (len(server.taken), kept(ready)) == (2, copies)


def test_a_workspace_from_before_the_file_of_heads_gets_it_without_a_refusal(ready: Desk, server: Server) -> None:
    ready("send", "b")
    for file in (ready.folder / "notices.heads", *ready.folder.rglob(".head")):
        file.unlink()
    assert ready("send", "b", "--json").json["sent"] == []
    assert heads(ready)[-1]["id"] == events(ready)
    assert len(server.taken) == 2


def test_a_line_that_was_cut_off_is_ignored(ready: Desk, server: Server) -> None:
    file = ready.folder / "notices.heads"
    whole = file.read_bytes()
    file.write_bytes(whole[:-30])
    ready("send", "b")
    assert len(server.taken) == 2
    lines = file.read_bytes().splitlines()
    assert json.loads(lines[-1])["id"] == events(ready)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_kill_between_the_commit_and_the_head_leaves_a_newer_ledger_which_goes_on(
    ready: Desk, server: Server, tmp_path: Path
) -> None:
    """The next commit makes up for it: what the killed command let leave is known outside too."""
    file = ready.folder / "notices.heads"
    before = file.read_bytes()
    ready("send", "b", "--limit", "1")
    file.write_bytes(before)  # as if killed before anything was written there
    ready.copy_ledger(tmp_path / "copy.db")
    ready("send", "b")
    moved = [movement[0] for line in heads(ready) for movement in line.get("moved", ())]  # type: ignore[attr-defined]
    assert set(moved) >= {numbers(ready)[FIRST.account], numbers(ready)[SECOND.account]}
    assert len(server.taken) == 2


def test_a_new_workspace_begins_the_file_with_its_first_event(desk: Desk) -> None:
    desk("status")
    assert not (desk.folder / "notices.heads").exists()
    desk("hold", "add", FIRST.account, "--kind", "disputed", "--note", "x")
    assert [line["id"] for line in heads(desk)] == [events(desk)]


@pytest.mark.slow
def test_an_old_copy_that_is_written_to_stays_an_old_copy(ready: Desk, server: Server, tmp_path: Path) -> None:
    """Payments and holds can be entered; they must not make the old copy look new."""
    back = the_ledger(ready, tmp_path)
    ready("send", "b", "--limit", "1")
    lost = len(heads(ready))
    back()
    for day in range(1, 29):
        ready("payment", "add", ON_PAPER.account, "--amount", "0.01", "--date", f"2026-11-{day:02d}")
    assert len(heads(ready)) == lost
    ready("send", "b", status=4)
    assert len(server.taken) == 1


def test_another_ledger_is_refused(ready: Desk, server: Server, planned_desk: Desk) -> None:
    planned_desk.copy_ledger(ready.folder / "other.db")
    ready.put_back(ready.folder / "other.db")
    ready("approve", "b", "--by", "Releaser", status=4)
    assert server.taken == []


def paper_job(desk: Desk) -> str:
    """Print the letter on paper; return the job's number."""
    job = desk("print", "b", "--json").json["job"]
    assert isinstance(job, str)
    return job


@pytest.fixture
def hot(tmp_path: Path) -> Path:
    folder = tmp_path / "hot"
    folder.mkdir()
    return folder


@pytest.mark.usefixtures("plain_pages")
def test_the_withdrawal_of_a_spooled_letter_that_the_copy_does_not_know_still_holds(
    ready: Desk, tmp_path: Path, hot: Path
) -> None:
    """Its owner had disputed the debt; the hold is lost with the newer ledger, the withdrawal must not be."""
    paper_job(ready)
    back = the_ledger(ready, tmp_path)
    own = numbers(ready)[ON_PAPER.account]
    ready("withdraw", own, "--pulled", "--by", "Releaser", "--why", "disputed")
    back()
    assert ready("ledger", "reconcile", "--json", status=1).json["withdrawn"] == [own]
    assert states(ready)[ON_PAPER.account] == "withdrawn"
    ready("print", "b", "--to", hot, "--again", status={0, 1})
    assert not list(hot.iterdir())


def test_a_spooled_email_withdrawn_since_the_copy_stays_withdrawn(ready: Desk, tmp_path: Path) -> None:
    ready("send", "b")
    back = the_ledger(ready, tmp_path)
    own = numbers(ready)[FIRST.account]
    ready("withdraw", own, "--pulled", "--by", "Releaser", "--why", "disputed")
    back()
    assert ready("ledger", "reconcile", "--json", status=1).json["withdrawn"] == [own]
    assert states(ready)[FIRST.account] == "withdrawn"


@pytest.mark.usefixtures("plain_pages")
@pytest.mark.slow
def test_a_letter_that_left_in_a_later_job_than_the_copy_knows_does_not_leave_twice(
    ready: Desk, tmp_path: Path, hot: Path
) -> None:
    first = paper_job(ready)
    back = the_ledger(ready, tmp_path)
    ready("job", "cancel", first, "--pulled", "--why", "misprint", "--by", "Releaser")
    second = paper_job(ready)
    ready("job", "confirm", second)
    back()
    assert second in ready("ledger", "reconcile", "--json", status=1).json["jobs"]
    ready("print", "b", "--to", hot, "--again", status={0, 1, 4})
    assert not list(hot.iterdir())
    assert states(ready)[ON_PAPER.account] == "spooled"
    ready("job", "confirm", second)
    assert states(ready)[ON_PAPER.account] == "handed-over"
    assert ready("ledger", "reconcile", "--json").json["attention"] == []


@pytest.mark.usefixtures("plain_pages")
def test_a_job_confirmed_since_the_copy_is_left_to_a_person(ready: Desk, tmp_path: Path, hot: Path) -> None:
    """It was carried to the shop by hand, so no file of it was ever transferred."""
    job = paper_job(ready)
    back = the_ledger(ready, tmp_path)
    ready("job", "confirm", job)
    back()
    assert ready("ledger", "reconcile", "--json", status=1).json["jobs"] == [job]
    ready("print", "b", "--to", hot, "--again", status={0, 1, 4})
    assert not list(hot.iterdir())
    ready("job", "confirm", job)
    assert states(ready)[ON_PAPER.account] == "handed-over"


@pytest.mark.usefixtures("plain_pages")
def test_a_letter_that_the_carrier_delivered_since_the_copy_is_not_printed_again(ready: Desk, tmp_path: Path) -> None:
    """The carrier's result is its last movement, and does not name its print job."""
    back = the_ledger(ready, tmp_path)
    own = numbers(ready)[ON_PAPER.account]
    job = paper_job(ready)
    ready("job", "confirm", job)
    day = datetime.now().astimezone().date().isoformat()
    ready(
        "delivery",
        "import",
        ready.table(("内件编号", "邮件号", "投递状态", "投递日期"), [(own, "1056789012345", "妥投", day)]),
    )
    back()
    assert ready("ledger", "reconcile", "--json", status=1).json["jobs"] == [job]
    assert states(ready)[ON_PAPER.account] == "spooled"
    assert ready("print", "b", "--json").json["job"] is None


def test_emails_confirmed_since_the_copy_do_not_wait_in_the_outbox_again(ready: Desk, tmp_path: Path) -> None:
    ready("send", "b")
    back = the_ledger(ready, tmp_path)
    ready("mail", "confirm", "b")
    back()
    ready("ledger", "reconcile", "--json", status=1)
    assert states(ready)[FIRST.account] == states(ready)[SECOND.account] == "sent"


def test_a_new_ledger_in_place_of_a_lost_one_is_refused_though_it_begins_the_file_of_heads(
    ready: Desk, server: Server
) -> None:
    """The workspace is from before the heads, so that only the files know which numbers are out in the world."""
    ready("send", "b")
    gone = numbers(ready)[FIRST.account]
    ledger = (ready.folder / "batches").glob("ledger.db*")
    for file in (ready.folder / "notices.heads", *ready.folder.rglob(".head"), *ledger):
        file.unlink()
    ready.plan(LATER, batch="c")
    assert (ready.folder / "notices.heads").exists()
    assert "notices ledger reconcile" in ready("approve", "c", "--by", "Releaser", status=4).errors
    assert gone in ready("ledger", "reconcile", "--json", status=1).json["unrecorded"]
    ready("approve", "c", "--by", "Releaser")
    (new,) = (decision["notice"] for decision in ready.decisions("c").values())
    assert int(new[-6:]) == 3, "the two numbers that left are not given again"


def test_in_an_old_copy_nothing_is_withdrawn_that_may_have_left(ready: Desk, server: Server, tmp_path: Path) -> None:
    """Withdrawn there, the letter that the owner has would not count, and the same one would be planned again."""
    own = numbers(ready)[FIRST.account]
    back = the_ledger(ready, tmp_path)
    ready("send", "b")
    back()
    for words in (
        ("withdraw", own, "--by", "Releaser", "--why", "disputed"),
        ("withdraw", "--batch", "b", "--by", "Releaser", "--why", "disputed", "--yes"),
        ("batch", "discard", "b", "--by", "Releaser", "--yes"),
        ("plan", ready.list(LATER), "--into", "b", "--by", "Planner"),
    ):
        assert "notices ledger reconcile" in ready(*words, status=4).errors, words
    ready("ledger", "reconcile", status=1)
    assert states(ready)[FIRST.account] == "unknown"


@pytest.mark.usefixtures("plain_pages")
def test_in_an_old_copy_no_job_is_cancelled_that_may_have_been_printed(ready: Desk, tmp_path: Path) -> None:
    job = paper_job(ready)
    back = the_ledger(ready, tmp_path)
    ready("job", "confirm", job)
    back()
    words = ("job", "cancel", job, "--pulled", "--by", "Releaser", "--why", "x")
    assert "notices ledger reconcile" in ready(*words, status=4).errors
    assert states(ready)[ON_PAPER.account] == "spooled"
