"""Ctrl-C during a reply that never ends stops `send` within its bounds, and the ledger says what may have left."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from desk import Desk, Owes
from letters_without_office import pretend_to_render
from replies_without_office import pretend_to_reply
from stubborn_server import stubborn_server

from notices.model import Slip

OWNERS = (Owes("1-1-101", "甲一", email="jia@example.com"), Owes("1-1-102", "乙二", email="yi@example.com"))
GREETING, EHLO, OK, GO = b"220 test\r\n", b"250-test\r\n250 SIZE 0\r\n", b"250 ok\r\n", b"354 go\r\n"
LINE = b"250-more to come\r\n"
STEP_SECONDS = 6
SLACK_SECONDS = 8.0  # a busy machine; the program itself needs less than one after the bound
BEFORE_DATA = (GREETING, EHLO, OK, OK)
AFTER_CONTENT = (GREETING, EHLO, OK, OK, GO)


@pytest.fixture(scope="module")
def mailing_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two reminders, ready to be e-mailed; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("stubborn") / "workspace")
    desk.plan(*OWNERS)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    return desk


@pytest.fixture
def ready(mailing_desk: Desk, tmp_path: Path) -> Desk:
    return mailing_desk.copy(tmp_path / "workspace")


def interrupted(
    desk: Desk, replies: tuple[bytes, ...], *, step: int, answer: int, words: tuple[str, ...] = ("send", "b", "--now")
) -> tuple[int, float, str]:
    """Press Ctrl-C once during a reply that never ends, in a real process; return status, seconds from then, words.

    The server drips: one that floods ends the command by itself (tests/post/test_post_bounds.py).
    """
    at_it = threading.Event()
    with stubborn_server("drip", LINE, replies, at_it=at_it) as port:
        settings = f'transport = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nuser = ""\n'
        bounds = f"timeout_seconds = {step}\nanswer_seconds = {answer}\n"
        desk.set('transport = "outbox"            # ', f"{settings}{bounds}\n# ")
        environment = {**os.environ, "NOTICES_WORKSPACE": str(desk.folder), "LC_ALL": "C.UTF-8"}
        command = [sys.executable, "-m", "notices", *words, "--by", "Sender"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
            assert at_it.wait(120)
            time.sleep(0.3)
            begun = time.monotonic()
            running.send_signal(signal.SIGINT)
            said = running.communicate(timeout=120)[0].decode()
            return running.returncode, time.monotonic() - begun, said


def states(desk: Desk) -> list[str]:
    found = desk.states()
    return [found[owner.account]["email"] for owner in OWNERS]


@pytest.mark.usefixtures("ctrl_c_works")
def test_ctrl_c_while_a_server_never_ends_its_greeting_stops_at_once(ready: Desk) -> None:
    status, seconds, said = interrupted(ready, (), step=60, answer=60)
    assert (status, states(ready)) == (130, ["rendered"] * 2), said
    assert seconds < SLACK_SECONDS


@pytest.mark.usefixtures("ctrl_c_works")
def test_ctrl_c_before_the_content_does_not_begin_anew_and_nothing_is_unknown(ready: Desk) -> None:
    """The reply to DATA is given up after its bound; three more tries would take three times as long."""
    status, seconds, said = interrupted(ready, BEFORE_DATA, step=STEP_SECONDS, answer=60)
    assert (status, states(ready)) == (130, ["rendered"] * 2), said
    assert seconds < STEP_SECONDS + SLACK_SECONDS
    assert "Traceback" not in said
    with closing(sqlite3.connect(ready.folder / "batches" / "ledger.db")) as ledger:
        kinds = [kind for (kind,) in ledger.execute("SELECT kind FROM events WHERE what = 'delivery' ORDER BY id")]
    assert kinds.count("sending") == kinds.count("not-sent") == 1


@pytest.mark.usefixtures("ctrl_c_works")
def test_ctrl_c_during_the_answer_to_the_content_leaves_that_message_unknown_and_begins_no_other(ready: Desk) -> None:
    status, seconds, said = interrupted(ready, AFTER_CONTENT, step=60, answer=STEP_SECONDS)
    assert (status, states(ready)) == (130, ["unknown", "rendered"]), said
    assert seconds < STEP_SECONDS + SLACK_SECONDS


@pytest.mark.usefixtures("ctrl_c_works")
def test_ctrl_c_before_the_content_of_a_letter_of_reply_leaves_it_waiting(ready: Desk) -> None:
    number = ready.decisions()[OWNERS[0].account]["notice"]
    with ready.books() as books:
        notice = books.notices.find(number)
        assert notice is not None
        slip = Slip(("fee-too-high",), date(2026, 11, 24))
        books.slips.add(notice.id, slip, "typed", by="Clerk", at=datetime.now(UTC))
    pretend_to_reply(ready, number, {"email": OWNERS[0].email})
    words = ("letter", "send", "--any-hour")
    status, seconds, said = interrupted(ready, BEFORE_DATA, step=STEP_SECONDS, answer=60, words=words)
    (letter,) = ready("letter", "list", "--json").json["letters"]
    assert (status, [way["state"] for way in letter["deliveries"]]) == (130, ["rendered"]), said
    assert seconds < STEP_SECONDS + SLACK_SECONDS
