"""Two machines with one ledger take turns on a batch: its files are kept in the database or in a shared folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from desk import Desk, Owes, Sent
from letters_without_office import pretend_to_leave, pretend_to_render
from postgres import Postgres, name_of, needs_postgres
from replies_without_office import pretend_to_reply

from notices.flow.batch import lock

pytestmark = [needs_postgres, pytest.mark.slow]

BY_MAIL = Owes("1-1-101", "甲一", email="jia@example.com")
ON_PAPER = Owes("1-1-102", "乙二", address="示例路2号")


@pytest.fixture(params=["database", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where the files of batches are kept."""
    if request.param == "database":
        return "database"
    (tmp_path / "share").mkdir(mode=0o700)
    return str(tmp_path / "share")


@pytest.fixture
def machines(
    server: Postgres, fresh_desk: Desk, tmp_path: Path, place: str, plain_pages: None
) -> tuple[list[Desk], str]:
    """Return three machines with one ledger and nothing else in common, and the URL."""
    url = server.ledger()
    desks = [fresh_desk.copy(tmp_path / f"machine-{number}") for number in range(3)]
    for desk in desks:
        desk.use_ledger(url)
        desk.set('files = "workspace"', f'files = "{place}"')
        shutil.rmtree(desk.folder / "batches")
    return desks, url


def batch_files(desk: Desk) -> dict[str, bytes]:
    return {path: content for path, content in desk.files().items() if "/b/" in path}


