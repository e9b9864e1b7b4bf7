"""The ledger's door: one transaction at a time, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, Engine

from notices.ledger.books import Books
from notices.ledger.engine import WRITING, engine_for
from notices.ledger.faults import translated
from notices.ledger.migrating import stands_at_head, to_head


@dataclass(frozen=True)
class Ledger:
    """What was decided, made, sent, answered and paid, in one database."""

    engine: Engine

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the ledger at a SQLAlchemy URL, made or brought up to date where need be.

        Raises Unusable where it is damaged, of a newer version, or cannot be reached; SettingsMistake for a
        URL that is none.
        """
        with translated():
            ledger = cls(engine_for(url))
            try:
                ledger._bring_up_to_date()
            except BaseException:
                ledger.close()
                raise
        return ledger

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Books]:
        """One writing transaction: everything in the block is recorded, or nothing.

        Raises Refused where a rule of the schema would be broken, Unusable where the database cannot be used.
        """
        with translated(), self._writing() as connection:
            yield Books(connection)

    @contextmanager
    def read(self) -> Iterator[Books]:
        """The ledger as it stands at one moment; nothing can be written."""
        with translated(), self.engine.connect() as connection, _only_reading(connection) as reading:
            yield Books(reading)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, connection.execution_options(**{WRITING: True}).begin():
            yield connection

    def _bring_up_to_date(self) -> None:
        with self.engine.connect() as connection:
            if stands_at_head(connection):
                return
        with self._writing() as connection:
            to_head(connection)


@contextmanager
def _only_reading(connection: Connection) -> Iterator[Connection]:
    """One snapshot for all that is read, and no writing by mistake."""
    if connection.dialect.name == "postgresql":
        yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return
    connection.exec_driver_sql("PRAGMA query_only=ON")
    try:
        yield connection
    finally:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
