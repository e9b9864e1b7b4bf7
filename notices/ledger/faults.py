"""The database's errors become ours, each with what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from notices.errors import NoticesError, Refused, Unusable
from notices.messages import Message, say

# What a broken rule of the schema means to a person: SQLite names the columns, PostgreSQL the constraint.
BROKEN_RULES: tuple[tuple[tuple[str, str], Message, Message], ...] = (
    (
        ("notices.slot", "uq_notices_slot"),
        say("A notice of this tier already stands in this case."),
        say("Look at it with `notices status`; it can only go again once it came back or was withdrawn."),
    ),
    (
        ("notices.pending", "uq_notices_pending"),
        say("A notice to this owner is still on its way out."),
        say("Wait until it has gone, or withdraw it."),
    ),
    (
        ("batches.name", "uq_batches_name"),
        say("A batch of this name exists already."),
        say("Choose another with --name."),
    ),
    (
        ("accounts.batch_id", "uq_accounts_batch_id_estate_unit_case_owners"),
        say("The batch holds one of these accounts already."),
        say("Add only accounts that are not in it yet."),
    ),
    (
        ("jobs.number", "uq_jobs_number"),
        say("A print job of this name exists already."),
        say("Try again; the next job gets the next name."),
    ),
    (
        ("handovers.claim", "uq_handovers_claim"),
        say("The print job is on its way to another place already."),
        say("`notices job list` shows where it is."),
    ),
)

# Primary result codes of SQLite (sqlite.org/rescode.html) by the way their names begin.
SQLITE_FAULTS: tuple[tuple[str, Message, Message], ...] = (
    ("SQLITE_FULL", say("The disk is full; the ledger cannot be written."), say("Make room, then try again.")),
    (
        "SQLITE_READONLY",
        say("The ledger may only be read."),
        say("Check that the file and its folder are yours to write."),
    ),
    ("SQLITE_BUSY", say("Another program holds the ledger."), say("Wait until it has ended, then try again.")),
    (
        "SQLITE_CANTOPEN",
        say("The ledger cannot be opened."),
        say("Check that its folder exists and is yours to write."),
    ),
    ("SQLITE_IOERR", say("The disk does not read or write the ledger."), say("Check the disk, then try again.")),
    ("SQLITE_CORRUPT", say("The ledger is damaged."), say("Put a backup in its place.")),
    ("SQLITE_NOTADB", say("The ledger is damaged or no ledger at all."), say("Put a backup in its place.")),
)


@contextmanager
def translated() -> Iterator[None]:
    """Let no error of the database out: a broken rule is Refused, everything else Unusable."""
    try:
        yield
    except IntegrityError as error:
        raise _refused(error) from error
    except DBAPIError as error:
        raise _unusable(error) from error
    except StatementError as error:
        # A value that no column takes: a mistake of ours, which must not look like one of the database.
        raise error.orig or error from error


def _refused(error: IntegrityError) -> NoticesError:
    told = str(error.orig)
    for marks, fact, remedy in BROKEN_RULES:
        if any(mark in told for mark in marks):
            return Refused(fact, remedy)
    return Refused(
        say("This would break a rule of the ledger; nothing was written."),
        say("Try again; if it is refused again, `--debug` shows the rule."),
    )


def _unusable(error: DBAPIError) -> NoticesError:
    code = getattr(error.orig, "sqlite_errorname", "") if isinstance(error.orig, sqlite3.Error) else ""
    for name, fact, remedy in SQLITE_FAULTS:
        if code.startswith(name):
            return Unusable(fact, remedy)
    return Unusable(
        say("The ledger cannot be used: {mistake}.", mistake=type(error.orig).__name__),
        say("Check that the database runs and can be reached; `notices doctor` looks at it."),
    )
