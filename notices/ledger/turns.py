"""Turns: one command at a time works on a batch, whichever machine it runs on.

On a server a turn is an advisory lock of one connection, which the server releases with the connection, and a row that
says who has it. The row counts the turns. Each write transaction compares that count with its own: a command that lost
its connection, and with it its turn, writes no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, inspect, select, update
from sqlalchemy.exc import SQLAlchemyError

from notices.errors import Refused, Unusable
from notices.ledger import schema
from notices.ledger.migrating import HEAD
from notices.messages import say

MOVED = ".moved"  # the turn that nobody takes: the ledger goes on elsewhere, in the database that `machine` names
ME = schema.turns.c
TAKEN_ELSEWHERE = (
    "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND objsubid = 1 AND pid <> pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass(frozen=True, slots=True)
class Holder:
    """Holder of a turn: the person, the machine, and the workspace's folder there."""

    by: str
    machine: str
    folder: str = ""


class TurnTaken(Exception):  # noqa: N818 - says what is the case
    """Somebody else has the turn; None if nobody knows who."""

    def __init__(self, holder: Holder | None) -> None:
        super().__init__(holder)
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that was taken; `left_by` had it before, and did not bring all files of it to where others find them."""

    what: str
    fence: int
    left_by: Holder | None = None


@dataclass
class Turns:
    """The turns that this process has taken on a server, all with one connection."""

    engine: Engine
    _taken: dict[str, Turn] = field(default_factory=dict)
    _connection: Connection | None = None
    _mutex: Lock = field(default_factory=Lock)

    @property
    def fences(self) -> Mapping[str, int]:
        """The number of each turn that is taken now."""
        return {what: turn.fence for what, turn in self._taken.items()}

    @contextmanager
    def taken(self, what: str, holder: Holder) -> Iterator[Turn]:
        """Have the turn during the block. Raises TurnTaken if somebody else has it."""
        with self._mutex:
            turn = self._take(what, holder)
        try:
            yield turn
        finally:
            with self._mutex:
                self._give_back(what)

    def ended(self, turn: Turn) -> None:
        """Record that all files of a turn are where others find them."""
        with self._mutex:
            mine = update(schema.turns).where(ME.what == turn.what, ME.fence == turn.fence)
            self._own().execute(mine.values(ended=True))

    def _take(self, what: str, holder: Holder) -> Turn:
        connection = self._own()
        try:
            _lock(connection, what)
            before = connection.execute(select(schema.turns).where(ME.what == what)).first()
            turn = Turn(what, _begun(connection, what, holder), _left_by(before))
        except BaseException:
            self._give_back(what)
            raise
        self._taken[what] = turn
        return turn

    def _give_back(self, what: str) -> None:
        """Unlock, or let the connection's end do it."""
        self._taken.pop(what, None)
        connection = self._connection
        if connection is None:
            return
        with suppress(SQLAlchemyError):  # a connection that broke has let go of everything
            connection.execute(select(func.pg_advisory_unlock(_key_of(what))))
        if not self._taken:
            self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()

    def _own(self) -> Connection:
        if self._connection is not None and self._connection.invalidated:
            self._close()
        if self._connection is None:
            self._connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection


def refuse_lost_turn(connection: Connection, fences: Mapping[str, int]) -> None:
    """Raise Unusable if a turn of this process was lost meanwhile, or the ledger was upgraded; Refused if it moved."""
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    names = (MOVED, *fences)
    found = connection.exec_driver_sql(
        "SELECT '', version_num, 0 FROM alembic_version UNION ALL "  # noqa: S608 - signs of ours
        f"SELECT what, machine, fence FROM turns WHERE what IN ({', '.join([sign] * len(names))})",
        names,
    )
    present = {what: (said, fence) for what, said, fence in found}
    if present[""][0] != HEAD:
        raise upgraded()
    if MOVED in present:
        raise Refused(
            say("The ledger was moved to {place}; this one is kept as it was.", place=present[MOVED][0]),
            say(
                "Set `[ledger] url` in notices.toml to that place. If this one is to go on after all: "
                "`notices ledger move --reopen`."
            ),
        )
    for what, fence in fences.items():
        if present.get(what, ("", None))[1] != fence:
            raise Unusable(
                say("The connection to the ledger broke, and meanwhile another command took over {what}.", what=what),
                say("Wait until it has ended, then run `notices resume BATCH`."),
            )


def upgraded() -> Unusable:
    """Return the error of a command whose ledger was upgraded while it was running."""
    return Unusable(
        say("The ledger was upgraded by a newer version of this program while this command was running."),
        say("Install that version, then run `notices resume BATCH`."),
    )


def refuse_while_taken(connection: Connection) -> None:
    """Raise Refused if another command has a turn on this server, so that an upgrade does not stop it in the middle."""
    if connection.dialect.name == "sqlite" or not inspect(connection).has_table(schema.turns.name):
        return
    held = set(connection.exec_driver_sql(TAKEN_ELSEWHERE).scalars())
    # As it was made by migration 0021; a later one may add columns that are not there yet.
    rows = connection.exec_driver_sql('SELECT what, "by", machine FROM turns ORDER BY what')
    busy = [row for row in rows if _key_of(row.what) in held]
    if busy:
        raise Refused(
            say("The ledger is to be upgraded, but somebody is at work; nothing was changed."),
            say("Let these commands end, then try again."),
            [
                say("{name} is working on {what}, on {machine}.", name=row.by, what=row.what, machine=row.machine)
                for row in busy
            ],
        )


def _lock(connection: Connection, what: str) -> None:
    if connection.execute(select(func.pg_try_advisory_lock(_key_of(what)))).scalar():
        return
    row = connection.execute(select(schema.turns).where(ME.what == what)).first()
    raise TurnTaken(None if row is None else Holder(row.by, row.machine, row.folder))


def _begun(connection: Connection, what: str, holder: Holder) -> int:
    """Write down who has the turn now; return its number."""
    row = connection.exec_driver_sql(
        'INSERT INTO turns (what, "by", machine, folder, since, fence, ended)'
        " VALUES (%s, %s, %s, %s, now(), 1, false) ON CONFLICT (what) DO UPDATE SET"
        ' "by" = excluded."by", machine = excluded.machine, folder = excluded.folder, since = excluded.since,'
        " fence = turns.fence + 1, ended = false RETURNING fence",
        (what, holder.by, holder.machine, holder.folder),
    ).one()
    return int(row[0])


def _left_by(before: Row[Any] | None) -> Holder | None:
    return None if before is None or before.ended else Holder(before.by, before.machine, before.folder)


def _key_of(what: str) -> int:
    """Return the number of the advisory lock of a name: equal names have equal ones, others hardly ever."""
    return int.from_bytes(sha256(f"notices {what}".encode()).digest()[:8], signed=True)
