"""The connection to the database: what makes SQLite safe, and who may read its file."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from notices.errors import SettingsMistake, Unusable
from notices.ledger.columns import in_json
from notices.messages import say

WRITING = "notices_writing"  # the execution option that asks for a writing transaction
BUSY_SECONDS = 30
WRITERS_LOCK = 7_317_001  # any number that only this program takes

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # in WAL mode only this makes a commit outlive a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
)


def engine_for(url: str) -> Engine:
    """An engine for that database; raises SettingsMistake for a URL that is none, Unusable for a file or driver."""
    place = _parsed(url)
    if place.get_backend_name() == "sqlite":
        _private_file(place)
        engine = create_engine(
            place, json_serializer=in_json, json_deserializer=json.loads, connect_args={"timeout": BUSY_SECONDS}
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        engine = create_engine(place, json_serializer=in_json, json_deserializer=json.loads)
    except (ImportError, NoSuchModuleError) as error:
        raise Unusable(
            say("The driver of the ledger's database, {name}, is missing.", name=place.drivername),
            say("Install it with `pip install 'notices[postgres]'`."),
        ) from error
    event.listen(engine, "begin", _wait_for_turn)
    return engine


def _parsed(url: str) -> URL:
    try:
        place = make_url(url)
    except ArgumentError as error:
        raise SettingsMistake(
            say("`[ledger] url` in notices.toml is not the address of a database."),
            say("Leave it empty for the file in batches/, or write postgresql://USER@HOST/DATABASE."),
        ) from error
    return place.set(drivername="postgresql+psycopg") if place.drivername == "postgresql" else place


def _private_file(place: URL) -> None:
    """Make the file before SQLite does, so that nobody else can read it; its companions take over its rights."""
    if not place.database or place.database == ":memory:":
        return
    path = Path(place.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise Unusable(
            say("The ledger {file} cannot be opened: {mistake}.", file=path, mistake=error.strerror),
            say("Check that the file and its folder are yours to write, and that the disk has room."),
        ) from error


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transactions begin too late, at the first write; ours begin when they are asked for.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _wait_for_turn(connection: Connection) -> None:
    """One writer at a time here too: what it read is what stands when it writes, as in SQLite."""
    if _writes(connection):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(WRITING, False))
