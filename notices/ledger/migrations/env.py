"""Alembic environment: runs the migrations on the given connection, in its transaction."""

from alembic import context

from notices.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
