"""A database that cannot be used is told in words with a remedy; a connection that breaks stops nothing for good."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Owes
from letters_without_office import pretend_to_render
from postgres import UNPRIVILEGED, USER, Postgres, name_of, needs_postgres
from sqlalchemy import Engine, event

pytestmark = [needs_postgres, pytest.mark.slow]

BY_MAIL = Owes("1-1-101", "甲一", email="jia@example.com")
ON_PAPER = Owes("1-1-102", "乙二", address="示例路2号")


@pytest.fixture
def desk(fresh_desk: Desk, tmp_path: Path) -> Desk:
    return fresh_desk.copy(tmp_path / "workspace")


@dataclass(frozen=True)
class Bad:
    """A database that cannot be used: how to make it so, and what is said about it."""

    make: Callable[[Postgres], str]
    said: tuple[str, ...]


def _nobody_there(_: Postgres) -> str:
    return "postgresql://clerk@127.0.0.1:1/ledger"


def _no_such_database(server: Postgres) -> str:
    return server.url("nowhere")


def _wrong_password(server: Postgres) -> str:
    server.execute("DROP ROLE IF EXISTS wrong")
    server.execute("CREATE ROLE wrong LOGIN PASSWORD 'right'")
    rules = server.folder / "data" / "pg_hba.conf"
    rules.write_text("local all wrong scram-sha-256\nlocal all all trust\n")
    server.execute("SELECT pg_reload_conf()")
    return server.ledger().replace(f"{USER}@", "wrong:secret-word@")


def _unknown_role(server: Postgres) -> str:
    return server.ledger().replace(f"{USER}@", "stranger@")


def _without_rights(server: Postgres) -> str:
    server.execute("DROP ROLE IF EXISTS weak")
    server.execute("CREATE ROLE weak LOGIN")
    return server.ledger().replace(f"{USER}@", "weak@")


def _may_only_read(server: Postgres) -> str:
    server.execute("DROP ROLE IF EXISTS reader")
    server.execute("CREATE ROLE reader LOGIN IN ROLE pg_read_all_data")
    return server.ledger().replace(f"{USER}@", "reader@")


def _read_only(server: Postgres) -> str:
    url = server.ledger()
    server.execute(f"ALTER DATABASE {name_of(url)} SET default_transaction_read_only = on")
    return url


def _newer(server: Postgres) -> str:
    url = server.ledger()
    server.execute("UPDATE alembic_version SET version_num = '9999'", name_of(url))
    return url


def _without_a_table(server: Postgres) -> str:
    url = server.ledger()
    server.execute("DROP TABLE payment_answers, payments CASCADE", name_of(url))
    return url


def _locked(server: Postgres) -> str:
    url = server.ledger()
    server.execute(f"ALTER DATABASE {name_of(url)} WITH ALLOW_CONNECTIONS false")
    return url


BAD = {
    "nobody there": Bad(_nobody_there, ("cannot be reached", "server is running")),
    "no such database": Bad(_no_such_database, ("no such database", "createdb")),
    "wrong password": Bad(_wrong_password, ("does not let this role in", "password")),
    "unknown role": Bad(_unknown_role, ("does not let this role in",)),
    "no rights": Bad(_without_rights, ("may not do this", "owner of the database")),
    "may only read": Bad(_may_only_read, ("may not do this", "grant")),
    "read-only": Bad(_read_only, ("read-only", "accepts changes")),
    "newer schema": Bad(_newer, ("newer version", "Install that version")),
    "a table is gone": Bad(_without_a_table, ("lacks a table", "backup")),
    "closed": Bad(_locked, ("refused the connection",)),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_database_that_cannot_be_used_is_told_in_words(desk: Desk, server: Postgres, bad: Bad) -> None:
    desk.use_ledger(bad.make(server))
    told = desk("plan", desk.list(BY_MAIL), "--name", "b", "--as-of", "2026-11-23", status=3).errors
    for words in bad.said:
        assert words in told
    assert "secret-word" not in told
    assert not (desk.folder / "batches" / "b").exists()


@pytest.fixture
def small_disk(server: Postgres) -> Iterator[tuple[str, Path]]:
    """Return a ledger on a disk that is nearly full, and where that is mounted."""
    folder = server.folder / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only who may mount can try a full disk")
    shutil.chown(folder, UNPRIVILEGED)
    server.ledger()
    server.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
    server.execute("CREATE DATABASE small TEMPLATE migrated TABLESPACE small STRATEGY FILE_COPY")
    try:
        yield server.url("small"), folder
    finally:
        server.execute("DROP DATABASE small WITH (FORCE)")
        server.execute("DROP TABLESPACE small")
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_of_the_server_writes_nothing_and_room_lets_it_go_on(
    desk: Desk, small_disk: tuple[str, Path]
) -> None:
    url, disk = small_disk
    desk.use_ledger(url)
    owners = [Owes(f"1-1-{number}", "甲一" * 100, address="示例路" * 300) for number in range(3000)]
    words = ("--name", "b", "--as-of", "2026-11-23")
    told = desk("plan", desk.list(*owners), *words, status=3).errors
    assert "disk of the database server is full" in told
    assert desk("status", "--json").json["batches"] == []
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    desk("plan", desk.list(BY_MAIL), *words)


@dataclass
class Cut:
    """A knife that breaks all connections to a database before its n-th statement."""

    server: Postgres
    name: str
    at: int
    seen: int = 0

    def __call__(self, connection: Any, *_: Any) -> None:
        if connection.engine.url.database != self.name:
            return
        self.seen += 1
        if self.seen == self.at:
            self.server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'")


@contextmanager
def cut(server: Postgres, url: str, at: int) -> Iterator[Cut]:
    knife = Cut(server, name_of(url), at)
    event.listen(Engine, "before_cursor_execute", knife)
    try:
        yield knife
    finally:
        event.remove(Engine, "before_cursor_execute", knife)


VERBS = ("plan", "approve", "send", "print")
DONE = {
    verb: {BY_MAIL.account: {"email": by_mail}, ON_PAPER.account: {"print": on_paper}}
    for verb, by_mail, on_paper in (
        ("plan", "planned", "planned"),
        ("approve", "approved", "approved"),
        ("send", "spooled", "rendered"),
        ("print", "spooled", "spooled"),
    )
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("verb", VERBS)
def test_a_connection_that_breaks_at_any_place_of_a_step_loses_nothing_and_doubles_nothing(
    desk: Desk, server: Postgres, tmp_path: Path, plain_pages: None, verb: str
) -> None:
    planned, master = desk.list(BY_MAIL, ON_PAPER), server.ledger()
    words: dict[str, tuple[object, ...]] = {
        "plan": ("plan", planned, "--name", "b", "--as-of", "2026-11-23", "--by", "Planner"),
        "approve": ("approve", "b", "--by", "Releaser"),
        "send": ("send", "b"),
        "print": ("print", "b"),
    }

    def carry_out(own: Desk, url: str, verbs: tuple[str, ...]) -> None:
        for each in verbs:
            if each == "send":
                pretend_to_render(own, url=url)
            own(*words[each])

    desk.use_ledger(master)
    carry_out(desk, master, VERBS[: VERBS.index(verb)])
    if verb == "send":
        pretend_to_render(desk, url=master)
    place, reached = 1, True
    while reached:
        own, url = desk.copy(tmp_path / f"{verb}-{place}"), server.database(name_of(master))
        own.set(master, url)
        with cut(server, url, place) as knife:
            outcome = own(*words[verb], status={0, 3})
        reached = knife.seen >= place
        if outcome.status == 3:
            assert "connection" in outcome.errors
            if verb != "plan":
                own("resume", "b", status={0, 1})
            if is_open(own, verb):
                own(*words[verb])
        assert own("ledger", "verify", "--json").json["intact"]
        assert own.states() == DONE[verb]
        assert len({it["notice"] for it in own.decisions().values()} - {None, ""}) == (0 if verb == "plan" else 2)
        assert len(list((own.folder / "output" / "b").glob("outbox/*.eml"))) == (verb in {"send", "print"})
        assert [job["letters"] for job in own("job", "list", "--json").json["jobs"]] == [1] * (verb == "print")
        place *= 3


def is_open(desk: Desk, verb: str) -> bool:
    """Return whether a step was cut off before anything of it was recorded."""
    if verb == "plan":
        return desk("status", "--json").json["batches"] == []
    channel = {"send": "email", "print": "print"}.get(verb)
    states = desk.states()
    if channel is None:
        return any("planned" in ways.values() for ways in states.values())
    return any(ways.get(channel) == "rendered" for ways in states.values())
