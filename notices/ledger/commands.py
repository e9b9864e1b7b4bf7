"""Commands that change a batch: recorded before they start, so that `resume` can finish an interrupted one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from notices.ledger import schema
from notices.ledger.base import Book
from notices.ledger.records import CommandRecord


class CommandsBook(Book):
    """Ledger operations for started and finished commands."""

    def start(self, verb: str, options: Mapping[str, Any], *, batch: str | None, at: datetime) -> int:
        """Record the start of a command with the options (JSON values) needed to resume it; return its id."""
        row = insert(schema.commands).values(verb=verb, options=dict(options), batch=batch, started_at=at)
        identity: int = self.connection.execute(row.returning(schema.commands.c.id)).scalar_one()
        return identity

    def narrow(self, verb: str, options: Mapping[str, Any], *, batch: str) -> None:
        """Replace an open command's options by what it chose to do, so that `resume` does exactly that."""
        self.connection.execute(
            update(schema.commands).where(*_unfinished_of(verb, batch)).values(options=dict(options))
        )

    def finish(self, verb: str, *, batch: str, at: datetime) -> None:
        """Mark this command on a batch as finished, together with earlier interrupted ones of the same verb."""
        self.connection.execute(update(schema.commands).where(*_unfinished_of(verb, batch)).values(finished_at=at))

    def give_up(self, batch: str, *, at: datetime) -> None:
        """Mark every unfinished command on a batch as finished: nobody will resume it."""
        open_ones = (schema.commands.c.batch == batch, schema.commands.c.finished_at.is_(None))
        self.connection.execute(update(schema.commands).where(*open_ones).values(finished_at=at))

    def unfinished(self, batch: str) -> list[CommandRecord]:
        """Return the unfinished commands on a batch, oldest first."""
        wanted = (
            select(schema.commands)
            .where(schema.commands.c.batch == batch, schema.commands.c.finished_at.is_(None))
            .order_by(schema.commands.c.id)
        )
        return [
            CommandRecord(row.id, row.verb, row.options, row.batch, row.started_at)
            for row in self.connection.execute(wanted)
        ]


def _unfinished_of(verb: str, batch: str) -> tuple[ColumnElement[bool], ...]:
    return schema.commands.c.verb == verb, schema.commands.c.batch == batch, schema.commands.c.finished_at.is_(None)
