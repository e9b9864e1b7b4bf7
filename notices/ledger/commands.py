"""Commands that change a batch: written down before they start, so that a cut-off one can go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from notices.ledger.base import Book
from notices.ledger.records import CommandRecord
from notices.ledger.schema import Command


class CommandsBook(Book):
    """What began, and whether it ended."""

    def start_command(self, verb: str, options: Mapping[str, Any], *, batch: str | None, at: datetime) -> int:
        """Write down that a command starts, with the options (JSON values) it needs to go on; returns its id."""
        row = insert(Command).values(verb=verb, options=dict(options), batch=batch, started_at=at)
        return self.connection.execute(row.returning(Command.id)).scalar_one()

    def narrow_command(self, verb: str, options: Mapping[str, Any], *, batch: str) -> None:
        """Write down what a command has chosen to do on a batch, so that it does the same where it is cut off."""
        self.connection.execute(update(Command).where(*_open(verb, batch)).values(options=dict(options)))

    def finish_commands(self, verb: str, *, batch: str, at: datetime) -> None:
        """Write down that this command came to its end on a batch, and with it those like it that were cut off."""
        self.connection.execute(update(Command).where(*_open(verb, batch)).values(finished_at=at))

    def unfinished(self, batch: str) -> list[CommandRecord]:
        """The commands on a batch that were cut off, the oldest first."""
        wanted = select(Command).where(Command.batch == batch, Command.finished_at.is_(None)).order_by(Command.id)
        return [
            CommandRecord(row.id, row.verb, row.options, row.batch, row.started_at)
            for row in self.connection.execute(wanted)
        ]


def _open(verb: str, batch: str) -> tuple[ColumnElement[bool], ...]:
    return Command.verb == verb, Command.batch == batch, Command.finished_at.is_(None)
