"""Schema migrations with Alembic."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from notices.errors import Unusable
from notices.messages import say

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, with the connection for the migrations."""
    from alembic.config import Config  # noqa: PLC0415 - slow to import, and needed only once per version

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Run the pending migrations; raises Unusable if a newer version wrote the ledger."""
    # Importing Alembic takes a third of a second, and migrations are needed only once per version.
    from alembic import command  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    if set(MigrationContext.configure(connection).get_current_heads()) - _known_versions():
        raise Unusable(
            say("The ledger was written by a newer version of this program."),
            say("Install that version, or a later one."),
        )
    command.upgrade(configuration(connection), "head")


def _known_versions() -> set[str]:
    """Return the versions of the schema that this program knows."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - slow to import, as above

    return {revision.revision for revision in ScriptDirectory.from_config(configuration()).walk_revisions()}


class SchemaAge(Enum):
    """Age of a ledger's schema beside the one that this program knows; EMPTY if it has no tables yet."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


HEAD = "0022"  # the newest migration; a test checks that it is


def is_current(connection: Connection) -> bool:
    """Return whether the schema is up to date."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


def age_of_schema(connection: Connection) -> tuple[SchemaAge, str]:
    """Return how old the schema is, and its version."""
    if not inspect(connection).has_table("alembic_version"):
        return SchemaAge.EMPTY, ""
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    if not found:
        return SchemaAge.EMPTY, ""
    if found == [HEAD]:
        return SchemaAge.CURRENT, HEAD
    return SchemaAge.OLDER if set(found) <= _known_versions() else SchemaAge.NEWER, ", ".join(sorted(found))


def migrate(connection: Connection) -> None:
    """Run the pending migrations in the connection's transaction: all of them or none.

    Raises Unusable if a newer version wrote the ledger.
    """
    if inspect(connection).has_table("touched"):
        connection.execute(text("DELETE FROM touched"))  # left by another program, and not to be sealed as ours
    upgrade(connection)
