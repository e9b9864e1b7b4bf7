"""Bring a ledger to the shape that this version knows."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

HEAD = "0006"  # the newest of the migrations; a test holds it to them


def stands_at_head(connection: Connection) -> bool:
    """Whether nothing is left to do."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


def to_head(connection: Connection) -> None:
    """Run the migrations that are missing, in the connection's transaction: all of them or none.

    Raises Unusable for a ledger that a newer version wrote.
    """
    if stands_at_head(connection):  # another process may have been quicker
        return
    # Alembic takes a third of a second to read in, and a ledger is behind once in a version.
    from notices.ledger.migrating import upgrade  # noqa: PLC0415 - read in only where it is needed

    upgrade(connection)
