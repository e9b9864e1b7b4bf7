"""A database that cannot be used is told in words with a remedy; a connection that breaks stops nothing for good."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Owes
from letters_without_office import pretend_to_render
from postgres import UNPRIVILEGED, USER, Postgres, name_of, needs_postgres, upgrade_to
from sqlalchemy import Engine, event

from notices.cli.door import Door
from notices.flow.setup import doctor
from notices.ledger.migrating import HEAD

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


def findings(desk: Desk, *words: str, status: int, locale: str = "C.UTF-8") -> list[dict[str, Any]]:
    found = desk("doctor", "--json", *words, status=status, locale=locale).json["findings"]
    return [each for each in found if each["what"] in {"ledger", "database", "台账", "数据库"}]


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


@pytest.fixture
def quick_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the checks that take long and are about other things."""
    for slow in ("_office", "_fonts", "_templates"):
        monkeypatch.setattr(doctor, slow, lambda *_: ())


SAID_BY_DOCTOR = {
    "no rights": ("may not", "owner of the database"),
    "may only read": ("may not read and write", "grant"),
}


@pytest.mark.usefixtures("quick_doctor")
@pytest.mark.parametrize("name", BAD)
def test_doctor_tells_of_such_a_database_with_a_remedy_in_either_language(
    desk: Desk, server: Postgres, name: str
) -> None:
    bad = BAD[name]
    desk.use_ledger(bad.make(server))
    failed = [each for each in findings(desk, status=3) if not each["fine"] and each["needed"]]
    told = " ".join(f"{each['fact']} {each['remedy']}" for each in failed)
    for words in SAID_BY_DOCTOR.get(name, bad.said):
        assert words in told
    assert "secret-word" not in told
    for each in findings(desk, "--lang", "zh", status=3):
        assert is_chinese(each["fact"])
        assert is_chinese(each["remedy"]) or each["fine"]


@pytest.mark.usefixtures("quick_doctor")
def test_doctor_says_what_it_found_of_a_good_database(desk: Desk, server: Postgres) -> None:
    desk.use_ledger(server.database())
    empty = findings(desk, status=0)
    assert [each["fine"] for each in empty] == [True, True]
    assert "0 batch(es)" in empty[1]["fact"]
    assert f"role: {USER}; schema: {HEAD}" in findings(desk, status=0)[0]["fact"]


@pytest.mark.usefixtures("quick_doctor")
def test_doctor_does_not_upgrade_a_ledger_that_others_may_be_using(desk: Desk, server: Postgres) -> None:
    url = server.database()
    upgrade_to(url, "0021")
    desk.use_ledger(url)
    (_, told) = findings(desk, status=0)
    assert "next command upgrades it" in told["fact"]
    assert server.execute("SELECT version_num FROM alembic_version", name_of(url)) == [("0021",)]
    desk("status")
    assert server.execute("SELECT version_num FROM alembic_version", name_of(url)) == [(HEAD,)]
    assert [each["fine"] for each in findings(desk, status=0)] == [True, True]


@pytest.mark.usefixtures("quick_doctor")
def test_doctor_warns_of_a_role_that_cannot_upgrade_and_of_texts_that_cannot_be_kept(
    desk: Desk, server: Postgres
) -> None:
    url = server.ledger()
    server.execute("DROP ROLE IF EXISTS writer")
    server.execute("CREATE ROLE writer LOGIN")
    for what in ("TABLES", "SEQUENCES"):
        server.execute(f"GRANT ALL ON ALL {what} IN SCHEMA public TO writer", name_of(url))
    desk.use_ledger(url.replace(f"{USER}@", "writer@"))
    told = [each for each in findings(desk, status=0) if not each["fine"]]
    assert ["but not upgrade" in each["fact"] for each in told] == [True]
    server.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    desk.set(url.replace(f"{USER}@", "writer@"), server.url("latin"))
    assert "LATIN1" in findings(desk, status=3)[1]["fact"]


@pytest.mark.usefixtures("quick_doctor")
def test_doctor_warns_of_a_clock_that_differs_from_the_servers(
    desk: Desk, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.use_ledger(server.ledger())
    assert all(each["fine"] for each in findings(desk, status=0))
    now = Door.now
    monkeypatch.setattr(Door, "now", lambda door: now(door) + timedelta(minutes=10))
    (told,) = [each for each in findings(desk, status=0) if not each["fine"]]
    assert "600 seconds apart" in told["fact"]
    assert "NTP" in told["remedy"]


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