def test_plan_here_approve_and_render_there_print_and_send_elsewhere(
    machines: tuple[list[Desk], str],
) -> None:
    (here, there, elsewhere), url = machines
    here.plan(BY_MAIL, ON_PAPER)
    there("approve", "b", "--by", "Releaser")
    pretend_to_render(there, url=url)
    there("status")
    there("render", "b", "--by", "Releaser", status={0, 3})  # keeps what the stand-in for LibreOffice made
    elsewhere("print", "b")
    elsewhere("send", "b")
    assert here.states() == {BY_MAIL.account: {"email": "spooled"}, ON_PAPER.account: {"print": "spooled"}}
    here("job", "confirm", "b-P01")
    here("mail", "confirm", "b")
    verified = there("ledger", "verify", "--json").json
    assert verified["intact"], verified
    assert batch_files(here).keys() <= batch_files(elsewhere).keys() | batch_files(there).keys()
    assert {path: batch_files(there)[path] for path in batch_files(here)} == batch_files(here)
    kept = [path for path in (there.folder / "batches" / "b").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


def test_letters_of_reply_leave_from_another_machine_and_are_verified_on_all(
    machines: tuple[list[Desk], str], plain_covers: None
) -> None:
    (here, there, elsewhere), url = machines
    here.import_both_letters(BY_MAIL, ON_PAPER)
    here.plan(BY_MAIL, ON_PAPER)
    here("approve", "b", "--by", "Releaser")
    pretend_to_render(here, url=url)
    pretend_to_leave(here)
    for place, (owner, to) in enumerate(((BY_MAIL, {"email": BY_MAIL.email}), (ON_PAPER, {"print": ON_PAPER.address}))):
        notice = here.decisions()[owner.account]["notice"]
        here("slip", "set", notice, "--objection", "fee-too-high", "--date", "2026-11-24")
        pretend_to_reply(here, notice, to, number=f"SLHY-R-2026-000{place + 1}")
    here("render", "b", status={0, 3})  # keeps what the stand-in for LibreOffice made
    assert there("letter", "send", "--json").json["states"] == {"SLHY-R-2026-0001": "spooled"}
    assert elsewhere("letter", "print", "--json").json["letters"] == ["SLHY-R-2026-0002"]
    for desk in (here, there, elsewhere):
        verified = desk("ledger", "verify", "--json").json
        assert verified["intact"], verified
    here("letter", "withdraw", "SLHY-R-2026-0001", "--pulled")
    there("letter", "send")
    assert list(there.folder.rglob("outbox/SLHY-R-*.eml")) == []


def test_what_is_removed_on_one_machine_is_gone_on_all(machines: tuple[list[Desk], str]) -> None:
    (here, there, _), url = machines
    here.plan(BY_MAIL, ON_PAPER)
    here("approve", "b", "--by", "Releaser")
    pretend_to_render(here, url=url)
    here("send", "b")
    there("withdraw", "--batch", "b", "--by", "Releaser", "--why", "mistake", "--pulled", "--yes", status={0, 1})
    assert list(there.folder.rglob("*.eml")) == []
    here("resume", "b")
    assert list(here.folder.rglob("*.eml")) == []


def test_a_file_that_is_lost_where_it_was_kept_is_named(
    machines: tuple[list[Desk], str], place: str, server: Postgres
) -> None:
    (here, there, _), url = machines
    here.plan(BY_MAIL)
    here("approve", "b", "--by", "Releaser")
    lost = "batches/b/approval-01/notices.toml"
    if place == "database":
        changed = f"UPDATE files SET content = 'other' WHERE path = '{lost}'"
        server.execute(changed, name_of(url))
    else:
        (Path(place) / lost).unlink()
    told = there("send", "b", status=3).errors
    assert lost in told
    assert "1 file(s) of batch b" in told
    here("show", "b")


def test_what_a_killed_command_had_made_is_kept_by_the_next_one_on_its_machine(
    machines: tuple[list[Desk], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here, there, _), url = machines
    here.plan(BY_MAIL)
    with monkeypatch.context() as killed:
        killed.setattr(lock, "kept_after", lambda *_: None)  # as if the process had been killed before
        here("approve", "b", "--by", "Releaser")
    told = there("send", "b", status=3).errors
    assert "batches/b/approval-01" in told
    assert "notices resume b" in told
    here("resume", "b")
    pretend_to_render(here, url=url)
    here("resume", "b")
    there("send", "b")


def test_a_ledger_put_back_takes_no_file_of_what_has_left_from_any_machine(
    machines: tuple[list[Desk], str], server: Postgres
) -> None:
    (here, there, _), url = machines
    here.plan(BY_MAIL, ON_PAPER)
    here("approve", "b", "--by", "Releaser")
    pretend_to_render(here, url=url)
    old = server.database(like=name_of(url))
    here("send", "b")
    here("print", "b")
    there("mail", "confirm", "b")
    for desk in (here, there):
        desk.set(url, old)
    left = {desk.folder: evidence(desk) for desk in (here, there)}
    assert {path.rpartition(".")[2] for path in left[here.folder]} >= {"eml", "pdf"}
    assert left[there.folder].keys() == left[here.folder].keys()
    for words in (("send", "b"), ("print", "b"), ("ledger", "verify")):
        here(*words, status={1, 4})
    assert evidence(here) == left[here.folder]
    for desk in (here, there, here):
        desk("ledger", "reconcile", "--by", "Clerk", status={0, 1})
        desk("render", "b", status={0, 1, 3})
        assert left[desk.folder].items() <= evidence(desk).items()


def evidence(desk: Desk) -> dict[str, bytes]:
    """Return the copies of what was sent and the print jobs of the batch."""
    return {path: it for path, it in desk.files().items() if path.startswith(("batches/b/sent/", "output/b/print/"))}


def test_files_are_shared_only_by_a_ledger_that_is(fresh_desk: Desk, tmp_path: Path) -> None:
    desk = fresh_desk.copy(tmp_path / "workspace")
    desk.set('files = "workspace"', 'files = "database"')
    assert "ledger.files" in desk("status", status=2).errors


def test_who_has_no_files_of_a_batch_can_render_its_letters_and_enter_its_slips(
    machines: tuple[list[Desk], str],
) -> None:
    """What both need was frozen by the approval, on another machine."""
    (here, there, elsewhere), _ = machines
    here("history", "import", here.history(Sent(BY_MAIL, "2026-08-03"), Sent(BY_MAIL, "2026-09-28", "律师函")))
    here.plan(BY_MAIL)
    here("approve", "b", "--by", "Releaser")
    pretend_to_render(here)
    there("render", "b", "--by", "Renderer", status={0, 3})
    assert (there.folder / "batches" / "b" / "approval-01" / "notices.toml").is_file()
    pretend_to_leave(here)
    assert not (elsewhere.folder / "batches" / "b").exists()
    notice = here.decisions()[BY_MAIL.account]["notice"]
    elsewhere("slip", "set", notice, "--objection", "fee-too-high", "--date", "2026-11-24")
    assert here.decisions()[BY_MAIL.account]["state"] == "answered"
