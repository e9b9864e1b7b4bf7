"""Alembic environment: runs the migrations on the given connection, in its transaction."""

from alembic import context

from notices.ledger.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
