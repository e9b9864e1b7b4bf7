"""Checkup of a ledger's database for `doctor`: it writes nothing, and migrates nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import Connection, text

from notices.ledger import schema
from notices.ledger.engine import engine_for
from notices.ledger.faults import translate_errors
from notices.ledger.migrating import SchemaAge, age_of_schema

VERSION_TABLE = "alembic_version"  # Alembic's own
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
ENCODING = "UTF8"


class Encryption(Enum):
    """Encryption of the connection to a server, or why it needs none."""

    TLS = "tls"
    LOCAL = "local"
    NONE = "none"


@dataclass(frozen=True)
class DatabaseState:
    """State of a database on a server, as the role of `[ledger] url` sees it.

    `missing` are the tables that are not there, `lacking` those in which it may not read and write everything, and
    `foreign` those that it does not own; `ahead` is how far the server's clock is before this machine's. An empty
    database has no `schema_version`.
    """

    server_version: str
    major_version: int
    role: str
    encoding: str
    encryption: Encryption
    read_only: bool
    age: SchemaAge
    schema_version: str
    may_make_tables: bool
    missing: tuple[str, ...]
    lacking: tuple[str, ...]
    foreign: tuple[str, ...]
    ahead: timedelta


def look_at_server(url: str, clock: Callable[[], datetime]) -> DatabaseState:
    """Look at the database of a URL on a server; `clock` is this machine's.

    Raises Unusable if it cannot be reached or does not let the role in, SettingsMistake for an invalid URL.
    """
    with translate_errors():
        engine = engine_for(url)
        try:
            with engine.connect() as connection:
                return _state(connection, clock)
        finally:
            engine.dispose()


def age_of(url: str) -> SchemaAge:
    """Return how old the schema of a ledger is, without migrating it. Raises Unusable as `look_at_server` does."""
    with translate_errors():
        engine = engine_for(url)
        try:
            with engine.connect() as connection:
                return age_of_schema(connection)[0]
        finally:
            engine.dispose()


def _state(connection: Connection, clock: Callable[[], datetime]) -> DatabaseState:
    before = clock()
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = clock()
    facts = connection.execute(
        text(
            "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000"
            " AS major, current_user AS role, pg_encoding_to_char(encoding) AS encoding, pg_is_in_recovery()"
            " OR current_setting('transaction_read_only')::boolean AS read_only, current_schema() IS NOT NULL"
            " AND has_schema_privilege(current_schema(), 'CREATE') AS may_make, inet_server_addr() IS NULL"
            " OR inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1' AS local,"
            " coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS tls"
            " FROM pg_database WHERE datname = current_database()"
        )
    ).one()
    age, version = age_of_schema(connection)
    rights = _rights(connection)
    return DatabaseState(
        server_version=facts.version.split()[0],
        major_version=facts.major,
        role=facts.role,
        encoding=facts.encoding,
        encryption=Encryption.TLS if facts.tls else Encryption.LOCAL if facts.local else Encryption.NONE,
        read_only=facts.read_only,
        age=age,
        schema_version=version,
        may_make_tables=facts.may_make,
        missing=rights.missing,
        lacking=rights.lacking,
        foreign=rights.foreign,
        ahead=now - (before + (after - before) / 2),
    )


@dataclass(frozen=True, slots=True)
class _Rights:
    missing: tuple[str, ...]
    lacking: tuple[str, ...]
    foreign: tuple[str, ...]


def _rights(connection: Connection) -> _Rights:
    """Return the tables of a ledger that are missing, in which this role may not do everything, or not its own."""
    every = " AND ".join(f"has_table_privilege(c.oid, '{right}')" for right in RIGHTS)
    sequences = (
        "NOT EXISTS (SELECT 1 FROM pg_depend d JOIN pg_class s ON s.oid = d.objid WHERE d.refobjid = c.oid"
        " AND CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE') ELSE false END)"
    )
    rows = connection.execute(
        text(
            f"SELECT c.relname AS name, ({every}) AND {sequences} AS writes, pg_has_role(c.relowner, 'USAGE') AS owns"  # noqa: S608 - words of ours
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')"
            " AND n.nspname = current_schema() AND c.relname = ANY(:names) ORDER BY c.relname"
        ),
        {"names": [VERSION_TABLE, *schema.metadata.tables]},
    ).all()
    there = {row.name for row in rows}
    return _Rights(
        tuple(sorted(schema.metadata.tables.keys() - there)),
        tuple(row.name for row in rows if not row.writes),
        tuple(row.name for row in rows if not row.owns),
    )
