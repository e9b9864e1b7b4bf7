"""Database engine: SQLite pragmas and file permissions, one writer at a time."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import LRUCache

from notices.errors import SettingsMistake, Unusable
from notices.ledger.columns import in_json
from notices.messages import say

WRITING = "notices_writing"  # execution option: begin a write transaction
BUSY_SECONDS = 30
LOST_SECONDS = 120  # then a machine that does not answer is gone
IDLE_SECONDS = 5.0  # then a connection is tried before it is used again
LAST_USED = "notices_last_used"
WRITERS_LOCK = 7_317_001  # PostgreSQL advisory lock: an arbitrary number used by this program only

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # in WAL mode only this makes a commit survive a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
)


class EqualSqlite(SQLiteDialect_pysqlite):
    """SQLite's dialect, of which all instances are equal: what was compiled for one ledger serves the next.

    SQLAlchemy finds compiled statements by their dialect. They hold nothing of a database: the SQL, and its parameters.
    """

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is EqualSqlite

    def __hash__(self) -> int:
        return hash(EqualSqlite)


registry.register("sqlite.equal", __name__, EqualSqlite.__name__)
# As many as an engine keeps by itself; a process that opens one ledger after another shares them.
COMPILED: LRUCache[Any, Any] = LRUCache(500)


def engine_for(url: str) -> Engine:
    """Return an engine for a URL; raises SettingsMistake if it is invalid, Unusable if file or driver is unusable."""
    place = parsed(url)
    if place.get_backend_name() == "sqlite":
        _create_private_file(place)
        engine = create_engine(
            place.set(drivername="sqlite+equal"),
            json_serializer=in_json,
            json_deserializer=json.loads,
            connect_args={"timeout": BUSY_SECONDS},
            execution_options={"compiled_cache": COMPILED},
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        engine = create_engine(
            place, json_serializer=in_json, json_deserializer=json.loads, connect_args=_notice_loss(place)
        )
    except (ImportError, NoSuchModuleError) as error:
        raise Unusable(
            say("The database driver {name} for the ledger is not installed.", name=place.drivername),
            say("Install it with `pip install 'psycopg[binary]'`."),
        ) from error
    event.listen(engine, "begin", _take_writers_lock)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_look_at_idle, engine.dialect))
    return engine


def _notice_loss(place: URL) -> dict[str, str | int]:
    """Return options by which either side finds out within two minutes that the other is gone, unless the URL has some.

    Until the server has noticed that a machine died, it keeps what that one has locked; by default for two hours.
    """
    ours: dict[str, str | int] = {
        "connect_timeout": 10,
        "keepalives_idle": 60,
        "keepalives_interval": 10,
        "keepalives_count": 6,
        # Keepalives are sent on silent connections only; what was sent and is not acknowledged is tried for 15 minutes.
        "tcp_user_timeout": LOST_SECONDS * 1000,
        "options": "-c tcp_keepalives_idle=60 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=6"
        f" -c tcp_user_timeout={LOST_SECONDS * 1000}",
        "application_name": "notices",
    }
    return {name: value for name, value in ours.items() if name not in place.query}


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[LAST_USED] = monotonic()


def _look_at_idle(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    """Try a connection that nobody used for a while, so that one that broke meanwhile is replaced and troubles nobody.

    The server of a page has one open all day; `send` commits twice a message, and need not ask each time.
    """
    if monotonic() - record.info.get(LAST_USED, monotonic()) < IDLE_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error  # the pool takes another one


def is_embedded(url: str) -> bool:
    """Return whether a URL names an SQLite file; raises SettingsMistake if it is invalid."""
    return parsed(url).get_backend_name() == "sqlite"


def sqlite_url(file: Path) -> str:
    """Return the URL of an embedded ledger, whatever characters its path has."""
    return URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)


def parsed(url: str) -> URL:
    """Return a URL with the driver of this program; raises SettingsMistake if it is invalid."""
    try:
        place = make_url(url)
    except ArgumentError as error:
        raise SettingsMistake(
            say("`[ledger] url` in notices.toml is not a database URL."),
            say("Leave it empty to use the file in batches/, or set it to postgresql://USER@HOST/DATABASE."),
        ) from error
    if "@" in (place.host or ""):  # the end of a password; every message about the host would show it
        raise SettingsMistake(
            say("`[ledger] url` in notices.toml is not a database URL."),
            say("Write an @ in the name or password as %40."),
        )
    return place.set(drivername="postgresql+psycopg") if place.drivername == "postgresql" else place


def _create_private_file(place: URL) -> None:
    """Create the file with mode 0600 before SQLite does; SQLite's WAL and shared-memory files copy its mode.

    One that exists is not opened: closing it again would drop the locks that SQLite holds on it in this process
    (POSIX), and the next process to leave would take away the WAL that this one still reads.
    """
    if not place.database or place.database == ":memory:":
        return
    path = Path(place.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        elif not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        elif path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    except OSError as error:
        raise Unusable(
            say("The ledger {file} cannot be opened: {mistake}.", file=path, mistake=error.strerror),
            say("Check that you can write to the file and its folder, and that the disk is not full."),
        ) from error


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver starts transactions implicitly and too late, at the first write; `_begin` starts them explicitly.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing(connection) else "BEGIN")


def _take_writers_lock(connection: Connection) -> None:
    """Take the writers' lock, so that no other writer can change what this transaction has read, as in SQLite."""
    if is_writing(connection):
        # One round trip: `send` commits twice a message.
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'; SELECT pg_advisory_xact_lock({WRITERS_LOCK})"
        )


def is_writing(connection: Connection) -> bool:
    """Return whether a connection is in a write transaction."""
    return bool(connection.get_execution_options().get(WRITING, False))
