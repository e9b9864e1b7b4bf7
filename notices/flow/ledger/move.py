"""ledger move: the ledger goes to another database, PostgreSQL or SQLite; the one before is not written again."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass

from notices.errors import SettingsMistake, UsageMistake
from notices.flow.batch.lock import only_one
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.shared_files import LETTERS
from notices.flow.people import refuse_strangers
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, Moved, place_of
from notices.ledger import move as move_rows
from notices.messages import say


@dataclass(frozen=True)
class MoveRequest:
    """The URL of the database to move to, and the person who moves."""

    url: str
    by: str


@dataclass(frozen=True)
class LedgerMoved:
    """A finished move: the place before, and what is in the new one."""

    before: str
    moved: Moved


def move(workspace: Workspace, ledger: Ledger, request: MoveRequest) -> LedgerMoved:
    """Copy the ledger to an empty database, compare every row, prove the chain.

    Raises UsageMistake if it is there already, Refused if the ledger is older than what has left, a batch is in use, or
    the database has a ledger of its own.
    """
    refuse_strangers(workspace, request.by)
    before, place = place_of(workspace.ledger_url), _place(request.url)
    if before == place:
        raise UsageMistake(
            say("The ledger is in {place} already.", place=place), say("Give the URL of another, empty database.")
        )
    refuse_older_ledger(workspace, ledger)
    with ExitStack() as held:
        with ledger.read() as books:
            names = [batch.name for batch in books.batches.all()]
        for what in ("plan", LETTERS, *names):
            held.enter_context(only_one(workspace, ledger, what, by=request.by))
        target = held.enter_context(closing(Ledger.open(request.url, ledger.zone)))
        return LedgerMoved(before, move_rows(ledger, target, place))


def _place(url: str) -> str:
    try:
        return place_of(url)
    except SettingsMistake as error:  # what it says is about the settings, and the URL may have a password
        raise UsageMistake(
            say("This is not the URL of a database."),
            say("Write it as postgresql://USER@HOST/DATABASE, or as sqlite:////PATH/ledger.db."),
        ) from error
