"""Entry point of the ledger: opening it, and its read and write transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from io import FileIO
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import connect
from typing import Self

from sqlalchemy import Connection, Engine

from notices.files import lock
from notices.ledger.books import Books
from notices.ledger.chain import ORIGIN
from notices.ledger.engine import WRITING, engine_for, is_embedded
from notices.ledger.faults import SchemaStrange, translate_errors
from notices.ledger.heads import HeadEntry, HeadFile
from notices.ledger.migrating import is_current, migrate
from notices.ledger.movements import entry_since, present_head
from notices.ledger.records import Head
from notices.ledger.sealing import seal, set_outside_changes_apart
from notices.ledger.turns import Holder, Turn, Turns, refuse_lost_turn, refuse_while_taken, upgraded

MANY_THINGS = 1_000  # changed by one transaction: after so many, a server counts its rows anew


@dataclass(frozen=True)
class Ledger:
    """An open ledger; all access goes through the transactions of `begin` and `read`.

    Moments are stored in UTC; their dates are those of the office, in its `zone`. `heads` is the file outside of it
    that shows how new it is, None if none is kept.
    """

    engine: Engine
    zone: tzinfo = UTC
    heads: HeadFile | None = None
    in_use: FileIO | None = None
    turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "turns", Turns(self.engine))

    @classmethod
    def open(cls, url: str, zone: tzinfo = UTC, *, heads: Path | None = None) -> Self:
        """Open the ledger at a SQLAlchemy URL; create or migrate it if necessary.

        After each commit that recorded an event its head is kept in the file `heads`. An SQLite file that has one is
        not moved aside by a restore as long as the ledger is open, and a restore that is moving it is waited for.

        Raises Unusable if it is damaged, written by a newer version or unreachable; Refused if it is to be migrated
        while somebody works on a batch; SettingsMistake for an invalid URL.
        """
        with translate_errors():
            in_use = None if heads is None else _in_use(url, heads)
            try:
                engine = engine_for(url)
            except BaseException:
                if in_use is not None:
                    in_use.close()
                raise
            ledger = cls(engine, zone, None if heads is None else HeadFile(heads), in_use)
            try:
                ledger._bring_up_to_date()
            except BaseException:
                ledger.close()
                raise
        return ledger

    def close(self) -> None:
        """Close all database connections; a restore may then move the file aside."""
        self.engine.dispose()
        if self.in_use is not None:
            self.in_use.close()

    @contextmanager
    def begin(self) -> Iterator[Books]:
        """Open a write transaction, committed when the block ends and rolled back if it raises.

        When this returns, the commit is also known outside the ledger: only then may anything leave. Raises Refused if
        a constraint would be violated, Unusable if the database or the file of heads cannot be used.
        """
        with translate_errors(), self._writing() as connection:
            books = Books(connection, self.zone)
            first = self.heads is not None and books.events.head() == ORIGIN
            refuse_lost_turn(connection, self.turns.fences)
            set_outside_changes_apart(connection)
            yield books
            if seal(connection) >= MANY_THINGS:
                _refresh_statistics(connection)
            news = None if self.heads is None else _news(books, self.heads, first=first)
        if self.heads is not None and news is not None:
            self.heads.append(news)

    @property
    def is_server(self) -> bool:
        """True if the ledger is a database on a server, which several machines may use."""
        return self.engine.dialect.name != "sqlite"

    @contextmanager
    def turn(self, what: str, holder: Holder) -> Iterator[Turn | None]:
        """Let one command at a time work on `what` during the block, whichever machine it runs on.

        An embedded ledger is for one machine, whose lock files do that: then this is None. Raises TurnTaken if somebody
        else has the turn.
        """
        if not self.is_server:
            yield None
            return
        with ExitStack() as stack:
            with translate_errors():
                turn = stack.enter_context(self.turns.taken(what, holder))
            yield turn

    @contextmanager
    def read(self) -> Iterator[Books]:
        """Open a read-only transaction on one consistent snapshot."""
        with (
            self._telling_of_upgrades(),
            translate_errors(),
            self.engine.connect() as connection,
            _read_only(connection) as reading,
        ):
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

    def shred(self) -> None:
        """Write an SQLite ledger anew, so that what was removed from it is nowhere in its files."""
        if self.engine.dialect.name != "sqlite":
            return
        with translate_errors(), closing(self.engine.raw_connection()) as connection:
            own = connection.driver_connection
            assert isinstance(own, SqliteConnection)  # noqa: S101 - as its dialect says
            own.execute("VACUUM")
            own.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def begin_heads_anew(self) -> HeadEntry | None:
        """Make the present head the only one that is known outside the ledger; return it."""
        with translate_errors(), self._writing() as connection:
            present = present_head(connection)
            if self.heads is not None and present is not None:
                self.heads.begin_anew(present)
        return present

    @contextmanager
    def writing_alone(self) -> Iterator[Connection]:
        """Have the bare database to oneself, to move all of it; committed when the block ends."""
        with translate_errors(), self._writing() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, connection.execution_options(**{WRITING: True}).begin():
            yield connection

    @contextmanager
    def _telling_of_upgrades(self) -> Iterator[None]:
        """Say of a schema that lacks something that it was upgraded, if it was: a command may read for hours."""
        try:
            yield
        except SchemaStrange as error:
            with self.engine.connect() as connection:
                if not is_current(connection):
                    raise upgraded() from error
            raise

    def _bring_up_to_date(self) -> None:
        with self.engine.connect() as connection:
            if is_current(connection):
                return
        with self._writing() as connection:
            if not is_current(connection):  # another process may have done it since
                refuse_while_taken(connection)
                migrate(connection)
                seal(connection)


def lock_for_use(heads: Path) -> Path:
    """Return the lock file of the ledger whose heads are in this file: users share it, a restore has it alone.

    It lies beside the folder that a restore moves, and is never removed.
    """
    return heads.with_name(".ledger.lock")


def _in_use(url: str, heads: Path) -> FileIO | None:
    """Take part in the lock of an embedded ledger; another database is not restored by this program."""
    if not is_embedded(url):
        return None
    heads.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FileIO(lock(lock_for_use(heads), shared=True))


def _news(books: Books, heads: HeadFile, *, first: bool) -> HeadEntry | None:
    """Return what the file of heads does not know yet.

    A ledger that is older than the file adds nothing to it: the file goes on showing that. Nor does one without a file,
    unless it is new (`first`): before it begins one, the files that have left are compared (`flow.batch.outside`).
    """
    newest = heads.newest()
    if newest is None:
        return entry_since(books.connection, ORIGIN) if first else None
    return entry_since(books.connection, newest.head) if books.events.knows(newest.head) else None


def _refresh_statistics(connection: Connection) -> None:
    """Let PostgreSQL count its rows now, by which it chooses indexes; its own count comes a minute later.

    Until then it would search an estate row by row for each unit. SQLite chooses its indexes without counting.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")


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
