"""Entry point of the ledger: opening it, and its read and write transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import connect
from typing import Self

from sqlalchemy import Connection, Engine

from notices.ledger.books import Books
from notices.ledger.chain import ORIGIN
from notices.ledger.engine import WRITING, engine_for
from notices.ledger.faults import translate_errors
from notices.ledger.migrating import is_current, migrate
from notices.ledger.records import Head
from notices.ledger.sealing import seal, set_outside_changes_apart


@dataclass(frozen=True)
class Ledger:
    """An open ledger; all access goes through the transactions of `begin` and `read`.

    Moments are stored in UTC; their dates are those of the office, in its `zone`.
    """

    engine: Engine
    zone: tzinfo = UTC

    @classmethod
    def open(cls, url: str, zone: tzinfo = UTC) -> Self:
        """Open the ledger at a SQLAlchemy URL; create or migrate it if necessary.

        Raises Unusable if it is damaged, written by a newer version or unreachable; SettingsMistake for an invalid
        URL.
        """
        with translate_errors():
            ledger = cls(engine_for(url), zone)
            try:
                ledger._bring_up_to_date()
            except BaseException:
                ledger.close()
                raise
        return ledger

    def close(self) -> None:
        """Close all database connections."""
        self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Books]:
        """Open a write transaction, committed when the block ends and rolled back if it raises.

        Raises Refused if a constraint would be violated, Unusable if the database cannot be used.
        """
        with translate_errors(), self._writing() as connection:
            set_outside_changes_apart(connection)
            yield Books(connection, self.zone)
            seal(connection)

    @contextmanager
    def read(self) -> Iterator[Books]:
        """Open a read-only transaction on one consistent snapshot."""
        with translate_errors(), self.engine.connect() as connection, _read_only(connection) as reading:
            yield Books(reading, self.zone)

    def copy_to(self, target: Path) -> Head:
        """Copy an SQLite ledger as of one moment into an empty file, while others work; return the copy's head.

        SQLite's own backup does it: a plain copy of the file lacks what is only in the `-wal` file beside it.
        """
        with translate_errors(), closing(self.engine.raw_connection()) as connection, closing(connect(target)) as copy:
            own = connection.driver_connection
            assert isinstance(own, SqliteConnection)  # noqa: S101 - a backup of another database is refused before
            own.backup(copy)
            last = copy.execute("SELECT id, link FROM events ORDER BY id DESC LIMIT 1").fetchone()
            return Head(*last) if last else ORIGIN

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, connection.execution_options(**{WRITING: True}).begin():
            yield connection

    def _bring_up_to_date(self) -> None:
        with self.engine.connect() as connection:
            if is_current(connection):
                return
        with self._writing() as connection:
            migrate(connection)
            seal(connection)


@contextmanager
def _read_only(connection: Connection) -> Iterator[Connection]:
    """Make the connection's transaction read-only, on one snapshot."""
    if connection.dialect.name == "postgresql":
        yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return
    connection.exec_driver_sql("PRAGMA query_only=ON")
    try:
        yield connection
    finally:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
