"""The send command over SMTP: every reply is handled; nothing is sent twice, lost, or assumed sent without a reply."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Owes, held_elsewhere
from letters_without_office import pretend_to_render
from mail_server import DROP, DROP_IN_CONTENT, TAKE_AND_DROP, Answers, Server, mail_server
from returned_mail import RETURN_PATH, delivery_status, notice

from notices.cli.door import Door
from notices.flow.mailing import build_ahead
from notices.interrupts import DeferredInterrupt
from notices.post.message import message_id
from notices.post.verp import return_path

FIRST = Owes("1-1-101", "甲一", email="jia@example.com")
SECOND = Owes("1-1-102", "乙二", email="yi@example.com")
THIRD = Owes("1-1-103", "丙三", email="bing@example.com")
OWNERS = (FIRST, SECOND, THIRD)


@pytest.fixture(scope="session")
def mailing_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Three reminders, ready to be e-mailed; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("mailing") / "workspace")
    desk.plan(*OWNERS)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    return desk


@pytest.fixture
def ready(mailing_desk: Desk, tmp_path: Path) -> Desk:
    """Three reminders, ready to be e-mailed."""
    return mailing_desk.copy(tmp_path / "workspace")


@contextmanager
def served(desk: Desk, answers: Answers | None = None, more: str = "") -> Iterator[Server]:
    with mail_server(answers) as server:
        desk.use_smtp(server.port, more)
        yield server


def states(desk: Desk) -> list[str]:
    """Return the state of each e-mail, in the order of the owners."""
    found = desk.states()
    return [found[owner.account]["email"] for owner in OWNERS]


def numbers(desk: Desk) -> list[str]:
    decisions = desk.decisions()
    return [decisions[owner.account]["notice"] for owner in OWNERS]


def delivery(desk: Desk, owner: Owes) -> dict[str, Any]:
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:
        ledger.row_factory = sqlite3.Row
        return dict(ledger.execute("SELECT * FROM deliveries WHERE recipient = ?", (owner.email,)).fetchone())


def events(desk: Desk, owner: Owes) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger:
        key = delivery(desk, owner)["id"]
        wanted = "SELECT kind, data FROM events WHERE what = 'delivery' AND what_id = ? ORDER BY id"
        return [tuple(row) for row in ledger.execute(wanted, (key,))]


def long_ago(desk: Desk, span: timedelta) -> None:
    """Make all states older by this much."""
    seconds = int(span.total_seconds())
    desk.change(f"UPDATE deliveries SET since = strftime('%Y-%m-%d %H:%M:%f000', since, '-{seconds} seconds')")


def test_each_message_is_sent_once_and_the_servers_answer_is_kept(ready: Desk) -> None:
    with served(ready) as server:
        document = ready("send", "b", "--json").json
        assert ready("send", "b", "--json").json["sent"] == []
        assert ready("resume", "b", "--json").json["sent"] is None
    assert document["sent"] == numbers(ready)
    assert document["attention"] == []
    assert states(ready) == ["sent"] * 3
    assert [taken.recipient for taken in server.taken] == [owner.email for owner in OWNERS]
    assert server.connections == 1
    for order, (owner, taken) in enumerate(zip(OWNERS, server.taken, strict=True), start=1):
        kept = delivery(ready, owner)
        assert (kept["server_code"], kept["server_text"]) == (250, f"queued as {order}")
        assert kept["message_id"] == taken.message["Message-ID"]
        assert kept["sha256"] == sha256(taken.content).hexdigest()
        assert kept["attempt"] == 1
        assert [kind for kind, _ in events(ready, owner)][-2:] == ["sending", "sent"]
        number = ready.decisions()[owner.account]["notice"]
        assert (ready.folder / "batches" / "b" / "sent" / f"{number}.eml").read_bytes() == taken.content


BEFORE_IT_BEGINS = [
    ("greeting", "554 no"),
    ("greeting", "421 busy"),
    ("greeting", DROP),
    ("EHLO", DROP),
    ("MAIL", "550 not you"),
    ("MAIL", "501 what"),
]


@pytest.mark.parametrize(("word", "answer"), BEFORE_IT_BEGINS)
def test_a_server_that_refuses_our_mail_stops_the_run_and_changes_nothing(ready: Desk, word: str, answer: str) -> None:
    with served(ready, {word: answer}) as server:
        said = ready("send", "b", status=3).errors
    assert "127.0.0.1" in said
    assert states(ready) == ["rendered"] * 3
    assert server.taken == []
    with mail_server() as better:
        ready.set(f"port = {server.port}", f"port = {better.port}")
        ready("resume", "b")
    assert states(ready) == ["sent"] * 3


def test_a_refusal_of_the_sender_half_way_keeps_what_has_gone(ready: Desk) -> None:
    with served(ready, {"MAIL": ["250 ok", "550 enough"]}) as server:
        ready("send", "b", status=3)
    assert states(ready) == ["sent", "rendered", "rendered"]
    assert len(server.taken) == 1


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA", "content"])
@pytest.mark.parametrize("code", [421, 451])
def test_a_temporary_refusal_defers_that_message_only(ready: Desk, word: str, code: int) -> None:
    with served(ready, {word: ["250 ok" if word != "DATA" else "354 go", f"{code} later"]}) as server:
        document = ready("send", "b", "--json", status=1).json
    assert states(ready) == ["sent", "deferred", "sent"]
    assert document["deferred"] == [numbers(ready)[1]]
    assert len(server.taken) == 2
    assert (delivery(ready, SECOND)["server_code"], delivery(ready, SECOND)["server_text"]) == (code, "later")


@pytest.mark.parametrize("word", ["RCPT", "DATA", "content"])
@pytest.mark.parametrize("code", [550])
def test_a_permanent_refusal_refuses_that_message_only(ready: Desk, word: str, code: int) -> None:
    with served(ready, {word: ["250 ok" if word != "DATA" else "354 go", f"{code} never"]}) as server:
        document = ready("send", "b", "--json", status=1).json
    assert states(ready) == ["sent", "refused", "sent"]
    assert document["refused"] == [numbers(ready)[1]]
    assert "never" in " ".join(document["attention"])
    assert len(server.taken) == 2
    assert ready.decisions()[SECOND.account]["state"] == "undelivered"


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
def test_a_connection_dropped_before_the_content_is_reopened_and_the_message_sent_once(ready: Desk, word: str) -> None:
    with served(ready, {word: ["250 ok" if word != "DATA" else "354 go", DROP, DROP]}) as server:
        ready("send", "b")
    assert states(ready) == ["sent"] * 3
    assert [taken.recipient for taken in server.taken] == [owner.email for owner in OWNERS]
    assert server.connections == 3
    assert delivery(ready, SECOND)["attempt"] == 1


def test_a_server_that_keeps_dropping_the_connection_stops_the_run(ready: Desk) -> None:
    with served(ready, {"RCPT": ["250 ok", *[DROP] * 20]}) as server:
        ready("send", "b", status=3)
    assert states(ready) == ["sent", "rendered", "rendered"]
    assert server.connections < 8


@pytest.mark.parametrize("drop", [DROP_IN_CONTENT, TAKE_AND_DROP, "nonsense", "354 again"])
def test_without_a_reply_to_the_content_the_outcome_is_unknown_and_nothing_is_resent(ready: Desk, drop: str) -> None:
    with served(ready, {"content": ["250 ok", drop]}) as server:
        document = ready("send", "b", "--json", status=1).json
        taken = len(server.taken)
        assert states(ready) == ["sent", "unknown", "sent"]
        assert document["unknown"] == [numbers(ready)[1]]
        said = ready("send", "b", status=1).errors
        ready("resume", "b")
        assert states(ready) == ["sent", "unknown", "sent"]
        assert len(server.taken) == taken
    assert delivery(ready, SECOND)["message_id"] in said
    assert "mail settle" in said


def test_an_unsolicited_reply_is_never_taken_for_an_answer(ready: Desk) -> None:
    with served(ready, {"content": ["250 ok\r\n421 closing for idleness"]}) as server:
        ready("send", "b")
    assert states(ready) == ["sent"] * 3
    assert server.connections == 2


def test_an_unknown_outcome_is_settled_by_a_person_either_way(ready: Desk) -> None:
    with served(ready, {"content": [TAKE_AND_DROP, DROP_IN_CONTENT]}) as server:
        ready("send", "b", status=1)
        assert states(ready) == ["unknown", "unknown", "sent"]
        first, second, third = numbers(ready)
        asked = ready("mail", "settle", first, status=2).errors
        assert delivery(ready, FIRST)["message_id"] in asked
        ready("mail", "settle", first, "--sent", "--resend", status=2)
        assert states(ready)[0] == "unknown"
        assert ready("mail", "settle", first, "--sent", "--json").json["state"] == "sent"
        assert ready("mail", "settle", second, "--resend", "--json").json["state"] == "rendered"
        ready("mail", "settle", third, "--resend", status=4)
        ready("mail", "settle", first, "--resend", status=4)
        ready("mail", "settle", "NO-SUCH", "--resend", status=2)
        ready("send", "b")
    assert states(ready) == ["sent"] * 3
    assert sorted(taken.recipient for taken in server.taken) == sorted(owner.email for owner in OWNERS)
    assert delivery(ready, SECOND)["attempt"] == 2


def test_a_deferred_message_is_sent_when_due_and_not_before(ready: Desk) -> None:
    with served(ready, {"RCPT": ["450 later", "450 later"]}) as server:
        ready("send", "b", status=1)
        said = ready("send", "b", status=1).errors
        assert "deferred" in said
        ready("resume", "b")
        assert states(ready) == ["deferred", "deferred", "sent"]
        long_ago(ready, timedelta(minutes=6))
        assert ready("resume", "b", "--json").json["sent"]["sent"] == numbers(ready)[:2]
    assert states(ready) == ["sent"] * 3
    assert len(server.taken) == 3


def test_resume_sends_only_deferred_messages(ready: Desk) -> None:
    with served(ready, {"RCPT": ["450 later"]}) as server:
        ready("send", "b", "--limit", "1", status=1)
        long_ago(ready, timedelta(minutes=6))
        ready("resume", "b")
    assert states(ready) == ["sent", "rendered", "rendered"]
    assert len(server.taken) == 1


def test_retry_intervals_grow_and_now_ignores_them(ready: Desk) -> None:
    with served(ready, {"RCPT": "450 later"}):
        ready("send", "b", "--limit", "1", status=1)
        long_ago(ready, timedelta(minutes=6))
        ready("resume", "b", status=1)
        long_ago(ready, timedelta(minutes=6))
        ready("resume", "b")
        assert delivery(ready, FIRST)["attempt"] == 2
        ready("send", "b", "--limit", "1", "--now", status=1)
        assert delivery(ready, FIRST)["attempt"] == 3


def test_a_message_deferred_for_too_long_counts_as_refused(ready: Desk) -> None:
    with served(ready, {"RCPT": "450 later"}):
        ready("send", "b", "--limit", "1", status=1)
        with closing(sqlite3.connect(ready.folder / "batches" / "ledger.db")) as ledger:
            ledger.executescript(
                "DROP TRIGGER events_never_change;"
                "UPDATE events SET at = datetime(at, '-80 hours') WHERE kind = 'sending';"
            )
        said = ready("send", "b", "--limit", "1", "--now", status=1).errors
    assert "given up" in said
    assert states(ready) == ["refused", "rendered", "rendered"]


def test_a_deferred_message_that_was_paid_is_withdrawn(ready: Desk) -> None:
    with served(ready, {"RCPT": ["450 later"]}) as server:
        ready("send", "b", "--limit", "1", status=1)
        ready("payment", "add", FIRST.account, "--amount", "1200.00", "--date", "2026-11-24")
        long_ago(ready, timedelta(minutes=6))
        ready("resume", "b", status=1)
    assert states(ready)[0] == "withdrawn"
    assert server.taken == []


def test_a_payment_during_a_long_send_stops_the_message(ready: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notices.flow.mailing.recheck.INTERVAL", timedelta())
    paid = ("payment", "add", THIRD.account, "--amount", "1200.00", "--date", "2026-11-24")
    command = [sys.executable, "-m", "notices", *paid, "--workspace", str(ready.folder)]

    def pays(_: str) -> str:
        if command:
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            command.clear()
        return "250 ok"

    with served(ready, {"RCPT": pays}) as server:
        said = ready("send", "b", status=1).errors
    assert THIRD.account in said
    assert states(ready) == ["sent", "sent", "withdrawn"]
    assert len(server.taken) == 2


def test_a_dry_run_connects_and_lists_and_sends_nothing(ready: Desk) -> None:
    with served(ready) as server:
        before = ready.rows(), ready.files()
        document = ready("send", "b", "--dry-run", "--json").json
        assert (ready.rows(), ready.files()) == before
        assert (
            "3 message(s) built and checked, login to the mail server succeeded"
            in ready("send", "b", "--dry-run").errors
        )
    assert document["sent"] == numbers(ready)
    assert server.connections == 2
    assert not server.told("MAIL")
    ready("send", "b", "--dry-run", status=3)


def test_at_night_no_mail_is_sent_unless_forced(ready: Desk) -> None:
    now = time.localtime()
    closed = "00:00-00:01" if (now.tm_hour, now.tm_min) >= (0, 2) else "12:00-13:00"
    with served(ready, more=f'office_hours = "{closed}"') as server:
        before = ready.rows(), ready.files()
        assert closed in ready("send", "b", status=4).errors
        assert (ready.rows(), ready.files()) == before
        ready("send", "b", "--dry-run")
        ready("send", "b", "--now")
    assert states(ready) == ["sent"] * 3
    assert len(server.taken) == 3


def test_two_concurrent_sends_are_refused(ready: Desk) -> None:
    with served(ready) as server, held_elsewhere(ready.folder / "batches" / ".b.lock"):
        ready("send", "b", status=4)
        ready("mail", "settle", numbers(ready)[0], "--sent", status=4)
    assert server.connections == 0


@pytest.mark.parametrize("change", [lambda pdf: pdf.unlink(), lambda pdf: pdf.write_bytes(pdf.read_bytes() + b"\n")])
def test_a_missing_or_changed_letter_is_set_aside_even_if_deferred(ready: Desk, change: Callable[[Path], None]) -> None:
    with served(ready, {"RCPT": ["450 later"]}) as server:
        ready("send", "b", "--limit", "1", status=1)
        for pdf in (ready.folder / "output" / "b" / "letters").iterdir():
            change(pdf)
        ready("send", "b", status=1)
    assert states(ready) == ["set-aside"] * 3
    assert server.taken == []


def test_a_letter_that_shares_its_pdf_with_others_goes_to_nobody(ready: Desk) -> None:
    ready.change("UPDATE shards SET pages = 2")
    with served(ready) as server:
        assert "its PDF holds other letters too" in ready("send", "b", status=1).errors
    assert states(ready) == ["set-aside"] * 3
    assert server.taken == []


def test_a_missing_password_is_reported_before_anything_is_sent(ready: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTICES_MAIL_PASSWORD", raising=False)
    with served(ready, more='user = "clerk"') as server:
        assert "NOTICES_MAIL_PASSWORD" in ready("send", "b", status=3).errors
        monkeypatch.setenv("NOTICES_MAIL_PASSWORD", "")
        said = ready("send", "b", status=3).errors
    assert "NOTICES_MAIL_PASSWORD" in said
    assert server.connections == 0
    assert states(ready) == ["rendered"] * 3


def test_a_message_over_the_servers_size_limit_is_not_attempted(ready: Desk) -> None:
    with served(ready, {"EHLO": "250-test\r\n250 SIZE 1000"}) as server:
        said = ready("send", "b", status=1).errors
    assert "1000" in said
    assert not server.told("MAIL")
    assert states(ready) == ["set-aside"] * 3


def test_a_limit_counts_attempts_and_applies_to_resume(ready: Desk) -> None:
    with served(ready, {"MAIL": ["250 ok", "550 no"]}) as server:
        ready("send", "b", "--limit", "2", status=3)
        ready("resume", "b")
        assert states(ready) == ["sent", "sent", "rendered"]
        ready("send", "b")
    assert len(server.taken) == 3


def test_resuming_a_limited_send_does_not_replace_deferred_messages_by_others(ready: Desk) -> None:
    with served(ready, {"MAIL": ["451 later", "250 ok", "550 no"], "content": ["452 full"]}) as server:
        ready("send", "b", "--limit", "2", status=1)
        assert states(ready) == ["deferred", "deferred", "rendered"]
        long_ago(ready, timedelta(hours=1))
        ready("send", "b", "--limit", "2", status=3)
        assert states(ready) == ["rendered", "deferred", "rendered"]
        ready("resume", "b")
        assert states(ready) == ["sent", "sent", "rendered"]
    assert len(server.taken) == 2


def test_deferred_messages_wait_for_the_server_if_the_settings_now_name_the_outbox(ready: Desk) -> None:
    with served(ready, {"RCPT": ["450 later"] * 3}):
        ready("send", "b", status=1)
    long_ago(ready, timedelta(hours=1))
    ready.set('transport = "smtp"', 'transport = "outbox"')
    said = ready("send", "b", status=1).errors
    assert "3 message(s) were deferred by the mail server and cannot go into the outbox" in said
    assert "resume" not in said


def test_confirming_messages_sent_by_smtp_reports_that_it_is_not_needed(ready: Desk) -> None:
    with served(ready):
        ready("send", "b")
    said = ready("mail", "confirm", "b").errors
    assert "3 of its e-mails are sent already" in said
    assert "needs no confirmation" in said


def test_a_connection_is_limited_to_a_number_of_messages(ready: Desk) -> None:
    with served(ready, more="messages_per_connection = 2") as server:
        ready("send", "b")
    assert server.connections == 2


@pytest.mark.slow
def test_the_outcome_is_recorded_before_reconnecting(ready: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        build_ahead, "FEW", 0
    )  # build in worker processes, as for many messages, so that nothing else waits between two
    seen: list[list[str]] = []

    def greets(_: str) -> str:
        seen.append(states(ready))
        return "250 ok"

    with served(ready, {"EHLO": greets}, more="messages_per_connection = 1\n"):
        ready("send", "b")
    assert seen == [["rendered"] * 3, ["sent", "rendered", "rendered"], ["sent", "sent", "rendered"]]


def test_reports_are_requested_to_the_notices_own_address(ready: Desk) -> None:
    with served(ready, more='bounce_address = "bounces@example.com"') as server:
        ready("send", "b", "--limit", "1")
    number = numbers(ready)[0]
    assert server.taken[0].sender.startswith("bounces+" + number)
    assert server.taken[0].sender.endswith("@example.com")
    (mail,), (rcpt,) = server.told("MAIL"), server.told("RCPT")
    assert f"ENVID={number}" in mail
    assert "RET=HDRS" in mail
    assert f"SIZE={len(server.taken[0].content)}" in mail
    assert "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;jia@example.com" in rcpt


def test_a_server_without_extensions_gets_no_parameters(ready: Desk) -> None:
    with served(ready, {"EHLO": "250 test"}) as server:
        ready("send", "b", "--limit", "1")
    assert server.told("MAIL") == [f"mail FROM:<{server.taken[0].sender}>"]
    assert server.told("RCPT") == [f"rcpt TO:<{FIRST.email}>"]


def test_a_chinese_domain_is_sent_to_and_a_chinese_local_part_is_reported(fresh_desk: Desk, tmp_path: Path) -> None:
    desk = fresh_desk.copy(tmp_path / "workspace")
    owners = (Owes("1-1-101", "甲一", email="jia@例子.中国"), Owes("1-1-102", "乙二", email="乙二@example.com"))
    listed = desk.list(*owners)
    (note,) = (note for note in desk("check", listed, "--json").json["notes"] if note["code"] == "email-unusable")
    assert (note["value"], "before its @" in note["detail"]) == ("乙二@example.com", True)
    desk.plan(*owners)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    with served(desk) as server:
        desk("send", "b")
    assert [taken.recipient for taken in server.taken] == ["jia@xn--fsqu00a.xn--fiqs8s"]
    assert str(server.taken[0].message["To"]) == "jia@xn--fsqu00a.xn--fiqs8s"


def test_a_tier_uses_its_own_sender_and_server(ready: Desk) -> None:
    with mail_server() as firm, served(ready) as ours:
        firms = f'[mail.tiers.reminder]\nhost = "127.0.0.1"\nport = {firm.port}\nsecurity = "none"\n'
        ready.set("# ───────────── 打印", firms + 'sender = "law@firm.example"\nsender_name = "律所"\n# ───')
        ready("send", "b")
    assert ours.connections == 0
    assert {str(taken.message["From"]) for taken in firm.taken} == {"律所 <law@firm.example>"}


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c_works")
def test_closing_the_terminal_or_ctrl_c_lets_the_current_message_finish(ready: Desk) -> None:
    waits = [3.0]  # seconds, for the first message only: long enough to handle Ctrl-C on a busy machine

    def slowly(_: str) -> str:
        time.sleep(waits.pop() if waits else 0)
        return "250 ok"

    with served(ready, {"content": slowly}) as server:
        command = [sys.executable, "-m", "notices", "send", "b", "--workspace", str(ready.folder)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            while not server.told("DATA"):
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            errors = process.communicate(timeout=60)[1]
        assert process.returncode == 130, errors
        assert states(ready) == ["sent", "rendered", "rendered"]
        assert len(server.taken) == 1
        ready("resume", "b")
    assert states(ready) == ["sent"] * 3
    assert len(server.taken) == 3


@pytest.mark.slow
def test_a_killed_send_leaves_the_current_message_unknown_and_resume_sends_the_others(ready: Desk) -> None:
    waiting = [True]

    def hangs(_: str) -> str:
        if waiting.pop() if waiting else False:
            time.sleep(3)
        return "250 ok"

    with served(ready, {"content": hangs}) as server:
        command = [sys.executable, "-m", "notices", "send", "b", "--workspace", str(ready.folder)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            while not server.told("DATA"):
                time.sleep(0.02)
            time.sleep(0.1)
            process.kill()
        assert states(ready) == ["sending", "rendered", "rendered"]
        ready("resume", "b", status=1)
    assert states(ready) == ["unknown", "sent", "sent"]


@pytest.mark.slow
def test_a_send_killed_between_messages_has_recorded_the_last_outcome(
    ready: Desk,
) -> None:
    with served(ready, more="per_minute = 1\n") as server:
        command = [sys.executable, "-m", "notices", "send", "b", "--workspace", str(ready.folder)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            end = time.monotonic() + 60
            while states(ready) != ["sent", "rendered", "rendered"] and time.monotonic() < end:
                time.sleep(0.05)
            process.kill()
    assert states(ready) == ["sent", "rendered", "rendered"]
    assert len(server.taken) == 1


def test_confirm_skips_messages_paid_since_unless_they_are_named(ready: Desk) -> None:
    ready("send", "b")
    ready("payment", "add", FIRST.account, "--amount", "1200.00", "--date", "2026-11-24")
    first = numbers(ready)[0]
    document = ready("mail", "confirm", "b", "--json", status=1).json
    assert document["sent"] == 2
    assert (
        f"{first}: not recorded as sent, because the owner paid 1,200.00 yuan on 24 November"
        in document["attention"][0]
    )
    assert states(ready) == ["spooled", "sent", "sent"]
    ready("mail", "confirm", "b", "--notice", "NO-SUCH", status=2)
    assert ready("mail", "confirm", "b", "--notice", first, "--json").json["sent"] == 1
    assert states(ready) == ["sent"] * 3


def test_confirm_names_the_dispute_and_not_the_payment_made_besides(ready: Desk) -> None:
    ready("send", "b")
    ready("payment", "add", FIRST.account, "--amount", "200.00", "--date", "2026-11-24")
    ready("hold", "add", FIRST.account, "--kind", "disputed", "--by", "Clerk")
    (said, *_) = ready("mail", "confirm", "b", "--json", status=1).json["attention"]
    assert f"{numbers(ready)[0]}: not recorded as sent, because it is decided differently now: hold/disputed" in said


def test_confirm_adds_up_several_payments(ready: Desk) -> None:
    ready("send", "b")
    ready("payment", "add", FIRST.account, "--amount", "200.00", "--date", "2026-11-24")
    ready("payment", "add", FIRST.account, "--amount", "1000.00", "--date", "2026-11-25")
    said = " ".join(ready("mail", "confirm", "b", "--json", status=1).json["attention"])
    assert "because the owner paid 1,200.00 yuan in all since the plan." in said


def test_an_interrupted_resume_of_deferred_messages_sends_nothing_else_next_time(ready: Desk) -> None:
    with served(ready, {"RCPT": ["450 later"], "MAIL": ["250 ok", "550 no"]}):
        ready("send", "b", "--limit", "1", status=1)
        long_ago(ready, timedelta(minutes=6))
        ready("resume", "b", status=3)
        assert ready("resume", "b", "--json").json["sent"]["sent"] == numbers(ready)[:1]
    assert states(ready) == ["sent", "rendered", "rendered"]


def test_no_message_is_sent_after_hours_because_of_the_rate_limit(ready: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [datetime(2026, 11, 23, 17, 59, 30).astimezone()]

    def pass_by(_: DeferredInterrupt, seconds: float) -> None:
        now[0] += timedelta(seconds=seconds)

    monkeypatch.setattr(Door, "local_time", lambda _: now[0])
    monkeypatch.setattr(DeferredInterrupt, "pause", pass_by)
    with served(ready, more='per_minute = 1\noffice_hours = "08:00-18:00"'):
        said = ready("send", "b", status=1).errors
        assert "2 message(s) wait for the next office hours; then run `notices resume b`" in said
        assert states(ready) == ["sent", "rendered", "rendered"]
        ready("resume", "b", status=4)
        now[0] += timedelta(hours=15)
        assert ready("resume", "b", "--json").json["sent"]["sent"] == numbers(ready)[1:]
    assert states(ready) == ["sent"] * 3


def test_a_send_waiting_for_the_morning_does_not_block_resuming_a_print_at_night(
    ready: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Door, "local_time", lambda _: datetime(2026, 11, 23, 21, 0).astimezone())
    for verb, options in (("send", '{"by": "Clerk", "limit": null, "only": null}'), ("print", '{"by": "Clerk"}')):
        ready.change(
            "INSERT INTO commands (verb, options, batch, started_at)"
            f" VALUES ('{verb}', '{options}', 'b', '2026-11-23 09:00:00.000000')"
        )
    with served(ready, more='office_hours = "08:00-18:00"') as server:
        done = ready("resume", "b", "--json", status=1).json
    assert (server.connections, done["sent"]) == (0, None)
    assert done["printed"] is not None
    assert "mail is sent only" in done["attention"][0]
    with closing(sqlite3.connect(ready.folder / "batches" / "ledger.db")) as ledger:
        assert ledger.execute("SELECT verb FROM commands WHERE finished_at IS NULL").fetchall() == [("send",)]


@pytest.mark.slow
def test_closing_the_terminal_does_not_stop_a_send_under_nohup(ready: Desk) -> None:
    def slowly(_: str) -> str:
        time.sleep(0.3)
        return "250 ok"

    with served(ready, {"content": slowly}) as server:
        command = ["nohup", sys.executable, "-m", "notices", "send", "b", "--workspace", str(ready.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while not server.told("DATA"):
                time.sleep(0.02)
            process.send_signal(signal.SIGHUP)
            process.communicate(timeout=60)
    assert process.returncode == 0
    assert states(ready) == ["sent"] * 3


def test_a_recipient_cannot_guess_other_notices_report_tokens(ready: Desk) -> None:
    with served(ready, more='bounce_address = "bounces@example.com"') as server:
        ready("send", "b")
    number, sender = numbers(ready)[1], str(server.taken[1].message["From"].addresses[0].addr_spec)
    forged = delivery_status(to=SECOND.email, original=notice(message_id(number, sender), SECOND.email))
    forged = forged.replace(RETURN_PATH.encode(), return_path("bounces@example.com", number).encode())
    file = ready.folder / "forged.eml"
    file.write_bytes(forged)
    assert ready("mail", "bounces", file, "--json", status=1).json["messages"][0]["notice"] is None
    assert states(ready) == ["sent"] * 3


def test_a_pdf_changed_during_the_send_is_not_sent(ready: Desk) -> None:
    letters = ready.folder / "output" / "b" / "letters"

    def changing(recipient: str) -> str:
        if recipient == FIRST.email:
            for pdf in letters.iterdir():
                pdf.write_bytes(pdf.read_bytes() + b"\n")
        return "250 ok"

    with served(ready, {"content": changing}) as server:
        assert "render it again" in ready("send", "b", status=1).errors
    assert states(ready) == ["sent", "set-aside", "set-aside"]
    assert [taken.recipient for taken in server.taken] == [FIRST.email]


@pytest.mark.parametrize("word", ["RCPT", "DATA", "content"])
def test_a_refusal_that_limits_the_sender_stops_the_run_and_blames_no_address(ready: Desk, word: str) -> None:
    answer = "550 Connection frequency limited"
    usual = {"RCPT": "250 ok", "DATA": "354 go", "content": "250 queued"}[word]
    with served(ready, {word: [usual, answer, answer]}) as server:
        said = ready("send", "b", status=3).errors
    assert f"limits our mail: {answer}" in said
    assert states(ready) == ["sent", "rendered", "rendered"]
    later = ready.plan(*OWNERS, batch="c", as_of="2026-11-24")
    assert {each["reason"] for each in later.values()} == {"awaiting-reply", "in-progress"}  # nothing is undelivered
    with mail_server() as better:
        ready.set(f"port = {server.port}", f"port = {better.port}")
        ready("resume", "b")
    assert states(ready) == ["sent"] * 3
