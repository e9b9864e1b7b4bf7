"""Alembic: from the shape in which an older version left a ledger to the one of today."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from notices.errors import Unusable
from notices.messages import say

MIGRATIONS = Path(__file__).parent / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings, with the connection that the migrations run on."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing; raises Unusable for a ledger that a newer version wrote."""
    script = ScriptDirectory.from_config(configuration())
    known = {revision.revision for revision in script.walk_revisions()}
    if set(MigrationContext.configure(connection).get_current_heads()) - known:
        raise Unusable(
            say("The ledger was written by a newer version of this program."),
            say("Install that version, or a later one."),
        )
    command.upgrade(configuration(connection), "head")


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

    upgrade(connection)
