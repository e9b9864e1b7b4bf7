"""Bad input of report, evidence and court: clear words and a status, and nothing half there."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk
from neighbours import BOTH_WAYS, BY_MAIL, ON_PAPER
from sealed_desk import with_seals
from signing_keys import PASSWORD, KeyMaker


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyMaker:
    made = KeyMaker(tmp_path_factory.mktemp("keys"))
    for name, days in (("centre", 20), ("firm", 20), ("expired", -1)):
        made.key(name, days=days)
    return made


@pytest.fixture(scope="module")
def mailed_desk(rendered_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b`, of which the e-mails have left."""
    desk = rendered_desk.copy(tmp_path_factory.mktemp("mailed") / "workspace")
    desk("send", "b", "--by", "Sender")
    desk("mail", "confirm", "b", "--by", "Sender")
    return desk


@pytest.fixture
def mailed(mailed_desk: Desk, tmp_path: Path) -> Desk:
    return mailed_desk.copy(tmp_path / "workspace")


def number_of(desk: Desk) -> str:
    return str(desk.decisions()[BY_MAIL.account]["notice"])


def test_a_batch_that_never_left_has_an_empty_report_and_no_evidence_and_proves_no_demand(
    approved: Desk, tmp_path: Path
) -> None:
    found = approved("report", "b", "--json").json
    assert (found["tiers"], found["collected"], found["undelivered"]) == ([], [], [])
    assert (
        "not known to have left" in approved("evidence", number_of(approved), "--to", tmp_path / "e", status=4).errors
    )
    refused = approved("court", ON_PAPER.account, "--to", tmp_path / "c", "--json", status=4).json
    assert [each["code"] for each in refused["accounts"][0]["obstacles"]] == ["no-proven-demand"]
    assert not (tmp_path / "e").exists()
    assert not (tmp_path / "c").exists()


def test_a_withdrawn_notice_is_not_counted_as_sent_and_is_no_evidence_for_a_court(mailed: Desk, tmp_path: Path) -> None:
    sent = sum(each["sent"] for each in mailed("report", "b", "--json").json["tiers"])
    number = str(mailed.decisions()[ON_PAPER.account]["notice"])
    mailed("withdraw", number, "--why", "旧清单", "--by", "Clerk")
    assert sum(each["sent"] for each in mailed("report", "b", "--json").json["tiers"]) == sent
    assert "was withdrawn" in mailed("evidence", number, "--to", tmp_path / "e", status=4).errors
    mailed("court", ON_PAPER.account, "--to", tmp_path / "c", status=4)
    assert [path.name for path in tmp_path.iterdir()] == ["workspace"]


@pytest.mark.office
@pytest.mark.parametrize("command", ["evidence", "court"])
@pytest.mark.parametrize(
    ("key", "password", "reason"),
    [
        ("centre", "wrong", "the password is wrong"),
        ("centre", "", "the password is wrong, or missing"),
        ("expired", PASSWORD, "its certificate expired on 20"),
        ("", PASSWORD, "No such file"),
    ],
)
def test_a_key_that_cannot_sign_stops_evidence_and_a_courts_file_before_anything_is_made(
    mailed: Desk,
    keys: KeyMaker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    key: str,
    password: str,
    reason: str,
) -> None:
    with_seals(mailed, keys)
    file = mailed.folder / "keys" / "centre.p12"
    if key:
        file.write_bytes((keys.folder / f"{key}.p12").read_bytes())
    else:
        file.unlink()
    monkeypatch.setenv("NOTICES_SEAL_PASSWORD", password)
    what = number_of(mailed) if command == "evidence" else BOTH_WAYS.account
    refused = mailed(command, what, "--to", tmp_path / "made", status=3).errors
    assert reason in refused
    assert "centre.p12" in refused
    assert PASSWORD not in refused
    assert [path.name for path in tmp_path.iterdir()] == ["workspace"]


@pytest.mark.parametrize("words", [("report", "--html", "r.html"), ("report", "--xlsx", "r.xlsx")])
def test_a_report_on_a_full_disk_leaves_no_half_file(mailed: Desk, full_disk: Path, words: tuple[str, ...]) -> None:
    refused = mailed(*words[:-1], full_disk / words[-1], status=3).errors
    assert "No space left" in refused
    assert [path.name for path in full_disk.iterdir()] == ["filler"]


@pytest.mark.office
@pytest.mark.parametrize("words", [("letter", "export", "b"), ("court", BOTH_WAYS.account)])
def test_a_folder_on_a_full_disk_is_not_made_half(mailed: Desk, full_disk: Path, words: tuple[str, ...]) -> None:
    refused = mailed(*words, "--to", full_disk / "made", status=3).errors
    assert "Traceback" not in refused
    assert [path.name for path in full_disk.iterdir()] == ["filler"]
