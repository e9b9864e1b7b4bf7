"""Translation of database errors into the program's own, each with a remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from notices.errors import NoticesError, Refused, Unusable
from notices.messages import Message, say

# Messages for violated constraints, found by name in the error: SQLite names the columns, PostgreSQL the constraint.
BROKEN_RULES: tuple[tuple[tuple[str, str], Message, Message], ...] = (
    (
        ("notices.slot", "uq_notices_slot"),
        say("This case already has a notice of this tier."),
        say("See `notices status`. A tier can be sent again only after its notice came back or was withdrawn."),
    ),
    (
        ("notices.pending", "uq_notices_pending"),
        say("A notice to this owner is still being sent."),
        say("Wait until it has been sent, or withdraw it."),
    ),
    (
        ("batches.name", "uq_batches_name"),
        say("A batch of this name already exists."),
        say("Choose another name with --name."),
    ),
    (
        ("accounts.batch_id", "uq_accounts_batch_id_estate_unit_case_owners"),
        say("The batch already has one of these accounts."),
        say("Add only accounts that are not in it yet."),
    ),
    (
        ("jobs.number", "uq_jobs_number"),
        say("A print job of this name already exists."),
        say("Try again; the next job gets the next name."),
    ),
    (
        ("handovers.claim", "uq_handovers_claim"),
        say("The print job is already being handed over to another place."),
        say("`notices job list` shows where it is."),
    ),
)

# Messages for SQLite's primary result codes (sqlite.org/rescode.html), matched by the beginning of their names.
SQLITE_FAULTS: tuple[tuple[str, Message, Message], ...] = (
    ("SQLITE_FULL", say("The disk is full; the ledger cannot be written."), say("Free some space, then try again.")),
    (
        "SQLITE_READONLY",
        say("The ledger is read-only."),
        say("Check that you can write to the file and its folder."),
    ),
    ("SQLITE_BUSY", say("Another program has locked the ledger."), say("Wait until it has ended, then try again.")),
    (
        "SQLITE_CANTOPEN",
        say("The ledger cannot be opened."),
        say("Check that its folder exists and that you can write to it."),
    ),
    ("SQLITE_IOERR", say("A disk error prevents access to the ledger."), say("Check the disk, then try again.")),
    ("SQLITE_CORRUPT", say("The ledger is damaged."), say("Replace it with a backup.")),
    ("SQLITE_NOTADB", say("The file is damaged or is not a ledger."), say("Replace it with a backup.")),
)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Translate database errors: a violated constraint raises Refused, everything else Unusable."""
    try:
        yield
    except IntegrityError as error:
        raise _refused(error) from error
    except DBAPIError as error:
        raise _unusable(error) from error
    except StatementError as error:
        # A value that a column type rejects is a bug in this program: re-raise it as it was.
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
        say("Check with `notices doctor` that the database is running and reachable."),
    )
