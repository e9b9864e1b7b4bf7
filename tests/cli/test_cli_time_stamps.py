"""Time stamps of the ledger: after each release, caught up later, verified, and never in the way of a release."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from desk import Desk
from time_stamp_authority import TimeStampAuthority, time_stamp_authority


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeStampAuthority]:
    with time_stamp_authority(tmp_path_factory.mktemp("authority")) as authority:
        authority.root("foreign")
        authority.signer("stranger", ca="foreign")
        yield authority


@pytest.fixture
def authority(running: TimeStampAuthority) -> Iterator[TimeStampAuthority]:
    yield running
    running.answer = running.honest


@pytest.fixture
def stamping(planned: Desk, authority: TimeStampAuthority) -> Desk:
    planned.set('[timestamp]\nurl = ""', f'[timestamp]\nurl = "{authority.url}"')
    planned.set('ca_file = ""                    # 该机构', f'ca_file = "{authority.ca_file}"  # 该机构')
    return planned


def stamps(desk: Desk) -> list[dict[str, object]]:
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:
        rows = ledger.execute("SELECT data FROM events WHERE kind = 'stamped' ORDER BY id").fetchall()
    return [json.loads(data) for (data,) in rows]


def release(desk: Desk, *more: object, status: int = 0) -> str:
    return desk("approve", "b", "--by", "Releaser", *more, status=status).errors


def test_a_release_is_stamped_and_the_stamp_verifies_without_this_program(
    stamping: Desk, authority: TimeStampAuthority, tmp_path: Path
) -> None:
    release(stamping)
    (stamp,) = stamps(stamping)
    (kept,) = (stamping.folder / "notices.stamps").iterdir()
    assert (int(kept.stem), kept.stat().st_mode & 0o777) == (stamp["event"], 0o600)
    words = ["openssl", "ts", "-verify", "-digest", str(stamp["link"]), "-in", str(kept), "-CAfile", authority.ca_file]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout + done.stderr
    proven = stamping("ledger", "verify", "--json").json
    assert (proven["intact"], proven["stamps"]) == (True, 1)


def test_with_the_authority_down_the_release_stands_and_the_next_command_catches_up(
    stamping: Desk, authority: TimeStampAuthority
) -> None:
    authority.answer = lambda _: b""  # status 503
    told = release(stamping, status=1)
    assert "What was released stands" in told
    assert authority.url in told
    assert all(each["notice"] for each in stamping.decisions().values() if each["action"] == "issue")
    assert stamps(stamping) == []
    assert "has no time stamp yet" in stamping("send", "b", "--by", "Sender", status=1).errors
    authority.answer = authority.honest
    assert "time stamp" not in stamping("send", "b", "--by", "Sender", status=1).errors
    assert len(stamps(stamping)) == 1
    stamping("send", "b", "--by", "Sender", status=1)
    assert len(stamps(stamping)) == 1  # nothing was released since


def test_a_lying_authority_is_refused_by_name_and_nothing_of_it_is_kept(
    stamping: Desk, authority: TimeStampAuthority
) -> None:
    authority.answer = lambda request: authority.honest(request, "stranger")
    told = release(stamping, status=1)
    assert authority.url in told
    assert "not trusted" in told
    assert (stamps(stamping), (stamping.folder / "notices.stamps").exists()) == ([], False)


def test_ledger_stamp_stamps_on_demand_and_says_why_it_cannot(
    stamping: Desk, authority: TimeStampAuthority, planned_desk: Desk
) -> None:
    made = stamping("ledger", "stamp", "--by", "Clerk", "--json").json["stamped"]
    assert (made["event"], made["head"]) == (stamps(stamping)[0]["event"], stamps(stamping)[0]["link"])
    authority.answer = lambda _: b""
    assert authority.url in stamping("ledger", "stamp", status=3).errors
    stamping.set(f'url = "{authority.url}"', 'url = ""')
    assert "[timestamp]" in stamping("ledger", "stamp", status=2).errors


def test_a_stamp_that_was_changed_or_is_lost_is_found(stamping: Desk) -> None:
    release(stamping)
    (kept,) = (stamping.folder / "notices.stamps").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-9] + bytes(9))
    proven = stamping("ledger", "verify", "--json", status=1).json
    assert proven["files"] == [{"file": f"notices.stamps/{kept.name}", "what": "changed"}]
    kept.unlink()
    proven = stamping("ledger", "verify", "--json", status=1).json
    assert proven["files"] == [{"file": f"notices.stamps/{kept.name}", "what": "missing"}]


def test_a_stamp_shows_that_the_ledger_has_lost_events(stamping: Desk, tmp_path: Path) -> None:
    old = (stamping.folder / "batches" / "ledger.db").read_bytes()
    release(stamping)
    (kept,) = (stamping.folder / "notices.stamps").iterdir()
    for path in (stamping.folder / "batches").glob("ledger.db*"):
        path.unlink()
    (stamping.folder / "batches" / "ledger.db").write_bytes(old)
    (stamping.folder / "notices.heads").unlink()  # as somebody does who wants nobody to notice
    proven = stamping("ledger", "verify", "--json", status=1).json
    assert {"event": int(kept.stem), "what": "removed", "row": f"stamp {int(kept.stem)}"} in proven["broken"]


def test_an_authority_that_is_trusted_no_more_is_a_finding(stamping: Desk, authority: TimeStampAuthority) -> None:
    release(stamping)
    stamping.set(str(authority.ca_file), str(authority.folder / "foreign.pem"))
    proven = stamping("ledger", "verify", "--json", status=1).json
    assert [each["row"] for each in proven["broken"]] == [f"stamp {stamps(stamping)[0]['event']}"]


def test_without_an_authority_in_the_settings_nothing_is_asked(planned: Desk, authority: TimeStampAuthority) -> None:
    before = len(authority.asked)
    release(planned)
    assert (stamps(planned), len(authority.asked)) == ([], before)
    assert planned("ledger", "verify", "--json").json["stamps"] == 0


def test_an_address_without_the_certificate_of_its_root_is_a_mistake_in_the_settings(desk: Desk) -> None:
    desk.set('[timestamp]\nurl = ""', '[timestamp]\nurl = "https://tsa.example.com/"')
    assert "ca_file" in desk("status", status=2).errors
    desk.set('url = "https://tsa.example.com/"', 'url = "file:///etc/passwd"')
    assert "time-stamp authority" in desk("status", status=2).errors


def test_doctor_says_if_the_authority_stamps_and_why_not(stamping: Desk, authority: TimeStampAuthority) -> None:
    def finding() -> tuple[bool, str]:
        findings = stamping("doctor", "--json", status={0, 3}).json["findings"]
        return next((each["fine"], each["fact"]) for each in findings if each["what"] == "time stamps")

    assert finding() == (True, f"{authority.url} stamps; its policy is 1.2.3.4.1.")
    authority.answer = lambda _: b""
    assert finding() == (False, f"The time-stamp authority {authority.url} does not answer: HTTP status 503.")
