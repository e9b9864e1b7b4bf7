"""PostgreSQL on a socket in a temporary folder, run by an unprivileged user; each test gets a database of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, make_url, text

from notices.ledger import Ledger
from notices.ledger.migrating import configuration

USER = "notices"
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


def _programs() -> Path | None:
    """Return the folder of the newest server's programs; Debian keeps them out of PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda it: float(it.parts[-3]))
    return versions[-1].parent if versions else None


PROGRAMS = _programs()
needs_postgres = pytest.mark.skipif(PROGRAMS is None, reason="needs PostgreSQL: apt-get install postgresql")
_fresh = count(1)


@dataclass(frozen=True)
class Postgres:
    """A server: the folder of its socket, and its settings (`name=value`); with a port it listens on 127.0.0.1 too."""

    folder: Path
    settings: tuple[str, ...] = ()
    port: int = 0
    _process: list[subprocess.Popen[bytes]] = field(default_factory=list, compare=False, hash=False)

    def url(self, database: str) -> str:
        """Return the URL of a database for SQLAlchemy."""
        port = f"&port={self.port}" if self.port else ""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}{port}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        assert PROGRAMS is not None
        listens = (f"listen_addresses={'127.0.0.1' if self.port else ''}", f"port={self.port or 5432}")
        settings = (*listens, f"unix_socket_directories={self.folder}", "fsync=off", *self.settings)
        options = [word for setting in settings for word in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            command = _unprivileged(PROGRAMS / "postgres", "-D", self.folder / "data", *options)
            self._process.append(subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log))
        end = time.monotonic() + 60
        asked = [PROGRAMS / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port or 5432), "-U", USER]
        while subprocess.run([*asked, "-d", "postgres"], check=False).returncode:
            running = self._process[-1].poll() is None and time.monotonic() < end
            assert running, (self.folder / "log").read_text()
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends all connections, SIGQUIT is as if it had crashed."""
        if self._process:
            self._process[-1].send_signal(how)
            self._process.pop().wait(30)

    def database(self, like: str = "template1") -> str:
        """Create a database, empty or like another one that nobody is connected to; return its URL."""
        name = f"ledger{next(_fresh)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.url(name)

    def ledger(self) -> str:
        """Create a database with a migrated ledger without rows; return its URL."""
        if not self.execute("SELECT 1 FROM pg_database WHERE datname = 'migrated'"):
            self.execute("CREATE DATABASE migrated")
            Ledger.open(self.url("migrated")).close()
        return self.database("migrated")

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        """Execute a statement as the server's superuser; return its rows."""
        engine = create_engine(self.url(database), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            done = connection.execute(text(statement))
            rows = list(done) if done.returns_rows else []
        engine.dispose()
        return rows


def upgrade_to(url: str, version: str) -> None:
    """Migrate an empty database to an earlier version of the schema."""
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), version)
    engine.dispose()


def name_of(url: str) -> str:
    """Return the name of the database that a URL of ours names."""
    return make_url(url).database or ""


@contextmanager
def postgres(*more: str, port: int = 0) -> Iterator[Postgres]:
    """Run a server during the block, with further settings (`name=value`)."""
    assert PROGRAMS is not None
    with TemporaryDirectory(prefix="postgres-") as made:  # a socket's path must be short
        folder = Path(made)
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
        initialise = [PROGRAMS / "initdb", "--no-sync", "--auth=trust", f"--username={USER}", "--encoding=UTF8"]
        _run(folder, *initialise, "--locale=C", "--pgdata", folder / "data")
        server = Postgres(folder, more, port)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _unprivileged(*words: object) -> list[str]:
    before = ["setpriv", f"--reuid={UNPRIVILEGED}", "--clear-groups"] if os.geteuid() == 0 else []
    return [*before, *map(str, words)]


def _run(folder: Path, *words: object) -> None:
    done = subprocess.run(_unprivileged(*words), cwd=folder, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
