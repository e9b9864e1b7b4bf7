"""The print --to DIR option: a job is copied to a folder once and completely, and to one place only."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from neighbours import BOTH_WAYS, ON_PAPER, ON_PAPER_TOO

from notices.ledger.handovers import HandoversBook
from notices.press import HotFolder

pytestmark = pytest.mark.office

PAPER = {BOTH_WAYS.account, ON_PAPER.account, ON_PAPER_TOO.account}


@pytest.fixture
def hot(tmp_path: Path) -> Path:
    folder = tmp_path / "hot"
    folder.mkdir()
    return folder


def on_paper(desk: Desk) -> dict[str, str]:
    return {account: ways["print"] for account, ways in desk.states().items() if "print" in ways}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def made(desk: Desk, job: str) -> Path:
    return desk.folder / "output" / "b" / "print" / job


def jobs(desk: Desk) -> dict[str, str]:
    return {job["job"]: job["state"] for job in desk("job", "list", "--json").json["jobs"]}


def notice(desk: Desk, account: str) -> str:
    number = desk.decisions()[account]["notice"]
    assert isinstance(number, str)
    return number


def test_a_folder_gets_the_job_unchanged_and_waits_for_confirmation(rendered: Desk, hot: Path) -> None:
    document = rendered("print", "b", "--to", hot, "--json").json
    job = document["job"]
    assert document["handed_over"] == [{"job": job, "to": str(hot), "state": "taken"}]
    assert [path.name for path in hot.iterdir()] == [job]
    assert contents(hot / job) == contents(made(rendered, job))
    assert {path.stat().st_mode & 0o777 for path in (hot / job).iterdir()} == {0o600}
    assert set(on_paper(rendered).values()) == {"spooled"}
    rendered("job", "confirm", job)
    assert set(on_paper(rendered).values()) == {"handed-over"}


def test_a_job_that_may_have_been_carried_to_the_shop_is_handed_over_only_with_again(rendered: Desk, hot: Path) -> None:
    job = rendered("print", "b", "--json").json["job"]
    before = rendered.rows()
    refused = rendered("print", "b", "--to", hot, "--json", status=4).json["error"]
    assert job in refused["fact"]
    assert "--again" in refused["remedy"]
    assert (list(hot.iterdir()), rendered.rows()) == ([], before), "nothing is left to resume either"
    document = rendered("print", "b", "--to", hot, "--again", "--json").json
    assert (document["job"], document["handed_over"][0]["job"]) == (None, job)
    assert [path.name for path in hot.iterdir()] == [job]
    rendered("print", "b", "--to", hot)


def test_a_job_carried_to_the_shop_and_confirmed_stops_nothing(rendered: Desk, hot: Path) -> None:
    job = rendered("print", "b", "--json").json["job"]
    rendered("job", "confirm", job)
    rendered("print", "b", "--to", hot)
    assert not list(hot.iterdir())


def test_a_job_made_by_an_interrupted_hand_over_was_carried_nowhere(
    rendered: Desk, hot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as cut_off:
        cut_off.setattr(HandoversBook, "start", _dies)
        rendered("print", "b", "--to", hot, status=130)
    assert jobs(rendered) == {"b-P01": "spooled"}
    rendered("print", "b", "--to", hot)
    assert [path.name for path in hot.iterdir()] == ["b-P01"]


def test_an_interrupted_hand_over_of_a_carried_job_is_resumed_without_asking_again(
    rendered: Desk, hot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered("print", "b")
    with monkeypatch.context() as cut_off:
        cut_off.setattr(HandoversBook, "start", _dies)
        rendered("print", "b", "--to", hot, "--again", status=130)
    rendered("resume", "b")
    assert [path.name for path in hot.iterdir()] == ["b-P01"]


def test_no_job_goes_to_two_places_nor_twice_to_one(rendered: Desk, hot: Path, tmp_path: Path) -> None:
    rendered("print", "b", "--to", hot)
    other = tmp_path / "other"
    other.mkdir()
    for place in (other, hot):
        assert rendered("print", "b", "--to", place, "--json").json["handed_over"] == []
    assert not list(other.iterdir())
    assert len(list(hot.iterdir())) == 1


@pytest.mark.slow
def test_a_letter_withdrawn_from_a_job_does_not_leave_with_it(rendered: Desk, hot: Path) -> None:
    job = rendered("print", "b", "--json").json["job"]
    gone = notice(rendered, ON_PAPER.account)
    rendered("withdraw", gone, "--by", "Releaser", "--why", "test", "--pulled")
    rendered("print", "b", "--to", hot, "--again")
    assert [path.name for path in hot.iterdir()] == [job]
    assert gone not in (hot / job / "manifest.csv").read_text("utf-8-sig")
    assert jobs(rendered) == {job: "spooled"}
    assert set(on_paper(rendered).values()) == {"spooled", "withdrawn"}
    rendered("job", "confirm", job)


def test_a_payment_during_the_copying_stops_the_job_at_its_last_step(
    rendered: Desk, hot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_in = HotFolder.copy_in

    def slowly(self: HotFolder, *arguments: Any) -> None:
        copy_in(self, *arguments)
        rendered("payment", "add", ON_PAPER.account, "--amount", "1300.00", "--by", "Clerk")

    monkeypatch.setattr(HotFolder, "copy_in", slowly)
    outcome = rendered("print", "b", "--to", hot, "--json", status=1)
    assert outcome.json["handed_over"][0]["state"] == "kept-back"
    assert ON_PAPER.account in outcome.errors
    assert not list(hot.iterdir())
    assert on_paper(rendered)[ON_PAPER.account] == "withdrawn"
    monkeypatch.undo()
    job = rendered("print", "b", "--to", hot, "--json").json["job"]
    assert notice(rendered, ON_PAPER.account) not in (hot / job / "manifest.csv").read_text("utf-8-sig")


def test_a_job_whose_files_were_changed_is_made_again(rendered: Desk, hot: Path) -> None:
    first = rendered("print", "b", "--json").json["job"]
    whole = contents(made(rendered, first))
    (made(rendered, first) / "letters-01.pdf").write_bytes(b"%PDF-1.7 something else")
    second = rendered("print", "b", "--to", hot, "--again", "--json").json["job"]
    assert jobs(rendered) == {first: "cancelled", second: "spooled"}
    assert len(contents(hot / second)["letters-01.pdf"]) == pytest.approx(len(whole["letters-01.pdf"]), rel=0.05)


def test_a_job_with_a_letter_to_withdraw_waits_for_a_person(rendered: Desk, hot: Path) -> None:
    job = rendered("print", "b", "--json").json["job"]
    rendered("payment", "add", ON_PAPER.account, "--amount", "1300.00", "--by", "Clerk")
    said = rendered("print", "b", "--to", hot, "--again", status=1).errors
    assert job in said
    assert not list(hot.iterdir())
    rendered("withdraw", notice(rendered, ON_PAPER.account), "--by", "Releaser", "--why", "paid", "--pulled")
    rendered("print", "b", "--to", hot, "--again")
    (folder,) = hot.iterdir()
    assert notice(rendered, ON_PAPER.account) not in (folder / "manifest.csv").read_text("utf-8-sig")


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_folder_that_cannot_be_used_changes_nothing(kind: str, rendered: Desk, tmp_path: Path) -> None:
    place = tmp_path / "place"
    if kind == "file":
        place.write_text("")
    rendered("print", "b", "--to", place, status=3)
    assert set(on_paper(rendered).values()) == {"rendered"}
    assert jobs(rendered) == {}
    if kind == "missing":
        place.mkdir()
        assert rendered("resume", "b", "--json").json["printed"]["handed_over"][0]["to"] == str(place)


def test_an_existing_job_of_that_name_is_not_overwritten(rendered: Desk, hot: Path) -> None:
    (hot / "b-P01").mkdir()
    rendered("print", "b", "--to", hot, status=4)
    assert not list((hot / "b-P01").iterdir())
    assert [path.name for path in hot.iterdir()] == ["b-P01"]
    (hot / "b-P01").rmdir()
    rendered("resume", "b")
    assert (hot / "b-P01" / "SHA256SUMS").is_file()


def test_a_full_disk_leaves_nothing_there_and_resume_continues(rendered: Desk, full_disk: Path) -> None:
    said = rendered("print", "b", "--to", full_disk, status=3).errors
    assert str(full_disk) in said
    assert [path.name for path in full_disk.iterdir()] == ["filler"]
    (full_disk / "filler").unlink()
    rendered("resume", "b")
    assert contents(full_disk / "b-P01") == contents(made(rendered, "b-P01"))


@pytest.mark.parametrize("place", ["http://127.0.0.1/", "ipp://", "ipp://user:secret@printer/", "file:///tmp"])
def test_a_place_that_is_neither_folder_nor_printer_is_a_usage_mistake(place: str, rendered: Desk) -> None:
    said = rendered("print", "b", "--to", place, status=2)
    assert "secret" not in said.errors
    assert rendered("resume", "b", "--json").json["printed"] is None
    assert set(on_paper(rendered).values()) == {"rendered"}


def test_to_without_a_value_uses_the_place_in_the_settings(rendered: Desk, hot: Path) -> None:
    rendered("print", "b", "--to", status=2)
    rendered.set('\nto = ""', f'\nto = "{hot}"')
    assert rendered("print", "b", "--to", "--json").json["handed_over"][0]["to"] == str(hot)


def test_a_cancelled_job_gives_its_letters_back_once_and_is_not_confirmed(rendered: Desk, hot: Path) -> None:
    job = rendered("print", "b", "--to", hot, "--json").json["job"]
    rendered("job", "cancel", job, "--why", "never fetched", status=4)
    rendered("job", "cancel", job, "--why", "never fetched", "--pulled")
    assert set(on_paper(rendered).values()) == {"rendered"}
    assert jobs(rendered) == {job: "cancelled"}
    rendered("job", "cancel", job, "--why", "never fetched", "--pulled", status=4)
    rendered("job", "confirm", job, status=4)
    shutil.rmtree(hot / job)
    assert rendered("print", "b", "--to", hot, "--json").json["job"] == "b-P02"


def test_another_workspaces_job_of_the_same_name_is_not_taken_for_ours(
    rendered: Desk, hot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both runs were interrupted before the last step, and the second one's files have the hidden name."""
    other = rendered.copy(tmp_path / "other")
    other("withdraw", notice(other, ON_PAPER.account), "--by", "Releaser", "--why", "test")
    with monkeypatch.context() as cut_off:
        cut_off.setattr(HotFolder, "publish", _dies)
        for desk in (rendered, other):
            desk("print", "b", "--to", hot, status=130)
    assert "it is unknown whether" in rendered("resume", "b", status=1).errors
    other("resume", "b")
    assert contents(hot / "b-P01") == contents(made(other, "b-P01"))
    assert jobs(rendered) == {"b-P01": "spooled"}


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
