"""Triggers that note which things a transaction changes; every migration that makes a table calls `seal_table`."""

from __future__ import annotations

from alembic import op

TRIGGERS = (("made", "INSERT", ("NEW",)), ("changed", "UPDATE", ("OLD", "NEW")), ("removed", "DELETE", ("OLD",)))


def seal_table(table: str, entity: str, key: str) -> None:
    """Seal a table: whoever changes a row, its thing goes into `touched`, and so do the things of the rows it has.

    `entity` is the table of the thing that the row belongs to, `key` the column with that thing's key. List the table
    in `notices.ledger.sealing.SEALED` too. SQLite drops triggers when `batch_alter_table` builds a table anew: then
    call this again.
    """
    dialect = op.get_bind().dialect.name
    for name, deed, rows in TRIGGERS:
        notes = [_note(entity, f'{row}."{key}"', dialect) for row in rows]
        for statement in _trigger(table, f"{table}_{name}", deed, notes, dialect):
            op.execute(statement)
    touch_rows(table, entity, key)


def touch_rows(table: str, entity: str, key: str) -> None:
    """Have all rows of a table sealed anew at the end of the migration, because it changes their content."""
    column = f'CAST("{key}" AS TEXT)'
    op.execute(
        f"INSERT INTO touched (entity, key) SELECT DISTINCT '{entity}', {column} FROM {table} WHERE NOT EXISTS"  # noqa: S608 - names of ours
        f" (SELECT 1 FROM touched WHERE touched.entity = '{entity}' AND touched.key = {column})"
    )


def _note(entity: str, key: str, dialect: str) -> str:
    row = f"INTO touched (entity, key) VALUES ('{entity}', CAST({key} AS TEXT))"
    return f"INSERT OR IGNORE {row};" if dialect == "sqlite" else f"INSERT {row} ON CONFLICT DO NOTHING;"


def _trigger(table: str, name: str, deed: str, notes: list[str], dialect: str) -> tuple[str, ...]:
    body = "BEGIN " + " ".join(notes)
    if dialect == "sqlite":
        return (f"CREATE TRIGGER {name} AFTER {deed} ON {table} {body} END",)
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} RETURN NULL; END $$",
        f"CREATE TRIGGER {name} AFTER {deed} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )
