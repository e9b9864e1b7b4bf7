from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ledger_builders import AT, account, plan
from sqlalchemy import event, text

from notices.errors import NoticesError, SettingsMistake, Unusable
from notices.ledger import Ledger, place_of


def _open(path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{path}")


def _unusable(path: Path) -> Unusable:
    with pytest.raises(Unusable) as caught:
        _open(path)
    assert caught.value.exit_status == 3
    assert caught.value.remedy.text
    return caught.value


def test_only_its_owner_may_read_the_ledger_and_its_companions(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        ledger = _open(tmp_path / "batches" / "ledger.db")
        with ledger.begin() as books:
            plan(books, "A", account())
            modes = {it.name: stat.S_IMODE(it.stat().st_mode) for it in (tmp_path / "batches").iterdir()}
    finally:
        os.umask(before)
    assert modes == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "batches").stat().st_mode) == 0o700
    ledger.close()


def test_a_ledger_opened_again_holds_what_was_written(tmp_path: Path) -> None:
    first = _open(tmp_path / "ledger.db")
    with first.begin() as books:
        plan(books, "A", account())
    first.close()
    again = _open(tmp_path / "ledger.db")
    with again.read() as books:
        assert [batch.name for batch in books.batches.all()] == ["A"]
    again.close()


def test_sqlite_keeps_every_commit_and_checks_references(tmp_path: Path) -> None:
    ledger = _open(tmp_path / "ledger.db")
    with ledger.engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    ledger.close()


def test_a_ledger_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    _open(tmp_path / "ledger.db").close()
    with sqlite3.connect(tmp_path / "ledger.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    assert "newer version" in str(_unusable(tmp_path / "ledger.db"))


def test_what_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database at all, but long enough to have a header" * 100)
    assert "damaged" in str(_unusable(tmp_path / "ledger.db"))


def test_a_ledger_with_a_torn_page_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    _open(path).close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    assert "damaged" in str(_unusable(path))


def test_a_folder_in_the_place_of_the_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    assert "ledger.db" in str(_unusable(tmp_path / "ledger.db"))


def test_a_full_disk_is_said_and_nothing_is_kept(tmp_path: Path) -> None:
    ledger = _open(tmp_path / "ledger.db")
    event.listen(ledger.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count=60"))
    ledger.engine.dispose()
    many = [account(f"1-{number}") for number in range(2_000)]
    with pytest.raises(Unusable, match="disk is full"), ledger.begin() as books:
        plan(books, "A", *many)
    with ledger.read() as books:
        assert books.batches.all() == []
    ledger.close()


def test_a_locked_ledger_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notices.ledger.engine.BUSY_SECONDS", 0.2)
    ledger = _open(tmp_path / "ledger.db")
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unusable, match="Another program"), ledger.begin():
        pass
    other.close()
    ledger.close()


def test_an_exception_in_the_block_leaves_nothing_behind(ledger: Ledger) -> None:
    with pytest.raises(KeyboardInterrupt), ledger.begin() as books:  # noqa: PT012 - the statements before the error are rolled back
        plan(books, "A", account())
        raise KeyboardInterrupt
    with ledger.read() as books:
        assert books.batches.all() == []


def test_reading_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(Unusable), ledger.read() as books:
        plan(books, "A", account())
    with ledger.begin() as books:
        plan(books, "B", account())
    with ledger.read() as books:
        assert [batch.name for batch in books.batches.all()] == ["B"]


def test_reading_sees_one_moment_while_another_writes(ledger: Ledger) -> None:
    with ledger.read() as before:
        assert before.batches.all() == []
        with ledger.begin() as books:
            plan(books, "A", account())
        assert before.batches.all() == []
    with ledger.read() as after:
        assert len(after.batches.all()) == 1


def test_an_error_of_ours_passes_through_unchanged(ledger: Ledger) -> None:
    with pytest.raises(NoticesError, match="no batch"), ledger.begin() as books:
        books.batches.get("nowhere")


def test_an_address_that_is_none_is_a_mistake_of_the_settings() -> None:
    with pytest.raises(SettingsMistake):
        Ledger.open("not an address")


def test_a_missing_driver_comes_with_how_to_install_it() -> None:
    with pytest.raises(Unusable, match="pip install"):
        Ledger.open("postgresql+nosuchdriver://localhost/notices")


def test_the_moment_of_planning_is_kept(ledger: Ledger) -> None:
    with ledger.begin() as books:
        assert plan(books, "A", account()).planned_at == AT


def test_opening_a_ledger_again_takes_no_lock_from_it(tmp_path: Path) -> None:
    """Otherwise another process, the last one as it thinks, removes the log that this one still reads."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    first = Ledger.open(url)
    with first.read() as books:
        books.events.last()
    Ledger.open(url).close()
    write = (
        "import sys; from datetime import UTC, datetime; from notices.ledger import Ledger\n"
        "ledger = Ledger.open(sys.argv[1])\n"
        "with ledger.begin() as books: books.commands.start('x', {}, batch='b', at=datetime.now(UTC))\n"
        "ledger.close()"
    )
    for count in (1, 2):
        subprocess.run([sys.executable, "-c", write, url], check=True)
        with first.read() as books:
            assert len(books.commands.unfinished("b")) == count
    first.close()


@pytest.mark.parametrize(
    "url", ["postgresql://clerk:geheim@db/n", "postgresql://clerk@db/n?password=geheim&sslpassword=geheim"]
)
def test_a_place_is_told_without_its_passwords_wherever_the_url_has_them(url: str) -> None:
    assert "geheim" not in place_of(url)
    assert place_of(url).startswith("postgresql+psycopg://clerk")


def test_the_end_of_a_password_is_not_taken_for_the_host() -> None:
    with pytest.raises(SettingsMistake) as caught:
        place_of("postgresql://clerk:ge@heim@db/n")
    assert "%40" in str(caught.value.remedy)
    assert "heim" not in f"{caught.value} {caught.value.remedy}"
    assert "heim" not in place_of("postgresql://clerk:ge%40heim@db/n")
