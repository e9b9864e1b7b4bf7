"""Send many e-mails through a server that drops, delays and refuses at random, while the program is killed at random.

NOTICES_MESSAGES is their number (`make proofs`: 1,000).
"""

from __future__ import annotations

import csv
import os
import random
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from chaos_workspace import AS_OF, ESTATE, Ended, run, start
from mail_server import DROP, DROP_IN_CONTENT, TAKE_AND_DROP, Server, mail_server
from readable_letters import make_letters

from notices.ledger import Ledger

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(0)]

NOTICES = int(os.environ.get("NOTICES_MESSAGES", "120"))
SEED = 20261123
HEADINGS = ("小区", "房号", "业主姓名", "邮箱", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额")
LONGEST = 600.0  # seconds that only a command that hangs needs
KILLS = NOTICES // 10
MOST_LINES = 80  # that the server hears from a command before it is killed
FEW, MANY = 100, 700  # messages of which the memory is compared
ENDS = {"sent", "refused", "deferred", "unknown"}

# Faulty answers of the server by SMTP command, each with its probability.
ODDS = {
    "greeting": ((0.02, "421 busy"), (0.02, DROP)),
    "MAIL": ((0.02, DROP), (0.02, "451 later"), (0.002, "550 not you")),
    "RCPT": ((0.02, DROP), (0.03, "450 later"), (0.02, "550 nobody")),
    "DATA": ((0.02, DROP), (0.01, "451 later"), (0.01, "554 no")),
    "content": (
        (0.01, DROP_IN_CONTENT),
        (0.01, TAKE_AND_DROP),
        (0.02, "452 full"),
        (0.02, "554 spam"),
        (0.01, "421 closing"),
    ),
    "RSET": ((0.05, DROP),),
}
USUAL = {"greeting": "220 ok", "DATA": "354 go", "content": "250 queued as {n}"}


class Whims:
    """Random answers of the server, reproducible by seed."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.lock = threading.Lock()

    def answers(self) -> dict[str, object]:
        return {word: lambda _, word=word: self.answer(word) for word in ODDS}

    def answer(self, word: str) -> str:
        with self.lock:
            point = self.chance.random()
            if self.chance.random() < 0.02:
                time.sleep(self.chance.random() * 0.05)
        for odds, answer in ODDS[word]:
            if point < odds:
                return answer
            point -= odds
        return USUAL.get(word, "250 ok")


def make_batch(folder: Path, port: int, count: int = NOTICES) -> Path:
    """Make a batch of reminders with plain letters, because only the sending is tested here."""
    workspace = folder / "workspace"
    assert run(folder, "init", workspace).status == 0
    settings = workspace / "notices.toml"
    smtp = f'transport = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nuser = ""\n# '
    settings.write_text(settings.read_text("utf-8").replace('transport = "outbox"', smtp), "utf-8")
    with (workspace / "list.csv").open("w", encoding="utf-8", newline="") as file:
        rows = ((ESTATE, f"{n // 40 + 1}-1-{n % 40 + 101}", f"张{chr(0x4E00 + n)}", f"o{n}@example.com", "示例路1号",
                 "2026年1月至6月", "2026-06-30", "1200.00", "0") for n in range(count))  # fmt: skip
        csv.writer(file).writerows([HEADINGS, *rows])
    assert run(workspace, "plan", "list.csv", "--name", "b", "--as-of", AS_OF, "--by", "甲").status == 0
    assert run(workspace, "approve", "b", "--by", "乙").status == 0
    plain_letters(workspace)
    return workspace


def plain_letters(workspace: Path) -> None:
    with closing(Ledger.open(f"sqlite:///{workspace / 'batches' / 'ledger.db'}")) as ledger:
        make_letters(ledger, workspace, "b", by="甲", at=datetime.now(UTC))


def cut_off(workspace: Path, server: Server, chance: random.Random | None, *words: str) -> Ended | None:
    """Run a command, and with `chance` kill it between two lines that it tells the server; return None if it was."""
    process = start(workspace, *words)
    if chance is not None:
        wait_for(server, len(server.lines) + chance.randint(1, MOST_LINES), process)
        time.sleep(chance.uniform(0, 0.02))
        process.kill()
    try:
        output, errors = process.communicate(timeout=LONGEST)
    finally:
        process.kill()
    ended = Ended(process.returncode, output, errors)
    return None if ended.killed else ended


def wait_for(server: Server, lines: int, process: subprocess.Popen[str]) -> None:
    """Wait until the server has heard so many lines, or the process has ended."""
    end = time.monotonic() + LONGEST
    while len(server.lines) < lines and process.poll() is None:
        assert time.monotonic() < end, "it did not come to an end"
        time.sleep(0.005)


def test_of_many_messages_none_is_lost_none_goes_twice_and_the_ledger_says_what_the_server_says(
    tmp_path: Path,
) -> None:
    chance = random.Random(SEED)
    whims = Whims(random.Random(SEED + 1))
    with mail_server(whims.answers()) as server:
        workspace = make_batch(tmp_path, server.port)
        kills = stops = 0
        ended = cut_off(workspace, server, chance, "send", "b")
        for _ in range(NOTICES):
            if ended is None:
                kills += 1
            elif ended.status == 3:
                stops += 1
            else:
                assert ended.status in {0, 1}, ended
                if set(where_they_stand(workspace).values()) <= ENDS:
                    break
            ended = cut_off(workspace, server, chance if kills < KILLS else None, "resume", "b")
        assert "Traceback" not in (ended.errors if ended else "")
        states = where_they_stand(workspace)
        counts = f"{kills} kills, {stops} stops, {server.connections} connections, {dict(Counter(states.values()))}"
        print(counts)  # noqa: T201 - shown with -s: the figures of the test
        the_ledger_says_what_the_server_says(workspace, server, states)
        assert kills >= 3
        settled_and_tried_again(workspace, server)


def where_they_stand(workspace: Path) -> dict[str, str]:
    """Return the state of each e-mail by Message-ID, or by number if it never had one."""
    with closing(sqlite3.connect(workspace / "batches" / "ledger.db")) as ledger:
        wanted = "SELECT coalesce(message_id, number), state FROM deliveries JOIN notices ON notices.id = notice_id"
        return dict(ledger.execute(wanted).fetchall())


def the_ledger_says_what_the_server_says(workspace: Path, server: Server, states: dict[str, str]) -> None:
    assert len(states) == NOTICES
    assert set(states.values()) <= ENDS
    taken = Counter(str(taken.message["Message-ID"]) for taken in server.taken)
    assert not [message_id for message_id, times in taken.items() if times > 1], "a message went twice"
    by_state = {state: {key for key, its in states.items() if its == state} for state in ENDS}
    assert by_state["sent"] <= taken.keys()
    assert taken.keys() <= by_state["sent"] | by_state["unknown"], "the server has what the ledger says it has not"
    kept = {sha256(file.read_bytes()).hexdigest() for file in (workspace / "batches" / "b" / "sent").glob("*.eml")}
    assert {sha256(each.content).hexdigest() for each in server.taken} <= kept


def settled_and_tried_again(workspace: Path, server: Server) -> None:
    """Settle unknown e-mails by the server's log, as a person would; then send the rest without faults."""
    taken = {str(each.message["Message-ID"]) for each in server.taken}
    for number, message_id in unknown(workspace):
        known = "--sent" if message_id in taken else "--resend"
        assert run(workspace, "mail", "settle", number, known).status == 0
    server.answers = {}
    ended = run(workspace, "send", "b", "--now")
    assert ended.status == 0, ended
    states = where_they_stand(workspace)
    assert set(states.values()) == {"sent", "refused"}
    twice = Counter(str(each.message["Message-ID"]) for each in server.taken)
    assert set(twice.values()) == {1}
    assert {key for key, state in states.items() if state == "sent"} == set(twice)


def unknown(workspace: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(workspace / "batches" / "ledger.db")) as ledger:
        wanted = "SELECT number, message_id FROM deliveries JOIN notices ON notices.id = notice_id"
        return ledger.execute(f"{wanted} WHERE deliveries.state = 'unknown'").fetchall()


def test_seven_times_as_many_messages_take_no_more_memory(tmp_path: Path) -> None:
    most = {}
    for count in (FEW, MANY):
        with mail_server() as server:
            folder = tmp_path / str(count)
            folder.mkdir()
            process = start(make_batch(folder, server.port, count), "send", "b")
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            process.communicate()
            assert (process.returncode, len(server.taken)) == (0, count)
        most[count] = used.ru_maxrss / 1024
    assert most[MANY] < most[FEW] + 5, most  # MiB; loading the whole records of 600 notices would take seven more
