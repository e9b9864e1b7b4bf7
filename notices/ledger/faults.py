"""Translation of database errors into the program's own, each with a remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError, StatementError

from notices.errors import NoticesError, Refused, Unusable
from notices.messages import Message, say


class SchemaStrange(Unusable):
    """The ledger lacks what this program looks for: its schema was changed, perhaps by a newer version."""


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

# Messages for PostgreSQL's error codes (postgresql.org/docs/current/errcodes-appendix.html), by their beginning.
SERVER_FAULTS: tuple[tuple[str, Message, Message], ...] = (
    (
        "25006",
        say("The ledger's database is read-only."),
        say("Give the URL of the server that accepts changes, and see that its default_transaction_read_only is off."),
    ),
    (
        "42501",
        say("The role in `[ledger] url` may not do this in the ledger's database."),
        say(
            "Let its administrator make that role the owner of the database, or grant it every table and sequence: "
            "docs/scaling.md has the commands."
        ),
    ),
    (
        "53100",
        say("The disk of the database server is full; nothing was written."),
        say("Free some space there, then run the command again, or `notices resume BATCH`."),
    ),
    (
        "53300",
        say("The database server has no connection left."),
        say("Wait until others have ended, or raise its max_connections, then try again."),
    ),
    ("53", say("The database server lacks memory or disk space."), say("Make room there, then try again.")),
    (
        "55P03",
        say("Another command keeps the ledger locked."),
        say("Wait until it has ended (planning a large list takes minutes), then try again."),
    ),
    (
        "57P03",
        say("The database server is starting or shutting down."),
        say("Wait a moment, then try again."),
    ),
    (
        "3D000",
        say("The database server has no such database."),
        say("Create it with `createdb`, or correct `[ledger] url` in notices.toml."),
    ),
    (
        "28",
        say("The database server does not let this role in."),
        say("Check role and password in `[ledger] url`; the password can also be in ~/.pgpass or PGPASSWORD."),
    ),
    (
        "22021",
        say("A text has a character that PostgreSQL cannot store."),
        say("Take the NUL characters out of the list or the note, then try again."),
    ),
)
# The same for what a schema lacks; SQLite has no codes for it, only words.
STRANGE: tuple[tuple[str, str, Message], ...] = (
    (
        "42P01",
        "no such table",
        say("The ledger lacks a table: something other than this program has changed its schema."),
    ),
    (
        "42703",
        "no such column",
        say("The ledger lacks a column: something other than this program has changed its schema."),
    ),
    (
        "0A000",  # a statement that was prepared before a table was changed
        "has no column named",
        say("Something other than this program has changed the ledger's schema."),
    ),
)
LOST = (
    say("The connection to the ledger's database broke; what was not committed was not written."),
    say("When the server is back, run `notices resume BATCH`: it goes on where this command was."),
)
# A connection that was refused has no code, only the server's text (in English, or in its own language).
NOT_CONNECTED: tuple[tuple[str, str], ...] = (
    ("password authentication failed", "28"),
    ("no password supplied", "28"),
    ("no pg_hba.conf entry", "28"),
    ("authentication failed", "28"),
    ('role "', "28"),
    ("permission denied for database", "42501"),
    ("does not exist", "3D000"),
    ("too many", "53300"),
    ("remaining connection slots", "53300"),
    ("starting up", "57P03"),
    ("shutting down", "57P03"),
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
    except PendingRollbackError as error:  # the connection broke before, and only its end told us
        raise Unusable(*LOST) from error
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
    return (
        _of_schema(error)
        or _of_server(error)
        or Unusable(
            say("The ledger cannot be used: {mistake}.", mistake=type(error.orig).__name__),
            say("Check with `notices doctor` that the database is running and reachable."),
        )
    )


def _of_schema(error: DBAPIError) -> SchemaStrange | None:
    """Return what is said of a schema that lacks something; None for another error."""
    code = getattr(error.orig, "sqlstate", None)
    told = str(error.orig) if isinstance(error.orig, sqlite3.Error) else ""
    for name, words, fact in STRANGE:
        if code == name or words in told:
            return SchemaStrange(fact, say("Restore the database from a backup."))
    return None


def _of_server(error: DBAPIError) -> Unusable | None:
    """Return what a server's error means; None if it is of another kind."""
    if isinstance(error.orig, sqlite3.Error):
        return None
    code = getattr(error.orig, "sqlstate", None) or ""
    told = str(error.orig)
    if not code and told.startswith("connection "):
        return _not_connected(told)
    if error.connection_invalidated or code.startswith(("08", "57P01", "57P02", "57P05")):
        return Unusable(*LOST)
    for name, fact, remedy in SERVER_FAULTS:
        if code.startswith(name):
            return Unusable(fact, remedy)
    return None


def _not_connected(told: str) -> Unusable:
    for words, code in NOT_CONNECTED if "FATAL" in told else ():
        if words in told:
            return next(Unusable(fact, remedy) for name, fact, remedy in SERVER_FAULTS if code == name)
    if "FATAL" in told:
        return Unusable(
            say("The database server refused the connection: {mistake}.", mistake=told.rpartition("FATAL:")[2].strip()),
            say("Correct `[ledger] url` in notices.toml, or ask the server's administrator."),
        )
    return Unusable(
        say("The database server in `[ledger] url` cannot be reached."),
        say("Check host and port there, that the server is running, and that this machine may connect to it."),
    )
